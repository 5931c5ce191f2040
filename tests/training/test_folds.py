"""How a corpus is divided into folds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.corpus import Document, make_corpus
from window_ner.errors import InputError
from window_ner.training.folds import balanced_folds, labels_in_one


def corpus_of(labels, documents=None):
    """A corpus with a sentence for each item: names of these labels, a letter each."""
    tokens = [
        [*(f"name{i}" for i in range(len(names))), f"word{n}"] for n, names in enumerate(labels)
    ]
    tags = [[*(f"B-{name}" for name in names), "O"] for names in labels]
    return make_corpus(tokens, tags, documents, name="tiny")


@given(st.lists(st.text("ABCD", max_size=3), min_size=2, max_size=40), st.integers(2, 7))
def test_every_sentence_is_in_one_fold_and_folds_are_about_equal(labels, k):
    if sum(map(bool, labels)) < 2:
        return
    corpus = corpus_of(labels)
    folds = balanced_folds(corpus, k)
    assert len(folds) == min(k, len(labels))
    together = [s for fold in folds for s in fold.sentences]
    assert sorted(s.tokens for s in together) == sorted(s.tokens for s in corpus.sentences)
    assert min(len(fold.sentences) for fold in folds) >= 1


@given(st.lists(st.sampled_from(["", "A", "B", "C", "D"]), min_size=4, max_size=40))
def test_a_label_of_two_sentences_is_in_two_folds(labels):
    counts = {label: labels.count(label) for label in set(labels) - {""}}
    if sum(counts.values()) < 2:
        return
    folds = balanced_folds(corpus_of(labels), 5)
    assert labels_in_one(folds) == sorted(x for x, count in counts.items() if count == 1)
    for label, count in counts.items():  # spread evenly, as each sentence has one label
        of_folds = [sum(f"B-{label}" in s.tags for s in fold.sentences) for fold in folds]
        assert max(of_folds) <= -(-count // len(folds))


def test_a_document_stays_whole_if_there_are_enough_of_them():
    corpus = corpus_of(["A", "B"] * 10, documents=[2] * 10)
    folds = balanced_folds(corpus, 5)
    assert [len(fold.documents) for fold in folds] == [2] * 5
    assert all(len(d.sentences) == 2 for fold in folds for d in fold.documents)
    few = balanced_folds(corpus_of(["A", "B"] * 10, documents=[10] * 2), 5)
    assert [[len(d.sentences) for d in fold.documents] for fold in few] == [[1] * 4] * 5


def test_a_partially_annotated_document_stays_one():
    corpus = corpus_of(["A", "A", "", "A"]).annotating(["A"])
    for fold in balanced_folds(corpus, 2):
        assert all(isinstance(d, Document) and d.annotated == {"A"} for d in fold.documents)


@pytest.mark.parametrize(
    ("labels", "documents", "message"),
    [
        (["", ""], None, "no names in it"),
        (["A"], None, "only one sentence"),
        (["AB", "", ""], None, "only one sentence"),
        (["A", "A", *[""] * 9], [2, *[1] * 9], "only one document"),
        (["A", "", ""], [2, 1], "only one sentence"),
    ],
)
def test_names_in_one_sentence_or_document_are_too_few(labels, documents, message):
    with pytest.raises(InputError, match=f"tiny: {message}"):
        balanced_folds(corpus_of(labels, documents), 5)
