import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from window_ner.nn.tables import (
    MovedVectors,
    RoundedTable,
    is_finite,
    moved_vectors,
    round_rows,
    rows_that_differ,
)


def rounded_table(rng, rows, dimension=4):
    integers = rng.integers(-127, 128, (rows, dimension)).astype(np.int8)
    return RoundedTable(integers, rng.random(rows).astype(np.float16))


@st.composite
def tables(draw):
    """A table of each kind, and the array with the same numbers."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.integers(1, 9))
    table = rounded_table(rng, size)
    whole = table.integers * table.scale.astype(np.float32)[:, None]
    if draw(st.booleans()):
        rows = np.flatnonzero(rng.random(size) < 0.5)
        values = rounded_table(rng, len(rows))
        whole[rows] = np.asarray(values)
        if draw(st.booleans()):
            values = np.asarray(values)
        table = MovedVectors(table, rows, values)
    return table, whole


@given(tables(), st.data())
def test_a_table_returns_the_same_rows_as_its_array(assert_same_rows, both, data):
    assert_same_rows(*both, data)


@given(tables(), tables())
def test_rows_that_differ_make_one_table_of_the_other(one, other):
    (_, whole), (_, other_whole) = one, other
    size = min(len(whole), len(other_whole))
    E = whole[:size]
    rows, values = rows_that_differ(E, other_whole[:size])
    assert_array_equal(np.asarray(moved_vectors(E, rows, values, "test")), other_whole[:size])
    every = np.arange(size)  # rows that are the same in both are left out
    for moved in (MovedVectors(E, rows, values), MovedVectors(E, every, other_whole[:size])):
        again, same = rows_that_differ(E, moved)
        assert_array_equal(again, rows)
        assert_array_equal(same, values)


def test_a_number_that_is_not_finite_is_found_in_any_table():
    rng = np.random.default_rng(0)
    good, bad = rounded_table(rng, 3), rounded_table(rng, 3)
    bad.scale[1] = np.inf
    rows = np.array([1])
    assert is_finite(good)
    assert is_finite(MovedVectors(good, rows, np.zeros((1, 4))))
    assert not is_finite(bad)
    assert not is_finite(MovedVectors(bad, rows, np.zeros((1, 4))))
    assert not is_finite(MovedVectors(good, rows, np.full((1, 4), np.nan)))


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        (np.array([3]), np.zeros((1, 4))),
        (np.array([-1]), np.zeros((1, 4))),
        (np.array([0.5]), np.zeros((1, 4))),
        (np.array([0]), np.zeros((1, 3))),
        (np.array([0]), np.full((1, 4), np.nan)),
    ],
)
def test_vectors_of_no_row_are_refused(rows, values):
    with pytest.raises(ValueError, match="the vectors of its context do not fit its words"):
        moved_vectors(np.zeros((3, 4)), rows, values, "context")


@given(st.integers(0, 2**32), st.floats(0.02, 1000), st.integers(1, 60))
def test_to_round_again_changes_nothing(seed, size, dimension):
    rng = np.random.default_rng(seed)
    table = (size * rng.uniform(-1, 1, (9, dimension))).astype(np.float32)
    table[:, 0] = size
    table[3] = 0
    rounded = np.asarray(round_rows(table))
    assert_array_equal(np.asarray(round_rows(rounded)), rounded)
    assert not np.array_equal(rounded, table) or dimension == 1
