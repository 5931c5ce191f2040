"""Word vectors in half a byte for each number, which is one of 16 values of its column.

Two numbers share a byte, so a column of bytes stands for 256 pairs of numbers. Looking a row up is
looking each of its bytes up in a small table of pairs.

The 16 values of a column are the centres that k-means finds among its numbers (Lloyd, "Least
squares quantization in PCM", 1982): the squared error of a word vector is about 1 % of its squared
length. A network is trained with word vectors that dropout changes far more.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.tables import Table
from window_ner.records import record

LEVELS = 16

_SAMPLE = 10_000
"""Rows that the values of the columns are chosen from."""

_ROUNDS = 50
"""Rounds of k-means; more of them change little."""


@record(eq=False)
class CodedTable(Table):
    """A table (V, d) in which each number is one of 16 values of its column.

    Attributes
    ----------
    codes
        (V, ⌈d / 2⌉), a byte for two numbers: the first in the lower four bits.
    levels
        (d, 16) float32, the values of each column, from small to large.
    """

    codes: NDArray[np.uint8]
    levels: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """(V, d)."""
        return len(self.codes), len(self.levels)

    def take(self, rows: Ints, axis: int = 0) -> Floats:
        """Look rows up: (N,) -> (N, d)."""
        codes = self.codes.take(rows, axis=0)
        first, pairs = self._pairs
        vectors = pairs.take(codes + first).view(np.float32)
        return np.ascontiguousarray(vectors[:, : len(self.levels)])

    def is_finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(self.levels).all())

    def largest_norm(self) -> float:
        """Return the length of a row with the largest number of each column."""
        return float(np.sqrt(np.square(self.levels).max(axis=1).sum()))

    @cached_property
    def _pairs(self) -> tuple[Ints, NDArray[np.float64]]:
        """Return where the 256 pairs of each column of bytes start, and all these pairs.

        The two float32 of a pair are given as the bits of one float64: one look-up finds both.
        """
        levels = self.levels
        if len(levels) % 2:
            levels = np.concatenate([levels, np.zeros_like(levels[:1])])
        byte = np.arange(LEVELS * LEVELS)
        first, second = levels[::2, byte % LEVELS], levels[1::2, byte // LEVELS]
        pairs = np.stack([first, second], axis=2)
        return np.arange(len(pairs)) * len(byte), pairs.view(np.float64).ravel()


def code_rows(table: Floats) -> CodedTable:
    """Write a table (V, d) in half a byte for each number.

    To do this again changes nothing: a column with at most 16 different numbers keeps them.
    """
    levels = np.array([_levels(column) for column in np.asarray(table, dtype=np.float32).T])
    return coded_with(table, levels)


def coded_with(table: Floats, levels: Floats) -> CodedTable:
    """Write a table (V, d) with given values of its columns (d, 16): each number as the nearest."""
    between = (levels[:, 1:] + levels[:, :-1]) / 2
    columns = zip(between, table.T, strict=True)
    numbers = [np.searchsorted(bounds, column) for bounds, column in columns]
    if len(numbers) % 2:
        numbers.append(np.zeros(len(table), dtype=np.intp))
    low, high = np.array(numbers[::2]).T, np.array(numbers[1::2]).T
    return CodedTable(np.ascontiguousarray(low + LEVELS * high, dtype=np.uint8), levels)


def has_few_values(table: Floats) -> bool:
    """Whether no column has more than 16 different numbers, so that `code_rows` is exact."""
    columns = (column for rows in (table[:100], table) for column in rows.T)
    return all(len(np.unique(column)) <= LEVELS for column in columns)


def _levels(column: NDArray[Any]) -> Floats:
    """Choose the 16 values of a column."""
    values = np.unique(column)
    if len(values) > LEVELS:
        values = _centres(np.sort(column[:: -(-len(column) // _SAMPLE)]))
    return np.pad(values, (0, LEVELS - len(values)), mode="edge")


def _centres(numbers: Floats) -> Floats:
    """Find 16 centres of sorted numbers by k-means: each is the mean of the numbers nearest to it.

    Equal shares of the numbers are the start. The sums up to each number give all means at once.
    """
    centres = np.quantile(numbers, (np.arange(LEVELS) + 0.5) / LEVELS)
    sums = np.concatenate([[0], np.cumsum(numbers, dtype=np.float64)])
    for _ in range(_ROUNDS):
        bounds = np.searchsorted(numbers, (centres[1:] + centres[:-1]) / 2)
        ends = np.concatenate([[0], bounds, [len(numbers)]])
        counts = np.diff(ends)
        means = np.diff(sums[ends]) / np.maximum(counts, 1)
        centres = np.where(counts > 0, means, centres)
    return centres.astype(np.float32)
