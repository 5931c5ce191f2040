"""The rows of a table in CSV, separated by commas, semicolons or tabs, with their lines."""

from collections.abc import Iterator, Sequence

from window_ner.errors import InputError

_LARGEST_LIMIT = 2**31 - 1
"""The largest limit that the csv module takes on every system."""


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
        while (row := next_row(rows)) is not None:
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


def next_row(rows: Iterator[list[str]], longest: int = _LARGEST_LIMIT) -> list[str] | None:
    """Read a row of a reader of the csv module; None if there is no more.

    Parameters
    ----------
    longest
        Most characters of a cell. The limit of the csv module is one for the whole process, so it
        is changed for this row alone.

    Raises
    ------
    csv.Error
        If a cell is longer, or a quote is wrong.
    """
    import csv

    elsewhere = csv.field_size_limit(min(longest, _LARGEST_LIMIT))
    try:
        return next(rows, None)
    finally:
        csv.field_size_limit(elsewhere)


def _separator_of_one_column(lines: Sequence[str], delimiter: str) -> str:
    import csv

    try:
        rows = csv.reader(lines, delimiter=delimiter)
        has_one = all(len(row) <= 1 for row in iter(lambda: next_row(rows), None))
    except csv.Error:  # reported with its line when the rows are read
        return delimiter
    return delimiter if has_one else ";"
