"""Counts the rows of files and finds where their parts begin."""

from dataclasses import replace
from itertools import islice

import numpy as np

from window_ner.bulk.formats import InputFormat
from window_ner.bulk.options import (
    Options,
    check_column,
    check_columns,
    has_entities,
    most_characters_of_csv,
)
from window_ner.bulk.parquet import scan_parquet
from window_ner.bulk.parts import Scanned
from window_ner.bulk.streams import BLOCK, Stream, csv_records, open_stream, read_lines
from window_ner.data.json_records import read_object
from window_ner.errors import InputError

_LINES_TO_TRY = 100


def scan(name: str, options: Options) -> Scanned:
    """Count the rows of a file and find where its parts begin.

    Raises
    ------
    InputError
        If it cannot be read, or has not the columns that the options name.
    """
    every, longest = options.rows_per_part, options.max_characters
    if options.kind is InputFormat.PARQUET:
        return scan_parquet(name, options)
    with open_stream(name) as stream:
        if options.kind is InputFormat.CSV:
            scanned = _scan_csv(stream, name, every, most_characters_of_csv(longest))
            check_columns(name, [column for column, _ in scanned.columns], options)
            return scanned
        scanned = _scan_lines(stream, every)
    if options.kind is InputFormat.JSONL:
        return replace(scanned, keys=_keys(name, options))
    check_columns(name, [options.column], options)
    return scanned


def _keys(name: str, options: Options) -> frozenset[str]:
    """Return the keys of the first objects of a JSONL file; one of them must have the text."""
    found: dict[str, None] = {}
    with open_stream(name) as stream:
        for line in islice(read_lines(stream, BLOCK), _LINES_TO_TRY):
            try:
                record = read_object((line.data or b"").decode())
            except (InputError, UnicodeDecodeError):
                continue
            found.update(dict.fromkeys(record))
    if found:
        check_column(name, list(found), options.column, "--column")
    if problem := has_entities(found, options):
        raise InputError(f"{name}: {problem}")
    return frozenset(found)


def _scan_lines(stream: Stream, every: int) -> Scanned:
    """Count lines, and note where each ``every``-th begins."""
    position, lines = stream.position, 0
    starts = [(position, 1)]
    last = b"\n"
    while block := stream.read(BLOCK):
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
        for i in range(every - 1 - lines % every, len(ends), every):
            starts.append((position + int(ends[i]) + 1, lines + i + 2))
        position, lines, last = position + len(block), lines + len(ends), block[-1:]
    lines += last != b"\n"
    return Scanned(lines, [start for start in starts if start[0] < position])


def _scan_csv(stream: Stream, name: str, every: int, longest: int) -> Scanned:
    records = csv_records(stream, name, longest)
    header = next(records, None)
    if header is None:
        raise InputError(f"{name}: is empty; expected a first line with the names of the columns")
    columns = header.cells
    if header.problem or len(set(columns)) < len(columns):
        problem = header.problem or "two columns have the same name"
        raise InputError(f"{name}:1: {problem}; the first line must name the columns")
    rows, starts = 0, []
    end, line = header.end, header.next_line
    for record in records:
        if rows % every == 0:
            starts.append((end, line))
        rows, end, line = rows + 1, record.end, record.next_line
    return Scanned(rows, starts, [(column, "string") for column in columns])
