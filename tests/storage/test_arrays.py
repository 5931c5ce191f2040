"""Tables are rounded in a file, and come back."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from window_ner.nn.coded_table import CodedTable
from window_ner.nn.tables import RoundedTable
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes, compact, restore

RNG = np.random.default_rng(0)
ARRAYS = {
    "E": RNG.normal(size=(800, 101)).astype(np.float32),
    "affixes": RNG.normal(size=(9000, 8)).astype(np.float32),
    "b": RNG.normal(size=9).astype(np.float32),
}


def stored(arrays, **how):
    data = arrays_to_bytes(compact(arrays, vectors=["E"], **how))
    return arrays_from_bytes(data, "test"), len(data)


@pytest.fixture(scope="module")
def rounded():
    """What is found in a file of the arrays, and its size."""
    return stored(ARRAYS)


def test_word_vectors_take_half_a_byte_a_number_and_other_tables_a_byte(rounded):
    found, size = rounded
    assert size < 1.1 * (800 * 51 + 101 * 64 + 9000 * 10)
    tables = restore(found, rounded=["E", "affixes"])
    assert isinstance(tables["E"], CodedTable)
    assert isinstance(tables["affixes"], RoundedTable)
    error = np.square(np.asarray(tables["E"]) - ARRAYS["E"]).sum()
    assert error < 0.02 * np.square(ARRAYS["E"]).sum()
    assert np.abs(np.asarray(tables["affixes"]) - ARRAYS["affixes"]).max() < 0.02
    assert_array_equal(tables["b"], ARRAYS["b"])


def test_what_was_rounded_once_is_the_same_ever_after(rounded):
    once = restore(rounded[0])
    for how in ({}, {"exactly": True}):
        found, size = stored(once, **how)
        assert size < 200_000
        for name, table in restore(found).items():
            assert_array_equal(table, once[name])


@pytest.mark.parametrize("exactly", [True, False])
def test_a_table_of_codes_is_stored_as_it_is(exactly):
    once, _ = stored(ARRAYS)
    for tables in (["E"], ["E", "affixes"]):
        again, _ = stored(restore(once, rounded=tables), exactly=exactly)
        assert again.keys() == once.keys()
        for name, array in again.items():
            assert_array_equal(array, once[name])


def test_only_tables_that_would_not_change_are_rounded_exactly():
    found, _ = stored(ARRAYS, exactly=True)
    assert found.keys() == ARRAYS.keys()
    for name, table in restore(found).items():
        assert_array_equal(table, ARRAYS[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"E.levels": np.zeros((99, 16), np.float32)}, "E.levels does not match the columns"),
        ({"E.levels": np.zeros((101, 16))}, "E was rounded in another way"),
        ({"affixes.scale": np.zeros(3, np.float16)}, "affixes.scale does not match the rows"),
        ({"affixes.scale": np.zeros(9000)}, "affixes was rounded in another way"),
        ({"b.scale": np.zeros(9, np.float16)}, "b.scale has no table"),
        ({"c.levels": np.zeros((9, 16), np.float32)}, "c.levels has no table"),
    ],
)
def test_a_second_array_that_does_not_fit_is_refused(rounded, changes, message):
    with pytest.raises(ValueError, match=message):
        restore({**rounded[0], **changes})
