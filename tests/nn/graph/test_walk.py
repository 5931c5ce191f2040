import sys
import weakref
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.gradient_check import check_gradients
from window_ner.nn.graph import Constant, Graph, Operation, Parameter
from window_ner.nn.graph.operations import branch, exp, look_up, squared_norm, sum_over
from window_ner.nn.row_gradient import RowGradient, dense

# The inputs of each operation of a random graph, as indices modulo the nodes that there are.
wirings = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=20)


def wire(wiring, combine):
    nodes = [Parameter([0.3, -0.7], "x"), Parameter([1.1, 0.2], "y")]
    for a, b in wiring:
        nodes.append(combine(nodes[a % len(nodes)], nodes[b % len(nodes)]))
    return nodes


@given(wirings)
def test_the_order_has_each_node_once_and_after_its_inputs(wiring):
    nodes = wire(wiring, lambda a, b: a + b)
    order = Graph(nodes[-1]).order
    assert len(set(order)) == len(order)
    assert order[-1] is nodes[-1]
    for place, node in enumerate(order):
        assert all(source in order[:place] for source in node.inputs)


def test_the_order_reads_like_the_expression():
    a, b, c = (Parameter(1.0, name) for name in "abc")
    output = ((a * b).named("ab") + c).named("output")
    assert [node.name for node in Graph(output).order] == ["a", "b", "ab", "c", "output"]


@given(wirings)
def test_each_node_is_computed_once_each_way(wiring):
    calls = Counter()

    def counted_sum(a, b):
        key = len(made)

        def forward(a, b):
            calls[key, "forward"] += 1
            return a + b

        def local(value, a, b):
            calls[key, "local"] += 1
            return [np.ones_like(a), np.ones_like(b)]

        made.append(Operation("+", [a, b], forward, local))
        return made[-1]

    made = []
    graph = Graph(wire(wiring, counted_sum)[-1])
    reached = [key for key, node in enumerate(made) if node in graph.order]
    graph.backward()
    assert all(calls[key, "forward"] == calls[key, "local"] == 1 for key in reached)
    graph.forward()
    assert all(calls[key, "forward"] == 2 for key in reached)
    assert all(calls[key, "local"] == (key in reached) for key in range(len(made)))


@given(wirings)
def test_gradients_of_any_wiring_agree_with_central_differences(wiring):
    def combine(a, b):
        return a * 0.5 + b * a * 0.25

    graph = Graph(sum_over(wire(wiring, combine)[-1]))
    graph.backward()

    def loss():
        graph.forward()
        return float(graph.output.value)

    parameters = {node.name: node.value for node in graph.order if isinstance(node, Parameter)}
    rng = np.random.default_rng(0)
    for check in check_gradients(loss, parameters, graph.gradients(), rng=rng):
        assert check.passed, check


def test_gradients_of_several_branches_are_added():
    x = Parameter([2.0, 3.0])
    Graph(x * x + x + x).backward()
    assert_array_equal(x.upstream, 2 * x.value + 2)


def test_a_branch_node_passes_the_sum_on():
    x = Parameter(1.0)
    fork = branch(x)
    Graph(2 * fork + 3 * fork + exp(fork)).backward()
    assert x.upstream == fork.upstream == 5 + np.e


def test_the_sums_of_branches_are_counted():
    x = Parameter(np.ones(7))
    graph = Graph((x + x) + x)
    graph.backward()
    assert graph.operations() == (14, 14)


def test_a_table_that_is_looked_up_twice_still_has_a_gradient_of_rows():
    table = Parameter(np.ones((1000, 2)))
    graph = Graph(look_up(table, np.array([5, 9])) + 10 * look_up(table, np.array([9, 7])))
    graph.backward()
    assert isinstance(table.upstream, RowGradient)
    assert_array_equal(table.upstream.rows, [5, 7, 9])
    assert_array_equal(table.upstream.values, [[1, 1], [10, 10], [11, 11]])


