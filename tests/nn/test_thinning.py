import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.gradient_check import check_gradients
from window_ner.nn.thinning import ThinnedNetwork
from window_ner.nn.window_network import Dropout, WindowBatch, WindowNetwork, make_layers

WINDOW, WORDS, DIMENSION = 3, 7, 4

BATCH = WindowBatch({"E": np.random.default_rng(1).integers(0, WORDS - 2, 5 * WINDOW)})


def network(hidden, activation="tanh", dtype=np.float64):
    rng = np.random.default_rng(0)
    parameters = make_layers(
        WINDOW * DIMENSION, hidden, 3, activation=activation, initializer="xavier-normal", rng=rng
    )
    parameters["E"] = rng.normal(size=(WORDS, DIMENSION))
    return WindowNetwork(parameters, WINDOW, activation).astype(dtype)


def thinned(whole, dropped=0.5, seed=2):
    return ThinnedNetwork(whole, dropped, np.random.default_rng(seed))


def drop_inputs():
    """Inputs are dropped for each window by itself, beside the units of the mini-batch."""
    return Dropout(0.3, 0.0, np.random.default_rng(5))


@pytest.mark.parametrize("activation", ["tanh", "prelu"])
@pytest.mark.parametrize("hidden", [(), (6,), (6, 5), (6, 5, 4)])
def test_the_gradients_agree_with_central_differences_of_the_whole_weights(hidden, activation):
    whole = network(hidden, activation)
    scores, trace = thinned(whole).forward(BATCH, drop_inputs())
    weights = np.random.default_rng(3).normal(size=scores.shape)
    gradients = thinned(whole).backward(weights, BATCH, trace)

    def loss():
        return float((thinned(whole).forward(BATCH, drop_inputs())[0] * weights).sum())

    rng = np.random.default_rng(4)
    checks = check_gradients(loss, whole.parameters, gradients, rng=rng)
    assert set(gradients) == set(whole.parameters)
    assert [c for c in checks if not c.passed] == []


def test_the_gradients_have_the_dtype_of_the_weights():
    thin = thinned(network((6, 5), dtype=np.float32))
    scores, trace = thin.forward(BATCH)
    gradients = thin.backward(scores, BATCH, trace, frozen={"E"})
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}


def test_the_scores_are_those_of_the_whole_network_with_the_dropped_units_at_0():
    whole, thin = network((6,)), thinned(network((6,)))
    h = whole.forward(BATCH)[1].h[0]
    gradients = thin.backward(np.ones((5, 3)), BATCH, thin.forward(BATCH)[1])
    remaining = np.flatnonzero(gradients["b"])
    assert len(remaining) == 3
    expected = 2 * h[:, remaining] @ whole.parameters["U"][:, remaining].T
    assert_allclose(thin.forward(BATCH)[0], expected)


def test_on_average_the_scores_of_thinned_networks_are_those_of_the_whole_network():
    whole, rng = network((4,)), np.random.default_rng(0)
    thin = [ThinnedNetwork(whole, 0.25, rng).forward(BATCH)[0] for _ in range(4_000)]
    assert_allclose(np.mean(thin, axis=0), whole.forward(BATCH)[0], atol=0.05)


def test_one_unit_of_a_layer_remains_at_least():
    scores, trace = thinned(network((2,)), dropped=0.9).forward(BATCH)
    assert trace.h[0].shape == (5, 1)
    assert np.isfinite(scores).all()


def test_what_is_frozen_has_no_gradient():
    thin = thinned(network((6,)))
    scores, trace = thin.forward(BATCH)
    assert set(thin.backward(scores, BATCH, trace, frozen={"W", "E"})) == {"b", "U"}


def test_the_weights_of_the_whole_network_stay_as_they_are():
    whole, before = network((6, 5)), network((6, 5))
    thin = thinned(whole)
    scores, trace = thin.forward(BATCH)
    thin.backward(scores, BATCH, trace)
    for name, weights in before.parameters.items():
        assert_array_equal(whole.parameters[name], weights)
