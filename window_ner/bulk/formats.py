"""The formats that ``bulk`` reads and writes."""

from enum import StrEnum


class InputFormat(StrEnum):
    """Format of the input, which says what a row is."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"
    LINES = "lines"


class OutputFormat(StrEnum):
    """Format of the output."""

    PARQUET = "parquet"
    JSONL = "jsonl"


def default_format(kind: InputFormat) -> OutputFormat:
    """Return the format of the output where none is chosen: Parquet for Parquet, else JSONL."""
    return OutputFormat.PARQUET if kind is InputFormat.PARQUET else OutputFormat.JSONL
