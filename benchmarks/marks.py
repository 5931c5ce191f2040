"""The marks of a page, such as ``<!-- raw:begin -->``, between which a benchmark writes tables."""

from pathlib import Path


def around_marks(page: Path, name: str) -> tuple[str, str]:
    """Return the text of a page up to the first mark of this name, and from the second on.

    Raises
    ------
    ValueError
        If the page does not have both marks.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"{page} has no marks {begin} … {end} to write between")
    return before + begin, end + after


def write_between_marks(page: Path, name: str, text: str) -> None:
    """Replace the text between two marks of a page; see `around_marks`."""
    before, after = around_marks(page, name)
    page.write_text(f"{before}\n{text}\n{after}", encoding="utf-8")
