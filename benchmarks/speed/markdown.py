"""Markdown tables, printed and written into a page."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.marks import write_between_marks


def thousands(number: float) -> str:
    digits = len(str(int(number))) - 3
    return f"{round(number, -max(0, digits)):,.0f}"


def table(header: str, rows: Iterable[Sequence[str]]) -> str:
    names = header.split(" | ")
    lines = [header, " | ".join(["---"] + ["---:"] * (len(names) - 1)), *map(" | ".join, rows)]
    return "\n".join(f"| {line} |" for line in lines)


def publish(name: str, text: str, path: Path | None) -> None:
    print(f"\n{text}", flush=True)
    if path:
        write_between_marks(path, name, text)
