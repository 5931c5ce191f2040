"""The book's layers come to the gradients of the graph and of the window network."""

import numpy as np
import pytest

from window_ner.nn.graph.window_network import window_network
from window_ner.nn.layers import SGD, Affine, MatMul, Sigmoid, SoftmaxWithLoss, TwoLayerNet
from window_ner.nn.losses import softmax_cross_entropy
from window_ner.nn.window_network import WindowBatch, WindowNetwork

V, D, WINDOW, HIDDEN, CLASSES = 8, 3, 5, 4, 3
LABELS = np.array([0, 2, 1, 2])
IDS = np.array([[0, 0, 1, 2, 3], [4, 5, 4, 6, 7], [7, 0, 0, 2, 1], [3, 3, 3, 3, 3]])


def assert_equal(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def net(rng):
    net = TwoLayerNet(WINDOW * D, HIDDEN, CLASSES, rng)
    net.params[1] += rng.normal(size=HIDDEN)  # the other networks have no bias of the output
    return net


@pytest.fixture(name="E")
def word_vectors(rng):
    return rng.normal(size=(V, D))


def test_loss_and_gradients_are_those_of_the_window_network(net, E):
    W, b, U, _ = net.params
    network = WindowNetwork({"E": E, "W": W.T, "b": b, "U": U.T}, WINDOW, "logistic")
    batch = WindowBatch({"E": IDS.ravel()})
    scores, trace = network.forward(batch)
    assert_equal(net.predict(E[IDS].reshape(4, -1)), scores)
    loss, ds = softmax_cross_entropy(scores, LABELS)
    expected = network.backward(ds, batch, trace)

    assert_equal(net.forward(E[IDS].reshape(4, -1), LABELS), loss)
    dx = net.backward()
    dW, db, dU, dc = net.grads
    assert_equal(dW.T, expected["W"])
    assert_equal(db, expected["b"])
    assert_equal(dU.T, expected["U"])
    assert_equal(dc, ds.sum(axis=0))
    dE = np.zeros_like(E)
    np.add.at(dE, IDS, dx.reshape(4, WINDOW, D))
    assert_equal(dE[expected["E"].rows], expected["E"].values)


def test_loss_and_gradients_are_those_of_the_graph(net, E):
    W, b, U, _ = net.params
    graph = window_network(
        E, IDS, [(W.T, b)], U.T, activation="logistic", loss="softmax", targets=LABELS
    )
    graph.graph.backward()
    expected = graph.graph.gradients()
    assert_equal(net.forward(E[IDS].reshape(4, -1), LABELS), graph.output.value)
    assert_equal(net.backward(), graph.x.upstream)
    for name, grad in (("W", net.grads[0].T), ("b", net.grads[1]), ("U", net.grads[2].T)):
        assert_equal(grad, expected[name])


@pytest.mark.parametrize("make", [MatMul, lambda W: Affine(W, np.zeros(2)), lambda W: Sigmoid()])
def test_a_layer_has_the_slope_that_central_differences_measure(make, rng):
    layer = make(rng.normal(size=(3, 2)))
    x = rng.normal(size=(4, 3))
    dout = rng.normal(size=layer.forward(x).shape)
    dx = layer.backward(dout)
    for array, gradient in [(x, dx), *zip(layer.params, layer.grads, strict=True)]:
        for i in np.ndindex(array.shape):
            value, h = array[i], 1e-5
            array[i] = value + h
            above = (layer.forward(x) * dout).sum()
            array[i] = value - h
            below = (layer.forward(x) * dout).sum()
            array[i] = value
            assert gradient[i] == pytest.approx((above - below) / (2 * h), abs=1e-8)


def test_gradients_are_written_in_place(net, E):
    before = [id(grad) for grad in net.grads]
    x = E[IDS].reshape(4, -1)
    for _ in range(2):
        net.forward(x, LABELS)
        net.backward()
    assert [id(grad) for grad in net.grads] == before
    assert all(g is net.layers[0].grads[i] for i, g in enumerate(net.grads[:2]))


def test_labels_may_be_indices_or_one_hot_rows(rng):
    scores, layer = rng.normal(size=(4, CLASSES)), SoftmaxWithLoss()
    by_index = layer.forward(scores, LABELS), layer.backward()
    one_hot = layer.forward(scores, np.eye(CLASSES, dtype=int)[LABELS]), layer.backward()
    assert by_index[0] == one_hot[0]
    assert (by_index[1] == one_hot[1]).all()
    assert_equal(layer.backward(3.0), 3 * by_index[1])


@pytest.mark.filterwarnings("error")
def test_a_right_class_far_below_another_has_a_large_loss_and_not_an_infinite_one():
    layer = SoftmaxWithLoss()
    assert layer.forward(np.array([[2000.0, 0.0]]), np.array([1])) == 2000
    assert_equal(layer.backward(), [[1, -1]])


def test_steps_along_the_gradients_lower_the_loss(net, E):
    x, sgd = E[IDS].reshape(4, -1), SGD(lr=0.5)
    losses = []
    for _ in range(50):
        losses.append(net.forward(x, LABELS))
        net.backward()
        sgd.update(net.params, net.grads)
    assert losses[-1] < losses[0] / 4
