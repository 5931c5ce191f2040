import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.gradient_check import check_gradients
from window_ner.nn.graph import Graph, Parameter
from window_ner.nn.graph.operations import (
    activate,
    branch,
    concatenate,
    exp,
    logistic_loss,
    look_up,
    max_margin_loss,
    maximum,
    reciprocal,
    repeat,
    reshape,
    softmax_loss,
    squared_norm,
    sum_over,
)
from window_ner.nn.row_gradient import dense

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 3)


class Draw:
    """Parameters of random values, at least 0.01 from 0, where max and ReLU have a kink."""

    def __init__(self, seed, dtype=np.float64):
        self.rng, self.dtype, self.parameters = np.random.default_rng(seed), dtype, {}

    def __call__(self, *shape):
        x = np.asarray(self.rng.normal(size=shape))
        name = f"p{len(self.parameters)}"
        leaf = Parameter((x + 0.01 * np.sign(x)).astype(self.dtype), name)
        self.parameters[name] = leaf.value
        return leaf


def larger_or_smaller(draw, m, n):
    a = draw(m, n)
    return maximum(a, Parameter(a.value + draw(m, n).value))


def twice_read(x):
    return x * x + x


OPERATIONS = {
    "a + b": lambda draw, m, k, n: draw(m, n) + draw(m, n),
    "a + row": lambda draw, m, k, n: draw(m, n) + draw(n),
    "column + a": lambda draw, m, k, n: draw(m, 1) + draw(k, m, n),
    "a - number": lambda draw, m, k, n: draw(m, n) - draw(),
    "1 - a": lambda draw, m, k, n: 1 - draw(m, n),
    "-a": lambda draw, m, k, n: -draw(m, n),
    "a * b": lambda draw, m, k, n: draw(m, n) * draw(m, n),
    "a * row": lambda draw, m, k, n: draw(m, n) * draw(n),
    "row * column": lambda draw, m, k, n: draw(1, n) * draw(m, 1),
    "number * a": lambda draw, m, k, n: draw() * draw(m, n),
    "A @ B": lambda draw, m, k, n: draw(m, k) @ draw(k, n),
    "A @ B.T": lambda draw, m, k, n: draw(m, k) @ draw(n, k).T,
    "A.T @ B": lambda draw, m, k, n: draw(k, m).T @ draw(k, n),
    "A @ vector": lambda draw, m, k, n: draw(m, k) @ draw(k),
    "vector @ A": lambda draw, m, k, n: draw(k) @ draw(k, n),
    "vector @ vector": lambda draw, m, k, n: draw(k) @ draw(k),
    "exp": lambda draw, m, k, n: exp(draw(m, n)),
    "1/x": lambda draw, m, k, n: reciprocal(exp(draw(m, n))),
    "max of two": lambda draw, m, k, n: larger_or_smaller(draw, m, n),
    "max with a number": lambda draw, m, k, n: maximum(draw(m, n), 0),
    "squared norm": lambda draw, m, k, n: squared_norm(draw(m, n)),
    "branch": lambda draw, m, k, n: twice_read(branch(draw(m, n))),
    "repeat": lambda draw, m, k, n: repeat(draw(m, n), k),
    "repeat along columns": lambda draw, m, k, n: repeat(draw(m, n), k, axis=1),
    "sum": lambda draw, m, k, n: sum_over(draw(m, n)),
    "sum over rows": lambda draw, m, k, n: sum_over(draw(m, n), 0),
    "sum over the last axis": lambda draw, m, k, n: sum_over(draw(m, k, n), -1),
    "sum over two axes": lambda draw, m, k, n: sum_over(draw(m, k, n), (0, 2)),
    "reshape": lambda draw, m, k, n: reshape(draw(m, k, n), m, -1),
    "concatenate": lambda draw, m, k, n: concatenate(draw(m, k), draw(m, n), draw(m, 1)),
    "concatenate rows": lambda draw, m, k, n: concatenate(draw(k, n), draw(m, n), axis=0),
    "look-up": lambda draw, m, k, n: look_up(draw(m, n), draw.rng.integers(0, m, (k, 3))),
    "learned slope": lambda draw, m, k, n: activate(draw(m, n), "prelu", draw(1)),
    "logistic loss": lambda draw, m, k, n: logistic_loss(
        draw(m, 1), draw.rng.integers(0, 2, (m, 1))
    ),
    "max-margin loss": lambda draw, m, k, n: max_margin_loss(draw(m, 1), draw(m, 1)),
    "softmax loss": lambda draw, m, k, n: softmax_loss(draw(m, n), draw.rng.integers(0, n, m)),
} | {name: lambda draw, m, k, n, name=name: activate(draw(m, n), name) for name in ACTIVATIONS}


