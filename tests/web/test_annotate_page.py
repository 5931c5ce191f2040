"""The page of annotate in a real browser, and its server from the outside."""

import json
import os
import signal

import pytest

from window_ner.cli.annotate import _items
from window_ner.data.formats.reading import read_corpus
from window_ner.web.annotate.answers import Answer
from window_ner.web.annotate.store import Store

DRUGS = ["aspirin", "ibuprofen", "codeine", "morphine", "insulin", "heparin", "warfarin", "digoxin"]
SENTENCES = [f"Take {drug} with 😀 water in {i + 2} hours." for i, drug in enumerate(DRUGS)]
SENTENCES += ["<b>Stop</b> aspirin now.", "Eat well.", "Ask for codeine again.", "Sleep."]


@pytest.fixture
def texts(tmp_path, tiny_tagger):
    (tmp_path / "notes.txt").write_text("\n".join(SENTENCES) + "\n", "utf-8")
    tiny_tagger.save(tmp_path / "tiny")
    return tmp_path


def command(folder, *others):
    """Annotate with a small model: to load the bundled one and train it further takes seconds."""
    inputs = ("annotate", str(folder / "notes.txt"), "--labels", "DRUG,TIME")
    model = ("--from", str(folder / "tiny"))
    return (*inputs, *model, "--output", str(folder / "mine.jsonl"), *others)


def stored(folder, name="mine.jsonl"):
    lines = (folder / name).read_text("utf-8").splitlines()
    return {json.loads(line)["text"]: json.loads(line) for line in lines}


def marked(page, kind="mark:not(.suggested)"):
    return page.eval_on_selector_all(
        f"#sentence {kind}",
        "all => all.map(m => [...m.querySelectorAll('.w')].map(w => w.textContent).join(' '))",
    )


# Save the sentence and press Tab meanwhile; true if the page leaves this key to the browser.
TAB_WHILE_BUSY = """
(() => {
  document.querySelector('#skip').click();
  const tab = new KeyboardEvent('keydown', { key: 'Tab', bubbles: true, cancelable: true });
  return document.body.dispatchEvent(tab);
})()
"""


def idle(page):
    """Wait until the page takes keys again."""
    page.until("document.querySelector('#sentence').ariaBusy === 'false'")


def start_in_order(open_page, server):
    page = open_page(server.url)
    page.wait_for_selector("#sentence .w")
    idle(page)
    page.select_option("#order", "order")
    page.until(f"document.querySelector('#sentence').textContent.startsWith('{SENTENCES[0][:9]}')")
    idle(page)
    page.focus("#sentence")
    return page


def saved(page, count):
    """Wait until so many answers are saved and the next sentence is there."""
    page.until(f"document.querySelector('#counts').textContent.startsWith('{count} of ')")
    idle(page)


def test_sentences_are_annotated_by_keyboard_and_a_killed_server_loses_nothing(
    start_server, open_page, texts
):
    server = start_server(*command(texts))
    page = start_in_order(open_page, server)
    for count, drug in enumerate(DRUGS[:5], 1):
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("1")
        assert marked(page) == [drug]
        page.keyboard.press("z")  # undo
        assert marked(page) == []
        page.keyboard.press("1")
        page.keyboard.press("End")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("2")
        assert len(marked(page)) == 2
        page.keyboard.press("Enter")
        saved(page, count)
        assert [e["text"] for e in stored(texts)[SENTENCES[count - 1]]["entities"]] == [
            drug,
            f"{count + 1} hours",
        ]
    # It has learnt: there are suggestions now, and a key accepts them.
    page.until("document.querySelectorAll('#sentence .suggested').length >= 2")
    page.keyboard.press("a")
    assert set(marked(page)) >= {DRUGS[5], "7 hours"}
    assert marked(page, ".suggested") == []
    page.keyboard.press("Enter")
    saved(page, 6)
    page.keyboard.press("z")  # back to the answer before
    page.until("document.querySelector('#why-this').textContent.includes('answered: complete')")
    idle(page)
    page.keyboard.press("p")
    page.until("document.querySelector('#counts').textContent.includes('1 partial')")

    page.close()
    server.stop(signal.SIGKILL)
    again = start_server(*command(texts))
    assert "6 of 12 sentences answered" in again.lines[-1]
    page = open_page(again.url)
    page.wait_for_selector("#sentence .w")
    assert page.inner_text("#counts") == "6 of 12, 1 partial"
    idle(page)
    page.keyboard.press("s")
    saved(page, 7)
    page.close()
    code, _ = again.stop()
    assert code == 130
    assert len((texts / "mine.jsonl").read_text("utf-8").splitlines()) == 7


# Answer the first sentence as another tab does: there is no name in it.
ANSWERED_ELSEWHERE = """
(async () => {
  const { task } = await (await fetch('/api/state')).json();
  const headers = { 'Content-Type': 'application/json' };
  const answer = { task, number: 0, version: 0, status: 'complete', marks: [], picked: 'order' };
  await fetch('/api/answer', { method: 'POST', headers, body: JSON.stringify(answer) });
})()
"""


