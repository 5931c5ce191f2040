"""Which transitions between tags are legal, and when a recursion may skip the illegal ones.

In BIOES only 97 of the 289 transitions between 17 tags are legal; I-PER cannot follow B-LOC. The
illegal transitions are not removed from the model. They have the score -1e4, so that every formula
stays finite. A recursion may skip them if this provably cannot change its result.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Floats
from window_ner.nn.crf.transitions import Transitions

IMPOSSIBLE = -1e4
"""The score of illegal transitions, starts and ends."""

MAX_STEPS = 5
"""The longest legal path from tag to tag that is searched for; BIOES needs 3 steps, softmax 1."""


class Legality(NamedTuple):
    """The result of `find_legality` for the scores of a CRF.

    Attributes
    ----------
    transitions
        Bools of shape (K, K): whether tag j may follow tag i.
    spread
        The largest difference between two legal scores of the same kind.
    steps
        After this number of steps, a legal path leads from every tag and every start to every tag
        and every end; shorter sentences have a legal path too. None if there is no such number.
    dead_from_start, dead_to_end
        For each of the first (last) `steps` tokens of a sentence, the number of tags that no legal
        path reaches.
    """

    transitions: NDArray[np.bool_]
    spread: float
    steps: int | None
    dead_from_start: tuple[int, ...]
    dead_to_end: tuple[int, ...]

    def can_be_relied_on(self, emissions: Floats) -> bool:
        """Whether every path with an illegal step scores far below some legal path.

        Take a path with an illegal step. Another path leaves it at most `steps` tokens before the
        illegal step, takes legal steps, and returns to it at most `steps` tokens after. On each
        token and transition of this detour it loses at most the range of the scores, while the
        illegal step loses at least half of IMPOSSIBLE. The illegal step loses more unless the
        scores are extreme: with BIOES their range may be up to 600.
        """
        if self.steps is None:
            return False
        spread = self.spread + float(emissions.max()) - float(emissions.min())
        return 2 * (self.steps + 1) * spread < -IMPOSSIBLE / 2


def find_legality(transitions: Transitions) -> Legality:
    """Find the legal transitions: those less than 5,000 below the best one of their kind."""
    # Cached by content, because a tagger calls this for every text with the same scores.
    contents = (scores.tobytes() for scores in transitions)
    return _find_legality(*contents, transitions.between.dtype.str)


@lru_cache(maxsize=8)
def _find_legality(*contents_and_dtype: Any) -> Legality:
    *contents, dtype = contents_and_dtype
    between, start, end = (np.frombuffer(content, dtype) for content in contents)
    kinds = Transitions(between.reshape(len(start), len(start)), start, end)
    legal = [is_legal(scores) for scores in kinds]
    spread = max(float(k.max() - k[ok].min()) for k, ok in zip(kinds, legal, strict=True))
    return Legality(legal[0], spread, *_reach(*(ok.tobytes() for ok in legal)))


@lru_cache(maxsize=8)
def _reach(*legal: bytes) -> tuple[int | None, tuple[int, ...], tuple[int, ...]]:
    """Find the last three attributes of `Legality` from which transitions are legal.

    In training, and at each temperature, other scores have the same legal transitions.
    """
    flat, first, last = (np.frombuffer(ok, np.bool_).astype(np.float32) for ok in legal)
    step, ends = flat.reshape(len(first), len(first)), last
    power, dead_from_start, dead_to_end = step, [], []
    steps: int | None = None
    for n in range(1, MAX_STEPS + 1):
        if not first @ ends:
            break  # sentences of n tokens have no legal path at all
        dead_from_start.append(_dead(first))
        dead_to_end.append(_dead(last))
        first, last = first @ step, step @ last
        if power.all():
            steps = n
            break
        power = power @ step
    return steps, tuple(dead_from_start), tuple(dead_to_end)


def is_legal(scores: Floats) -> NDArray[np.bool_]:
    """Whether each score of one kind of transitions is that of a legal one."""
    legal: NDArray[np.bool_] = scores > scores.max() + IMPOSSIBLE / 2
    return legal


def _dead(reached: NDArray[np.floating[Any]]) -> int:
    return len(reached) - int(np.count_nonzero(reached))
