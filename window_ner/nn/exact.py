"""Matrix products x W in which a row depends on its own row of x alone, to the last bit.

BLAS adds up the terms of a product in an order that depends on the number of rows, and on the
place of a row among them. So the same row has other last digits in another batch. Two remedies:

`ExactMatrix` rounds both factors to integers of so few bits that no sum of their products is
rounded, and a sum that is not rounded is the same in every order. For integers x and w, all sums
and partial sums are bounded by the lengths of the two vectors (Cauchy and Schwarz):

    |Σ_i x_i w_i| <= |x| |w| <= 2^12 2^12 = 2^24 in float32, 2^26 2^26 = 2^52 in float64

`row_by_row` multiplies each row by itself: the same call for each, so the same order.
"""

import math
from typing import Any

import numpy as np

from window_ner.nn.arrays import Floats

_BITS_OF_A_LENGTH = {np.dtype(np.float32): 12, np.dtype(np.float64): 26}

_ROWS_AT_ONCE = 32
"""Rows of W that are rounded together, so that they fit into the cache."""


class ExactMatrix:
    """A matrix W to multiply rows x with, without any rounding but that of x and W.

    Parameters
    ----------
    W
        (n, m). Each column is rounded to multiples of its length / 4096, if the products are to be
        float32.
    dtype
        Of the products; float64 is twice as slow, and as accurate as other products of float32.
    """

    def __init__(self, W: Floats, dtype: type[np.floating[Any]] = np.float32) -> None:
        # Rounding may add half a unit to each number, and so sqrt(n) / 2 to the length.
        self._most = 2.0 ** _BITS_OF_A_LENGTH[np.dtype(dtype)] - math.sqrt(len(W))
        squares = np.einsum("ij,ij->j", W, W, dtype=np.float64)
        scale = self._most / np.maximum(np.sqrt(squares), 1e-30)
        self._integers = np.empty(W.shape, dtype)
        # A large temporary array takes time to allocate, so a few rows are rounded at a time.
        for begin in range(0, len(W), _ROWS_AT_ONCE):
            rows = slice(begin, begin + _ROWS_AT_ONCE)
            self._integers[rows] = np.rint(W[rows] * scale)
        self._unit = 1 / scale

    def product(self, x: Floats, longest: float | None = None) -> Floats:
        """Return x W: (N, m).

        Parameters
        ----------
        x
            (N, n). Each row is rounded as the columns of W are.
        longest
            No row is longer than this. By default each row's length is computed.
        """
        dtype = self._integers.dtype
        if longest is None:
            lengths = np.sqrt(np.square(x, dtype=dtype).sum(axis=1, keepdims=True))
            scale = self._most / np.maximum(lengths, dtype.type(1e-30))
        else:
            scale = dtype.type(self._most / longest)
        integers = x * scale
        products: Floats = np.rint(integers, out=integers) @ self._integers
        products *= (1 / scale).astype(dtype)
        products *= self._unit.astype(dtype)
        return products


def row_by_row(x: Floats, W: Floats) -> Floats:
    """Return x Wᵀ, of (N, n) and (m, n), with one call of BLAS for each row.

    W times a column takes three fifths of the time that a row times Wᵀ takes.
    """
    products: Floats = np.matmul(W, x[:, :, None])[:, :, 0]
    return products
