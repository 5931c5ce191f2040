"""``window-ner pitfall`` from the outside, on the sample and small vectors."""

import json
import shutil
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest

from window_ner.analysis.television import DISLIKED, TRIPLE, WINDOWS
from window_ner.data.conll import read_conll
from window_ner.storage.resources import resource_folder


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    folder = resource_folder("data/sample")
    corpora = [read_conll(folder / f"{split}.conll") for split in ("train", "dev")]
    words = sorted({t.lower() for c in corpora for s in c.sentences for t in s.tokens} | {"telly"})
    table = np.random.default_rng(0).normal(size=(len(words), 10)).round(3)
    rows = (f"{w} {' '.join(map(str, v))}\n" for w, v in zip(words, table, strict=True))
    file = tmp_path_factory.mktemp("vectors") / "small.txt"
    file.write_text("".join(rows), encoding="utf-8")
    return str(file)


@pytest.fixture
def cli(vectors, tmp_path, monkeypatch, call_main):
    monkeypatch.chdir(tmp_path)
    return partial(call_main, "pitfall", "--vectors", vectors, "--epochs", "4")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Options: train on the dev split of the sample, and validate on a part of it."""
    dev = resource_folder("data/sample") / "dev.conll"
    head, *documents = dev.read_text("utf-8").split("-DOCSTART-")
    few = tmp_path_factory.mktemp("few") / "few.conll"
    few.write_text("-DOCSTART-".join([head, *documents[:4]]), "utf-8")
    return ["--train", str(dev), "--dev", str(few)]


@pytest.fixture
def without_picture(monkeypatch):
    """Draw nothing, which takes as long as the training."""
    monkeypatch.setattr("window_ner.cli.pitfall.results._draw", lambda *_: None)


QUICK = ["--sizes", "300,900", "--seeds", "1", "--modes", "frozen,min_count=2"]
QUICK += ["--set", "batch_size=256"]
NO_FILES = ["--train", "a.conll", "--dev", "b.conll"]
ONE_RUN = ["--sizes", "300", "--seeds", "1", "--modes", "frozen", *QUICK[-2:]]


def test_files_with_different_labels_are_partial_unless_the_settings_say_no(
    cli, small, tmp_path, without_picture
):
    places = tmp_path / "places.conll"
    places.write_text("Rome B-LOC\nis O\nold O\n\n" * 200)
    options = [*small, "--train", str(places), *ONE_RUN]
    code, _, err = cli(*options)
    assert (code, "or set partial to false" in err) == (2, True)
    assert cli(*options, "--set", "partial=false", "--output", "whole")[0] == 0


def test_the_experiment_is_printed_drawn_written_and_gone_on_with(cli, small, tmp_path):
    (tmp_path / "pitfall").mkdir()
    (tmp_path / "pitfall" / "television.svg").touch()  # by --words, into the same folder
    code, out, err = cli(*QUICK, *small, "--format", "markdown")
    assert code == 0
    assert " of processor time for 4 runs\n" in err
    if find_spec("matplotlib"):  # both panels
        assert (tmp_path / "pitfall" / "pitfall.svg").read_text().count('id="axes_') == 2
    assert out == (tmp_path / "pitfall" / "summary.md").read_text()
    assert out.startswith("Token F1 on few.conll, 1 seed:\n")
    assert [line.split(" | ")[:2] for line in out.splitlines() if "±" in line] == [
        ["| 300", "frozen"],
        ["| 300", "min_count=2"],
        ["| 900", "frozen"],
        ["| 900", "min_count=2"],
    ]
    before = (tmp_path / "pitfall" / "results.jsonl").read_text()
    code, out, _ = cli(*QUICK, *small, "--format", "json")
    assert code == 0
    assert (tmp_path / "pitfall" / "results.jsonl").read_text() == before
    summary = json.loads(out)
    assert {len(json.loads(line)["history"]) for line in before.splitlines()} == {4}
    first, *_, last = summary["summary"]["dev"]
    assert (first["size"], first["mode"]) == (300, "frozen")
    assert 0 <= last["mean"]["all"] <= 1


@pytest.mark.usefixtures("without_picture")
def test_a_folder_with_another_experiment_is_left_alone(cli, small, tmp_path):
    assert cli(*ONE_RUN, *small)[0] == 0
    before = (tmp_path / "pitfall" / "results.jsonl").read_text()
    code, _, err = cli(*ONE_RUN, *small, "--set", "hidden=9")
    assert code == 2
    assert "another experiment" in err
    assert (tmp_path / "pitfall" / "results.jsonl").read_text() == before


def test_a_folder_with_something_else_is_left_alone(cli, tmp_path):
    (tmp_path / "pitfall").mkdir()
    (tmp_path / "pitfall" / "thesis.txt").write_text("mine")
    code, _, err = cli(*QUICK)
    assert (code, "contains other files" in err) == (2, True)
    assert [p.name for p in (tmp_path / "pitfall").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sizes", "many"), "expected numbers of windows"),
        (("--sizes", "900000"), "more than the 20,111"),
        (("--words", "--sizes", "300"), "leave out --sizes"),
        (("--words", "--set", "hidden=[100]"), "leave out --config and --set"),
        (("--words", "--modes", "random", "--jobs", "2"), "--seeds, --modes, --jobs, --epochs"),
        (
            ("--words", *NO_FILES, "--test", "c", "--output", "d"),
            "leave out --seeds, --output, --test",
        ),
        (("--set", "epochs=2"), "--epochs limits them"),
        (("--set", "fine_tuning.mode=on"), "--modes says what is compared"),
        (("--modes", "frosty"), "no mode 'frosty'"),
        (("--vectors", "random-50d"), "--modes random draws them"),
        (("--train", "a.conll"), "give both --train and --dev"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_a_line(cli, arguments, said, tmp_path):
    code, out, err = cli("--seeds", "1", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert not (tmp_path / "pitfall").exists()


@pytest.mark.usefixtures("without_picture")
def test_vectors_are_found_whatever_their_name(cli, vectors, small, tmp_path):
    """TOML would read quotes, brackets and backslashes in its own way."""
    name = "it's an 'a', a \"b\" and a back\\nslash [1].txt"
    shutil.copy(vectors, tmp_path / name)
    code, out, _ = cli("--vectors", name, *ONE_RUN, *small, "--format", "json")
    assert code == 0
    assert json.loads(out)["settings"]["vectors"]["sets"] == [vectors, name]


def test_words_without_a_corpus_shows_the_made_windows_and_draws_them(
    call_main, tmp_path, monkeypatch
):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("window_ner.analysis.television.EPOCHS", 5)
    others = {word for window in WINDOWS for word in window} | {*TRIPLE.words, *DISLIKED}
    rng = np.random.default_rng(0)
    rows = (f"{w} {' '.join(map(str, rng.normal(size=10).round(3)))}\n" for w in sorted(others))
    (tmp_path / "words.txt").write_text("".join(rows), encoding="utf-8")
    arguments = "pitfall", "--words", "--format", "markdown", "--vectors", "words.txt"
    code, out, _ = call_main(*arguments)
    assert code == 0
    assert "| television | 0 |" in out
    assert "television in all windows, 5 seeds" in out
    assert (tmp_path / "pitfall" / "television.svg").read_text().count('id="axes_') == 2


def test_words_shows_a_table_for_each_triple(cli):
    folder = resource_folder("data/sample")  # its dev split is quickly trained on
    files = "--train", str(folder / "dev.conll"), "--dev", str(folder / "test.conll")
    code, out, _ = cli("--words", *files, "--format", "markdown", "--set", "batch_size=512")
    assert code == 0
    assert out.count("| word in ____ |") >= 5
    assert "windows found to be names" in out
