"""The models that `benchmarks.pretrained` makes: their weights, and that each card is true."""

from dataclasses import replace

import numpy as np
import pytest

import window_ner
from benchmarks.pretrained import card
from benchmarks.pretrained.corpora import CONLL, EVERYDAY, NEWSWIRE, SAMPLE
from benchmarks.pretrained.finishing import mean_of_weights
from window_ner.data.conll import read_conll
from window_ner.data.vocabulary import Vocabulary
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.storage.resources import resource_folder


@pytest.fixture(scope="module")
def cards():
    """The card of the bundled model and that of the stage `free`; a few sentences are measured."""
    dev = read_conll(resource_folder("data/sample") / "dev.conll")
    few = replace(dev, documents=dev.documents[:2])
    tagger = window_ner.load("english")
    scores = evaluate_tagger(tagger, few, 0, 0)
    training = [replace(few, name=name) for name in (SAMPLE, EVERYDAY)]
    made = tagger, training, {CONLL: few, NEWSWIRE: few}, 1.5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card, "evaluate_tagger", lambda *_: scores)
        return card.write_card(*made), card.write_card(*made, "free")


def test_the_card_of_a_stage_says_nothing_that_is_true_of_the_bundled_model_alone(cards):
    _, free = cards
    for word in ("english", "GloVe", "eight copies", "window of 5", "license: other", "wikineural"):
        assert word not in free
    assert "\n# free\n" in free
    assert "--stage free --seed" in free


def test_the_card_of_a_stage_has_the_same_tables(cards):
    tables = [[line for line in text.split("\n") if line.startswith("|")] for text in cards]
    assert tables[0] == tables[1]
    assert any(line.startswith("| Everyday training sentences |") for line in tables[0])


def test_a_word_that_one_of_the_averaged_models_lacks_keeps_the_vector_of_the_other(tiny_tagger):
    last = tiny_tagger.model
    words = last.encoder.vocabulary.words
    order = [0, 1, *range(len(words) + 1, 2, -1)]  # the first word is missing
    vectors = np.asarray(last.scorer.parameters["E"])
    encoder = replace(last.encoder, vocabulary=Vocabulary(words[:0:-1]))
    scorer = last.scorer.with_parameters({**last.scorer.parameters, "E": 3 * vectors[order]})
    mean = mean_of_weights([replace(last, encoder=encoder, scorer=scorer), last])
    assert mean.encoder.vocabulary.words == words
    expected = 2 * vectors
    expected[2] = vectors[2]
    np.testing.assert_allclose(mean.scorer.parameters["E"], expected, rtol=1e-6)
