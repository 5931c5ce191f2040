"""Keys keep their rows as long as there is room, and those that are used most keep them longest."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from window_ner.model.row_cache import RowCache


def test_a_key_gets_a_row_once():
    cache = RowCache(10)
    rows, new_keys, new_rows = cache.find(np.array([5, 3, 5]), most=6)
    assert rows[0] == rows[2] != rows[1]
    assert new_keys.tolist() == [5, 3]
    assert new_rows.tolist() == rows[:2].tolist()
    again, new_keys, _ = cache.find(np.array([3, 5]), most=6)
    assert again.tolist() == [rows[1], rows[0]]
    assert not len(new_keys)


def test_the_keys_that_are_used_most_keep_their_rows():
    cache = RowCache(50)
    often = np.array([0, 1, 2])
    for _ in range(20):
        rows, *_ = cache.find(often, most=3)
    for begin in range(3, 1000, 40):
        cache.find(np.arange(begin, begin + 40), most=1100)
    again, new_keys, _ = cache.find(often, most=1100)
    assert again.tolist() == rows.tolist()
    assert not len(new_keys)


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=15), max_size=30))
def test_a_row_holds_what_was_written_for_its_key(calls):
    cache, written = RowCache(16), np.full(16, -1)
    for keys in map(np.array, calls):
        rows, new_keys, new_rows = cache.find(keys, most=100)
        written[new_rows] = new_keys
        assert written[rows].tolist() == keys.tolist()
        assert rows.all()  # row 0 belongs to no key
