"""Rows of Arrow tables as plain data, for JSON."""

import base64
import datetime
import math
from typing import Any

import pyarrow as pa

from window_ner.bulk.streams import not_utf8
from window_ner.errors import reason

_ERRORS_OF_CELLS = (ValueError, OverflowError, LookupError)
"""What pyarrow raises for bytes that are not UTF-8, a year 10,000, an unknown time zone."""


def plain_rows(table: pa.Table) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of a table, and what is wrong with each; empty if nothing is.

    Times become ISO 8601, in UTC if their time zone is unknown, bytes base64, and numbers that are
    not finite None.
    """
    table = _readable(table)
    try:
        return _plain(table.to_pylist()), [""] * len(table)
    except _ERRORS_OF_CELLS:
        rows = [_plain_row(table.slice(row, 1)) for row in range(len(table))]
        return [row for row, _ in rows], [problem for _, problem in rows]


def _plain_row(table: pa.Table) -> tuple[dict[str, Any], str]:
    """Return the only row of a table, and what is wrong with it."""
    row = {}
    for name in table.column_names:
        try:
            row[name] = _plain(table[name][0].as_py())
        except UnicodeDecodeError as error:
            return {}, f"column {name!r}: {not_utf8(error)}"
        except _ERRORS_OF_CELLS as error:
            return {}, f"column {name!r}: cannot be written as JSON ({reason(error)})"
    return row, ""


def _readable(table: pa.Table) -> pa.Table:
    """Cast times that Python cannot read, alone or in lists, objects and maps; see `_cast`."""
    for i, (name, kind) in enumerate(zip(table.column_names, table.schema.types, strict=True)):
        if (other := _cast(kind)) != kind:
            table = table.set_column(i, name, table[i].cast(other, safe=False))
    return table


def _cast(kind: pa.DataType) -> pa.DataType:
    """Return a type with microseconds in place of nanoseconds, and UTC of an unknown time zone.

    Python's times have no nanoseconds. Where pandas is installed, pyarrow would take its times.
    """
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_cast(field.type)) for field in kind])
    if pa.types.is_map(kind):
        of_key, of_value = (f.with_type(_cast(f.type)) for f in (kind.key_field, kind.item_field))
        return pa.map_(of_key, of_value, kind.keys_sorted)
    if hasattr(kind, "value_field") and (inner := _cast(kind.value_type)) != kind.value_type:
        return pa.large_list(kind.value_field.with_type(inner))  # whatever kind of list it was
    return _cast_time(kind)


def _cast_time(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        zone = kind.tz and _known(kind.tz)
        return pa.timestamp("us" if kind.unit == "ns" else kind.unit, zone)
    if getattr(kind, "unit", None) != "ns":
        return kind
    return pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us")


def _known(zone: str) -> str:
    try:
        pa.scalar(0, pa.timestamp("s", zone)).as_py()
    except _ERRORS_OF_CELLS:
        return "UTC"
    return zone


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | None) else str(value)
