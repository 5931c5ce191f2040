"""Writes the file of a part: Parquet, or a JSON object a line."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from window_ner.arrow import Found, entities_type
from window_ner.bulk.formats import InputFormat, OutputFormat
from window_ner.bulk.options import ENTITIES, Options
from window_ner.bulk.parquet import open_parquet
from window_ner.bulk.parts import Part
from window_ner.bulk.rows import Rows
from window_ner.data.json_records import dump

RECORD = "record"
"""The column with the other keys of a JSON object, as JSON, if all are kept in Parquet."""

_ROW_GROUP_BYTES = 32_000_000


class PartWriter(Protocol):
    """Writes rows with their entities."""

    def write(self, rows: Rows, found: Found) -> None:
        """Write some rows."""


class HashedFile:
    """A file that is written from its beginning to its end; counts and hashes its bytes."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        """Write bytes."""
        written = memoryview(data).nbytes
        self._file.write(data)
        self._hash.update(data)
        self.size += written
        return written

    def tell(self) -> int:
        """Return the number of bytes so far."""
        return self.size

    def flush(self) -> None:
        """Do nothing; the file is flushed when it is complete."""

    def close(self) -> None:
        """Do nothing; whoever opened the file closes it."""

    @property
    def checksum(self) -> str:
        """The SHA-256 of its bytes."""
        return self._hash.hexdigest()


@contextmanager
def part_writer(
    file: HashedFile, part: Part, options: Options, columns: Sequence[str], *, with_source: bool
) -> Iterator[PartWriter]:
    """Return the writer of a part; see `JsonlPart` and `ParquetPart`."""
    if options.to is OutputFormat.JSONL:
        yield JsonlPart(file, with_source=with_source)
        return
    schema = output_schema(part, options, columns, with_source=with_source)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        whole = ParquetPart(writer, schema, options)
        yield whole
        whole.flush()


class JsonlPart:
    """Writes an object a line, as ``predict --format jsonl`` does: scores have four decimals."""

    def __init__(self, file: HashedFile, *, with_source: bool) -> None:
        self._file = file
        self._with_source = with_source

    def write(self, rows: Rows, found: Found) -> None:
        """Write some rows."""
        lines = []
        for record, entities in zip(rows.kept, found.entities, strict=True):
            names: Any = entities and [
                {**e.as_dict(with_source=self._with_source), "score": round(e.score, 4)}
                for e in entities
            ]
            lines.append(dump({**record, ENTITIES: names}) + "\n")
        self._file.write("".join(lines).encode())


class ParquetPart:
    """Writes a Parquet file in row groups of bounded size."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema, options: Options) -> None:
        self._writer = writer
        self._schema = schema
        self._options = options
        self._waiting: list[pa.Table] = []

    def write(self, rows: Rows, found: Found) -> None:
        """Write some rows, or keep them until a row group is full."""
        columns = self._schema.remove(self._schema.get_field_index(ENTITIES))
        table = rows.kept
        if not isinstance(table, pa.Table):
            table = _table(rows.kept, columns, self._options)
        arrays = [*table.select(columns.names).columns, found.array()]
        self._waiting.append(pa.table(arrays, schema=self._schema))
        if sum(table.nbytes for table in self._waiting) >= _ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits as a row group."""
        if self._waiting:
            table = pa.concat_tables(self._waiting)
            self._writer.write_table(table, row_group_size=max(1, len(table)))
            self._waiting = []


def output_schema(
    part: Part, options: Options, columns: Sequence[str], *, with_source: bool
) -> pa.Schema:
    """Return the columns of a Parquet file of the output; those of Parquet files keep their type.

    JSON objects may have any keys. If all are kept, the text has its column and the others are
    JSON in the column `RECORD`; else each key that is kept has a column of strings.
    """
    if options.kind is InputFormat.PARQUET:
        with open_parquet(part.file) as file:
            schema = file.schema_arrow.remove_metadata()
        fields = [schema.field(name) for name in columns if options.keeps(name)]
    else:
        fields = [pa.field(name, pa.string()) for name in kept_names(options, columns)]
    entities = pa.field(ENTITIES, entities_type(with_source=with_source))
    return pa.schema([*fields, entities])


def kept_names(options: Options, columns: Sequence[str]) -> list[str]:
    """Return the columns of the output without the entities."""
    if options.kind is InputFormat.LINES:
        columns = [options.column]
    if options.kind is InputFormat.JSONL:
        return [options.column, RECORD] if options.keep is None else list(options.keep)
    return [name for name in columns if options.keeps(name)]


def _table(records: Sequence[dict[str, Any]], columns: pa.Schema, options: Options) -> pa.Table:
    """Return the columns of JSON objects as strings."""
    if options.kind is InputFormat.JSONL and options.keep is None:
        records = [_with_record(record, options.column) for record in records]
    rows = [{name: _string(record.get(name)) for name in columns.names} for record in records]
    return pa.Table.from_pylist(rows, columns)


def _with_record(record: dict[str, Any], column: str) -> dict[str, Any]:
    others = {key: value for key, value in record.items() if key != column}
    return {column: record[column], RECORD: others}


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return dump(value)
