"""A row of a product comes out the same, to the last bit, whatever the other rows are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.nn.exact import ExactMatrix, row_by_row

shapes = st.tuples(st.integers(1, 60), st.integers(1, 300), st.integers(1, 70))


@given(shape=shapes, dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 99))
def test_an_exact_row_depends_on_nothing_else(shape, dtype, seed):
    rows, n, m = shape
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, m)).astype(np.float32)
    x = (rng.normal(size=(rows, n)) * rng.lognormal(0, 3, size=(rows, 1))).astype(np.float32)
    exact = ExactMatrix(W, dtype)
    together = exact.product(x)
    order = rng.permutation(rows)
    np.testing.assert_array_equal(exact.product(x[order]), together[order])
    np.testing.assert_array_equal(exact.product(x[:1]), together[:1])
    bound = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(W, axis=0)
    tolerance = (1e-2 if dtype == np.float32 else 1e-6) * bound + 1e-30
    assert (np.abs(together - x.astype(float) @ W) <= tolerance).all()


def test_zero_rows_and_columns_give_zero():
    exact = ExactMatrix(np.zeros((3, 2), np.float32))
    assert exact.product(np.ones((1, 3), np.float32)).tolist() == [[0, 0]]
    exact = ExactMatrix(np.ones((3, 2), np.float32))
    assert exact.product(np.zeros((1, 3), np.float32)).tolist() == [[0, 0]]


def test_no_rows_give_none():
    exact = ExactMatrix(np.ones((3, 2), np.float32))
    assert exact.product(np.zeros((0, 3), np.float32)).shape == (0, 2)


def test_the_longest_row_may_be_given():
    rng = np.random.default_rng(0)
    W = rng.normal(size=(8, 1)).astype(np.float32)
    x = np.tanh(rng.normal(size=(50, 8))).astype(np.float32)
    product = ExactMatrix(W, np.float64).product(x, longest=8**0.5)
    np.testing.assert_allclose(product, x.astype(float) @ W, atol=1e-5)


@pytest.mark.parametrize(("n", "m"), [(400, 17), (7, 3), (1, 1), (33, 20)])
def test_row_by_row_a_row_depends_on_nothing_else(n, m):
    rng = np.random.default_rng(0)
    W = rng.normal(size=(m, n)).astype(np.float32)
    x = rng.normal(size=(37, n)).astype(np.float32)
    together = row_by_row(x, W)
    np.testing.assert_allclose(together, x @ W.T, rtol=1e-4, atol=1e-4)
    for i in range(len(x)):
        np.testing.assert_array_equal(row_by_row(x[i : i + 1].copy(), W), together[i : i + 1])
