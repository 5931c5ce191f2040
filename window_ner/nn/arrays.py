"""The array types that the mathematics speaks of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]

LARGEST = 1e9
"""No training leads to numbers as large, and sums of their products could leave float32."""


def check_numbers(array: Floats, name: str) -> None:
    """Hold an array that was read against what the numbers of a model are.

    Raises
    ------
    ValueError
        If it is not float32, or a number is not finite or beyond all bounds.
    """
    if array.dtype != np.float32:
        raise ValueError(f"{name}: expected float32, found {array.dtype}")
    if not array.size:
        return
    low, high = float(array.min()), float(array.max())
    if not (low >= -LARGEST and high <= LARGEST):  # nor if one is NaN
        raise ValueError(f"{name}: a number is not finite, or beyond {LARGEST:.0e}")
