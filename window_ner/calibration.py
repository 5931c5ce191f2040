"""Probabilities that mean what they say: of the names with a score of 0.8, four in five are right.

A network that was trained long is surer of itself than it should be, or less sure. All scores
divided by one number, the temperature, leave the decisions as they are and move the probabilities:
above 1 towards the middle, below 1 towards 0 and 1. It is fitted on dev, which the weights did not
learn from (Guo et al., "On calibration of modern neural networks", ICML 2017).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Floats, Ints
from window_ner.objectives import Objective

BINS = 10

_LOWEST, _HIGHEST = 1 / 8, 8.0


def fit_temperature(
    objective: Objective,
    scores: Floats,
    lengths: Ints,
    spans: Sequence[Span],
    right: Booleans,
    parameters: dict[str, Floats],
) -> float:
    """Find the temperature at which the probabilities of spans best foretell which are right.

    What is minimised is the log-loss of "is this span right?", and not of the tags: most tokens
    are in no name, and nobody asks how sure the model was there.

    Parameters
    ----------
    objective, scores, lengths, parameters
        The model, its scores (N, K), and the tokens of each sentence.
    spans, right
        The spans that it finds, S in number, and whether each is right.

    Returns
    -------
    1 if there is no span to learn from.
    """
    if not spans:
        return 1.0

    def loss(log_temperature: float) -> float:
        temperature = np.full(1, np.exp(log_temperature), dtype=scores.dtype)
        tempered = {**parameters, "temperature": temperature}
        return log_loss(objective.span_probabilities(scores, lengths, spans, tempered), right)

    return float(np.exp(_minimum(loss, np.log(_LOWEST), np.log(_HIGHEST))))


def _minimum(f: Callable[[float], float], low: float, high: float) -> float:
    """Find the minimum on ever finer grids, as nothing promises that there is but one valley."""
    for _ in range(3):
        grid = np.linspace(low, high, 13)
        best = int(np.argmin([f(x) for x in grid.tolist()]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return float(grid[best])


def log_loss(probabilities: Floats, right: Booleans) -> float:
    """Return the mean of -log p where right and -log (1 - p) where wrong.

    Few spans that all are right would ask for a certainty that nobody has seen proved: what counts
    as certain is (n + 1) / (n + 2), the estimate after n successes (Platt, 1999).
    """
    p = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    wrongs = int(np.count_nonzero(~right))
    rights = len(right) - wrongs
    target = np.where(right, (rights + 1) / (rights + 2), 1 / (wrongs + 2))
    return float(-np.mean(target * np.log(p) + (1 - target) * np.log1p(-p)))


def reliability(probabilities: Floats, right: Booleans, bins: int = BINS) -> dict[str, Any]:
    """Hold the probabilities of spans against how many of them are right.

    Returns
    -------
    ``ece``, the expected calibration error: the distance between the mean probability and the
    fraction that is right, in bins of equal width, weighted by the spans in each (Naeini et al.,
    2015); and ``bins``, those that hold a span: ``from``, ``to``, ``count``, ``confidence`` (the
    mean probability) and ``precision``.
    """
    number = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    counts = np.bincount(number, minlength=bins)
    filled = np.flatnonzero(counts)
    of_bins = counts[filled]
    confidence = np.bincount(number, probabilities, bins)[filled] / of_bins
    precision = np.bincount(number, right, bins)[filled] / of_bins
    gaps = of_bins @ np.abs(confidence - precision)
    columns = (filled.tolist(), of_bins.tolist(), confidence.tolist(), precision.tolist())
    return {
        "ece": float(gaps / max(len(right), 1)),
        "bins": [
            {"from": i / bins, "to": (i + 1) / bins, "count": n, "confidence": p, "precision": r}
            for i, n, p, r in zip(*columns, strict=True)
        ],
    }


def cross_fitted(
    objective: Objective,
    scores: Floats,
    lengths: Ints,
    spans: Sequence[Span],
    right: Booleans,
    halves: Booleans,
    parameters: dict[str, Floats],
) -> Floats:
    """Return the probabilities of spans under a temperature fitted on the other half of the text.

    So a split tells how well a fitted temperature does, without a word about itself.

    Parameters
    ----------
    halves
        (S,) in which half each span is. The rest as for `fit_temperature`.
    """
    probabilities = np.zeros(len(spans), dtype=scores.dtype)
    for half in (False, True):
        fitted_on = [span for span, of_half in zip(spans, halves, strict=True) if of_half != half]
        temperature = fit_temperature(
            objective, scores, lengths, fitted_on, right[halves != half], parameters
        )
        mine = [span for span, of_half in zip(spans, halves, strict=True) if of_half == half]
        if mine:
            tempered = {**parameters, "temperature": np.full(1, temperature, dtype=scores.dtype)}
            probabilities[halves == half] = objective.span_probabilities(
                scores, lengths, mine, tempered
            )
    return probabilities
