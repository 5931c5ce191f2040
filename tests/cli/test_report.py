"""``window-ner report`` from the outside: what is on the page, and what is said without one."""

import contextlib
import io
import re
import shutil
import sys
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pytest

NASTY = ["<script>alert(1)</script>", "a&amp;b", '"$x_1$"', "</svg><b>", "{title}"]
TEXT = "".join(
    f"Ann B-PER\n{word} I-PER\nleft O\nRome B-LOC\n\n{word} B-R&D\nis O\nin O\nOslo B-LOC\n\n"
    for word in NASTY
)
TYPED = ["fast", "--set", "epochs=3", "--set", "warmup_steps=1", "--set", "hidden=[8]"]
LECTURE = ["lecture", "--set", "epochs=3", "--set", "batch_size=4"]
SECTIONS = ["curves", "scores", "confusion", "calibration", "vectors", "errors"]
VOID = {"meta", "use", "path", "line", "br"}


class Page(HTMLParser):
    """The elements of a page, with the text of each section."""

    def __init__(self, html):
        super().__init__()
        self.html, self.elements, self.text, self.section = html, [], Counter(), ""
        self.text = dict.fromkeys(SECTIONS, "")
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag == "section":
            self.section = attributes["id"]

    def handle_endtag(self, tag):
        if tag == "section":
            self.section = ""

    def handle_data(self, data):
        if self.section:
            self.text[self.section] += data

    def pictures(self):
        return [attributes for tag, attributes in self.elements if tag == "svg"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("report")
    (folder / "train.conll").write_text(TEXT, encoding="utf-8")
    # Of the words of dev, Lima and Bonn are in the vectors alone.
    dev = "Ann B-PER\nRome B-LOC\nLima B-LOC\n\nLima O\nBonn B-LOC\nOslo B-PER\n\n"
    (folder / "dev.conll").write_text(dev + TEXT, encoding="utf-8")
    words = ["ann", "left", "rome", "is", "in", "oslo", "lima", "bonn", *NASTY]
    rng = np.random.default_rng(0)
    rows = (f"{word} {' '.join(map(str, rng.normal(size=6).round(3)))}\n" for word in words)
    (folder / "vectors.txt").write_text("".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cli(home, exit_code):
    """Run a command there; return its exit code."""

    def run(*arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_DATA_HOME", str(home / "data"))
            patch.chdir(home)
            patch.setattr(sys, "argv", ["window-ner", *arguments])
            return exit_code()

    return run


@pytest.fixture(scope="module")
def page_of(home, cli):
    """Train a model once and make its page, beside it: the model trained last needs no name."""
    pages = {}

    def make(name, config, *options):
        if name not in pages:
            files = ["--train", "train.conll", "--dev", "dev.conll", "--vectors", "vectors.txt"]
            assert not cli("train", "--config", *config, *files, *options, "--output", name)
            with contextlib.redirect_stdout(io.StringIO()) as told:
                assert not cli("report", "last")
            assert told.getvalue() == f"report   {home}/{name}-report.html\n"
            pages[name] = Page((home / f"{name}-report.html").read_text("utf-8"))
        return pages[name]

    return make


@pytest.fixture
def without_pictures(monkeypatch):
    """Draw nothing, which takes most of the time of a report."""
    monkeypatch.setattr("window_ner.cli.report.plots.svg_of", lambda *_: "<svg></svg>")


@pytest.fixture(scope="module")
def typed(page_of):
    """A model of three labels; its vectors are frozen."""
    return page_of("runs/typed", TYPED, "--fine-tune", "off")


@pytest.fixture(scope="module")
def tuned(page_of):
    """A model of one score; its vectors are fine-tuned."""
    return page_of("tuned", LECTURE, "--fine-tune", "on")


@pytest.mark.parametrize("model", ["typed", "tuned"])
def test_every_section_is_there_and_says_something(model, request):
    page = request.getfixturevalue(model)
    assert [a["id"] for tag, a in page.elements if tag == "section"] == SECTIONS
    assert all(len(text.split()) > 10 for text in page.text.values())


@pytest.mark.parametrize("model", ["typed", "tuned"])
def test_each_picture_says_what_it_shows(model, request):
    page = request.getfixturevalue(model)
    assert len(page.pictures()) == {"typed": 4, "tuned": 6}[model]
    for attributes in page.pictures():
        assert attributes["role"] == "img"
        assert len(attributes["aria-label"]) > 30


@pytest.mark.parametrize("model", ["typed", "tuned"])
def test_the_page_needs_nothing_from_elsewhere(model, request):
    page = request.getfixturevalue(model)
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "img", "iframe", "image"}
        assert "src" not in attributes
        for key in ("href", "xlink:href"):
            assert attributes.get(key, "#").startswith("#")
    assert "@import" not in page.html
    assert set(re.findall(r"url\((.)", page.html)) <= {"#"}


@pytest.mark.parametrize("model", ["typed", "tuned"])
def test_every_link_of_the_page_goes_somewhere_and_no_two_places_are_one(model, request):
    page = request.getfixturevalue(model)
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert set(ids.values()) == {1}
    links = {a[k] for _, a in page.elements for k in ("href", "xlink:href") if k in a}
    links |= set(re.findall(r"url\((#[^)]+)", page.html))
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_words_and_labels_are_text_and_never_markup(typed, tuned):
    for word in NASTY:
        assert word in typed.text["errors"] + tuned.text["vectors"]
    assert "R&D" in typed.text["scores"]
    known = {"b", "strong", "span", "div", "section", "p", "h1", "h2", "h3", "svg", "g", "text"}
    for page in (typed, tuned):
        assert not {tag for tag, _ in page.elements} & {"script", "title}"}
        # The only <b> is that of a label in a judgement.
        bold = sum(tag == "b" for tag, _ in page.elements)
        assert bold == page.html.count("found <b>") + page.html.count("true <b>")
    assert known <= {tag for tag, _ in typed.elements + tuned.elements}


def test_a_typed_model_has_scores_and_confusion_by_type(typed):
    for label in ("LOC", "PER", "R&D"):
        assert label in typed.text["scores"]
        assert label in typed.text["confusion"]
    assert "right words, wrong type" in typed.text["confusion"]


def test_a_model_of_one_score_speaks_of_no_types(tuned):
    assert "The model has no types" in tuned.text["scores"]
    assert "wrong type" not in tuned.text["confusion"] + tuned.text["errors"]


def test_frozen_vectors_are_said_not_to_have_moved(typed):
    assert "did not move: they were frozen" in typed.text["vectors"]


def test_the_words_that_moved_are_those_of_the_training_data(tuned):
    assert "moved the vectors of 11 words" in tuned.text["vectors"]
    assert "the other 2 did not move" in tuned.text["vectors"]  # lima, bonn
    assert "<padding>" not in tuned.text["vectors"]
    (arrows,) = (a for a in tuned.pictures() if a["aria-label"].startswith("Map"))
    assert "rome" in arrows["aria-label"]
    assert "lima" not in arrows["aria-label"]


def test_a_mistake_is_shown_in_its_sentence_with_what_is_true(typed):
    # Dev alone says that Oslo is a person, and that Lima is none in one of two places.
    said = " ".join(typed.text["errors"].split())
    assert re.search(r"true PER “Oslo”; \d", said)


def test_where_no_word_is_unseen_the_page_says_so_instead_of_a_score_of_0(
    typed, home, cli, monkeypatch
):
    model = home / "runs" / "typed"
    seen, history = home / "all-seen", (model / "history.jsonl").read_text("utf-8")
    shutil.copytree(model, seen)
    zero = re.sub(r'"dev_unseen_words": [0-9.e-]+', '"dev_unseen_words": 0.0', history)
    (seen / "history.jsonl").write_text(zero, "utf-8")
    drawn = []
    monkeypatch.setattr(
        "window_ner.cli.report.plots.svg_of",
        lambda figure, name, said: drawn.append((figure, name, said)) or "<svg></svg>",
    )
    assert not cli("report", "all-seen", "--split", "train.conll", "--output", "again.html")
    again = Page((home / "again.html").read_text("utf-8"))
    assert "<dt>token F1, unseen words</dt><dd>none</dd>" in again.html
    assert "of unseen words–––000" in again.text["scores"]
    curve = again.html.partition('id="curves"')[2].partition("</section>")[0]
    assert curve.count("<td></td>") == curve.count("<tr><td")  # before the seconds of each epoch
    curves = next(figure for figure, name, _ in drawn if name == "dev")
    assert [line.get_text() for line in curves.axes[0].get_legend().get_texts()] == ["all words"]
    assert not any("unseen" in said for _, _, said in drawn)


@pytest.mark.usefixtures("without_pictures")
def test_fine_tuned_vectors_are_compared_with_those_of_the_file_as_long_as_it_is_there(
    tuned, home, cli
):
    assert "Map of the 11 words" in tuned.html
    vectors = home / "vectors.txt"
    vectors.rename(home / "elsewhere")
    try:
        assert not cli("report", "tuned", "--output", "again.html")
    finally:
        (home / "elsewhere").rename(vectors)
    again = Page((home / "again.html").read_text("utf-8"))
    assert "their earlier values are unknown" in again.text["vectors"]
    assert "no vectors" in again.text["vectors"]
    assert len(again.pictures()) == 4  # no map, and no distances


@pytest.mark.usefixtures("without_pictures")
def test_other_vectors_under_the_same_name_are_not_taken_for_those_from_before(tuned, home, cli):
    vectors = home / "vectors.txt"
    before = vectors.read_text("utf-8")
    vectors.write_text(before.replace(" 0.", " 3."), "utf-8")
    try:
        assert not cli("report", "tuned", "--output", "again.html", "--split", "train.conll")
    finally:
        vectors.write_text(before, "utf-8")
    again = Page((home / "again.html").read_text("utf-8"))
    assert "not the word vectors of the model's training" in again.text["vectors"]


def test_the_same_run_makes_the_same_page(typed, cli, capsys):
    capsys.readouterr()
    assert not cli("report", "runs/typed", "--output", "-")
    assert capsys.readouterr().out == typed.html


@pytest.mark.usefixtures("without_pictures")
def test_the_page_of_a_model_of_the_hub_is_written_to_the_working_folder(
    typed, home, cli, capsys, monkeypatch
):
    monkeypatch.setattr(
        "window_ner.storage.resources.download_model", lambda _: home / "runs" / "typed"
    )
    capsys.readouterr()
    assert not cli("report", "hf://user/drugs@v1")
    assert capsys.readouterr().out == "report   drugs-report.html\n"
    assert (home / "drugs-report.html").is_file()


def test_a_report_needs_to_be_told_the_model(cli, capsys, monkeypatch):
    monkeypatch.delenv("WINDOW_NER_MODEL", raising=False)
    assert cli("report") == 2
    assert "missing argument 'MODEL'" in capsys.readouterr().err


def test_a_split_that_is_not_there_is_one_line_and_leaves_the_page_of_before(
    typed, home, cli, capsys
):
    capsys.readouterr()
    assert cli("report", "runs/typed", "--split", "test") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "has no test split; name a file of annotated text" in said
    assert "report --split FILE" in said
    assert (home / "runs" / "typed-report.html").read_text("utf-8") == typed.html


def test_without_matplotlib_it_is_one_line_that_says_what_to_install(cli, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert cli("report", "english") == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install 'window-ner[plots]'" in said
