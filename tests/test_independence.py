"""Answers depend on text and model alone: not on the batch, the order, or who else is at work."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

import window_ner
from window_ner.data.conll import read_conll
from window_ner.model.files import load_model
from window_ner.storage.resources import resource_folder

SCORES = {"abs": 1e-5}  # matrix products of other sizes round otherwise


@pytest.fixture(scope="module")
def documents():
    corpus = read_conll(resource_folder("data/sample") / "test.conll")
    return [[list(s.tokens) for s in document.sentences] for document in corpus.documents][:40]


@pytest.fixture(scope="module")
def texts(documents):
    return ["\n\n".join(" ".join(tokens) for tokens in document) for document in documents]


@pytest.fixture(scope="module")
def alone(texts):
    """The names of each text, by a tagger that has seen no other."""
    tagger = window_ner.load()
    return [tagger(text) for text in texts]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for entities, others in zip(found, expected, strict=True):
        for a, b in zip(entities, others, strict=True):
            assert (a.start, a.end, a.label, a.text) == (b.start, b.end, b.label, b.text)
            assert a.score == pytest.approx(b.score, **SCORES)


def test_there_is_something_to_compare(alone):
    assert sum(map(len, alone)) > 100


@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_names_do_not_depend_on_the_batch(texts, alone, batch_size):
    assert_same(list(window_ner.load().pipe(texts, batch_size=batch_size)), alone)


def test_names_do_not_depend_on_the_order_of_the_documents(texts, alone):
    order = list(range(len(texts)))
    random.Random(1).shuffle(order)
    found = list(window_ner.load().pipe([texts[i] for i in order]))
    assert_same(found, [alone[i] for i in order])


def test_tags_do_not_depend_on_the_other_documents(documents):
    tagger = window_ner.load()
    sentences = [tokens for document in documents for tokens in document]
    together = tagger.tag_batch(sentences, [len(document) for document in documents])
    one_by_one = [tags for document in documents for tags in window_ner.load().tag_batch(document)]
    assert together == one_by_one


@pytest.mark.parametrize("memory", [0, 1_000_000])
def test_names_do_not_depend_on_the_memory_of_the_table(texts, alone, memory):
    tagger = window_ner.Tagger(window_ner.load().model, table_memory=memory)
    assert_same(list(tagger.pipe(texts)), alone)


def test_two_trainings_at_once_do_not_disturb_each_other(tmp_path):
    """Into different folders, from an empty cache of word vectors; then once more, alone."""
    vectors = tmp_path / "vectors.txt"
    rng = np.random.default_rng(0)
    words = ["ann", "lee", "oslo", "saw", *(f"w{i}" for i in range(2000))]
    rows = rng.normal(size=(len(words), 5)).round(3).astype(str).tolist()
    vectors.write_text(
        "".join(f"{w} {' '.join(row)}\n" for w, row in zip(words, rows, strict=True))
    )
    corpus = tmp_path / "corpus.conll"
    corpus.write_text("Ann B-PER\nsaw O\nOslo B-LOC\n\nLee B-PER\nsaw O\nAnn B-PER\n")
    arguments = f"train --train {corpus} --dev {corpus} --vectors {vectors} --set epochs=3".split()
    environment = {"WINDOW_NER_CACHE": str(tmp_path / "cache"), "XDG_DATA_HOME": str(tmp_path)}

    def start(name):
        command = [sys.executable, "-m", "window_ner", *arguments, "--output", str(tmp_path / name)]
        return subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
        )

    both = [start("first"), start("second")]
    assert [run.wait() for run in both] == [0, 0]
    assert start("third").wait() == 0
    weights = [load_model(tmp_path / n).network.parameters for n in ("first", "second", "third")]
    for other in weights[1:]:
        for name, expected in weights[0].items():
            np.testing.assert_array_equal(other[name], expected)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_of_two_trainings_into_one_folder_the_second_is_refused(tmp_path):
    script = f"""
from pathlib import Path
from window_ner.storage.locks import reserved
with reserved(Path({str(tmp_path / "model")!r})):
    print("training", flush=True)
    input()
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe) as first:
        assert first.stdout.readline() == b"training\n"
        command = [sys.executable, "-m", "window_ner", "train", "--vectors", "random-5d"]
        second = subprocess.run(
            [*command, "--output", str(tmp_path / "model")],
            capture_output=True,
            text=True,
            check=False,
        )
        first.communicate(b"\n")
    assert second.returncode == 2
    assert "another process is training into it; choose another --output" in second.stderr
