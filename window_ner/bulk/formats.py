"""The formats that ``bulk`` reads and writes."""

from enum import StrEnum


class Kind(StrEnum):
    """What a row is in a file of the input."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"
    LINES = "lines"


class Form(StrEnum):
    """Format of the output."""

    PARQUET = "parquet"
    JSONL = "jsonl"


def default_form(kind: Kind) -> Form:
    """Return the format of the output where none is chosen: Parquet for Parquet, else JSONL."""
    return Form.PARQUET if kind is Kind.PARQUET else Form.JSONL
