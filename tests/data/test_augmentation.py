import numpy as np
import pytest

from window_ner.data.augmentation import augment
from window_ner.data.conll import parse_conll
from window_ner.data.tag_schemes import spans_of
from window_ner.errors import InputError
from window_ner.settings.tables import AugmentationSettings
from window_ner.settings.toml import settings_from

MARKED = parse_conll(
    "".join(f"-DOCSTART- O\n\nAnn B-PER\nleft O\nt{i} O\n\nRome B-LOC\n\n" for i in range(8))
)
UNMARKED = parse_conll("Ann B-PER\nleft O\n\nRome B-LOC\n\n")


def copies(corpus, **shares):
    new = augment(corpus, AugmentationSettings(**shares), np.random.default_rng(0))
    count = len(corpus.documents) if corpus.has_documents else len(corpus.sentences)
    return new.documents[count:]


def test_without_a_share_nothing_changes():
    assert augment(MARKED, AugmentationSettings(), np.random.default_rng(0)) is MARKED


@pytest.mark.parametrize(
    ("spelling", "words"),
    [("lower_case", "ann left"), ("upper_case", "ANN LEFT"), ("title_case", "Ann Left")],
)
def test_a_share_of_the_documents_is_copied_in_another_spelling(spelling, words):
    new = copies(MARKED, **{spelling: 0.5})
    assert sum(len(document.sentences) for document in new) == 8
    assert [len(document.sentences) for document in new].count(2) == 2  # the others taken apart
    first = new[0].sentences[0]
    assert " ".join(first.tokens[:2]) == words
    assert first.tags == ("B-PER", "O", "O")
    assert len({s.tokens[2] for d in new for s in d.sentences if len(s) == 3}) == 4


def test_each_loose_sentence_is_a_document():
    new = copies(MARKED, loose_sentences=0.25)
    assert [len(document.sentences) for document in new] == [1, 1, 1, 1]


def test_each_sentence_is_a_document_if_no_documents_are_marked():
    corpus = augment(UNMARKED, AugmentationSettings(lower_case=1.0), np.random.default_rng(0))
    assert corpus.has_documents
    assert [len(document.sentences) for document in corpus.documents] == [1] * 4


def test_the_same_generator_draws_the_same_copies():
    assert copies(MARKED, lower_case=0.4) == copies(MARKED, lower_case=0.4)


def test_a_share_is_between_0_and_1():
    with pytest.raises(InputError, match=r"augmentation\.lower_case must be a share from 0 to 1"):
        settings_from({"augmentation": {"lower_case": 1.5}}, "test")


def test_names_of_one_label_take_each_others_place():
    corpus = parse_conll(
        "Ann B-PER\nLee I-PER\nleft O\nRome B-LOC\n\nBob B-PER\nsaw O\nOslo B-LOC\n"
    )
    settings = AugmentationSettings(swap_names=20)
    every = augment(corpus, settings, np.random.default_rng(0)).sentences
    copies = every[len(corpus.sentences) :]
    assert len(copies) == 20 * len(corpus.sentences)
    names = {"PER": {("Ann", "Lee"), ("Bob",)}, "LOC": {("Rome",), ("Oslo",)}}
    for copy in copies:
        for start, end, label in spans_of(copy.tags):
            assert copy.tokens[start:end] in names[label]
        assert {"left", "saw"} & set(copy.tokens)
    assert ("Bob", "left", "Oslo") in {copy.tokens for copy in copies}


def test_a_name_brings_its_other_columns_along():
    corpus = parse_conll(
        "Ann NNP x B-PER\nLee NN y I-PER\nleft VBD z O\n\nBob FW u B-PER\nsaw VB v O\n"
    )
    every = augment(corpus, AugmentationSettings(swap_names=9), np.random.default_rng(0)).sentences
    rows = {
        row for sentence in every for row in zip(sentence.tokens, *sentence.columns, strict=True)
    }
    assert {len(sentence.columns) for sentence in every} == {2}
    assert rows == {row for s in corpus.sentences for row in zip(s.tokens, *s.columns, strict=True)}
