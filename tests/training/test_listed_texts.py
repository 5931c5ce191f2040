"""Training data from texts and a list of names."""

from dataclasses import replace

import numpy as np
import pytest

from window_ner.data.conll import parse_conll
from window_ner.data.corpus import join_corpora
from window_ner.data.formats.reading import read_texts
from window_ner.data.name_list import NameList
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.tagger import Tagger
from window_ner.settings.toml import settings_from
from window_ner.training.job import new_job
from window_ner.training.listed_texts import _MEASURED, annotate_by_list, listed_corpus
from window_ner.training.plan import Base, Plan
from window_ner.training.run import train

PLACES = "Rome", "Oslo", "Bonn", "Cork"
LIST = NameList({"Rome": "CITY", "Bonn": "CITY"})
SETTINGS = settings_from(
    {
        "network": {"loss": "crf", "hidden": [8], "activation": "relu"},
        "training": {"epochs": 10, "batch_size": 2, "learning_rate": 0.03},
        "fine_tuning": {"mode": "off"},
    },
    "test",
)


WORDS = [*map(str.lower, PLACES), "to", "it", "rains", "in", "from"]
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 6)).astype(np.float32)
VECTORS = [WordVectors("tiny", WORDS, TABLE)]


@pytest.fixture(scope="module")
def model():
    """It finds the four places."""
    text = "".join(f"in O\n{place} B-LOC\nit O\nrains O\n\n" for place in PLACES)
    corpus = parse_conll(text)
    return train(Plan(SETTINGS, corpus, corpus, VECTORS))


def texts(*lines, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines))
    return read_texts(path)


def annotated(model, *lines, tmp_path):
    corpus = annotate_by_list(texts(*lines, tmp_path=tmp_path), LIST, model)
    return [
        (" ".join(t for s in d.sentences for t in s.tags), d.annotated) for d in corpus.documents
    ]


def test_a_text_whose_names_are_all_on_the_list_is_annotated_completely(model, tmp_path):
    made = annotated(model, "in Rome it rains", "in Bonn it rains", tmp_path=tmp_path)
    assert made == [("O B-CITY O O", None)] * 2


def test_in_a_text_with_other_names_the_rest_is_unknown(model, tmp_path):
    made = annotated(model, "in Rome it rains in Oslo it rains", tmp_path=tmp_path)
    assert made == [("O B-CITY O O O O O O", frozenset())]


def test_a_text_with_other_names_alone_is_left_out_and_one_without_names_stays(model, tmp_path):
    lines = "in Rome it rains", "in Oslo it rains", "it rains"
    made = annotated(model, *lines, tmp_path=tmp_path)
    assert made == [("O B-CITY O O", None), ("O O", None)]


def test_a_note_counts_the_texts(model, tmp_path):
    lines = "in Rome it rains", "in Oslo it rains", "it rains", "in Rome it rains in Oslo it rains"
    corpus = annotate_by_list(texts(*lines, tmp_path=tmp_path), LIST, model)
    assert corpus.notes == (
        "2 of 4 texts have names of the list; 1 of these may have other names too, and "
        "1 texts that may have other names only are left out",
    )


def test_without_a_dev_split_a_note_says_what_f1_is_measured_against(model, tmp_path):
    corpus = texts("in Rome it rains", tmp_path=tmp_path)
    base = Base(model)
    alone, with_dev = (
        listed_corpus(corpus, LIST, base, has_dev=has_dev).notes for has_dev in (False, True)
    )
    assert alone == (*with_dev, _MEASURED)


def test_each_sentence_of_a_file_without_documents_is_a_text(model):
    sentences = (f"in O\n{place} B-LOC\nit O\nrains O\n\n" for place in ("Rome", "Oslo"))
    corpus = parse_conll("".join(sentences))
    made = annotate_by_list(corpus, LIST, model)
    assert [d.sentences[0].tags for d in made.documents] == [("O", "B-CITY", "O", "O")]


def test_texts_without_any_name_of_the_list_are_refused(model, tmp_path):
    with pytest.raises(InputError, match=r"texts.txt: no name of the list is in it"):
        annotated(model, "it rains", tmp_path=tmp_path)


def test_a_training_on_a_list_finds_names_that_are_not_on_it(model, tmp_path):
    lines = [f"in {place} it rains" for place in ("Rome", "Bonn")] + ["it rains in it", "it rains"]
    lines += ["in Oslo it rains in Rome it rains"]
    corpus = texts(*lines, tmp_path=tmp_path)
    job = new_job(
        init=Tagger(model),
        train=corpus,
        dev=parse_conll("in O\nRome B-CITY\nit O\nrains O\n"),
        names=LIST,
        changes={"epochs": 12, "batch_size": 2},
    )
    tagger = replace(job, plan=replace(job.plan, vectors=VECTORS)).carry_out()
    assert tagger.labels == ["CITY"]
    assert [(e.text, e.label) for e in tagger("in Cork it rains")] == [("Cork", "CITY")]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"needs a model to start from.*\(--from\)"),
        ({"init": 1, "keep_labels": True}, "with the labels of the model kept"),
        ({"init": 1, "train": ()}, r"needs texts to find them in.*\(--train\)"),
    ],
)
def test_what_a_list_needs_is_said(model, given, message):
    if "init" in given:
        given = {**given, "init": Tagger(model)}
    corpus = parse_conll("in O\nRome O\n")
    with pytest.raises(InputError, match=message):
        new_job(**{"train": join_corpora([corpus]), "names": LIST, **given})