@pytest.mark.parametrize("operation", OPERATIONS)
@given(seed=seeds, m=sizes, k=sizes, n=sizes)
def test_the_gradients_agree_with_central_differences(operation, seed, m, k, n):
    draw = Draw(seed)
    result = OPERATIONS[operation](draw, m, k, n)
    graph = Graph(sum_over(result * draw.rng.normal(size=result.value.shape)))
    graph.backward()

    def loss():
        graph.forward()
        return float(graph.output.value)

    checks = check_gradients(loss, draw.parameters, graph.gradients(), rng=draw.rng)
    assert checks
    for check in checks:
        assert check.passed, check


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_value_and_gradients_keep_the_dtype_and_the_shape(operation, dtype):
    graph = Graph(OPERATIONS[operation](Draw(0, dtype), 3, 4, 5))
    graph.forward()
    graph.backward()
    for node in graph.order:
        gradient = dense(node.upstream, node.value.shape)
        assert (node.value.dtype, gradient.dtype) == (dtype, dtype), node
        assert gradient.shape == node.value.shape, node


def test_the_local_gradient_of_a_factor_is_the_other_factor():
    a, b = Parameter([[1.0, 2.0]]), Parameter([[3.0], [4.0]])
    for product in (a * b.T, a @ b):
        Graph(product).backward()
        assert_array_equal(product.local[1], a.value)
    assert_array_equal(product.local[0], b.value)


def test_matmul_refuses_arrays_that_are_not_vectors_or_matrices():
    with pytest.raises(ValueError, match="vectors and matrices"):
        Parameter(np.ones((2, 2, 2))) @ np.ones((2, 2))


def test_the_gradient_of_repeat_is_a_sum_and_that_of_a_sum_is_repeated():
    x = Parameter([1.0, 2.0])
    Graph(sum_over(repeat(x, 3))).backward()
    assert_array_equal(x.upstream, [3, 3])
    Graph(sum_over(x) * 5).backward()
    assert_array_equal(x.upstream, [5, 5])


def test_max_gives_the_gradient_to_the_larger_input_or_to_the_first_of_equal_ones():
    a, b = Parameter([1.0, 2.0, 3.0]), Parameter([3.0, 2.0, 1.0])
    Graph(maximum(a, b)).backward()
    assert_array_equal(a.upstream, [0, 1, 1])
    assert_array_equal(b.upstream, [1, 0, 0])


def test_an_unknown_activation_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"tanh.*relu"):
        activate(Parameter([1.0]), "sine")


def test_a_look_up_has_a_gradient_for_its_rows_and_adds_those_of_repeated_rows():
    table = Parameter(np.arange(8.0).reshape(4, 2))
    Graph(look_up(table, np.array([3, 1, 3])) * [[1.0], [10.0], [100.0]]).backward()
    assert_array_equal(table.upstream.rows, [1, 3])
    assert_array_equal(table.upstream.values, [[10, 10], [101, 101]])
    assert_array_equal(dense(table.upstream, (4, 2)), [[0, 0], [10, 10], [0, 0], [101, 101]])


