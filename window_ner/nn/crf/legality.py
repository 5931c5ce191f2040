"""Which transitions between tags are possible, and what that lets a recursion leave out.

In BIOES only 97 of the 289 transitions between 17 tags are legal; I-PER cannot follow B-LOC. The
others are not removed from the model but held at the score -1e4, so that every formula stays
finite. A recursion may skip them whenever that provably cannot change its answer.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Floats

IMPOSSIBLE = -1e4
"""The score at which illegal transitions, starts and ends are held."""

MAX_STEPS = 5
"""How far to look for a legal way from every tag to every tag; BIOES needs 3 steps, softmax 1."""


@dataclass(frozen=True)
class Legality:
    """What `find_legality` sees in the scores of a CRF.

    Attributes
    ----------
    transitions
        Bools of shape (K, K): tag j may follow tag i.
    spread
        The largest difference between two legal scores of the same kind.
    steps
        After so many steps every tag can legally follow every tag, from every start and to every
        end, and shorter sentences have a legal path too. None if there is no such number.
    dead_from_start, dead_to_end
        For the first (last) `steps` tokens of a sentence, how many of the K tags no legal path
        reaches.
    """

    transitions: NDArray[np.bool_]
    spread: float
    steps: int | None
    dead_from_start: tuple[int, ...]
    dead_to_end: tuple[int, ...]

    def can_be_relied_on(self, emissions: Floats) -> bool:
        """Whether every path with an illegal step is far worse than some legal path.

        A path that leaves it up to `steps` tokens before the illegal step, takes a legal way and is
        back up to `steps` tokens after, loses the range of the scores on each token and transition
        at most; the illegal step lost half of IMPOSSIBLE at least. That is more unless the scores
        are absurd: with BIOES their range may be 600.
        """
        if self.steps is None:
            return False
        spread = self.spread + float(emissions.max()) - float(emissions.min())
        return 2 * (self.steps + 1) * spread < -IMPOSSIBLE / 2


def find_legality(transitions: Floats, start: Floats, end: Floats) -> Legality:
    """Find the legal transitions: those less than 5,000 below the best one of their kind.

    Parameters
    ----------
    transitions, start, end
        Floats of shapes (K, K), (K,) and (K,).
    """
    # Remembered by content: a tagger asks for every text, and its scores never change.
    return _find_legality(*(k.tobytes() for k in (transitions, start, end)), transitions.dtype.str)


@lru_cache(maxsize=8)
def _find_legality(*contents_and_dtype: Any) -> Legality:
    *contents, dtype = contents_and_dtype
    transitions, start, end = (np.frombuffer(content, dtype) for content in contents)
    transitions = transitions.reshape(len(start), len(start))
    kinds = (transitions, start, end)
    legal = [scores > scores.max() + IMPOSSIBLE / 2 for scores in kinds]
    spread = max(float(k.max() - k[ok].min()) for k, ok in zip(kinds, legal, strict=True))
    step, first, last = (ok.astype(np.float32) for ok in legal)
    power, dead_from_start, dead_to_end = step, [], []
    steps: int | None = None
    for n in range(1, MAX_STEPS + 1):
        if not first @ legal[2]:
            break  # sentences of n tokens have no legal path at all
        dead_from_start.append(_dead(first))
        dead_to_end.append(_dead(last))
        first, last = first @ step, step @ last
        if power.all():
            steps = n
            break
        power = power @ step
    return Legality(legal[0], spread, steps, tuple(dead_from_start), tuple(dead_to_end))


def _dead(reached: NDArray[np.floating[Any]]) -> int:
    return len(reached) - int(np.count_nonzero(reached))
