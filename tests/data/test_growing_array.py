"""Rows are appended; views of earlier rows stay as they are."""

import numpy as np

from window_ner.data.growing_array import GrowingArray


def test_it_holds_all_rows_in_order():
    array, expected = GrowingArray(np.int32, (2,)), []
    for size in (0, 1, 50, 13, 200):
        rows = np.arange(2 * size).reshape(size, 2)
        array.append(rows)
        expected += rows.tolist()
        assert len(array) == len(expected)
        assert array.values.tolist() == expected


def test_a_view_does_not_change_when_it_grows():
    array = GrowingArray(np.int32)
    array.append(np.array([1, 2]))
    before = array.values
    for _ in range(100):
        array.append(np.array([3]))
    assert before.tolist() == [1, 2]
