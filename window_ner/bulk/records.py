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

    Times become ISO 8601, bytes base64, and numbers that are not finite None.
    """
    table = _in_microseconds(table)
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


def _in_microseconds(table: pa.Table) -> pa.Table:
    """Drop the nanoseconds of times: Python's have none, and pyarrow would need pandas for them."""
    for i, (name, kind) in enumerate(zip(table.column_names, table.schema.types, strict=True)):
        if getattr(kind, "unit", None) == "ns":
            table = table.set_column(i, name, table[i].cast(_with_microseconds(kind), safe=False))
    return table


def _with_microseconds(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us")


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
