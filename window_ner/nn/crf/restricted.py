"""The forward-backward recursion over those paths that agree with a partial annotation.

Each token has a set of tags that it may have. The sum over the paths inside these sets is that of a
CRF whose other emissions are −∞: e_t(j) = 0, so alpha_t(j) = 0, and no path goes through tag j at
token t. Everything else is as in `window_ner.nn.crf.forward_backward`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.arithmetic import LOGARITHMS, NUMBERS
from window_ner.nn.crf.forward_backward import (
    TINY,
    ForwardBackward,
    run_recursion,
    tokens_between_divisions,
)
from window_ner.nn.crf.legality import find_legality, is_legal
from window_ner.nn.crf.packing import SENTENCES, TOKENS, Packing, first_tokens, packings
from window_ner.nn.crf.transitions import Transitions

Booleans = NDArray[np.bool_]

_ROOM = 130
"""A number of at least e^-130 times `TINY` is a double with all its digits."""


def restricted_forward_backward(
    emissions: Floats, allowed: Booleans, packing: Packing, transitions: Transitions
) -> ForwardBackward:
    """Run both recursions over the paths whose tags are all allowed.

    An illegal transition counts e^-10000, as it does in the recursion over all paths: it has no
    effect on a sentence with a legal path inside the sets.

    Parameters
    ----------
    emissions
        Floats of shape (N, K), for all tokens of the batch; the packing selects some of them.
    allowed
        Booleans of shape (N, K): the tags that each token may have, at least one.
    """
    emissions = emissions.take(packing.order, axis=0)
    local = np.where(allowed.take(packing.order, axis=0), emissions, -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        if _stays_in_range(local, transitions):
            result = run_recursion(local, packing, transitions, NUMBERS)
            if _nothing_lost(result):
                return result
        return run_recursion(local, packing, transitions, LOGARITHMS)


def _stays_in_range(local: Floats, transitions: Transitions) -> bool:
    """Whether one token cannot take a number from above `TINY` to 0.

    The sets of tags decide which numbers have to be 0, so `_nothing_lost` cannot tell such a number
    from a lost one. But a number that is lost becomes smaller token by token. If no token makes it
    smaller by e^130 or more, it is between 0 and `TINY` at some token, and this can be seen.
    """
    below_best = local - local.max(axis=1, keepdims=True)
    between = transitions.between - transitions.between.max()
    every, span = tokens_between_divisions(below_best, between)
    division = every * math.log(local.shape[1])
    return span + find_legality(transitions).spread + division < _ROOM


def _nothing_lost(result: ForwardBackward) -> bool:
    """Whether every number is 0 or precise, and every sentence has a legal path."""
    lost = any(((x > 0) & (x < TINY)).any() for x in (result.alpha, result.ahead))
    return not lost and bool((result.scale * result.total).min() >= TINY)


def sentences_without_path(
    sets: Ints, table: Booleans, lengths: Ints, transitions: Transitions
) -> Ints:
    """Return the sentences, in order, that have no legal path through the allowed tags.

    Parameters
    ----------
    sets
        Ints of shape (N,): for each token, the row of `table` with the tags that it may have.
    table
        Booleans of shape (S, K).
    lengths
        Ints of shape (B,), each at least 1, with the sum N.
    """
    first = first_tokens(lengths, len(sets))
    step, starts, ends = (is_legal(scores) for scores in transitions)
    ways = step.astype(np.float32)
    without: list[int] = []
    for packing in packings(first, lengths, SENTENCES, TOKENS):
        reached = table[sets.take(packing.order)]
        reached[: packing.offsets[1]] &= starts
        for before, now in packing.steps:
            reached[now] &= reached[before].astype(np.float32) @ ways > 0
        arrived = (reached[packing.last] & ends).any(axis=1)
        without += packing.sentences[~arrived].tolist()
    return np.array(sorted(without), dtype=np.intp)
