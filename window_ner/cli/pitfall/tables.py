"""How the results of ``window-ner pitfall`` are printed."""

from collections.abc import Iterable, Sequence
from enum import StrEnum


class Format(StrEnum):
    """Output format of the results."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with right-aligned columns."""
    lines = [columns, ["---:"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