def test_only_look_ups_count_the_sums_of_a_table():
    table = Parameter(np.ones((1000, 2)))
    graph = Graph(look_up(table, np.array([5, 9])) + look_up(table, np.array([9, 7])))
    graph.backward()
    assert graph.operations() == (4, 8)


@pytest.mark.parametrize("rows_first", [True, False])
def test_a_table_that_is_also_used_as_a_whole_has_a_gradient_of_the_whole(rows_first):
    table = Parameter(np.ones((3, 2)))
    terms = [sum_over(look_up(table, np.array([1]))), squared_norm(table)]
    Graph(terms[rows_first] + terms[not rows_first]).backward()
    assert_array_equal(table.upstream, [[2, 2], [3, 3], [2, 2]])


def test_the_rows_of_a_computed_table_carry_the_gradient_on():
    table = Parameter(np.ones((3, 2)))
    Graph(look_up(table * 4, np.array([1]))).backward()
    assert_array_equal(table.upstream, [[0, 0], [4, 4], [0, 0]])


def test_a_second_backward_pass_starts_from_zero():
    x = Parameter([1.0, 2.0])
    graph = Graph(squared_norm(x))
    for _ in range(2):
        graph.backward()
        assert_array_equal(x.upstream, [2, 4])


def test_a_forward_walk_reads_the_leaves_again():
    x = Parameter(3.0)
    graph = Graph(x * x + 1)
    x.value = np.array(5.0)
    graph.forward()
    graph.backward()
    assert graph.output.value == 26
    assert x.upstream == 10


def test_a_graph_can_be_deeper_than_the_recursion_limit():
    x = y = Parameter(1.0)
    for _ in range(sys.getrecursionlimit() + 1):
        y = y + 1
    Graph(y).backward()
    assert x.upstream == 1


def test_a_node_without_an_upstream_gradient_says_how_to_get_one():
    with pytest.raises(ValueError, match=r"Graph\(output\)\.backward"):
        exp(Parameter(1.0)).backward()


def test_a_graph_is_freed_when_nothing_refers_to_it_any_more():
    graph = Graph(squared_norm(exp(Parameter(np.ones(2)))))
    graph.backward()
    output = weakref.ref(graph.output)
    del graph
    assert output() is None


def test_only_named_parameters_are_in_the_gradients():
    x = Parameter(2.0, "x")
    graph = Graph(x * Constant(3.0, "c") + Parameter(1.0))
    graph.backward()
    assert graph.gradients() == {"x": 3.0}


NUMBER, ARRAY = 3.0, np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("other", [NUMBER, 3, ARRAY, ARRAY.astype(int), Parameter(ARRAY)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_operators_take_numbers_and_arrays_on_either_side(other, dtype):
    x = Parameter(ARRAY.astype(dtype) / 2)
    raw = other.value if isinstance(other, Parameter) else other
    assert_allclose((x + other).value, x.value + raw)
    assert_allclose((other + x).value, raw + x.value)
    assert_allclose((x - other).value, x.value - raw)
    assert_allclose((other - x).value, raw - x.value)
    assert_allclose((x * other).value, x.value * raw)
    assert_allclose((other * x).value, raw * x.value)
    if np.ndim(raw):
        assert_allclose((x @ other).value, x.value @ raw)
        assert_allclose((other @ x).value, raw @ x.value)


@pytest.mark.parametrize("other", [2, 2.5, np.float64(2.5), np.array([1, 2])])
def test_numbers_do_not_change_float32(other):
    x = Parameter(np.ones(2, np.float32))
    for y in (x + other, other + x, x - other, other - x, x * other, other * x, -x):
        assert y.value.dtype == np.float32


def test_a_parameter_reads_the_array_it_was_given_without_a_copy():
    values = np.ones(3, np.float32)
    assert Parameter(values).value is values


def test_a_node_shows_its_operation_name_and_shape():
    assert repr((Parameter(ARRAY, "W") @ ARRAY).named("z")) == "<@ z (2, 2)>"


def test_dense_leaves_an_array_as_it_is():
    assert dense(ARRAY, ARRAY.shape) is ARRAY
