"""CSV and TSV: a row for each entity, for spreadsheets."""

import csv
from collections.abc import Iterable

from window_ner.cli.predict.documents import Answer
from window_ner.cli.predict.writers.writer import Writer

COLUMNS = ("file", "document", "text", "label", "start", "end", "score")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet computes a cell that begins like this as a formula, which may do harm."""


class TableWriter(Writer):
    """Writes a header row, then a row with the `COLUMNS` of each entity.

    ``document`` is the line of the file, or the number of the document in it.

    Parameters
    ----------
    with_source
        Whether a last column gives the source of each entity: model or list.
    """

    def __init__(self, delimiter: str, with_source: bool = False) -> None:
        self.delimiter = delimiter
        self.with_source = with_source

    def head(self) -> str:
        return self._rows([(*COLUMNS, "source") if self.with_source else COLUMNS])

    def document(self, answer: Answer) -> str:
        file, number = _harmless(answer.document.file), answer.document.number
        rows: list[tuple[object, ...]] = [
            (file, number, *map(_harmless, (e.text, e.label)), e.start, e.end, f"{e.score:.4f}")
            for e in answer.entities
        ]
        if self.with_source:
            rows = [(*row, e.source) for row, e in zip(rows, answer.entities, strict=True)]
        return self._rows(rows)

    def _rows(self, rows: Iterable[Iterable[object]]) -> str:
        written = _Lines()
        csv.writer(written, delimiter=self.delimiter).writerows(rows)
        return "".join(written.lines)


class _Lines:
    r"""Collects the rows of a `csv.writer` and ends them with ``\n``, as in the other formats.

    The writer itself must use ``\r\n``, or it would not quote a cell with a ``\r``.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, row: str) -> None:
        self.lines.append(row.removesuffix("\r\n") + "\n")


def _harmless(cell: str) -> str:
    """Put an apostrophe before a formula, so that spreadsheets read it as text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
