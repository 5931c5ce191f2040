"""Checks that find a training that diverges, and what they say."""

import math
from collections.abc import Mapping

import numpy as np

from window_ner.errors import InputError
from window_ner.nn.arrays import LARGEST, Floats


def check_scores(scores: Floats, step: int) -> None:
    """Check that all scores of a step, counted from 1, are finite.

    Raises
    ------
    InputError
        If one is not.
    """
    if not math.isfinite(np.vdot(scores, scores)):  # not finite if a score is not
        raise _diverged(f"a score of step {step} is not finite")


def check_weights(weights: Mapping[str, Floats], step: int) -> None:
    """Check that all weights after a step can be those of a model.

    Raises
    ------
    InputError
        If a number is not finite, or larger than `LARGEST`.
    """
    for name, array in weights.items():
        if array.size and not (array.min() >= -LARGEST and array.max() <= LARGEST):  # or NaN
            raise _diverged(f"a number of {name} is not finite, or too large, after step {step}")


def _diverged(why: str) -> InputError:
    return InputError(f"the training diverged, {why}; try a smaller learning_rate")
