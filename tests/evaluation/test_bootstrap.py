"""How sure an F1 is."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from window_ner.evaluation.bootstrap import draw_f1, f1_of, interval


def test_f1_is_computed_from_counts_and_is_0_without_names():
    assert_allclose(f1_of(np.array([[3, 4, 6], [0, 0, 0], [0, 5, 5]])), [0.6, 0, 0])


def test_the_interval_has_the_f1_of_most_samples_of_the_same_text():
    """From one sample, predict where F1 of the whole is: right for about 95 % of the samples."""
    rng = np.random.default_rng(1)
    true = rng.poisson(2, size=20_000)
    right = rng.binomial(true, 0.6)
    text = np.stack([right, right + rng.poisson(0.5, size=20_000), true], axis=1)
    whole = f1_of(text.sum(axis=0))
    inside = 0
    for _ in range(200):
        sample = text[rng.integers(len(text), size=100)]
        low, high = interval(draw_f1(sample, rng, draws=300))
        inside += low <= whole <= high
    assert 0.9 <= inside / 200 <= 0.99


def test_more_sentences_make_the_interval_narrower():
    rng = np.random.default_rng(1)
    counts = np.array([[1, 1, 2], [2, 3, 2], [0, 1, 1]])

    def width(times):
        low, high = interval(draw_f1(np.tile(counts, (times, 1)), rng))
        return high - low

    assert width(40) == pytest.approx(width(10) / 2, rel=0.2)


def test_a_draw_takes_the_same_sentences_for_all_results():
    rng = np.random.default_rng(1)
    one = np.array([[1, 1, 2], [2, 3, 2], [0, 1, 1], [5, 6, 9]])
    draws = draw_f1(np.stack([one, one], axis=1), rng)
    assert draws.shape == (2000, 2)
    assert_allclose(draws[:, 0], draws[:, 1])
