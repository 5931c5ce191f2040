"""Ways to turn the scores of names into probabilities; each is fitted to the names of texts."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.calibration.names import TEMPERATURES, Names
from window_ner.data.word_types import Booleans
from window_ner.model.calibration import log_loss
from window_ner.nn.activations import logistic
from window_ner.nn.arrays import Floats

Calibrated = Callable[[Names], Floats]
"""Returns the calibrated probabilities of names."""

Way = Callable[[Sequence[Names]], Calibrated]
"""Fits a calibration to the names of several texts."""


def temperature(texts: Sequence[Names], *, even: bool = False) -> Calibrated:
    """Choose the temperature with the least log-loss; all texts have the same weight if `even`."""
    losses = [[log_loss(p, text.right) for p in text.tempered] for text in texts]
    best = int(np.argmin(np.average(losses, axis=0, weights=weights(texts, even))))
    return lambda names: names.tempered[best]


def regression(
    texts: Sequence[Names],
    shifts: Sequence[str] = (),
    slopes: Sequence[str] = (),
    even: bool = False,
) -> Calibrated:
    """Fit a logistic regression by Newton's method (Platt scaling, with features)."""

    def inputs(names: Names) -> Floats:
        log_odds = _log_odds(names.probabilities)[:, None]
        sloped = np.stack([np.ones(len(log_odds)), *(names.features[n] for n in slopes)], axis=1)
        return np.concatenate([log_odds * sloped, _inputs(names, shifts)], axis=1)

    x, y, weight = _joined(texts, inputs, even)
    coefficients = _fitted(lambda c: (x @ c, x), x.shape[1], y, weight)
    return lambda names: logistic(inputs(names) @ coefficients)


def temperature_by_text(texts: Sequence[Names], features: Sequence[str]) -> Calibrated:
    """Fit log T = b + c · features by Fisher scoring.

    Between two of `TEMPERATURES`, the log-odds of a name are taken to be linear in log T.
    """
    x, y, weight = _joined(texts, lambda names: _inputs(names, features))
    tables = np.concatenate([_log_odds(names.tempered) for names in texts], axis=1)

    def log_odds(coefficients: Floats) -> tuple[Floats, Floats]:
        values, slopes = _at(tables, x @ coefficients)
        return values, slopes[:, None] * x

    coefficients = _fitted(log_odds, x.shape[1], y, weight)
    return lambda names: logistic(
        _at(_log_odds(names.tempered), _inputs(names, features) @ coefficients)[0]
    )


def _fitted(
    log_odds: Callable[[Floats], tuple[Floats, Floats]], width: int, y: Booleans, weight: Floats
) -> Floats:
    """Fit coefficients by Fisher scoring: Newton's method, if the log-odds are linear in them.

    ``log_odds`` returns the log-odds of the names, (S,), and their derivatives, (S, width).
    """
    coefficients = np.zeros(width)
    small = 1e-3 * np.eye(width)  # L2: Hessian and pull towards 0
    for _ in range(10):
        values, changes = log_odds(coefficients)
        p = logistic(values)
        gradient = changes.T @ (weight * (p - y)) + small @ coefficients
        hessian = (changes * (weight * p * (1 - p))[:, None]).T @ changes + small
        coefficients -= np.linalg.solve(hessian, gradient)
    return coefficients


def _inputs(names: Names, features: Sequence[str]) -> Floats:
    ones = np.ones(len(names.right))
    return np.stack([ones, *(names.features[name] for name in features)], axis=1)


def _at(tables: Floats, log_temperatures: Floats) -> tuple[Floats, Floats]:
    """Return the log-odds of names at temperatures of their own, and the slopes there: (S,)."""
    logs = np.log(TEMPERATURES)
    place = np.clip((log_temperatures - logs[0]) / (logs[1] - logs[0]), 0, len(logs) - 1.001)
    below = place.astype(np.int64)
    names = np.arange(len(place))
    low, high = tables[below, names], tables[below + 1, names]
    return low + (place - below) * (high - low), (high - low) / (logs[1] - logs[0])


def _log_odds(probabilities: Floats) -> Floats:
    p = np.clip(probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    log_odds: Floats = np.log(p) - np.log1p(-p)
    return log_odds


def _joined(
    texts: Sequence[Names], inputs: Callable[[Names], Floats], even: bool = False
) -> tuple[Floats, Booleans, Floats]:
    """Join the inputs of all names, whether they are right, and their weights."""
    shares = zip(texts, weights(texts, even), strict=True)
    return (
        np.concatenate([inputs(names) for names in texts]),
        np.concatenate([names.right for names in texts]),
        np.concatenate([np.full(len(t.right), w / len(t.right)) for t, w in shares]),
    )


def weights(texts: Sequence[Names], even: bool) -> Floats:
    """Return the weight of each text; they sum to 1."""
    sizes = np.ones(len(texts)) if even else np.array([len(names.right) for names in texts])
    return sizes / sizes.sum()


_OF_TEXT = (
    "unknown words",
    "unseen words",
    "words in lower case",
    "words in capitals",
    "@, #, links, emoji",
    "length of the sentence",
    "length of the document",
)
_FOUND = ("name in lower case, text not", "unknown words", "entropy of the tags")
_MORE = (*_FOUND, "length of the document")


def ways(features: Sequence[str]) -> dict[str, Way]:
    """List the ways to calibrate: without features, with each alone, with several."""

    def with_features(shifts: Sequence[str], slopes: Sequence[str] = ()) -> Way:
        return partial(regression, shifts=shifts, slopes=slopes)

    return {
        "one temperature": temperature,
        "one temperature, texts weighted evenly": partial(temperature, even=True),
        **{
            f"log T = b + c · {name}": partial(temperature_by_text, features=[name])
            for name in _OF_TEXT
        },
        "log T = b + c · these seven": partial(temperature_by_text, features=_OF_TEXT),
        "log T = b + c · all below": partial(temperature_by_text, features=features),
        "regression": regression,
        "regression, texts weighted evenly": partial(regression, even=True),
        **{f"+ {name}": with_features([name]) for name in features},
        f"+ {', '.join(_FOUND)}": with_features(_FOUND),
        "the same, and PER times logit p": with_features(_FOUND, ["PER"]),
        "the same, and length of the document": with_features(_MORE, ["PER"]),
        "all but entropy, each also times logit p": with_features(
            *[[name for name in features if "entropy" not in name]] * 2
        ),
        "all, each also times logit p": with_features(features, features),
    }
