import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from window_ner.nn.batch_norm import batch_norm, batch_norm_backward
from window_ner.nn.gradient_check import check_gradients


def test_each_unit_has_mean_beta_and_deviation_gamma_in_its_batch():
    z = np.random.default_rng(0).normal(5, 3, (64, 2))
    y, _ = batch_norm(z, np.array([1.0, 2.0]), np.array([0.0, -1.0]))
    assert_allclose(y.mean(axis=0), [0, -1], atol=1e-12)
    assert_allclose(y.std(axis=0), [1, 2], rtol=1e-5)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 8), units=st.integers(1, 4))
def test_every_gradient_agrees_with_central_differences(seed, n, units):
    rng = np.random.default_rng(seed)
    p = {
        "z": rng.normal(size=(n, units)),
        "gamma": rng.normal(size=units),
        "beta": rng.normal(size=units),
    }
    upstream, epsilon = rng.normal(size=(n, units)), 0.1  # two rows may be as good as equal

    def loss():
        return float((batch_norm(**p, epsilon=epsilon)[0] * upstream).sum())

    _, normalised = batch_norm(**p, epsilon=epsilon)
    gradients = batch_norm_backward(upstream, p["gamma"], normalised)
    named = dict(zip(p, gradients, strict=True))
    checks = check_gradients(loss, p, named, rng=rng)
    assert [check for check in checks if not check.passed] == []


def test_a_shift_or_a_stretch_of_the_whole_batch_changes_nothing():
    z = np.random.default_rng(0).normal(size=(16, 3))
    one, zero = np.ones(3), np.zeros(3)
    assert_allclose(batch_norm(7 * z + 3, one, zero)[0], batch_norm(z, one, zero)[0], atol=1e-4)


def test_rows_that_are_all_equal_become_beta():
    y, normalised = batch_norm(np.full((4, 1), 3.0), np.ones(1), np.array([0.5]))
    assert_allclose(y, 0.5)
    dz, _, _ = batch_norm_backward(np.ones((4, 1)), np.ones(1), normalised)
    assert_allclose(dz, 0)


def test_float32_stays_float32():
    z = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    gamma, beta = np.ones(2, np.float32), np.zeros(2, np.float32)
    y, normalised = batch_norm(z, gamma, beta)
    gradients = batch_norm_backward(y, gamma, normalised)
    assert {array.dtype for array in (y, *gradients)} == {np.dtype(np.float32)}


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        batch_norm(np.zeros((0, 2)), np.ones(2), np.zeros(2))
