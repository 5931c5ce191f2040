"""The rows of a table in CSV, separated by commas, semicolons or tabs, with their lines."""

from collections.abc import Iterator, Sequence

from window_ner.errors import InputError

_LONGEST_CELL = 2**31 - 1
"""In characters; the largest number that Python takes everywhere."""


def split_header(line: str) -> tuple[list[str], str]:
    """Return the names of the columns in lower case, and the separator."""
    line = line.strip()
    delimiter = next((mark for mark in "\t;" if mark in line), ",")
    return [cell.strip().strip('"').strip().lower() for cell in line.split(delimiter)], delimiter


def csv_rows(
    name: str, lines: Sequence[str], width: int, delimiter: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row after the header that is not empty.

    Parameters
    ----------
    name
        The file, for messages.
    lines
        Its lines with their ends.
    width
        The number of columns. Cells that are missing at the end of a row are empty.
    delimiter
        The separator. The header of one column does not show it. If commas would cut a row, it is
        a semicolon, which spreadsheets use where text has commas without quotes.

    Raises
    ------
    InputError
        If a row has too many cells, or its quotes are wrong.
    """
    import csv  # only needed for tables

    if width == 1:
        delimiter = _separator_of_one_column(lines, delimiter)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    begin = 1
    try:
        while (row := _next_row(rows)) is not None:
            line, begin = begin, rows.line_num + 1
            if line == 1 or not "".join(row).strip():
                continue
            if len(row) > width:
                raise InputError(
                    f"{name}:{line}: {len(row)} cells in {width} columns; "
                    f"put a cell with {delimiter!r} in it into double quotes"
                )
            yield line, row + [""] * (width - len(row))
    except csv.Error as error:
        raise InputError(
            f"{name}:{begin}: {error}; put a cell with a double quote in it into double quotes, "
            "and write the quote twice"
        ) from None


def _next_row(rows: "Iterator[list[str]]") -> list[str] | None:
    """Read a row, however long its cells are; Python's limit is one for the whole process."""
    import csv

    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        return next(rows, None)
    finally:
        csv.field_size_limit(before)


def _separator_of_one_column(lines: Sequence[str], delimiter: str) -> str:
    import csv

    try:
        rows = csv.reader(lines, delimiter=delimiter)
        has_one = all(len(row) <= 1 for row in iter(lambda: _next_row(rows), None))
    except csv.Error:  # reported with its line when the rows are read
        return delimiter
    return delimiter if has_one else ";"