@pytest.mark.parametrize("ids", [[4], [-1, 0]])
def test_a_look_up_refuses_ids_without_a_row(ids):
    with pytest.raises(ValueError, match="from 0 to 3"):
        look_up(Parameter(np.ones((4, 2))), np.array(ids))


def test_labels_may_be_indices_or_one_hot_rows():
    scores = Parameter([[1.0, 2.0, 3.0], [0.0, 5.0, 1.0]])
    indices, one_hot = softmax_loss(scores, [2, 0]), softmax_loss(scores, [[0, 0, 1], [1, 0, 0]])
    assert indices.value == one_hot.value
    for loss in (indices, one_hot):
        Graph(loss).backward()
    assert_array_equal(*(loss.local[0] for loss in (indices, one_hot)))


def test_the_softmax_gradient_is_the_error_divided_by_the_batch():
    scores = Parameter([[0.0, np.log(3.0)], [0.0, 0.0]])
    Graph(softmax_loss(scores, [0, 1])).backward()
    assert_allclose(scores.upstream, np.array([[0.25 - 1, 0.75], [0.5, 0.5 - 1]]) / 2)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0], [[0, 1], [1, 0]]])
def test_the_softmax_loss_refuses_labels_that_do_not_fit(labels):
    with pytest.raises(ValueError, match=r"ids from 0 to 2|do not fit"):
        softmax_loss(Parameter(np.zeros((2, 3))), labels)


def test_the_logistic_loss_refuses_targets_of_another_shape():
    with pytest.raises(ValueError, match="do not fit"):
        logistic_loss(Parameter(np.zeros((2, 1))), [0, 1])


def test_losses_are_finite_for_scores_of_any_size():
    scores = Parameter([[1e4, -1e4]])
    with np.errstate(over="raise", invalid="raise"):
        for loss in (softmax_loss(scores, [1]), logistic_loss(scores, [[0, 1]])):
            Graph(loss).backward()
            assert loss.value > 0
            assert np.isfinite(scores.upstream).all()


def test_the_max_margin_loss_pushes_only_pairs_that_violate_the_margin():
    true, corrupted = Parameter([2.0, 0.5]), Parameter([1.0, 0.0])  # 1 apart is enough
    loss = max_margin_loss(true, corrupted)
    Graph(loss).backward()
    assert loss.value == 0.25
    assert_array_equal(true.upstream, [0, -0.5])
    assert_array_equal(corrupted.upstream, [0, 0.5])


A, ROW = np.ones((3, 4)), np.ones(4)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda: Parameter(A) @ np.ones((4, 5)), (2 * 3 * 4 * 5, 4 * 3 * 4 * 5)),
        (lambda: Parameter(A) @ ROW, (2 * 3 * 4, 4 * 3 * 4)),
        (lambda: Parameter(A) + A, (12, 0)),
        (lambda: Parameter(A) + ROW, (12, 8)),  # 12 gradients become 4 by 8 additions
        (lambda: Parameter(A) * A, (12, 24)),
        (lambda: exp(Parameter(A)), (12, 12)),
        (lambda: activate(Parameter(A), "tanh"), (12, 24)),
        (lambda: sum_over(Parameter(A), 0), (12, 0)),
        (lambda: repeat(Parameter(ROW), 3), (0, 8)),
        (lambda: squared_norm(Parameter(ROW)), (8, 8)),
        (lambda: look_up(Parameter(A), np.array([0, 2])), (0, 8)),
        (lambda: Parameter(A).T, (0, 0)),
        (lambda: reshape(Parameter(A), 12), (0, 0)),
        (lambda: concatenate(Parameter(A), Parameter(A)), (0, 0)),
        (lambda: branch(Parameter(A)), (0, 0)),
    ],
)
def test_operations_are_counted_by_the_rule(operation, expected):
    assert operation().operations() == expected
