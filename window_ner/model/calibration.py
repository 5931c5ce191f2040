"""Calibration: of the names with a score of 0.8, four in five should be right.

The probabilities of a trained network are often too high or too low. So all scores are divided by
one number, the temperature. It does not change the decisions, only the probabilities: a temperature
above 1 moves them towards the middle, one below 1 towards 0 and 1. It is fitted on dev, because the
weights were not trained on dev (Guo et al., "On calibration of modern neural networks", ICML 2017).
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.word_types import Booleans
from window_ner.model.scorer import Scored
from window_ner.nn.arrays import Floats

_LOWEST, _HIGHEST = 1 / 4, 8.0
"""Far below 1, a CRF of hundreds of tags is computed in logarithms, which takes minutes."""

Part = tuple[Scored, Sequence[Span]]
"""The scores of a text, and the spans that a model finds in it."""


def fit_temperature(parts: Sequence[Part], right: Booleans) -> float:
    """Find the temperature at which the probabilities of spans best predict which are right.

    It minimises the log-loss of "is this span right?". The log-loss of the tags would mostly
    measure tokens outside of names, whose probabilities are not shown to anyone.

    Parameters
    ----------
    parts
        One text, or several; the models that scored them may differ.
    right
        (S,) whether each of the spans is right, part after part.

    Returns
    -------
    The temperature; 1 if there is no span to learn from.
    """
    if not len(right):
        return 1.0

    def loss(log_temperature: float) -> float:
        temperature = float(np.exp(log_temperature))
        probabilities = [
            scored.with_temperature(temperature).probabilities(spans) for scored, spans in parts
        ]
        return log_loss(np.concatenate(probabilities), right)

    return float(np.exp(_minimum(loss, np.log(_LOWEST), np.log(_HIGHEST))))


def _minimum(f: Callable[[float], float], low: float, high: float) -> float:
    """Find the minimum on finer and finer grids.

    There may be several local minima, so every point of the first grid is tried. Around the best
    of them, f is taken to fall and then to rise: where it rises first is found by bisection.
    """
    f = cache(f)  # the next grid begins and ends at numbers of this one
    grid = np.linspace(low, high, 11).tolist()
    best = int(np.argmin([f(x) for x in grid]))
    for _ in range(2):
        around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
        grid = np.linspace(*around, 13).tolist()
        best = bisect_left(range(len(grid) - 1), True, key=lambda i: f(grid[i]) < f(grid[i + 1]))
    return float(grid[best])


def log_loss(probabilities: Floats, right: Booleans) -> float:
    """Return the mean of -log p where right and -log (1 - p) where wrong.

    A few spans that are all right would drive their probabilities to 1. So the target for a right
    span is not 1 but (n + 1) / (n + 2), the estimate after n successes (Platt, 1999).
    """
    p = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    wrongs = int(np.count_nonzero(~right))
    rights = len(right) - wrongs
    target = np.where(right, (rights + 1) / (rights + 2), 1 / (wrongs + 2))
    return float(-np.mean(target * np.log(p) + (1 - target) * np.log1p(-p)))
