"""The best path through every sentence of a batch.

    v_1(j) = start(j) + emissions_1(j)      v_t(j) = emissions_t(j) + max_i (v_(t-1)(i) + T(i, j))

is the score of the best path that ends in tag j at token t. The best path is then followed back
from the end (Viterbi 1967; Forney, "The Viterbi algorithm", 1973). The best i of a step is computed
again on the way back, only for the tag j on the path. This is cheaper than storing it for all j.

If several paths have the best score, the result is the path with the smallest last tag, then the
smallest tag before it, and so on. So the result does not depend on the rest of the batch.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.legality import find_legality
from window_ner.nn.crf.packing import Packing, first_tokens, packings
from window_ner.nn.crf.transitions import Transitions

SENTENCES, TOKENS = 2048, 65536
"""The largest batch to decode; the K² candidates of a step should fit the second-level cache."""

FEW, LONG = 6, 1000
"""Below FEW sentences a step, it is faster to decode one sentence after another.

This takes K² numbers a token, so it is only done for sentences of up to LONG tokens.
"""

RECENTRE = 64
"""After this number of tokens the best score is subtracted, so that float32 stays precise."""


def best_paths(emissions: Floats, lengths: Ints, transitions: Transitions) -> NDArray[np.intp]:
    """Find the path of highest score through each sentence: ints of shape (N,).

    Parameters
    ----------
    emissions
        Floats of shape (N, K), the tokens of all sentences one after another.
    lengths
        Ints of shape (B,), each at least 1, with the sum N.

    Raises
    ------
    ValueError
        If the lengths do not fit the emissions.
    """
    first = first_tokens(lengths, len(emissions))
    tags = np.empty(len(emissions), dtype=np.intp)
    sizes = lengths.tolist()
    longest = max(sizes, default=0)
    if len(emissions) < FEW * longest and longest <= LONG:
        for begin, length in zip(first.tolist(), sizes, strict=True):
            sentence = slice(begin, begin + length)
            tags[sentence] = _decode_one(emissions[sentence], transitions)
    elif longest:
        legality = find_legality(transitions)
        all_allowed = not legality.can_be_relied_on(emissions)
        groups = _groups(transitions.between, legality.transitions | all_allowed)
        with _small_buffer():
            for packing in packings(first, lengths, SENTENCES, TOKENS):
                tags[packing.order] = _decode(emissions, packing, groups, transitions)
    return tags


def _decode_one(emissions: Floats, transitions: Transitions) -> list[int]:
    """Decode one sentence with as few NumPy calls as possible; the result equals `_decode`'s."""
    between, start, end = transitions
    candidates = np.empty((len(emissions) - 1, *between.shape), dtype=emissions.dtype)
    v = emissions[0] + start
    column = v[:, None]  # a view, which follows v because v is changed in place
    add, maximum = np.add, np.maximum.reduce
    for t, (scores, local) in enumerate(zip(candidates, emissions[1:], strict=True), start=1):
        add(between, column, scores)  # the keyword out= would take a tenth more time
        maximum(scores, 0, None, v)
        add(v, local, v)
        if t % RECENTRE == 0:
            v -= v.max()
    totals = (v + end).tolist()
    tag = totals.index(max(totals))
    path = [tag]
    for best in reversed(candidates.argmax(axis=1).tolist()):
        tag = best[tag]
        path.append(tag)
    return path[::-1]


class _Group(NamedTuple):
    """J tags that have the same number P of predecessors.

    `before` contains the predecessors, ints of shape (P, J), or (P, 1) if all J tags have the same
    predecessors. `scores` contains the transitions from them, floats of shape (P, J, 1).
    """

    before: NDArray[np.intp]
    scores: Floats


class _Groups(NamedTuple):
    """The groups, and the row of each tag when the tags of all groups are concatenated."""

    groups: list[_Group]
    rows: NDArray[np.intp]


def _groups(between: Floats, allowed: NDArray[np.bool_]) -> _Groups:
    predecessors = allowed.sum(axis=0)
    groups, members = [], []
    for count in np.flatnonzero(np.bincount(predecessors)):
        tags = np.flatnonzero(predecessors == count)
        before = np.stack([np.flatnonzero(allowed[:, j]) for j in tags], axis=1)
        scores = between[before, tags][:, :, None]
        shared = bool((before == before[:, :1]).all())
        groups.append(_Group(before[:, :1] if shared else before, scores))
        members.append(tags)
    return _Groups(groups, np.argsort(np.concatenate(members)))


def _decode(
    emissions: Floats, packing: Packing, groups: _Groups, transitions: Transitions
) -> NDArray[np.intp]:
    """Decode the sentences of a packing; the tags are in packed order.

    The arrays have a row for each tag and a column for each token, so that every operation runs
    over many sentences.
    """
    between, start, end = transitions
    size, sentences = len(start), len(packing.sentences)
    v = np.empty((size, len(packing.order)), dtype=emissions.dtype)
    for begin in range(0, len(packing.order), 1024):  # transpose in pieces that fit the cache
        some = slice(begin, begin + 1024)
        v[:, some] = emissions.take(packing.order[some], axis=0).T
    v[:, :sentences] += start[:, None]
    memory = np.empty(max(g.scores.size for g in groups.groups) * sentences, dtype=v.dtype)
    blocks = packing.steps
    for t, (before, now) in enumerate(blocks, start=1):
        here, previous = v[:, now], v[:, before]
        best = []
        for group in groups.groups:
            shape = (*group.scores.shape[:2], here.shape[1])
            candidates = memory[: math.prod(shape)].reshape(shape)
            np.add(previous.take(group.before, axis=0), group.scores, out=candidates)
            best.append(candidates.max(axis=0))
        here += np.concatenate(best).take(groups.rows, axis=0)
        if t % RECENTRE == 0:
            here -= here.max(axis=0)

    path = np.empty(len(packing.order), dtype=np.intp)
    tag = (v[:, packing.last] + end[:, None]).argmax(axis=0)
    order = np.arange(size - 1, -1, -1).astype(np.min_scalar_type(size))[:, None]
    for before, now in reversed(blocks):
        path[now] = tag[: now.stop - now.start]
        candidates = between.take(path[now], axis=1)
        candidates += v[:, before]
        # find the first of the best tags; argmax over the first axis would be slower
        is_best = (candidates == candidates.max(axis=0)).view(np.uint8)
        first_best = (is_best * order).max(axis=0)
        tag[: now.stop - now.start] = size - 1 - first_best.astype(np.intp)
    path[:sentences] = tag
    return path


@contextmanager
def _small_buffer() -> Iterator[None]:
    """Stop NumPy from copying operands into its buffer before it broadcasts them: 20 % faster."""
    size = np.setbufsize(16)
    try:
        yield
    finally:
        np.setbufsize(size)
