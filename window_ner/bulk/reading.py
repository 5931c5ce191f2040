"""Reads the rows of a part, a few at a time."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias

from window_ner.bulk.formats import InputFormat
from window_ner.bulk.options import (
    Options,
    has_entities,
    most_bytes_of_line,
    most_characters_of_csv,
)
from window_ner.bulk.parquet import read_tables
from window_ner.bulk.parts import Part
from window_ner.bulk.rows import Rejected, Rows, too_long
from window_ner.bulk.streams import (
    Record,
    csv_records,
    not_utf8,
    open_stream,
    read_lines,
    too_many_bytes,
)
from window_ner.data.json_records import read_object, text_of
from window_ner.errors import InputError

_ROWS_AT_ONCE = 1024
_CHARACTERS_AT_ONCE = 1_000_000

_Row: TypeAlias = tuple[str | None, dict[str, Any]]


def read_rows(part: Part, options: Options, columns: Sequence[str]) -> Iterator[Rows | Rejected]:
    """Yield the rows of a part in order, as many at a time as memory should hold.

    Parameters
    ----------
    columns
        All columns of a Parquet or CSV file.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    if options.kind is InputFormat.PARQUET:
        yield from read_tables(part, options, columns)
        return
    texts: list[str | None] = []
    kept: list[dict[str, Any]] = []
    characters = 0
    for row in _checked(_read(part, options, columns), part.file, options.max_characters):
        if isinstance(row, Rejected):
            yield row
            continue
        text, record = row
        texts.append(text)
        kept.append({name: record[name] for name in record if options.keeps(name)})
        characters += len(text or "")
        if len(texts) == _ROWS_AT_ONCE or characters >= _CHARACTERS_AT_ONCE:
            yield Rows(texts, kept)
            texts, kept, characters = [], [], 0
    if texts:
        yield Rows(texts, kept)


def _checked(
    rows: "Iterator[tuple[int, _Row | str]]", file: str, longest: int
) -> Iterator[_Row | Rejected]:
    """Yield rows; reject those with a problem and those whose text is too long."""
    for line, row in rows:
        if isinstance(row, str):
            yield Rejected(file, line, row)
        elif problem := too_long(row[0], longest):
            yield Rejected(file, line, problem)
        else:
            yield row


def _read(part: Part, options: Options, columns: Sequence[str]) -> Iterator[tuple[int, _Row | str]]:
    """Yield the first line of each row, and its text and columns, or what is wrong with it."""
    with open_stream(part.file, part.byte) as stream:
        if options.kind is InputFormat.CSV:
            longest = most_characters_of_csv(options.max_characters)
            records = csv_records(stream, part.file, longest, part.line)
            for record in islice(records, part.rows):
                yield record.line, _of_record(record, options, columns)
            return
        lines = read_lines(stream, most_bytes_of_line(options.max_characters))
        for number, line in enumerate(islice(lines, part.rows), part.line):
            if line.data is None:
                yield number, too_many_bytes(line.size)
            elif options.kind is InputFormat.LINES or line.data.strip():
                yield number, _of_line(line.data, options)


def _of_record(record: Record, options: Options, columns: Sequence[str]) -> _Row | str:
    """Return the text of a record of CSV and its columns, or what is wrong with it."""
    problem = record.problem
    if not problem and len(record.cells) != len(columns):
        problem = f"has {len(record.cells)} cells in {len(columns)} columns"
    if problem:
        last = record.next_line - 1
        return f"{problem}, in lines {record.line} to {last}" if last > record.line else problem
    row = dict(zip(columns, record.cells, strict=True))
    return row[options.column], row


def _of_line(data: bytes, options: Options) -> _Row | str:
    """Return the text of a line and its object, or what is wrong with it."""
    try:
        line = data.decode()
    except UnicodeDecodeError as error:
        return not_utf8(error)
    if options.kind is InputFormat.LINES:
        text = line.removesuffix("\r")
        return text, {options.column: text}
    try:
        record = read_object(line)
        if problem := has_entities(record, options):
            return problem
        is_null = options.column in record and record[options.column] is None
        return None if is_null else text_of(record, options.column), record
    except InputError as error:
        return str(error)
