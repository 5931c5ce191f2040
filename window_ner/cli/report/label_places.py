"""Finds places for the names of arrows where they hide nothing."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from window_ner.nn.arrays import Floats


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float


_GAPS = 5.0, 10.0, 16.0, 24.0
_MARGIN = 3.0
_POINTS_OF_AN_ARROW = 12


def place_labels(
    tails: Floats, heads: Floats, sizes: Sequence[tuple[float, float]], frame: Box
) -> list[Box]:
    """Find a place near the head of each arrow: the best that is left, one arrow after the other.

    Parameters
    ----------
    tails, heads
        (M, 2) the arrows.
    sizes
        Width and height of each label.
    frame
        The frame that should contain the labels.
    """
    steps = np.linspace(0, 1, _POINTS_OF_AN_ARROW)[:, None, None]
    arrows = (tails + steps * (heads - tails)).reshape(-1, 2)
    placed: list[Box] = []
    lengths = np.maximum(np.linalg.norm(heads - tails, axis=1, keepdims=True), 1e-12)
    onward = (heads - tails) / lengths
    for head, way, (width, height) in zip(heads.tolist(), onward.tolist(), sizes, strict=True):
        candidates = [
            (gap - 3 * (x * way[0] + y * way[1]), _beside(head, gap, x, y, width, height))
            for gap, x, y in product(_GAPS, (1, -1, 0), (0, 1, -1))
            if x or y
        ]
        placed.append(
            min(candidates, key=lambda c: c[0] + _penalty(c[1], arrows, placed, frame))[1]
        )
    return placed


def _penalty(box: Box, arrows: Floats, placed: Sequence[Box], frame: Box) -> float:
    """Weigh how much of other labels and arrows a label hides, and how far it is out of the frame.

    ``arrows`` (P, 2) are points of all arrows.
    """
    inside = (arrows > (box.left - _MARGIN, box.bottom - _MARGIN)) & (
        arrows < (box.right + _MARGIN, box.top + _MARGIN)
    )
    sides = (
        frame.left - box.left,
        frame.bottom - box.bottom,
        box.right - frame.right,
        box.top - frame.top,
    )
    outside = sum(max(0.0, beyond) for beyond in sides)
    hidden = [area for other in placed if (area := _overlap(box, other))]
    on_arrows = float(inside.all(axis=1).sum())
    return 1000 * len(hidden) + sum(hidden) + 20 * on_arrows + 50 * outside


def _beside(point: Sequence[float], gap: float, x: int, y: int, width: float, height: float) -> Box:
    """Put a box to the right (x = 1), left (-1) or centre of a point, above (y = 1) or below it."""
    left = point[0] + x * gap + width * (x - 1) / 2
    bottom = point[1] + y * gap + height * (y - 1) / 2
    return Box(left, bottom, left + width, bottom + height)


def _overlap(box: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    width = min(box.right, other.right) - max(box.left, other.left)
    height = min(box.top, other.top) - max(box.bottom, other.bottom)
    return max(0.0, width) * max(0.0, height)
