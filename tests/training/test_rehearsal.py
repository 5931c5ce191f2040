"""Sentences of the sample corpus in a training that keeps labels."""

import pytest

from window_ner.data.conll import parse_conll
from window_ner.model.about import About
from window_ner.settings.inputs import FeatureSettings
from window_ner.settings.tables import Settings, StartSettings
from window_ner.training.rehearsal import rehearsed, with_rehearsal

CORPUS = parse_conll("take O\naspirin B-DRUG\n", name="drugs").annotating(["DRUG"])


def about(*, keeps_labels=True, rehearsal=3, **settings):
    settings = Settings(start=StartSettings(rehearsal=rehearsal), **settings)
    return About(settings, ("DRUG", "PER"), keeps_labels=keeps_labels)


def test_the_sentences_have_no_annotation_and_no_name_of_a_new_label():
    more = with_rehearsal(CORPUS, about(), ["PER"])
    first, *rest = more.documents
    assert first.sentences == CORPUS.sentences
    assert len(rest) == 3
    for document in rest:
        assert document.annotated == {"DRUG"}
        assert {tag for s in document.sentences for tag in s.tags} == {"O"}


@pytest.mark.parametrize(
    "about",
    [
        about(keeps_labels=False),
        about(rehearsal=0),
        about(features=FeatureSettings(columns=5, columns_numbers=(1,))),
    ],
    ids=["labels are not kept", "the setting is 0", "the sample corpus lacks the columns"],
)
def test_there_may_be_nothing_to_rehearse(about):
    assert with_rehearsal(CORPUS, about, ["PER"]) is CORPUS


def test_they_are_from_the_whole_corpus_and_each_is_there_once():
    every, few = rehearsed([], 10_000), rehearsed([], 5)
    assert len(set(every)) == len(every) > 700
    assert (few[0], few[-1]) == (every[0], every[-1])


def test_a_sentence_with_a_new_name_is_left_out_however_it_is_written():
    (sentence,) = parse_conll("NEW B-PLACE\nzealand I-PLACE\n").sentences

    def with_new_zealand(sentences):
        return sum("new zealand" in " ".join(s.tokens).lower() for s in sentences)

    assert with_new_zealand(rehearsed([], 10_000)) > 0
    left = rehearsed([sentence], 10_000)
    assert with_new_zealand(left) == 0
    assert any("New" in s.tokens for s in left)


def test_a_corpus_that_annotates_all_labels_needs_no_rehearsal():
    whole = CORPUS.annotating(None)
    assert with_rehearsal(whole, about(), ["PER"]) is whole
