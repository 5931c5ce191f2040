"""Vectors of new words, estimated from other vectors."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.settings.toml import settings_from
from window_ner.training.estimated_vectors import estimated_vectors
from window_ner.training.new_model import untrained_model

WORDS = [f"w{i}" for i in range(30)]


@pytest.mark.parametrize("context", [[], ["sentence"]])
def test_a_linear_relation_is_found(context):
    rng = np.random.default_rng(0)
    others = rng.normal(size=(30, 3)).astype(np.float32)
    own = (others @ rng.normal(size=(3, 5)) + rng.normal(size=5)).astype(np.float32)
    settings = settings_from({"features": {"context": context}}, "test")
    corpus = parse_conll("w0 B-A\n")
    model = untrained_model(settings, corpus, [WordVectors("own", WORDS[:25], own[:25])])
    found = estimated_vectors(model, WordVectors("others", WORDS, others), WORDS)
    assert found.words == WORDS[25:]
    assert_allclose(found.table, own[25:], atol=1e-4)


def test_vectors_from_before_the_training_are_the_goal():
    rng = np.random.default_rng(0)
    others = rng.normal(size=(30, 3)).astype(np.float32)
    settings = settings_from({"features": {"context": ["sentence"]}}, "test")
    model = untrained_model(
        settings, parse_conll("w0 B-A\n"), [WordVectors("own", WORDS[:25], others[:25])]
    )
    moved = model.scorer.with_parameters({**model.scorer.parameters, "E": np.ones((27, 3))})
    found = estimated_vectors(
        replace(model, scorer=moved), WordVectors("others", WORDS, others), WORDS
    )
    assert_allclose(found.table, others[25:], atol=1e-4)
