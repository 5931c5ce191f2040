import itertools

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from window_ner.nn.crf.legality import IMPOSSIBLE
from window_ner.nn.crf.transitions import Transitions


@pytest.fixture(scope="session")
def bioes_crf():
    """Make random transitions, starts and ends for the tags O, B-0, I-0, E-0, S-0, B-1, ..."""

    def make(rng, types=4, dtype=np.float64):
        kinds = ["O", *("BIES" * types)]
        labels = [None, *(i // 4 for i in range(4 * types))]
        size = len(kinds)
        transitions, start, end = (rng.normal(size=s) for s in [(size, size), size, size])
        for i, j in itertools.product(range(size), repeat=2):
            inside = kinds[i] in "BI"
            if inside != (kinds[j] in "IE") or (inside and labels[i] != labels[j]):
                transitions[i, j] = IMPOSSIBLE
        start[[k in "IE" for k in kinds]] = IMPOSSIBLE
        end[[k in "BI" for k in kinds]] = IMPOSSIBLE
        return Transitions(*(x.astype(dtype) for x in (transitions, start, end)))

    return make


@pytest.fixture(scope="session")
def path_scores():
    """Add up the score of one path through each sentence: floats of shape (B,)."""

    def add_up(emissions, tags, lengths, transitions):
        between, start, end = (scores.astype(np.float64) for scores in transitions)
        bounds = list(itertools.pairwise([0, *np.cumsum(lengths)]))
        return np.array(
            [
                start[tags[a]]
                + emissions[np.arange(a, b), tags[a:b]].sum(dtype=np.float64)
                + between[tags[a : b - 1], tags[a + 1 : b]].sum()
                + end[tags[b - 1]]
                for a, b in bounds
            ]
        )

    return add_up


@pytest.fixture(scope="session")
def assert_same_rows():
    """A function that asserts that a table can be read like an array with the same numbers."""

    def check(table, whole, data):
        rows = np.array(data.draw(st.lists(st.integers(0, len(table) - 1))), dtype=np.int64)
        assert table.shape == whole.shape
        assert_array_equal(np.asarray(table), whole)
        assert_array_equal(table.take(rows, axis=0), whole[rows])
        assert table.take(rows).dtype == table.dtype == np.float32

    return check
