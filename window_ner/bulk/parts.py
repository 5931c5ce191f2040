"""Cuts files into parts of a fixed number of rows, so that each can be read on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Rows of a file that are tagged by one task and written into one file.

    Attributes
    ----------
    number
        Its number in the job, from 0.
    file
        The file.
    first, rows
        Its first row in the file, from 0, and how many. In text files, a row is a line.
    byte
        Where the first row begins in the file, unpacked if it is compressed. Not for Parquet.
    line
        The line of the first row, from 1. In CSV, a row may have several lines.
    """

    number: int
    file: str
    first: int
    rows: int
    byte: int = 0
    line: int = 1

    @property
    def shown(self) -> str:
        """The part in a message: its number, file and rows; the first row of a file is 1."""
        last = self.first + self.rows
        return f"part {self.number}: {self.file}, rows {self.first + 1:,} to {last:,}"


Start = tuple[int, int]
"""Where a part begins: its byte and its line."""


@dataclass(frozen=True)
class Scanned:
    """What a file has in it.

    Attributes
    ----------
    rows
        The number of its rows.
    starts
        Where each part of it begins. Empty for Parquet, which finds rows by itself.
    columns
        Its columns with their types, in order; empty for JSONL and lines.
    keys
        The keys of the first objects of a JSONL file.
    """

    rows: int
    starts: Sequence[Start]
    columns: Sequence[tuple[str, str]] = ()
    keys: frozenset[str] = frozenset()


def parts_of(names: Sequence[str], scanned: Sequence[Scanned], rows_per_part: int) -> list[Part]:
    """Return the parts of all files, numbered; at least one, which may have no row."""
    parts = [
        Part(number, *where) for number, where in enumerate(_ranges(names, scanned, rows_per_part))
    ]
    return parts or [Part(0, names[0], 0, 0)]


def _ranges(
    names: Sequence[str], scanned: Sequence[Scanned], every: int
) -> Iterator[tuple[str, int, int, int, int]]:
    for name, file in zip(names, scanned, strict=True):
        for i, first in enumerate(range(0, file.rows, every)):
            byte, line = file.starts[i] if file.starts else (0, 1)
            yield name, first, min(every, file.rows - first), byte, line
