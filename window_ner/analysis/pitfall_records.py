"""The records of the pitfall experiment: a file with one line for each training."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from window_ner.errors import InputError

Record = dict[str, Any]


@dataclass(frozen=True, order=True)
class CurvePoint:
    """One training on ``size`` windows, or a few more to complete the last sentence."""

    size: int
    seed: int
    mode: str


def read_records(file: Path) -> list[Record]:
    """Read the finished runs; a last line that was cut off is ignored.

    Raises
    ------
    InputError
        If any other line is not a record.
    """
    if not file.is_file():
        return []
    records = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(keepends=True), 1):
        if not line.endswith("\n"):
            break
        try:
            record = json.loads(line)
            point_of(record)
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{file}:{number}: is not a finished run; delete the line") from None
        records.append(record)
    return records


def point_of(record: Record) -> CurvePoint:
    """Return the point of the curve that a record is of."""
    return CurvePoint(record["size"], record["seed"], record["mode"])


def line_of(record: Record) -> str:
    """Write a record as a line of the file."""
    return json.dumps(record) + "\n"
