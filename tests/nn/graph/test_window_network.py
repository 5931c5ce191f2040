import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.gradient_check import check_gradients
from window_ner.nn.graph import Parameter
from window_ner.nn.graph.window_network import window_network
from window_ner.nn.losses import logistic_loss, max_margin_loss, softmax_cross_entropy
from window_ner.nn.row_gradient import RowGradient
from window_ner.nn.window_network import WindowBatch, WindowNetwork

LOSSES = ["logistic", "max-margin", "softmax", None]
seeds, depths = st.integers(0, 2**32 - 1), st.integers(1, 3)


def draw_arguments(seed, activation="tanh", loss="logistic", layers=1, dtype=np.float64, n=3):
    """Arguments of `window_network` with random shapes and values."""
    rng = np.random.default_rng(seed)
    window, d, words = rng.choice([1, 3, 5]), rng.integers(1, 5), rng.integers(2, 9)
    sizes = [window * d, *rng.integers(1, 5, layers), 4 if loss == "softmax" else 1]
    shapes = zip(sizes[1:], sizes[:-1], strict=True)
    *hidden, U = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    return {
        "E": rng.normal(size=(words, d)).astype(dtype),
        "ids": rng.integers(0, words, (n, window)),
        "hidden": [(W, rng.normal(size=len(W)).astype(dtype)) for W in hidden],
        "U": U,
        "activation": activation,
        "loss": loss,
        "targets": rng.integers(0, 4 if loss == "softmax" else 2, n),
        "corrupted": rng.integers(0, words, (n, window)),
        "slopes": [np.array([0.2], dtype) for _ in hidden] if activation == "prelu" else (),
    }


def parameters_of(graph):
    return {node.name: node.value for node in graph.order if isinstance(node, Parameter)}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(seed=seeds, layers=depths)
@settings(max_examples=2, derandomize=True)  # chance may hit a kink, one day
def test_all_gradients_agree_with_central_differences(activation, loss, seed, layers):
    graph = window_network(**draw_arguments(seed, activation, loss, layers)).graph
    graph.backward()

    def value():
        graph.forward()
        return float(graph.output.value.sum())

    rng = np.random.default_rng(0)
    for check in check_gradients(value, parameters_of(graph), graph.gradients(), rng=rng):
        assert check.passed, check


def fused_loss_and_gradients(parameters, ids, activation, loss, targets, corrupted):
    """The same network in `window_ner.nn.window_network`, with one window after another."""
    if loss == "max-margin":
        ids = np.concatenate([ids, corrupted])
    model = WindowNetwork(parameters, ids.shape[1], activation)
    batch = WindowBatch({"E": ids.ravel()})
    scores, trace = model.forward(batch)
    if loss == "logistic":
        value, ds = logistic_loss(scores[:, 0], targets)
    elif loss == "max-margin":
        value, *both = max_margin_loss(*np.split(scores[:, 0], 2))
        ds = np.concatenate(both)
    else:
        value, ds = softmax_cross_entropy(scores, targets)
    return value, model.backward(ds.reshape(scores.shape), batch, trace)


@pytest.mark.parametrize("loss", ["logistic", "max-margin", "softmax"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@given(seed=seeds, layers=depths, n=st.integers(1, 6))
@settings(max_examples=4)
def test_loss_and_gradients_are_those_of_the_fused_model(activation, loss, seed, layers, n):
    arguments = draw_arguments(seed, activation, loss, layers, n=n)
    graph = window_network(**arguments).graph
    graph.backward()
    given = (arguments[key] for key in ("ids", "activation", "loss", "targets", "corrupted"))
    value, gradients = fused_loss_and_gradients(parameters_of(graph), *given)

    assert_allclose(graph.output.value, value, rtol=1e-12, atol=1e-14)
    assert graph.gradients().keys() == gradients.keys()
    for name, gradient in graph.gradients().items():
        if isinstance(gradient, RowGradient):
            assert_array_equal(gradient.rows, gradients[name].rows)
            assert_allclose(gradient.values, gradients[name].values, rtol=1e-9, atol=1e-14)
        else:
            assert_allclose(gradient, gradients[name], rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_parameter_gets_a_gradient_and_the_word_vectors_one_of_rows(loss):
    graph = window_network(**draw_arguments(1, "prelu", loss, layers=2)).graph
    graph.backward()
    gradients = graph.gradients()
    assert set(gradients) == {"E", "W1", "b1", "a1", "W2", "b2", "a2", "U"}
    assert isinstance(gradients["E"], RowGradient)


def test_the_shapes_are_those_of_the_lecture_with_a_window_a_row():
    rng = np.random.default_rng(0)
    hidden = [(rng.normal(size=(8, 250)), rng.normal(size=8))]
    network = window_network(
        rng.normal(size=(30, 50)), rng.integers(0, 30, (7, 5)), hidden, rng.normal(size=(1, 8))
    )
    shapes = {node.name: node.value.shape for node in network.graph.order if node.name}
    assert shapes == {
        "E": (30, 50),
        "x": (7, 250),
        "W": (8, 250),
        "b": (8,),
        "z": (7, 8),
        "h": (7, 8),
        "U": (1, 8),
        "s": (7, 1),
    }


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_stays_float32(loss):
    graph = window_network(**draw_arguments(2, "prelu", loss, dtype=np.float32)).graph
    graph.backward()
    for node in graph.order:
        gradient = node.upstream
        array = gradient.values if isinstance(gradient, RowGradient) else gradient
        assert (node.value.dtype, array.dtype) == (np.float32, np.float32), node


def test_the_loss_is_a_mean_over_the_windows():
    E, ids = np.array([[0.1], [0.2]]), np.array([[0], [1]])
    hidden, U = [(np.array([[2.0]]), np.zeros(1))], np.ones((1, 1))

    def loss(rows, targets):
        graph = window_network(E, ids[rows], hidden, U, loss="logistic", targets=targets).graph
        return graph.output.value

    assert_allclose(loss([0, 1], [1, 0]), (loss([0], [1]) + loss([1], [0])) / 2)


@pytest.mark.parametrize(("loss", "needed"), [("hinge", "max-margin"), ("logistic", "targets")])
def test_an_unknown_loss_or_a_missing_target_lists_the_losses(loss, needed):
    E, ids = np.ones((2, 1)), np.zeros((1, 1), int)
    with pytest.raises(ValueError, match=needed):
        window_network(E, ids, [(np.ones((1, 1)), np.zeros(1))], np.ones((1, 1)), loss=loss)
