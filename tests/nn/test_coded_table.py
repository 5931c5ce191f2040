import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from window_ner.nn.coded_table import LEVELS, CodedTable, code_rows, coded_with, has_few_values


@st.composite
def coded_tables(draw):
    """A table, and the array with the same numbers."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size, dimension = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    numbers = rng.integers(0, LEVELS, (size, dimension + dimension % 2))
    numbers[:, dimension:] = 0
    levels = np.sort(rng.normal(size=(dimension, LEVELS)), axis=1).astype(np.float32)
    codes = (numbers[:, ::2] + LEVELS * numbers[:, 1::2]).astype(np.uint8)
    return CodedTable(codes, levels), levels[np.arange(dimension), numbers[:, :dimension]]


@given(coded_tables(), st.data())
def test_a_table_returns_the_same_rows_as_its_array(assert_same_rows, both, data):
    table, whole = both
    assert_same_rows(table, whole, data)
    assert table.largest_norm() >= np.linalg.norm(whole, axis=1).max() * (1 - 1e-6)


@given(coded_tables())
def test_to_code_what_was_coded_changes_nothing(both):
    table, whole = both
    assert has_few_values(whole)
    assert_array_equal(np.asarray(code_rows(whole)), whole)
    assert_array_equal(coded_with(whole, table.levels).codes, table.codes)


def test_each_number_becomes_the_nearest_value_of_its_column():
    table = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    coded = code_rows(table)
    distance = np.abs(table[:, :, None] - coded.levels)
    assert_array_equal(np.abs(np.asarray(coded) - table), distance.min(axis=2))
    assert not has_few_values(table)


def test_the_values_of_a_column_are_about_as_good_as_the_best_16_for_the_normal_distribution():
    """J. Max (1960), Quantizing for Minimum Distortion: their mean squared error is 0.01154."""
    column = np.random.default_rng(0).normal(size=(3000, 1)).astype(np.float32)
    assert LEVELS == 16
    assert np.square(np.asarray(code_rows(column)) - column).mean() < 1.05 * 0.01154


def test_a_value_that_is_not_finite_is_found():
    table = code_rows(np.zeros((2, 2), np.float32))
    assert table.is_finite()
    table.levels[1, 3] = np.nan
    assert not table.is_finite()


def test_a_table_of_one_row_can_be_coded():
    table = np.ones((1, 3), np.float32)
    assert_array_equal(np.asarray(code_rows(table)), table)