def test_marks_of_a_sentence_that_was_answered_elsewhere_are_not_lost(
    start_server, own_pages, texts
):
    server = start_server(*command(texts))
    page = start_in_order(own_pages.open, server)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("1")
    page.evaluate(ANSWERED_ELSEWHERE)
    page.keyboard.press("Enter")
    page.until("document.querySelector('#alert').textContent.includes('Undo brings your marks')")
    idle(page)
    assert marked(page) == []
    page.keyboard.press("z")
    assert marked(page) == ["aspirin"]
    page.keyboard.press("Enter")
    page.until("document.querySelector('#saved').textContent.startsWith('saved')")
    saved(page, 1)
    assert [e["text"] for e in stored(texts)[SENTENCES[0]]["entities"]] == ["aspirin"]
    (refused,) = own_pages.problems
    assert "409" in refused
    own_pages.problems.clear()


def test_words_are_chosen_with_the_mouse_and_no_answer_is_lost(start_server, open_page, texts):
    (texts / "list.csv").write_text("name,label\ncodeine,DRUG\n", "utf-8")
    (texts / "what.txt").write_text("DRUG: <i>what</i> one takes", "utf-8")
    server = start_server(
        *command(texts, "--names", str(texts / "list.csv"), "--guideline", str(texts / "what.txt"))
    )
    page = start_in_order(open_page, server)
    assert page.inner_text("#guideline") == "DRUG: <i>what</i> one takes"
    first, last = (page.locator("#sentence .w").nth(i).bounding_box() for i in (1, 2))
    page.mouse.move(first["x"] + 4, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + 4, last["y"] + 8)
    page.mouse.up()
    page.click("#labels button:has-text('DRUG')")
    assert marked(page) == ["aspirin with"]
    assert page.inner_text("#spoken") == "aspirin with, DRUG"
    page.keyboard.press("x")
    assert marked(page) == []
    assert page.inner_text("#spoken") == "aspirin with"
    page.select_option("#order", "random")  # from the next sentence on: there was a change
    page.keyboard.press("z")
    assert marked(page) == ["aspirin with"]
    page.select_option("#order", "order")
    page.focus("#sentence")
    page.route("**/api/next", lambda route: route.fulfill(body=""), times=1)
    page.keyboard.press("s")
    page.wait_for_selector("#alert:visible")
    assert page.inner_text("#saved") == "saved in mine.jsonl"  # though the next one did not come
    assert page.evaluate(TAB_WHILE_BUSY)
    saved(page, 1)
    assert page.inner_text("#spoken") == SENTENCES[1]
    page.keyboard.down("s")
    saved(page, 2)
    page.keyboard.down("s")  # a held key is pressed again and again
    assert page.get_attribute("#sentence", "aria-busy") == "false"
    page.keyboard.up("s")
    for count in range(3, 9):
        if count == 3:
            assert marked(page, ".suggested") == ["codeine"]
            assert page.inner_text("#sentence .suggested small") == "DRUG list?"
            page.keyboard.press(" ")
            assert marked(page) == ["codeine"]
        page.keyboard.press("s" if count != 3 else "Enter")
        saved(page, count)
    assert page.locator("#sentence b").count() == 0
    assert page.inner_text("#sentence") == "<b>Stop</b> aspirin now."
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as download:
        page.click("[data-format=conll]")
    assert "codeine B-DRUG" in download.value.path().read_text("utf-8")


@pytest.mark.parametrize(
    "changes, message",
    [
        (("--labels", ","), "--labels: ',' names no label"),
        (("--labels", "a b"), "--labels: 'a b' is no label"),
        (("--labels", "A\x1b[31m"), r"--labels: 'A\x1b[31m' is no label"),
        (("--labels", "A\u200b"), r"--labels: 'A\u200b' is no label"),
        (("--labels", "A\udcff"), r"--labels: 'A\udcff' is no label"),
        (("--labels", "Drug,DRUG"), "differ in case only"),
        (("--names", "none.csv"), "none.csv"),
        (("--names", "list.csv"), "list.csv: its labels are drug, and --labels has none of them"),
        (("--from", "none"), "none"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(call_main, texts, monkeypatch, changes, message):
    monkeypatch.chdir(texts)
    (texts / "list.csv").write_text("name,label\naspirin,drug\n", "utf-8")
    code, _, err = call_main(*command(texts), "--port", "0", *changes)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_texts_without_a_sentence_are_told(call_main, tmp_path):
    (tmp_path / "notes.txt").write_text("\n \n")
    code, _, err = call_main(*command(tmp_path), "--port", "0")
    assert code == 2
    assert "no sentence to annotate" in err


def test_the_sentences_of_a_file_that_is_given_twice_are_shown_once(tmp_path):
    """Else both would have the same source, and the next start would mix their answers up."""
    text = tmp_path / "notes.txt"
    text.write_text("Rest now. Eat well.")
    given = [str(text), str(tmp_path), str(text)]
    assert [item.text for item in _items(given, tmp_path / "a.jsonl")] == ["Rest now.", "Eat well."]


def test_the_name_of_a_text_may_have_bytes_that_are_not_utf_8(tmp_path):
    text = tmp_path / os.fsdecode(b"\xff.txt")
    text.write_text("Rest now.")
    store = Store(_items([str(text)], tmp_path / "a.jsonl"), ["DRUG"], tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, Answer("complete", (), 0, "order"))
    assert stored(tmp_path, "a.jsonl")["Rest now."]["source"]["file"].endswith(r"/\xff.txt")
    assert len(list(read_corpus(store.path).sentences)) == 1
