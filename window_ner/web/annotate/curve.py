"""The learning curve: the F1 of cross-validation, at several numbers of sentences."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from window_ner.data.tag_schemes import Span, spans_of
from window_ner.storage.atomic import write_text
from window_ner.web.annotate.answers import Example

FOLDS = 3
_LEAST_RANDOM = 20
"""If so many sentences were shown by chance or in order, the F1 is measured on these alone."""


@dataclass(frozen=True)
class Point:
    """A point of the learning curve: the F1 of models trained on ``trained_on`` sentences.

    Attributes
    ----------
    low, high
        The F1 in 90 of 100 draws of sentences (bootstrap).
    measured_on
        The number of sentences that it was measured on.
    is_random
        Whether these were shown by chance or in order. Others are harder than most, because the
        model chose them.
    """

    trained_on: int
    f1: float
    low: float
    high: float
    measured_on: int
    is_random: bool


def trained_on_of(count: int) -> int:
    """Return how many of ``count`` sentences each model of the cross-validation is trained on."""
    return count * (FOLDS - 1) // FOLDS


def read_curve(file: Path | None, count: int) -> tuple[Point, ...]:
    """Read the learning curve of an earlier server; without one that can be read, it is empty.

    Points of more than ``count`` sentences are left out: their answers were deleted.
    """
    try:
        points = [Point(**point) for point in json.loads(file.read_bytes())] if file else []
        return tuple(point for point in points if point.trained_on <= trained_on_of(count))
    except (OSError, ValueError, TypeError):
        return ()


def write_curve(file: Path, curve: Sequence[Point]) -> None:
    """Keep the learning curve for the next server.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    write_text(file, json.dumps([asdict(point) for point in curve]))


def measured(complete: list[Example], held_out: dict[int, list[Span]], trained_on: int) -> Point:
    """Compute the F1 over complete sentences: those that no model chose, if there are enough."""
    random = [example for example in complete if example.is_random]
    chosen = random if len(random) >= min(_LEAST_RANDOM, len(complete)) else complete
    counts = []
    for example in chosen:
        gold, found = set(spans_of(example.sentence.tags)), set(held_out[example.number])
        counts.append((len(gold & found), len(gold) + len(found)))
    right, both = np.array(counts, dtype=float).T
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(right), (1_000, len(right)))
    f1s = 2 * right[draws].sum(axis=1) / np.maximum(both[draws].sum(axis=1), 1)
    low, high = np.quantile(f1s, [0.05, 0.95]).tolist()
    f1 = float(2 * right.sum() / max(both.sum(), 1))
    return Point(trained_on, f1, low, high, len(chosen), chosen is random)
