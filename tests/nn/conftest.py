import itertools

import numpy as np
import pytest

from window_ner.nn.crf.likelihood import IMPOSSIBLE


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
        return tuple(x.astype(dtype) for x in (transitions, start, end))

    return make


@pytest.fixture(scope="session")
def path_scores():
    """Add up the scores on one path through each sentence, in double precision."""

    def add_up(emissions, tags, lengths, transitions, start, end):
        ends = np.cumsum(lengths)[:-1]
        sentences = zip(np.split(tags, ends), np.split(emissions, ends), strict=True)
        return np.array(
            [
                start[path[0]]
                + local[np.arange(len(path)), path].sum(dtype=np.float64)
                + transitions[path[:-1], path[1:]].sum(dtype=np.float64)
                + end[path[-1]]
                for path, local in sentences
            ]
        )

    return add_up
