"""predict: what it imports, and that its answers depend on nothing but text and model."""

import io
import os
import select
import subprocess
import sys

import pytest

from window_ner.data.conll import read_conll
from window_ner.data.random_vectors import random_word_vectors
from window_ner.model.stored_model import save_model
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.new_model import untrained_model

pytestmark = pytest.mark.usefixtures("no_other_threads")

SLOW_TO_IMPORT = {"gensim", "sklearn", "scipy", "pyarrow", "matplotlib", "seqscore", "pandas"}
NOT_NEEDED = {"numpy.random", "numpy.ma", "tomllib", "multiprocessing.pool"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tagger with all features, as drawn at random."""
    dev = read_conll(resource_folder("data/sample") / "dev.conll")
    folder = tmp_path_factory.mktemp("models") / "tagger"
    words = [token for sentence in dev.sentences for token in sentence.tokens]
    vectors = random_word_vectors("random-20d", words, seed=1)
    save_model(untrained_model(load_config("tagger", ["hidden=[16]"]), dev, [vectors]), folder)
    return folder


BYTES_AT_ONCE = 300


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    test = read_conll(resource_folder("data/sample") / "test.conll")
    file = tmp_path_factory.mktemp("texts") / "texts.txt"
    lines = [" ".join(s.tokens) for s in test.sentences[:40]]
    assert sum(map(len, lines)) > 5 * BYTES_AT_ONCE
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def little_is_read_at_once(monkeypatch):
    """A text of a few pages comes in many pieces, and each piece goes to another process."""
    monkeypatch.setattr("window_ner.cli.predict.reading._BYTES_AT_ONCE", BYTES_AT_ONCE)


@pytest.fixture
def predict(call_main):
    """Run predict; return what is on stdout."""

    def run(model, *arguments):
        code, out, err = call_main("predict", "--model", str(model), *arguments)
        assert (code, err) == (0, "")
        return out

    return run


IN_EACH_FORMAT = """
import sys
from window_ner.cli import main
for form in ("pretty", "json", "jsonl", "conll"):
    sys.argv = ["window-ner", "predict", "Ann saw Oslo.", "--model", sys.argv[-1]]
    sys.argv[2:2] = ["--format", form]
    try:
        main()
    except SystemExit as stopped:
        assert not stopped.code
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def test_predict_imports_nothing_that_it_does_not_need(model, monkeypatch):
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # or it imports for itself
    command = [sys.executable, "-c", IN_EACH_FORMAT, str(model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count("Oslo") >= 4
    imported = set(done.stderr.splitlines())
    assert {"numpy", "window_ner.model.tagger"} <= imported
    assert not {name for name in imported if name.partition(".")[0] in SLOW_TO_IMPORT}
    assert not imported & NOT_NEEDED


@pytest.mark.parametrize("form", ["json", "jsonl", "conll", "summary"])  # with and without state
def test_the_bytes_do_not_depend_on_the_number_of_processes(predict, texts, form):
    call = ("--input", str(texts), "--input-format", "lines", "--format", form)
    alone = predict("english", *call)
    assert alone.count("PER") > 5  # names were found
    jobs = "3" if form == "jsonl" else "2"
    assert predict("english", *call, "--jobs", jobs) == alone


def test_each_line_of_a_slow_stream_is_answered_before_the_next_is_there(
    model, monkeypatch, exit_code
):
    lines = [b"Ann slept.\n", b"Oslo\n", b"Ann saw Oslo.\n"]
    reader, writer = os.pipe()

    class Stdin(io.FileIO):
        def readinto(self, buffer):
            is_there = select.select([self], [], [], 0)[0]
            assert is_there or not lines, "it waits for the next line"
            return super().readinto(buffer) if is_there else 0

    class Stdout(io.StringIO):
        def write(self, text):
            if text and lines:
                os.write(writer, lines.pop(0))
            return super().write(text)

    out = Stdout()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Stdin(reader))))
    monkeypatch.setattr(sys, "stdout", out)
    arguments = ("predict", "--model", str(model), "--jobs", "2", "--format", "jsonl")
    monkeypatch.setattr(sys, "argv", ["window-ner", *arguments])
    os.write(writer, lines.pop(0))
    assert exit_code() == 0
    assert out.getvalue().count("\n") == 3
    os.close(writer)


def test_the_bytes_do_not_depend_on_how_the_stream_is_cut_or_ordered(predict, texts, tmp_path):
    """Each line is a document of its own, so its answer depends on that line alone."""
    lines = texts.read_text("utf-8").splitlines()
    (tmp_path / "turned.txt").write_text("\n".join(reversed(lines)), "utf-8")
    (tmp_path / "lines.txt").write_text("\n".join(lines), "utf-8")
    call = ("--input-format", "lines", "--format", "jsonl", "--input")
    answers = [
        predict("english", *call, str(tmp_path / name)).splitlines()
        for name in ("lines.txt", "turned.txt")
    ]
    assert answers[0] == answers[1][::-1]
    alone = [predict("english", "--format", "jsonl", line) for line in lines[:3]]
    assert alone == [f"{answer}\n" for answer in answers[0][:3]]
