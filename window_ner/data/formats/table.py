"""Tables of a spreadsheet: texts with names in brackets, or a row for each name of a text."""

import re
from collections.abc import Iterator, Sequence
from io import StringIO

from window_ner.data.csv_rows import csv_rows, split_header
from window_ner.data.formats.annotated_text import AnnotatedText
from window_ner.data.formats.marked_text import EXAMPLE, parse_marks
from window_ner.data.formats.mentions import RawMention, checked_mentions
from window_ner.data.formats.notes import Notes
from window_ner.errors import InputError

_EXPECTED = f"expected the columns text, name and label, or a column text with names like {EXAMPLE}"

_OF_NAMES = frozenset(("entities", "spans", "labels", "tags"))
"""Columns that have names in other tables: to leave them out would teach that there are none."""


def is_table(text: str) -> bool:
    """Whether the first line names a column ``text``."""
    return "text" in split_header(text.split("\n", 1)[0])[0]


def annotated_rows(text: str, name: str, notes: Notes) -> Iterator[AnnotatedText]:
    """Read a table in CSV, separated by commas, semicolons or tabs.

    Its first line names the columns. With the columns ``text``, ``name`` and ``label``, each row
    has a name and its label. A row without a text belongs to the text above; all rows with the same
    text are one text. The name is labelled wherever it occurs in the text as whole words. With a
    column ``text`` alone, the names are in brackets in the text. Other columns are left out.

    Raises
    ------
    InputError
        If a column is missing, a row is wrong, or a name is not in its text.
    """
    lines = list(StringIO(text, newline=""))
    columns, delimiter = split_header(lines[0] if lines else "")
    given = {column for column in ("text", "name", "label") if column in columns}
    if {"start", "end", "text", "label"} <= set(columns):
        raise InputError(
            f"{name}:1: looks like the names that predict found, without the texts that they are "
            "in; write these with predict --format jsonl"
        )
    if given not in ({"text"}, {"text", "name", "label"}):
        raise InputError(f"{name}:1: {_EXPECTED}; {_got(columns)}")
    if len(given) < sum(column in given for column in columns):
        raise InputError(f"{name}:1: a column is there twice; {_got(columns)}")
    if given == {"text"} and (other := [c for c in columns if c in _OF_NAMES]):
        raise InputError(f"{name}:1: the column {other[0]} is not read; {_EXPECTED}")
    rows = csv_rows(name, lines, len(columns), delimiter)
    at = [columns.index(column) for column in ("text", "name", "label") if column in given]
    cells = ((f"{name}:{line}", [row[column] for column in at]) for line, row in rows)
    if given == {"text"}:
        for place, (cell,) in cells:
            yield parse_marks(cell, place, notes)
    else:
        yield from _grouped(cells, notes)


def _got(columns: Sequence[str]) -> str:
    return f"got {', '.join(columns)}" if any(columns) else "the line is empty"


_Row = tuple[str, str, str]
"""The place, a name and its label."""


def _grouped(cells: Iterator[tuple[str, list[str]]], notes: Notes) -> Iterator[AnnotatedText]:
    """Put the rows of a text together: those that repeat it, or leave its cell empty."""
    text, rows_of = "", dict[str, list[_Row]]()
    for place, row in cells:
        cell, name, label = row[0].strip(), " ".join(row[1].split()), row[2].strip()
        text = cell or text
        if not text:
            raise InputError(f"{place}: a name without a text, and no text above it")
        if bool(name) != bool(label):
            raise InputError(f"{place}: {name or label!r} has no {'label' if name else 'name'}")
        rows_of.setdefault(text, []).append((place, name, label))
    for text, rows in rows_of.items():
        yield _annotated(text, rows, notes)


def _annotated(text: str, rows: Sequence[_Row], notes: Notes) -> AnnotatedText:
    """Find the names of a text: at each place the longest that is there."""
    of_name: dict[str, _Row] = {}
    for row in rows:
        place, name, label = row
        if not name:
            continue
        before, _, other = of_name.setdefault(name, row)
        if other != label:
            raise InputError(
                f"{place}: {name!r} is {label} here and {other} in {before}; to give it two labels "
                f"in one text, write names in brackets, like {EXAMPLE}"
            )
    found = {name: {match.span() for match in _pattern(name).finditer(text)} for name in of_name}
    for name, spans in found.items():
        if not spans:
            hint = ", only as a part of a word" if name in text else ""
            raise InputError(f"{of_name[name][0]}: {name!r} is not in the text{hint}")
    everywhere = [span for spans in found.values() for span in spans]
    mentions = [
        RawMention(*span, of_name[name][2])
        for name, spans in found.items()
        for span in spans
        if not any(_is_within(span, other) for other in everywhere)
    ]
    place = rows[0][0]
    return AnnotatedText(text, checked_mentions(text, mentions, place, notes), place)


def _pattern(name: str) -> re.Pattern[str]:
    """Match a name as whole words, with any white space between them."""
    words = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)")


def _is_within(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]
