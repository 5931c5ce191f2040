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
