"""Layers of a network that adds up integers first; see `window_ner.model.precomputed`."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.exact import ExactMatrix, row_by_row
from window_ner.nn.tables import largest_norm
from window_ner.nn.window_network import WindowNetwork

Integers = NDArray[np.int16]

_LARGEST_SUM = 32_000
"""The largest sum: below 2^15, the limit of 16 bits, to leave room for rounding each addend up."""

_BOUNDED = ("tanh", "logistic", "hard-tanh")
"""Activations with h between -1 and 1."""

_SMALL = 256
"""If U has at most this many numbers, calling BLAS for each row takes longer than exact sums."""


class FirstLayer:
    """The addends of z as 16-bit integers, scaled so that their sum never overflows.

    Parameters
    ----------
    network
        The network.
    rows
        Table -> (T, …) the rows that a token looks up, in the order of its vector.
    flags, centre, context
        Number of flags of a token, and of inputs about the centre word and about its sentence.

    Attributes
    ----------
    step
        (H,) powers of two; z is a sum of addends times this.
    of_flags
        (window, F, H) the addend of each flag in each position, as floats with integer values.
    """

    def __init__(
        self,
        network: WindowNetwork,
        rows: Mapping[str, Ints],
        *,
        flags: int,
        centre: int,
        context: int,
    ) -> None:
        layer = network.layers[0]
        columns, bias = network.parameters["W" + layer].T, network.parameters["b" + layer]
        split = len(columns) - centre - context
        W = columns[:split].reshape(network.window, -1, len(bias))
        of_centre, of_context = np.split(columns[split:], [centre])
        largest_of_centre = np.abs(of_centre).sum(axis=0)
        tables = _tables_of_a_token(rows)
        means = ["E"] * (context // network.parameters["E"].shape[1])
        largest_of_context = _largest_product(means, network, of_context)
        largest = np.abs(bias) + largest_of_centre + largest_of_context
        largest += _largest_product(tables, network, W).sum(axis=0)
        self.step = np.ldexp(np.float32(1), np.frexp(largest / _LARGEST_SUM)[1])
        self._window = network.window
        self._bias = np.rint(bias / self.step)
        self.of_flags: Floats
        of_type, self.of_flags = np.split(W / self.step, [W.shape[1] - flags], axis=1)
        np.rint(self.of_flags, out=self.of_flags)
        self._W = ExactMatrix(of_type.transpose(1, 0, 2).reshape(of_type.shape[1], -1))
        self._centre = ExactMatrix(of_centre / self.step)
        self._context = ExactMatrix(of_context / self.step)
        self._limit_of_centre = np.ceil(largest_of_centre / self.step)
        self._limit_of_context = np.ceil(largest_of_context / self.step)

    def of_types(self, v: Floats) -> Integers:
        """Return W_p v of N types in each position, plus b at the centre: (N, window, H)."""
        sums = self._W.product(v).reshape(len(v), self._window, -1)
        sums[:, self._window // 2] += self._bias
        return np.rint(sums, out=sums).astype(np.int16)

    def of_centre(self, centre: Floats) -> Integers:
        """Return C c for the inputs about N centre words: (N, H)."""
        return _limited(self._centre.product(centre), self._limit_of_centre)

    def of_context(self, context: Floats) -> Integers:
        """Return C c for the inputs about B sentences: (B, H)."""
        return _limited(self._context.product(context), self._limit_of_context)


class LastLayers:
    """The layers from z of the first layer to the scores.

    Parameters
    ----------
    network
        The network.
    step
        (H,) z is a sum of integers times this.
    most
        The largest number of windows to score at once.
    """

    def __init__(self, network: WindowNetwork, step: Floats, most: int) -> None:
        self._network, self._step = network, step
        self._h = np.empty((most, network.first_hidden), network.parameters["U"].dtype)
        # A scalar 0 would make `np.maximum` five times slower than an array of zeros does.
        self._zeros = np.zeros((most, network.first_hidden), np.int16)
        self._U = network.parameters["U"]
        self._on_integers = network.activation.name == "relu" and len(network.layers) == 1
        if self._on_integers:  # U max(0, z) = (U step) max(0, z / step), exactly
            self._U = self._U * step
        self._exact_U: ExactMatrix | None = None
        self._longest: float | None = None
        if self._U.size <= _SMALL:
            self._exact_U = ExactMatrix(self._U.T, np.float64)
            if network.activation.name in _BOUNDED:
                self._longest = math.sqrt(self._U.shape[1])

    def scores(self, z: Integers) -> Floats:
        """Score N windows from z / step, which is overwritten: (N, K)."""
        network, parameters, h = self._network, self._network.parameters, self._h[: len(z)]
        if self._on_integers:
            h[:] = np.maximum(z, self._zeros[: len(z)], out=z)
        else:
            np.multiply(z, self._step, out=h)
            h = network.activation.forward(h, network.slope(network.layers[0]), out=h)
        for layer in network.layers[1:]:
            h = row_by_row(h, parameters["W" + layer]) + parameters["b" + layer]
            h = network.activation.forward(h, network.slope(layer), out=h)
        if self._exact_U is not None:
            return self._exact_U.product(h, self._longest)
        return row_by_row(h, self._U)


def _tables_of_a_token(rows: Mapping[str, Ints]) -> list[str]:
    """List the table of each piece of a token's vector."""
    return [table for table, r in rows.items() for _ in range(r.shape[1] if r.ndim > 1 else 1)]


def _largest_product(tables: list[str], network: WindowNetwork, W: Floats) -> Floats:
    """Bound |v W| for v of a row of each of the tables, then of flags: (…, n, H) -> (…, H).

    A product is at most that of the lengths of the two vectors (Cauchy and Schwarz); a flag is 0
    or 1.
    """
    norms = {table: largest_norm(network.parameters[table]) for table in set(tables)}
    ends = np.cumsum([0, *(network.parameters[table].shape[1] for table in tables)])
    squares = np.square(W[..., : ends[-1], :])
    largest: Floats = np.abs(W[..., ends[-1] :, :]).sum(axis=-2)
    if tables:
        lengths = np.sqrt(np.add.reduceat(squares, ends[:-1], axis=-2))
        largest += np.array([norms[table] for table in tables], W.dtype) @ lengths
    return largest


def _limited(sums: Floats, limit: Floats) -> Integers:
    """Round to integers within the limit; a larger number, which never occurs, would overflow."""
    np.rint(sums, out=sums)
    return np.clip(sums, -limit, limit, out=sums).astype(np.int16)
