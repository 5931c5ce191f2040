"""Reads rows of Parquet files."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, groupby
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from window_ner.arrow import is_text, strings
from window_ner.bulk.formats import OutputFormat
from window_ner.bulk.options import Options, check_columns
from window_ner.bulk.parts import Part, Scanned
from window_ner.bulk.places import place
from window_ner.bulk.records import plain_rows
from window_ner.bulk.rows import Rejected, Rows, too_long
from window_ner.bulk.streams import not_utf8
from window_ner.errors import InputError
from window_ner.storage.text import reading

_BYTES_AT_ONCE = 4_000_000
_ROWS_AT_ONCE = 1024
_BUFFER = 1 << 20


@contextlib.contextmanager
def open_parquet(name: str) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file.

    Raises
    ------
    InputError
        If it cannot be read or is not one.
    """
    with reading(name):
        try:
            with place(name).open() as raw:
                # Without a buffer, a whole column of a row group is read at once.
                yield pq.ParquetFile(raw, buffer_size=_BUFFER, pre_buffer=False)
        except pa.ArrowInvalid as error:
            first, *_ = str(error).splitlines()
            raise InputError(f"{name}: is not a Parquet file, or damaged ({first})") from None
        except pa.ArrowNotImplementedError as error:
            first, *_ = str(error).splitlines()
            raise InputError(
                f"{name}: is damaged, or has a column that pyarrow cannot read ({first}); name the "
                "others with --keep"
            ) from None


def scan_parquet(name: str, options: Options) -> Scanned:
    """Count the rows of a file; see `window_ner.bulk.scan.scan`."""
    with open_parquet(name) as file:
        schema = file.schema_arrow
        rows = file.metadata.num_rows
    check_columns(name, schema.names, options)
    wanted = [n for n in schema.names if n == options.column or options.keeps(n)]
    if twice := [n for n, count in Counter(wanted).items() if count > 1]:
        raise InputError(f"{name}: two columns have the name {twice[0]!r}")
    kind = schema.field(options.column).type
    if not is_text(kind):
        raise InputError(f"{name}: column {options.column!r} is {kind}, not text")
    return Scanned(rows, (), [(field.name, str(field.type)) for field in schema])


def read_tables(part: Part, options: Options, columns: Sequence[str]) -> Iterator[Rows | Rejected]:
    """Yield the rows of a part, as many at a time as fit into a few megabytes."""
    wanted = [name for name in columns if name == options.column or options.keeps(name)]
    begin, end = part.first, part.first + part.rows
    with open_parquet(part.file) as file:
        groups, position = _row_groups(file.metadata, begin, end)
        size = _batch_size(file.metadata, groups)
        for batch in file.iter_batches(size, groups, columns=wanted, use_threads=False):
            first, position = max(position, begin), position + len(batch)
            if position <= begin:
                continue  # all its rows are before the part
            inside = batch.slice(len(batch) - (position - first), end - first)
            yield from _rows(pa.table(inside), first, part, options)
            if position >= end:
                return


def _rows(table: pa.Table, first: int, part: Part, options: Options) -> Iterator[Rows | Rejected]:
    """Yield the rejected rows of a table, then the others."""
    texts, problems = _texts(table[options.column])
    problems = [
        p or too_long(t, options.max_characters) for t, p in zip(texts, problems, strict=True)
    ]
    kept = table.select([n for n in table.column_names if options.keeps(n)])
    if options.to is OutputFormat.JSONL:
        kept, of_kept = plain_rows(kept)
        problems = [p or other for p, other in zip(problems, of_kept, strict=True)]
    for number, problem in enumerate(problems, first + 1):
        if problem:
            yield Rejected(part.file, number, problem)
    good = [not problem for problem in problems]
    if not all(good):
        texts = list(compress(texts, good))
        kept = list(compress(kept, good)) if isinstance(kept, list) else _only(kept, good)
    yield Rows(texts, kept)


def _only(table: pa.Table, good: Sequence[bool]) -> pa.Table:
    """Return the good rows of a table, which `Table.filter` cannot do for columns of all types."""
    slices = [table.slice(0, 0)]
    begin = 0
    for is_good, run in groupby(good):
        count = len(list(run))
        if is_good:
            slices.append(table.slice(begin, count))
        begin += count
    return pa.concat_tables(slices)


def _texts(column: pa.ChunkedArray) -> tuple[list[str | None], list[str]]:
    """Return the texts of a column, and what is wrong with each; empty if nothing is."""
    try:
        found = [text for chunk in column.chunks for text in strings(chunk)]
        return found, [""] * len(found)
    except InputError:
        return _texts_one_by_one(column)


def _texts_one_by_one(column: pa.ChunkedArray) -> tuple[list[str | None], list[str]]:
    texts: list[str | None] = []
    problems = []
    for row in column:
        try:
            texts.append(row.as_py())
            problems.append("")
        except UnicodeDecodeError as error:
            texts.append(None)
            problems.append(not_utf8(error))
    return texts, problems


def _row_groups(metadata: Any, begin: int, end: int) -> tuple[list[int], int]:
    """Return the row groups that have rows of a range, and the first row of the first of them."""
    groups: list[int] = []
    first = position = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if position < end and position + rows > begin:
            first = first if groups else position
            groups.append(group)
        position += rows
    return groups, first


def _batch_size(metadata: Any, groups: Sequence[int]) -> int:
    """Return how many rows have a few megabytes, by the mean size of the rows."""
    rows = sum(metadata.row_group(group).num_rows for group in groups)
    size = sum(metadata.row_group(group).total_byte_size for group in groups)
    return int(max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE * rows // max(size, 1))))
