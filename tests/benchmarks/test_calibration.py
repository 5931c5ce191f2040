"""The ways to calibrate that `benchmarks.calibration` compares find what they should."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from benchmarks.calibration.__main__ import by_halves, by_texts, drawn_documents
from benchmarks.calibration.names import TEMPERATURES, Names
from benchmarks.calibration.ways import regression, temperature, temperature_by_text
from window_ner.model.calibration import log_loss
from window_ner.nn.activations import logistic


def names(true_log_temperature, size=4000, seed=1):
    """Draw names whose scores are right at a temperature that depends on a feature."""
    rng = np.random.default_rng(seed)
    score, feature = rng.normal(1, 2, size), rng.random(size)
    tempered = logistic(score / TEMPERATURES[:, None])
    right = rng.random(size) < logistic(score / np.exp(true_log_temperature(feature)))
    return Names(logistic(score), tempered, right, np.arange(size) // 5, {"feature": feature})


def test_without_features_all_ways_agree_on_the_temperature():
    text = names(lambda feature: 0.4 + 0 * feature)
    by_search, by_scoring = temperature([text])(text), temperature_by_text([text], [])(text)
    assert_allclose(
        by_search,
        logistic(np.log(text.probabilities / (1 - text.probabilities)) / np.exp(0.4)),
        atol=0.03,
    )
    assert_allclose(by_scoring, by_search, atol=0.01)
    assert_allclose(regression([text])(text), by_search, atol=0.03)


def test_a_temperature_that_depends_on_a_feature_is_found():
    text = names(lambda feature: 0.8 * feature)
    found = temperature_by_text([text], ["feature"])(text)
    score = np.log(text.probabilities / (1 - text.probabilities))
    assert_allclose(found, logistic(score / np.exp(0.8 * text.features["feature"])), atol=0.05)
    one = temperature([text])(text)
    assert log_loss(found, text.right) < log_loss(one, text.right)


def test_nothing_is_fitted_on_the_names_that_are_measured():
    texts = {"a": names(lambda f: 0 * f, seed=1), "b": names(lambda f: 0.7 + 0 * f, seed=2)}
    crossed = by_texts(temperature, texts)
    assert_allclose(crossed["a"], temperature([texts["b"]])(texts["a"]))
    half = texts["a"].document % 2 == 0
    others = [text.among(text.document % 2 == 1) for text in texts.values()]
    found = by_halves(temperature, texts)["a"][half]
    assert_allclose(found, temperature(others)(texts["a"].among(half)))


def test_documents_are_drawn_whole():
    text = names(lambda feature: 0 * feature, size=20)
    for draw in drawn_documents({"a": text}, times=5):
        documents, counts = np.unique(text.document[draw["a"]], return_counts=True)
        assert len(draw["a"]) == pytest.approx(20) and (counts % 5 == 0).all()
        assert set(documents) <= set(range(4))
