"""Pieces of HTML that the sections of a report are made of."""

from collections.abc import Iterable, Sequence
from html import escape

from window_ner.evaluation.mistakes import NONE

UNDEFINED = "–"
"""In place of a score of nothing: there are no such names, or words."""


def no_name(label: str) -> str:
    """Write a label of the evaluation, where `NONE` is no name."""
    return "no name" if label == NONE else label


def percent(fraction: float) -> str:
    """Write a fraction in percent, with one decimal."""
    return f"{100 * fraction:.1f}"


def note(text: str) -> str:
    """Write a paragraph that explains something."""
    return f'<p class="note">{escape(text)}</p>\n'


def wide(picture: str) -> str:
    """Put a picture into a figure that scrolls sideways on a narrow screen."""
    return f'<figure class="wide">{picture}</figure>\n'


def side_by_side(*pictures: str) -> str:
    """Put pictures beside each other where the screen is wide enough."""
    return f'<div class="pictures">{"".join(map(wide, pictures))}</div>\n'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: Sequence[int] = ()) -> str:
    """Write a table; the first column and those of `text` are words, the others numbers."""

    def classes(i: int) -> str:
        return ' class="text"' if i in text or not i else ""

    titles = "".join(f'<th scope="col"{classes(i)}>{title}</th>' for i, title in enumerate(head))
    lines = []
    for row in rows:
        tds = "".join(f"<td{classes(i)}>{escape(cell)}</td>" for i, cell in enumerate(row))
        lines.append(f"<tr>{tds}</tr>\n")
    return (
        f'<div class="wide"><table><thead><tr>{titles}</tr></thead>\n'
        f"<tbody>{''.join(lines)}</tbody></table></div>\n"
    )
