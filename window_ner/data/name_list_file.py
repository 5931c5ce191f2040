"""Reads files of names: tables with the columns name and label, or one name a line."""

import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from window_ner.data.csv_rows import csv_rows, split_header
from window_ner.data.name_list import NameList, problem_with
from window_ner.errors import InputError
from window_ner.storage.text import read_text

_TABLE_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_COLUMN_BREAK = re.compile(r"\t|[,;](?=[^\s\d])")
"""Separator of columns. A comma within a name is followed by a space: Washington, D.C."""

Entry: TypeAlias = "tuple[int, str, str]"
"""Line, name and label; the label is "" if the file has none."""


def read_names(path: str | Path, label: str | None = None) -> NameList:
    """Read a list of names, as ``window-ner predict --names`` does.

    Parameters
    ----------
    path
        A table in UTF-8, separated by commas, semicolons or tabs. Its first line names the columns
        ``name`` and ``label``, and may name others. Or a text file with one name a line. Both may
        be gzipped.
    label
        The label of names that have no label in the file.

    Raises
    ------
    InputError
        If the file cannot be read, has no name, or a line is wrong: no name, no label, a name
        without letters and digits, a label of two words, or a name with another label elsewhere.
    """
    path = Path(path)
    lines = list(StringIO(read_text(path), newline=""))  # lines as csv reads them, with their ends
    columns, delimiter = _header(path, lines)
    entries = _table(path, lines, columns, delimiter) if columns else _plain(path, lines)
    labels: dict[str, str] = {}
    line_of: dict[str, int] = {}
    for line, name, own_label in entries:
        given = own_label or label
        if given is None:
            raise InputError(f"{path}:{line}: {name!r} has no label; {_TWO_WAYS}")
        if problem := problem_with(name, given):
            raise InputError(f"{path}:{line}: {problem}")
        if labels.setdefault(name, given) != given:
            raise InputError(
                f"{path}:{line}: {name!r} is {given} here and {labels[name]} in line "
                f"{line_of[name]}; keep one of them"
            )
        line_of.setdefault(name, line)
    if not labels:
        raise InputError(f"{path}: contains no name; {_TWO_WAYS}")
    return NameList(labels)


_TWO_WAYS = (
    "a list of names needs the columns name and label in its first line, "
    "or one name a line and --names-label"
)


def refuse_table(path: Path, lines: Sequence[str]) -> None:
    """Refuse a table where one name a line is expected.

    Raises
    ------
    InputError
        If the file ends in .csv or .tsv, a line has a tab, or all lines have columns.
    """
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not filled:
        return
    tabbed = next((number for number, line in filled if "\t" in line.strip()), None)
    columns = all(_COLUMN_BREAK.search(line.strip()) for _, line in filled)
    if path.name.lower().endswith(_TABLE_SUFFIXES) or tabbed or columns:
        raise InputError(
            f"{path}:{tabbed or filled[0][0]}: looks like a table; expected one name a line"
        )


def _header(path: Path, lines: Sequence[str]) -> tuple[list[str], str]:
    """Return the columns that the first line names, and their separator; [] if it names none.

    Raises
    ------
    InputError
        If the file ends like a table, and no column is called name.
    """
    first = lines[0].strip() if lines else ""
    is_table = path.name.lower().endswith(_TABLE_SUFFIXES)
    columns, delimiter = split_header(first)
    if "name" in columns and (is_table or len(columns) > 1):
        return columns, delimiter
    if is_table and first:
        raise InputError(
            f"{path}:1: expected a line that names the columns, like name,label; got {first!r}"
        )
    return [], delimiter


def _plain(path: Path, lines: Sequence[str]) -> Iterator[Entry]:
    refuse_table(path, lines)
    for number, line in enumerate(lines, 1):
        if name := " ".join(line.split()):
            yield number, name, ""


def _table(
    path: Path, lines: Sequence[str], columns: Sequence[str], delimiter: str
) -> Iterator[Entry]:
    name_column = columns.index("name")
    label_column = columns.index("label") if "label" in columns else None
    for line, row in csv_rows(str(path), lines, len(columns), delimiter):
        cells = [" ".join(cell.split()) for cell in row]
        if not cells[name_column]:
            raise InputError(f"{path}:{line}: the name is empty")
        yield line, cells[name_column], cells[label_column] if label_column is not None else ""
