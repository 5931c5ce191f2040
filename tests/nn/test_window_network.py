import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.windows import window_positions
from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.gradient_check import check_gradients
from window_ner.nn.row_gradient import dense
from window_ner.nn.window_network import Dropout, WindowBatch, WindowNetwork, make_layers

WINDOW, WORDS, DIMENSION = 3, 7, 4


def network(activation="tanh", hidden=(5,), extra=0, outputs=3, seed=0):
    """A float64 network; ``extra`` columns of x beside those of E."""
    rng = np.random.default_rng(seed)
    parameters = make_layers(
        WINDOW * DIMENSION + extra,
        hidden,
        outputs,
        activation=activation,
        initializer="xavier-normal",
        rng=rng,
    )
    for name in parameters:
        if name[0] == "b":  # zeros would put units of a kinked activation on the kink
            parameters[name] = rng.normal(size=parameters[name].shape)
    parameters["E"] = rng.normal(size=(WORDS, DIMENSION))
    return WindowNetwork(parameters, WINDOW, activation).astype(np.float64)


def lone_windows(rng):
    """Five windows, each with places of its own; words repeat within and between them."""
    return WindowBatch({"E": rng.integers(0, WORDS - 2, 5 * WINDOW)})


def sentence_windows(rng):
    """All windows of two sentences, which share their places."""
    windows, places = window_positions(np.array([4, 1]), WINDOW)
    return WindowBatch({"E": rng.integers(0, WORDS - 2, places)}, windows)


def check(net, batch, seed=0):
    """Compare all gradients of a random weighting of the scores with central differences."""
    rng = np.random.default_rng(seed)
    scores, trace = net.forward(batch)
    weights = rng.normal(size=scores.shape)
    gradients = net.backward(weights, batch, trace)

    def loss():
        return float((net.forward(batch)[0] * weights).sum())

    checks = check_gradients(loss, net.parameters, gradients, rng=rng)
    assert set(gradients) == set(net.parameters)
    assert [c for c in checks if not c.passed] == []


@pytest.mark.parametrize("layout", [lone_windows, sentence_windows])
@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_agrees_with_central_differences(activation, hidden, layout):
    check(network(activation, hidden), layout(np.random.default_rng(1)))


def rich_batch(layout, rng):
    """Windows with two tables, of which one has two rows a token, flags, and a centre."""
    plain = layout(rng)
    places, windows = len(plain.rows["E"]), 5
    return WindowBatch(
        rows={**plain.rows, "affixes": rng.integers(0, 4, (places, 2))},
        windows=plain.windows,
        flags=rng.normal(size=(places, 2)),
        centre=rng.normal(size=(windows, 3)),
    )


def rich_network(rng, hidden=(5,)):
    """A network for `rich_batch`."""
    net = network("tanh", hidden, extra=WINDOW * (2 * 6 + 2) + 3)
    net.parameters["affixes"] = rng.normal(size=(5, 6))
    return net


@pytest.mark.parametrize("layout", [lone_windows, sentence_windows])
def test_gradients_reach_tables_with_several_rows_a_token_past_flags_and_centre(layout):
    rng = np.random.default_rng(2)
    check(rich_network(rng), rich_batch(layout, rng))


def test_both_layouts_give_the_same_scores():
    rng = np.random.default_rng(3)
    net = network()
    shared = sentence_windows(rng)
    alone = WindowBatch({"E": shared.rows["E"][shared.windows].ravel()})
    assert_allclose(net.forward(shared)[0], net.forward(alone)[0], rtol=1e-12)


def test_the_forward_pass_is_the_equations_of_the_lecture():
    net = network(outputs=1)
    p = net.parameters
    x = np.concatenate([p["E"][2], p["E"][5], p["E"][3]])
    s = p["U"] @ np.tanh(p["W"] @ x + p["b"])
    assert_allclose(net.forward(WindowBatch({"E": np.array([2, 5, 3])}))[0], s[None], rtol=1e-12)


def test_without_a_hidden_layer_the_score_is_linear_in_x():
    net = network(hidden=(), outputs=1)
    p = net.parameters
    x = np.concatenate([p["E"][2], p["E"][5], p["E"][3]])
    scores, _ = net.forward(WindowBatch({"E": np.array([2, 5, 3])}))
    assert_allclose(scores, (p["U"] @ x)[None], rtol=1e-12)


def test_without_a_hidden_layer_dropout_is_that_of_the_inputs():
    net = network(hidden=())
    batch = lone_windows(np.random.default_rng(0))
    hidden_only = Dropout(0.0, 0.9, np.random.default_rng(0))
    assert_array_equal(net.forward(batch, hidden_only)[0], net.forward(batch)[0])


@pytest.mark.parametrize("layout", [lone_windows, sentence_windows])
@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
@pytest.mark.parametrize("names", [{"E"}, {"affixes"}, {"E", "affixes"}, {"E", "U"}])
def test_frozen_parameters_get_no_gradient_and_the_others_keep_theirs(names, hidden, layout):
    rng = np.random.default_rng(4)
    batch, net = rich_batch(layout, rng), rich_network(rng, hidden)

    def gradients(frozen):
        scores, trace = net.forward(batch, Dropout(0.3, 0.4, np.random.default_rng(6)))
        return net.backward(scores, batch, trace, frozen)

    tuned, frozen = gradients(()), gradients(names)
    assert set(tuned) - set(frozen) == names
    for name, gradient in frozen.items():
        shape = net.parameters[name].shape
        assert_allclose(dense(gradient, shape), dense(tuned[name], shape), rtol=1e-12, atol=1e-12)


def test_dropout_zeroes_its_share_and_keeps_the_mean():
    mask = Dropout(0.25, 0.0, np.random.default_rng(0)).mask((400, 500), 0.25, np.float32)
    assert mask.dtype == np.float32
    assert len(np.unique(mask)) == 2
    assert abs((mask == 0).mean() - 0.25) < 0.005
    assert abs(mask.mean() - 1) < 0.005


def test_the_backward_pass_uses_the_dropout_masks_of_the_forward_pass():
    batch, net = sentence_windows(np.random.default_rng(5)), network("tanh", (5, 4))

    def forward():
        return net.forward(batch, Dropout(0.3, 0.4, np.random.default_rng(6)))

    scores, trace = forward()
    weights = np.random.default_rng(7).normal(size=scores.shape)
    gradients = net.backward(weights, batch, trace)
    checks = check_gradients(
        lambda: float((forward()[0] * weights).sum()),
        net.parameters,
        gradients,
        rng=np.random.default_rng(8),
    )
    assert [c for c in checks if not c.passed] == []


def test_float32_stays_float32():
    batch, net = sentence_windows(np.random.default_rng(9)), network().astype(np.float32)
    scores, trace = net.forward(batch, Dropout(0.3, 0.3, np.random.default_rng(0)))
    gradients = net.backward(scores, batch, trace)
    assert scores.dtype == np.float32
    assert {getattr(g, "values", g).dtype for g in gradients.values()} == {np.dtype(np.float32)}


def test_a_converted_copy_shares_nothing():
    net = network()
    copy = net.astype(np.float64)
    copy.parameters["U"] += 1
    assert_array_equal(net.parameters["U"], network().parameters["U"])


@pytest.mark.parametrize(("hidden", "names"), [((5,), ("W", "U")), ((5, 4), ("W1", "W2", "U"))])
def test_the_weight_matrices_are_no_biases_slopes_or_tables(hidden, names):
    net = network("prelu", hidden)
    assert net.weights == names
    assert all(net.parameters[name].ndim == 2 for name in names)
