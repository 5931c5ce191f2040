"""Rows of Arrow tables become data of JSON; a cell that cannot be read costs its row alone."""

import json
from decimal import Decimal

import pyarrow as pa
import pytest

from window_ner.bulk.records import plain_rows

SECOND = 1_577_934_245


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        (pa.timestamp("ns"), SECOND * 10**9 + 1_999, "2020-01-02T03:04:05.000001"),
        (pa.timestamp("ns", "UTC"), SECOND * 10**9, "2020-01-02T03:04:05+00:00"),
        (pa.timestamp("us"), SECOND * 10**6 + 1, "2020-01-02T03:04:05.000001"),
        (pa.time64("ns"), 1_999, "00:00:00.000001"),
        (pa.duration("ns"), 10**9 + 1_999, "0:00:01.000001"),
        (pa.list_(pa.timestamp("ns")), [SECOND * 10**9 + 1_999], ["2020-01-02T03:04:05.000001"]),
        (pa.list_(pa.time64("ns"), 1), [1_999], ["00:00:00.000001"]),
        (pa.struct({"t": pa.duration("ns")}), {"t": 1_999}, {"t": "0:00:00.000001"}),
        (
            pa.map_(pa.string(), pa.large_list(pa.timestamp("ns", "+01:00"))),
            {"a": [SECOND * 10**9 + 1_999, None]},
            [["a", ["2020-01-02T04:04:05.000001+01:00", None]]],
        ),
        (pa.timestamp("us", "Mars/X"), SECOND * 10**6 + 1, "2020-01-02T03:04:05.000001+00:00"),
        (
            pa.struct({"t": pa.timestamp("ns", "Mars/X")}),
            {"t": 0},
            {"t": "1970-01-01T00:00:00+00:00"},
        ),
        (pa.date32(), 18_263, "2020-01-02"),
        (pa.float64(), float("inf"), None),
        (pa.binary(), b"\xff", "/w=="),
        (pa.map_(pa.string(), pa.date32()), {"a": 18_263}, [["a", "2020-01-02"]]),
        (pa.decimal128(3, 2), Decimal("1.50"), "1.50"),
    ],
    ids=str,
)
def test_every_type_becomes_data_of_json(kind, cell, expected):
    rows, problems = plain_rows(pa.table({"x": pa.array([cell, None], kind)}))
    assert (rows, problems) == ([{"x": expected}, {"x": None}], ["", ""])
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize(
    ("kind", "cell", "problem"),
    [
        (pa.string(), b"\xff", "column 'x': byte 0xff is not UTF-8"),
        (pa.date32(), 4_000_000, "column 'x': cannot be written as JSON (date value out of range)"),
        (pa.timestamp("us"), 10**18, "column 'x': cannot be written as JSON (date value out of"),
        (
            pa.timestamp("us", "Mars/X"),
            10**18,
            "column 'x': cannot be written as JSON (date value out of",
        ),
    ],
    ids=str,
)
def test_a_cell_that_cannot_be_written_costs_its_row_alone(kind, cell, problem):
    if isinstance(cell, bytes):
        column = pa.array([cell, None], pa.binary()).view(kind)
    else:
        column = pa.array([cell, None], kind)
    rows, (of_first, of_second) = plain_rows(pa.table({"id": [1, 2], "x": column}))
    assert of_first.startswith(problem)
    assert of_second == ""
    assert rows[1] == {"id": 2, "x": None}
