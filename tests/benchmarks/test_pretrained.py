"""The card of each model that `benchmarks.pretrained` makes is true of that model."""

from dataclasses import replace

import pytest

import window_ner
from benchmarks.pretrained import card
from benchmarks.pretrained.corpora import CONLL, EVERYDAY, NEWSWIRE, SAMPLE
from window_ner.data.conll import read_conll
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
