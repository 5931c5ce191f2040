"""The page of serve in a real browser."""

import json
import re

import pytest

FAMILY = "👩‍👩‍👧"


def wait_for_marks(page, count):
    page.until(f"document.querySelectorAll('#reading mark').length == {count}")


@pytest.fixture(scope="module")
def window(pages, server):
    """The page, opened once for all tests of this file: that costs a second of processor time."""
    page = pages.open(server.url)
    page.wait_for_selector("#reading mark")
    return page


SHOWS_THE_EXAMPLE = """
document.querySelector('#text').value.includes('Kipchoge') &&
document.querySelector('#reading').textContent.includes('Kipchoge') &&
document.querySelector('#alert').hidden
"""


@pytest.fixture
def page(window, pages):
    """The page as it is when it is opened: with the example in a large light window."""
    window.set_viewport_size({"width": 1280, "height": 720})
    window.emulate_media(color_scheme="light")
    yield window
    if window.is_visible("#close"):
        window.click("#close")
    if not window.evaluate(SHOWS_THE_EXAMPLE):
        window.click("#example")
        window.until(SHOWS_THE_EXAMPLE)
    pages.check()


def mark_texts(page):
    return page.eval_on_selector_all(
        "#reading mark",
        "all => all.map(m => [...m.childNodes].filter(n => n.tagName !== 'SMALL')"
        ".map(n => n.textContent).join(''))",
    )


def test_names_appear_while_one_types(page):
    page.fill("#text", "")
    page.until("!document.querySelector('#reading').textContent")
    page.type("#text", "Angela Merkel met Tim Cook.")
    wait_for_marks(page, 2)
    assert mark_texts(page) == ["Angela Merkel", "Tim Cook"]
    assert re.fullmatch(r"PER [01]\.\d\d", page.inner_text("#reading mark small"))
    assert page.inner_text("#status") == "2 names in 6 words"
    page.fill("#text", "  ")
    wait_for_marks(page, 0)
    assert page.inner_text("#status") == ""


def test_a_click_on_a_word_shows_why(page):
    page.click("#reading .w:text-is('Cupertino')")
    page.wait_for_selector("#network svg")
    assert page.inner_text("#why-title") == "Why “Cupertino” is LOC"
    rows = page.locator("#parts .part .number").all_inner_texts()
    numbers = [float(row.replace("−", "-")) for row in rows]
    assert numbers[-1] == pytest.approx(sum(numbers[:-1]), abs=0.05)
    page.hover("#network g[role=img] >> nth=0")
    assert "h[" in page.inner_text("#probe") or "score" in page.inner_text("#probe")
    page.select_option("#tag", "S-ORG")
    page.until("document.querySelector('#why-summary').textContent.includes('S-ORG')")
    page.click("#close")
    assert page.is_hidden("#why")


def test_an_explanation_that_comes_after_another_model_was_chosen_is_not_shown(page):
    page.route("**/api/explain", lambda route: None)  # no answer yet
    page.click("#reading .w:text-is('Cupertino')")
    page.evaluate("document.querySelector('#reading mark').dataset.old = ''")
    with page.expect_event("requestfailed") as failed:
        page.dispatch_event("#model", "change")
    page.until("!document.querySelector('#reading mark[data-old]')")  # its names are there
    page.unroute("**/api/explain")
    assert failed.value.url.endswith("/api/explain")
    assert page.is_hidden("#alert")


def test_the_keyboard_does_what_the_mouse_does(page):
    page.focus("#reading")
    page.keyboard.press("Home")
    assert page.inner_text("#spoken").startswith("Angela, PER, probability ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#spoken") == "met"
    page.keyboard.press("Enter")
    page.wait_for_selector("#network svg")
    assert page.inner_text("#why-title") == "Why “met” is not a name"
    page.keyboard.press("Escape")
    assert page.is_hidden("#why")
    assert page.evaluate("document.activeElement.id") == "reading"


def set_least(page, value):
    """Move the slider of the least score."""
    page.eval_on_selector(
        "#least", "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }", value
    )


def test_the_slider_and_the_legend_choose_which_names_are_shown(page):
    every = mark_texts(page)
    first = page.input_value("#least")
    set_least(page, "0.9")
    sure = mark_texts(page)
    assert 0 < len(sure) < len(every)
    assert page.inner_text("#status").startswith(f"{len(sure)} of {len(every)} names")
    page.click("#legend button:has-text('PER')")
    assert "Angela Merkel" not in mark_texts(page)
    assert page.get_attribute("#legend button:has-text('PER')", "aria-pressed") == "false"
    page.click("#legend button:has-text('PER')")
    assert mark_texts(page) == sure
    set_least(page, first)
    assert mark_texts(page) == every


def test_emoji_before_a_name_do_not_move_its_mark(page):
    page.fill("#text", f"{FAMILY}😀 Angela Merkel {FAMILY} met 😀 Tim Cook 😀")
    wait_for_marks(page, 2)
    assert mark_texts(page) == ["Angela Merkel", "Tim Cook"]
    page.click("#reading .w:text-is('Tim')")
    page.wait_for_selector("#network svg")
    assert page.inner_text("#why-title") == "Why “Tim” is PER"


