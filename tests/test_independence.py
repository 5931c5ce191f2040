"""Answers depend on text and model alone: not on the batch, the order, or who else is at work."""

import random
import subprocess
import sys
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest

import window_ner
from window_ner.cli import main
from window_ner.data.conll import read_conll
from window_ner.data.random_vectors import random_word_vectors
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.settings.toml import change_settings, load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.new_model import draw_scorer, untrained_model


@pytest.fixture(scope="module")
def documents():
    corpus = read_conll(resource_folder("data/sample") / "test.conll")
    return [[list(s.tokens) for s in document.sentences] for document in corpus.documents][:5]


@pytest.fixture(scope="module")
def texts(documents):
    return ["\n\n".join(" ".join(tokens) for tokens in document) for document in documents]


def an_untrained_model(config, *changes):
    """Draw the weights of a config at random: it finds names, if not the right ones."""
    corpus = read_conll(resource_folder("data/sample") / "dev.conll")
    words = sorted({token for s in corpus.sentences for token in s.tokens})
    settings = change_settings(load_config(config), changes)
    vectors = [random_word_vectors("random-8d", words, 1)]
    model = untrained_model(settings, corpus, vectors)
    if settings.second_pass.folds:
        first, rng = settings.for_first_pass().network, np.random.default_rng(2)
        E = model.network.parameters["E"].copy()
        scorer = draw_scorer(first, E, model.encoder, corpus.labels, rng)
        model = replace(model, first_pass=scorer)
    return Tagger(model)


MODELS = {
    "bundled": window_ner.load,
    "two passes": lambda: an_untrained_model(
        "best", "network.hidden=[30]", "second_pass.first_hidden=[12]"
    ),
    "lecture": lambda: an_untrained_model("lecture"),
    "two hidden layers": lambda: an_untrained_model("fast", "network.hidden=[20,7]"),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


def fresh(model):
    """Return the same tagger without what it remembers of earlier texts."""
    return Tagger(model.model)


@pytest.fixture(scope="module")
def alone(model, texts):
    """The names of each text, by a tagger that has seen no other."""
    return [fresh(model)(text) for text in texts]


def test_there_is_something_to_compare(alone):
    assert sum(map(len, alone)) > 20


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_scores_do_not_depend_on_the_batch_to_the_last_bit(model, texts, alone, batch_size):
    tagger = fresh(model)
    for _ in range(2):  # from empty tables, and from filled ones
        assert list(tagger.pipe(texts, batch_size=batch_size)) == alone


def test_scores_do_not_depend_on_the_order_of_the_documents(model, texts, alone):
    backwards = list(fresh(model).pipe(texts[::-1]))
    assert backwards[::-1] == alone
    order = list(range(len(texts)))
    random.Random(1).shuffle(order)
    found = list(fresh(model).pipe([texts[i] for i in order], batch_size=2))
    assert found == [alone[i] for i in order]


@pytest.mark.parametrize("memory", [0, 1_000_000])
def test_scores_do_not_depend_on_the_memory_of_the_table(model, texts, alone, memory):
    tagger = Tagger(fresh(model).model, table_memory=memory)
    assert list(tagger.pipe(texts)) == alone


def test_tags_do_not_depend_on_the_other_documents(documents):
    tagger = window_ner.load()
    sentences = [tokens for document in documents for tokens in document]
    together = tagger.tag_batch(sentences, [len(document) for document in documents])
    one_by_one = [tags for document in documents for tags in fresh(tagger).tag_batch(document)]
    assert together == one_by_one


def test_two_trainings_at_once_do_not_disturb_each_other(tmp_path, monkeypatch):
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
    files = ["--train", str(corpus), "--dev", str(corpus), "--vectors", str(vectors)]
    arguments = ["train", "--config", "lecture", *files, "--set", "epochs=3"]
    monkeypatch.setenv("WINDOW_NER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    fork = get_context("fork")  # to start the program takes longer than the training

    def start(name):
        monkeypatch.setattr(
            sys, "argv", ["window-ner", *arguments, "--output", str(tmp_path / name)]
        )
        process = fork.Process(target=main)
        process.start()
        return process

    def exit_codes(processes):
        for process in processes:
            process.join()
        return [process.exitcode for process in processes]

    assert exit_codes([start("first"), start("second")]) == [0, 0]
    assert exit_codes([start("third")]) == [0]
    weights = [load_model(tmp_path / n).network.parameters for n in ("first", "second", "third")]
    for other in weights[1:]:
        for name, expected in weights[0].items():
            np.testing.assert_array_equal(other[name], expected)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_of_two_trainings_into_one_folder_the_second_is_refused(tmp_path, call_main):
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
        folder = str(tmp_path / "model")
        code, _, told = call_main("train", "--vectors", "random-5d", "--output", folder)
        first.communicate(b"\n")
    assert code == 2
    assert "another process is training into it; choose another --output" in told
