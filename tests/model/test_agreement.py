"""The places of a name in a document agree, whichever way a text is scored."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import read_conll
from window_ner.data.random_vectors import random_word_vectors
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.settings.toml import change_settings, load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.new_model import untrained_model


@pytest.fixture(scope="module")
def corpus():
    return read_conll(resource_folder("data/sample") / "dev.conll")


@pytest.fixture(scope="module")
def make_model(corpus):
    """Draw the weights of `fast` at random, with a weight of the agreement."""
    words = sorted({token for s in corpus.sentences for token in s.tokens})

    def make(agreement):
        changes = [f"agreement={agreement}", "hidden=[20]"]
        settings = change_settings(load_config("fast"), changes)
        return untrained_model(settings, corpus, [random_word_vectors("random-8d", words, 1)])

    return make


def test_only_names_that_a_document_repeats_get_other_scores(make_model, corpus):
    with_it, without = make_model(2), make_model(0)
    text = with_it.encode_corpus(corpus)
    changed = (with_it.scored(text).scores != without.scored(text).scores).any(axis=1)
    repeated = np.zeros(len(text), dtype=bool)
    repeated[text.repeated_names[0]] = True
    assert changed.any()
    assert not (changed & ~repeated).any()


def test_the_tables_of_a_tagger_change_the_scores_no_more_than_without_it(make_model, corpus):
    for agreement in (0, 2):
        model = make_model(agreement)
        scored = model.scored(model.encode_corpus(corpus))
        assert_allclose(Tagger(model).read_corpus(corpus).scores, scored.scores, atol=0.01)


def test_a_stored_model_keeps_it(make_model, corpus, tmp_path):
    model = make_model(2)
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    text = model.encode_corpus(corpus)
    assert again.objective.agreement == 2
    assert_array_equal(again.scored(text).scores, model.scored(text).scores)


def test_every_sentence_is_a_document_of_its_own_if_none_is_marked(make_model, corpus):
    model = make_model(2)
    apart = replace(corpus, has_documents=False)
    text = model.encode_corpus(apart)
    names = text.repeated_names[1]
    assert len(names) < len(model.encode_corpus(corpus).repeated_names[1])