def test_markup_in_a_text_is_only_text(page):
    text = "<b>Angela Merkel</b> <img src=x onerror=alert(1)> <script>alert(2)</script> in Paris"
    page.fill("#text", text)
    wait_for_marks(page, 2)
    assert page.locator("#reading b, #reading img, #reading script").count() == 0
    shown = page.eval_on_selector(
        "#reading",
        "r => [...r.querySelectorAll('small')].forEach(s => s.remove()) || r.textContent",
    )
    assert shown == text


def test_text_from_right_to_left_runs_that_way(page):
    page.fill("#text", "وصلت Angela Merkel إلى القاهرة")
    wait_for_marks(page, 1)
    first = page.locator("#reading .w").first.bounding_box()
    last = page.locator("#reading .w").last.bounding_box()
    assert first["x"] > last["x"]


def test_a_long_text_is_marked(page):
    sentence = "Angela Merkel met Tim Cook at Apple in Cupertino. "
    page.fill("#text", sentence * 250)
    wait_for_marks(page, 1000)
    assert page.inner_text("#status") == "1000 names in 2,500 words"


def test_a_file_beyond_the_limit_is_told(page, tmp_path):
    (tmp_path / "long.txt").write_text("a " * 450_001)
    page.set_input_files("#file", tmp_path / "long.txt")
    page.wait_for_selector("#alert:not([hidden])")
    assert page.inner_text("#alert").startswith("long.txt is too long for this page; ")


DROP = """
(() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['Oslo'], 'a.txt'));
  const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer });
  document.querySelector('#legend').dispatchEvent(drop);
})()
"""


def test_a_label_may_have_the_name_of_something_of_javascript(page):
    """Every object of JavaScript has a `constructor`."""
    tone = "import('/static/dom.js').then(({ toneOf }) => toneOf('constructor', ['constructor']))"
    assert page.evaluate(tone) == "t0"


def test_files_are_opened_and_names_are_saved(page, tmp_path):
    (tmp_path / "a.txt").write_text("Ángela Merkel met Tim Cook in Zürich.", "utf-8")
    page.set_input_files("#file", tmp_path / "a.txt")
    page.until("document.querySelector('#reading').textContent.includes('Zürich')")
    for form, check in (("json", json.loads), ("csv", str.splitlines), ("html", str)):
        with page.expect_download() as download:
            page.click(f"[data-format={form}]")
        download.value.save_as(tmp_path / download.value.suggested_filename)
        content = (tmp_path / f"names.{form}").read_text("utf-8")
        assert "Tim Cook" in content
        assert check(content)
    page.evaluate(DROP)
    page.until("document.querySelector('#reading').textContent.startsWith('Oslo')")
    (tmp_path / "b.txt").write_bytes(b"Z\xfcrich")
    page.set_input_files("#file", tmp_path / "b.txt")
    page.wait_for_selector("#alert:not([hidden])")
    assert page.inner_text("#alert") == "b.txt is not a text in UTF-8."


CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const read = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const rgb = (colour) => {
    if (!known.has(colour)) known.set(colour, read(colour));
    return known.get(colour); };
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => { const v = c[i] / 255;
    return sum + w * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0);
  const ground = (e) => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; }
    return [255, 255, 255]; };
  const low = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const ink = e.closest('svg') ? style.fill : style.color;
    if (e.closest('svg .ring') || e.classList.contains('on')) continue;
    const [a, b] = [light(rgb(ink)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push([e.outerHTML.slice(0, 80), ratio]);
  }
  return low;
})()
"""


def test_all_of_an_explanation_fits_every_screen_can_be_read_and_has_a_name(page):
    page.click("#reading .w:text-is('Cupertino')")
    page.wait_for_selector("#network svg")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(CONTRAST) == []  # at least that of AA
    nameless = page.eval_on_selector_all(
        "button, select, textarea, input, [tabindex='0']",
        "all => all.filter(e => !(e.labels?.length || e.textContent.trim() ||"
        " e.getAttribute('aria-label'))).map(e => e.outerHTML.slice(0, 80))",
    )
    assert nameless == []
    for width in (320, 390, 820, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_server_that_has_gone_is_told_until_it_answers(page, pages):
    page.context.set_offline(True)  # the same to the page as a server that has ended
    try:
        page.fill("#text", "Angela")
        page.wait_for_selector("#alert:not([hidden])")
        assert page.inner_text("#alert") == "The server does not answer. Is it still running?"
    finally:
        page.context.set_offline(False)
    page.fill("#text", "Angela Merkel")
    page.until("document.querySelector('#alert').hidden")
    assert mark_texts(page) == ["Angela Merkel"]
    assert all("ERR_INTERNET_DISCONNECTED" in problem for problem in pages.problems)
    pages.problems.clear()


def test_a_page_whose_server_did_not_answer_at_first_works_when_it_does(window, pages):
    window.route("**/api/models", lambda route: route.abort())
    window.reload()
    window.wait_for_selector("#alert:visible")
    assert "does not answer" in window.inner_text("#alert")
    window.unroute("**/api/models")
    window.click("#example")
    window.wait_for_selector("#reading mark")
    assert window.is_hidden("#alert")
    assert all("ERR_FAILED" in problem for problem in pages.problems)
    pages.problems.clear()
