"""Some rows of a part, and rows that cannot be read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be read.

    Attributes
    ----------
    file
        Its file.
    line
        Its first line in the file, from 1. In Parquet: its row, from 1.
    reason
        What is wrong with it.
    """

    file: str
    line: int
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Rows:
    """Some rows of a part.

    Attributes
    ----------
    texts
        Their texts; None for null.
    kept
        Their columns that are kept: a table from Parquet to Parquet, else a dictionary for each.
    """

    texts: Sequence[str | None]
    kept: Any


def too_long(text: str | None, longest: int) -> str:
    """Return what is wrong with a text that is too long; empty if it is not."""
    if text is None or len(text) <= longest:
        return ""
    return f"has a text of {len(text):,} characters; --max-characters is {longest:,}"
