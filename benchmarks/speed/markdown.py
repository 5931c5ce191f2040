"""Markdown tables, and the marks of a page between which they are written."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def thousands(number: float) -> str:
    digits = len(str(int(number))) - 3
    return f"{round(number, -max(0, digits)):,.0f}"


def table(header: str, rows: Iterable[Sequence[str]]) -> str:
    names = header.split(" | ")
    lines = [header, " | ".join(["---"] + ["---:"] * (len(names) - 1)), *map(" | ".join, rows)]
    return "\n".join(f"| {line} |" for line in lines)


def write(path: Path, name: str, text: str) -> None:
    """Replace the text between the marks with this name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"{path} has no {begin} … {end} to write between")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def publish(name: str, text: str, path: Path | None) -> None:
    print(f"\n{text}", flush=True)
    if path:
        write(path, name, text)
