"""The worked examples of the lectures (CS231n, "Backpropagation, Intuitions"; CS224n, lecture 3).

They are compared as they are printed: to the last digit.
"""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from window_ner.nn.graph import Graph, Parameter
from window_ner.nn.graph.operations import activate, exp, reciprocal, squared_norm
from window_ner.nn.graph.window_network import window_network


def printed(*nodes, digits=2):
    return [[f"{a:.{digits}f}" for a in (node.value, node.upstream)] for node in nodes]


def test_a_sum_times_a_number():
    x, y, z = Parameter(-2), Parameter(5), Parameter(-4)
    q = x + y
    f = q * z
    Graph(f).backward()
    assert [(node.value, node.upstream) for node in (x, y, q, z, f)] == [
        (-2, -4),
        (5, -4),
        (3, -4),
        (-4, 3),
        (-12, 1),
    ]


@pytest.fixture
def neuron():
    """w0 x0 + w1 x1 + w2, and its five leaves."""
    w0, x0, w1, x1, w2 = leaves = [Parameter(value) for value in (2, -1, -3, -2, -3)]
    return leaves, w0 * x0 + w1 * x1 + w2


LEAVES_OF_THE_NEURON = [
    ["2.00", "-0.20"],
    ["-1.00", "0.39"],
    ["-3.00", "-0.39"],
    ["-2.00", "-0.59"],
    ["-3.00", "0.20"],
]


def test_a_sigmoid_neuron_of_single_gates(neuron):
    leaves, z = neuron
    minus = -z
    e = exp(minus)
    denominator = e + 1
    f = reciprocal(denominator)
    Graph(f).backward()
    assert printed(z, minus, e, denominator, f) == [
        ["1.00", "0.20"],
        ["-1.00", "-0.20"],
        ["0.37", "-0.53"],
        ["1.37", "-0.53"],
        ["0.73", "1.00"],
    ]
    assert printed(*leaves) == LEAVES_OF_THE_NEURON


def test_a_sigmoid_neuron_with_one_sigmoid_gate(neuron):
    leaves, z = neuron
    f = activate(z, "logistic")
    Graph(f).backward()
    assert printed(z, f) == [["1.00", "0.20"], ["0.73", "1.00"]]
    assert printed(*leaves) == LEAVES_OF_THE_NEURON


def test_single_gates_and_one_gate_give_the_same_gradients(neuron):
    leaves, z = neuron
    gradients = []
    for f in (reciprocal(exp(-z) + 1), activate(z, "logistic")):
        Graph(f).backward()
        gradients.append([leaf.upstream for leaf in leaves])
    assert_allclose(*gradients, rtol=1e-14)


def test_the_squared_norm_of_a_matrix_times_a_vector():
    W, x = Parameter([[0.1, 0.5], [-0.3, 0.8]]), Parameter([0.2, 0.4])
    q = W @ x
    f = squared_norm(q)
    Graph(f).backward()
    assert f"{f.value:.3f}" == "0.116"
    assert np.array2string(q.value, precision=3) == "[0.22 0.26]"
    assert np.array2string(q.upstream, precision=3) == "[0.44 0.52]"
    assert np.array2string(W.upstream, precision=3) == "[[0.088 0.176]\n [0.104 0.208]]"
    assert np.array2string(x.upstream, precision=3) == "[-0.112  0.636]"


class TestTheSmallestWindowModel:
    """Three words of one number each, two hidden units, one window."""

    E = np.array([[0.5], [-1.0], [2.0], [0.3]])
    ids = np.array([[2, 0, 1]])
    W = np.array([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])
    b = np.array([0.01, -0.02])
    U = np.array([[0.7, -0.8]])

    @pytest.fixture
    def network(self):
        network = window_network(self.E, self.ids, [(self.W, self.b)], self.U)
        network.graph.backward()
        return network

    @pytest.fixture
    def gradients(self, network):
        return network.graph.gradients()

    # The forward pass, written out.
    x1, x2, x3 = 2.0, 0.5, -1.0
    h1 = math.tanh(0.1 * x1 - 0.2 * x2 + 0.3 * x3 + 0.01)
    h2 = math.tanh(0.4 * x1 + 0.5 * x2 - 0.6 * x3 - 0.02)
    # The error signal: how the score changes with z1 and with z2.
    d1, d2 = 0.7 * (1 - h1 * h1), -0.8 * (1 - h2 * h2)

    def test_the_score(self, network):
        assert_allclose(network.scores.value, [[0.7 * self.h1 - 0.8 * self.h2]], rtol=1e-14)

    def test_the_gradient_of_each_output_weight_is_its_hidden_unit(self, gradients):
        assert_allclose(gradients["U"], [[self.h1, self.h2]], rtol=1e-14)

    def test_the_gradient_of_each_bias_is_the_error_signal(self, gradients):
        assert_allclose(gradients["b"], [self.d1, self.d2], rtol=1e-14)

    def test_the_gradient_of_each_hidden_weight_is_error_signal_times_input(self, gradients):
        d1, d2, x1, x2, x3 = self.d1, self.d2, self.x1, self.x2, self.x3
        written_out = [[d1 * x1, d1 * x2, d1 * x3], [d2 * x1, d2 * x2, d2 * x3]]
        assert_allclose(gradients["W"], written_out, rtol=1e-14)

    def test_the_gradient_of_each_input_sums_over_the_hidden_units(self, network):
        d1, d2 = self.d1, self.d2
        written_out = [[d1 * 0.1 + d2 * 0.4, d1 * -0.2 + d2 * 0.5, d1 * 0.3 + d2 * -0.6]]
        assert_allclose(network.x.upstream, written_out, rtol=1e-14)

    def test_each_word_gets_its_part_of_the_gradient_of_the_input(self, network, gradients):
        dx1, dx2, dx3 = network.x.upstream[0]
        assert gradients["E"].rows.tolist() == [0, 1, 2]
        assert gradients["E"].values.tolist() == [[dx2], [dx3], [dx1]]

    def test_the_matrix_form_gives_the_same_gradients(self, network, gradients):
        x = self.E[self.ids].reshape(1, 3)
        h = np.tanh(x @ self.W.T + self.b)
        delta = np.ones((1, 1)) @ self.U * (1 - h * h)
        assert_allclose(gradients["U"], h, rtol=1e-14)
        assert_allclose(gradients["W"], delta.T @ x, rtol=1e-14)
        assert_allclose(gradients["b"], delta[0], rtol=1e-14)
        assert_allclose(network.x.upstream, delta @ self.W, rtol=1e-14)
