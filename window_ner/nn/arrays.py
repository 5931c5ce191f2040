"""Types for arrays of floats and of integers, and a check for numbers read from a file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]

LARGEST = 1e9
"""The largest number allowed in a model.

No training leads to such large numbers, and sums of products of larger ones could overflow float32.
"""


def check_numbers(array: Floats, name: str, largest: float = LARGEST) -> None:
    """Check that an array read from a file can be the weights of a model.

    Raises
    ------
    ValueError
        If the array is not float32, or a number is not finite or larger than ``largest``.
    """
    if array.dtype != np.float32:
        raise ValueError(f"{name}: expected float32, found {array.dtype}")
    if not array.size:
        return
    low, high = float(array.min()), float(array.max())
    if not (low >= -largest and high <= largest):  # also true if a number is NaN
        raise ValueError(f"{name}: a number is not finite, or beyond {largest:.0e}")
