"""Reliability of probabilities: of the names with a score of 0.8, four in five should be right."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.word_types import Booleans
from window_ner.model.calibration import fit_temperature
from window_ner.model.scorer import Scored
from window_ner.nn.arrays import Floats, Ints

BINS = 10
"""Bins of probabilities, of equal width."""


def reliability(probabilities: Floats, right: Booleans) -> dict[str, Any]:
    """Compare the probabilities of spans with the fraction of them that is right.

    Returns
    -------
    ``ece``, the expected calibration error: the difference between the mean probability and the
    fraction that is right, in `BINS` bins, averaged with the number of spans as weights
    (Naeini et al., 2015). ``ece_by_chance``, the error that is to be expected for this number of
    spans if all probabilities are right (`ece_by_chance`). ``overconfidence``, the mean probability
    less the fraction that is right, above 0 if the probabilities are too high. And ``bins``, the
    bins with at least one span: ``from``, ``to``, ``count``, ``confidence`` (the mean probability)
    and ``precision``.
    """
    number = _bin_numbers(probabilities)
    counts = np.bincount(number, minlength=BINS)
    filled = np.flatnonzero(counts)
    of_bins = counts[filled]
    confidence = np.bincount(number, probabilities, BINS)[filled] / of_bins
    precision = np.bincount(number, right, BINS)[filled] / of_bins
    gaps = of_bins @ np.abs(confidence - precision)
    columns = (filled.tolist(), of_bins.tolist(), confidence.tolist(), precision.tolist())
    return {
        "ece": float(gaps / max(len(right), 1)),
        "ece_by_chance": ece_by_chance(probabilities),
        "overconfidence": float(of_bins @ (confidence - precision) / max(len(right), 1)),
        "bins": [
            {"from": i / BINS, "to": (i + 1) / BINS, "count": n, "confidence": p, "precision": r}
            for i, n, p, r in zip(*columns, strict=True)
        ],
    }


def ece_by_chance(probabilities: Floats) -> float:
    """Return the expected calibration error that chance alone causes.

    If each span is right with exactly its probability p, the number of right spans of a bin still
    varies around its mean, with the variance Σ p (1 - p). A normal distribution with the standard
    deviation σ is √(2 / π) σ away from its mean on average. An error near this value says nothing
    against the probabilities.
    """
    p = probabilities.astype(np.float64)
    variances = np.bincount(_bin_numbers(p), p * (1 - p), BINS)
    return float(np.sqrt(2 / np.pi * variances).sum() / max(len(p), 1))


def _bin_numbers(probabilities: Floats) -> Ints:
    return np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)


def cross_fitted(
    scored: Scored, spans: Sequence[Span], right: Booleans, halves: Booleans
) -> Floats:
    """Return the probabilities of spans with a temperature fitted on the other half of the text.

    So a split measures how well a fitted temperature does on text that it was not fitted on.

    Parameters
    ----------
    scored
        The scores of the text.
    spans, right
        The S spans that the model finds in the text, and whether each is right.
    halves
        (S,) in which half each span is.
    """
    probabilities = np.zeros(len(spans), dtype=scored.scores.dtype)
    for half in (False, True):
        here = halves == half
        fitted_on = [span for span, is_here in zip(spans, here, strict=True) if not is_here]
        temperature = fit_temperature([(scored, fitted_on)], right[~here])
        own = [span for span, is_here in zip(spans, here, strict=True) if is_here]
        probabilities[here] = scored.with_temperature(temperature).probabilities(own)
    return probabilities
