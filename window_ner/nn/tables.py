"""Compact tables of vectors: a row is computed when it is looked up.

They can be read like an array: ``take``, ``shape``, ``len``, and ``np.asarray`` for the whole
table. Only arrays can be trained.
"""

import math
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from window_ner.nn.arrays import Floats, Ints, check_numbers
from window_ner.records import record

_ROWS_AT_ONCE = 4_096
"""To compute all rows of a table at once would take several times its memory."""


class Table(ABC):
    """A table of V rows of d numbers."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """(V, d)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the rows that are looked up."""
        return np.dtype(np.float32)

    def __len__(self) -> int:
        return self.shape[0]

    @abstractmethod
    def take(self, rows: Ints, axis: int = 0) -> Floats:
        """Look rows up: (N,) -> (N, d)."""

    @abstractmethod
    def is_finite(self) -> bool:
        """Whether all numbers are finite."""

    @abstractmethod
    def largest_norm(self) -> float:
        """Return a number that no row's length exceeds."""

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Floats:
        whole = np.empty(self.shape, dtype or self.dtype)
        for begin in range(0, len(self), _ROWS_AT_ONCE):
            rows = np.arange(begin, min(begin + _ROWS_AT_ONCE, len(self)))
            whole[begin : begin + len(rows)] = self.take(rows)
        return whole


@record(eq=False)
class RoundedTable(Table):
    """A table that stores each row as integers and one scale, in a quarter of the memory.

    Attributes
    ----------
    integers
        (V, d), one byte each.
    scale
        (V,) the number that the integers of each row are multiplied by.
    """

    integers: NDArray[np.int8]
    scale: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """(V, d)."""
        return self.integers.shape

    def take(self, rows: Ints, axis: int = 0) -> Floats:
        """Look rows up: (N,) -> (N, d)."""
        vectors = self.integers.take(rows, axis=0).astype(np.float32)
        vectors *= self.scale.take(rows).astype(np.float32)[:, None]
        return vectors

    def is_finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(self.scale).all())

    def largest_norm(self) -> float:
        """Return the length of the longest row."""
        squares = np.einsum("ij,ij->i", self.integers, self.integers, dtype=np.int32)
        return float((np.sqrt(squares) * self.scale).max(initial=0))


def round_rows(table: Floats) -> RoundedTable:
    """Round each row (d) of a table (V, d) to integers of a byte times one scale.

    The error of a number is at most half a 127th of the largest number of its row. To round a table
    again changes nothing: the largest integer of a row is 127 or -127, which gives the same scale.
    """
    scale = (np.abs(table).max(axis=1) / 127).astype(np.float16)
    divisor = np.where(scale == 0, 1, scale).astype(np.float32)
    integers = np.rint(table / divisor[:, None])
    return RoundedTable(np.clip(integers, -127, 127).astype(np.int8), scale)


@record(eq=False)
class MovedVectors(Table):
    """A table E as it was before training moved some of its rows; only these rows are stored.

    Attributes
    ----------
    E
        (V, d), the table as it is now.
    rows, values
        (M,), (M, d): the indices of the rows that were moved, and their earlier values.
    """

    E: Floats | Table
    rows: Ints
    values: Floats | Table

    @property
    def shape(self) -> tuple[int, ...]:
        """(V, d)."""
        return self.E.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the rows that are looked up."""
        return self.E.dtype

    def take(self, rows: Ints, axis: int = 0) -> Floats:
        """Look rows up: (N,) -> (N, d)."""
        if not len(self.rows):
            return self.E.take(rows, axis=0)
        place = self._place.take(rows)
        vectors = self.values.take(place, axis=0)  # most words of a text are in the training data
        others = (place < 0).nonzero()[0]
        if len(others):
            vectors[others] = self.E.take(rows[others], axis=0)
        return vectors

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Floats:
        whole = np.array(self.E)  # one copy; `take` of all rows would make two
        whole[self.rows] = np.asarray(self.values)
        return whole.astype(dtype or self.dtype, copy=False)

    def is_finite(self) -> bool:
        """Whether all numbers are finite."""
        return is_finite(self.E) and is_finite(self.values)

    def largest_norm(self) -> float:
        """Return the length of the longest row that is, or was, in the table."""
        return max(largest_norm(self.E), largest_norm(self.values))

    @cached_property
    def _place(self) -> Ints:
        """(V,) the index of each row of E in ``values``; -1 if the row was not moved."""
        place = np.full(len(self.E), -1, dtype=np.int32)
        place[self.rows] = np.arange(len(self.rows))
        return place


def is_finite(table: Floats | Table) -> bool:
    """Whether all numbers are finite."""
    return table.is_finite() if isinstance(table, Table) else bool(np.isfinite(table).all())


def largest_norm(table: Floats | Table) -> float:
    """Return a number that no row's length exceeds."""
    if isinstance(table, Table):
        return table.largest_norm()
    return math.sqrt(np.einsum("ij,ij->i", table, table).max(initial=0))


def check_table(table: Floats | Table, name: str) -> None:
    """Check that a table read from a file can be part of a model.

    Raises
    ------
    ValueError
        If a number is not finite, or `check_numbers` refuses the array.
    """
    if isinstance(table, Table):
        if not table.is_finite():
            raise ValueError(f"{name}: a number is not finite")
    else:
        check_numbers(table, name)


def moved_vectors(E: Floats | Table, rows: Any, values: Floats | Table, whose: str) -> MovedVectors:
    """Build `MovedVectors` from E and the earlier values of some of its rows.

    Raises
    ------
    ValueError
        If the rows are not rows of E, or the values are not vectors of E's size. The message uses
        ``whose`` to name the part of the model.
    """
    if (
        values.shape != (rows.size, E.shape[1])
        or rows.shape != (len(values),)
        or not np.issubdtype(rows.dtype, np.integer)
        or not ((rows >= 0) & (rows < len(E))).all()
    ):
        raise ValueError(f"the vectors of its {whose} do not fit its words")
    try:
        check_table(values, "values")
    except ValueError as error:
        raise ValueError(f"the vectors of its {whose} do not fit its words ({error})") from None
    return MovedVectors(E, rows, values)


def rows_that_differ(E: Floats | Table, other: Floats | Table) -> tuple[Ints, Floats | Table]:
    """Return the indices of the rows where another table differs from E, and its values there."""
    if isinstance(other, MovedVectors):
        if isinstance(other.values, Table):  # a stored table has only rows that differ
            return other.rows, other.values
        differs = np.flatnonzero((other.values != E.take(other.rows, axis=0)).any(axis=1))
        return other.rows[differs], other.values[differs]
    if other is E:
        return np.zeros(0, dtype=int), E.take(np.zeros(0, dtype=int), axis=0)
    whole = np.asarray(other)
    rows = np.flatnonzero((whole != np.asarray(E)).any(axis=1))
    return rows, whole[rows]
