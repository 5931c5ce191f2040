"""Shapes of a picture: text, discs, strips of cells, bars, and lines of different thickness."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from window_ner.nn.arrays import Floats

POSITIVE, NEGATIVE, INK, FAINT = "#0b6fb8", "#d9540d", "#1f2933", "#7b8794"
MOST_LINES = 120
"""The most lines between two layers; more would be a grey area."""


@dataclass(frozen=True)
class TextStyle:
    """How a line of text looks, in the words of SVG; the anchor is start, middle or end."""

    size: float
    weight: int = 400
    anchor: str = "start"
    fill: str = INK
    italic: bool = False


HEADING, NOTE = TextStyle(17, weight=600), TextStyle(14, fill=FAINT)


def lines(
    flows: Floats,
    reached: Floats,
    below: Sequence[float],
    below_y: float,
    above: Sequence[float],
    above_y: float,
) -> Iterator[str]:
    """Draw a line from each place below to each place above; flows are (above, below).

    Only the strongest lines are drawn: those that contribute most to the score.
    """
    largest = float(np.abs(flows).max(initial=0)) or 1.0
    least = np.sort(np.abs(reached).ravel())[-MOST_LINES:].min()
    half = (below_y + above_y) / 2
    yield '<g fill="none" stroke-linecap="round">'
    for (j, i), flow in np.ndenumerate(flows):
        strength = abs(float(flow)) / largest
        if strength < 0.02 or abs(reached[j, i]) < least:
            continue
        x0, x1 = below[i], above[j]
        yield (
            f'<path d="M{x0:.1f} {below_y:.1f}C{x0:.1f} {half:.1f} {x1:.1f} {half:.1f} '
            f'{x1:.1f} {above_y:.1f}" stroke="{colour(float(flow))}" '
            f'stroke-width="{0.6 + 7 * strength:.2f}" '
            f'stroke-opacity="{0.15 + 0.5 * strength:.2f}"/>'
        )
    yield "</g>"


def disc(x: float, y: float, r: float, value: float, strength: float, size: int) -> Iterator[str]:
    """Draw a number in a disc; a stronger one is darker."""
    shade = min(1.0, abs(strength))
    yield (
        f'<circle cx="{x:.1f}" cy="{y}" r="{r}" fill="#fff"/>'
        f'<circle cx="{x:.1f}" cy="{y}" r="{r}" fill="{colour(value)}" '
        f'fill-opacity="{0.08 + 0.92 * shade:.2f}" stroke="{colour(value)}" stroke-width="2"/>'
    )
    ink = "#fff" if shade > 0.5 else INK
    shown = f"{value:.2f}".replace("-", "−")
    style = TextStyle(size, anchor="middle", fill=ink, weight=600)
    yield text(x, y + size * 0.36, shown, style)


def strip(
    numbers: Floats, x: float, width: float, y: float, height: float, largest: float = 0.0
) -> Iterator[str]:
    """Draw an array as a row of cells; a number further from 0 is darker."""
    largest = float(largest or np.abs(numbers).max(initial=0)) or 1.0
    cell = width / max(numbers.size, 1)
    yield (
        f'<g shape-rendering="crispEdges"><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
        f'height="{height}" fill="#eef1f4"/>'
    )
    for i, number in enumerate(numbers.tolist()):
        shade = min(1.0, abs(number) / largest)
        if shade > 0.02:
            yield (
                f'<rect x="{x + i * cell:.2f}" y="{y}" width="{cell:.2f}" height="{height}" '
                f'fill="{colour(number)}" fill-opacity="{shade:.2f}"/>'
            )
    yield "</g>"


def signed(number: float) -> str:
    """Write a number with its sign, the minus as wide as the plus; a small one gets more digits."""
    shown = f"{number:+.{2 if abs(number) >= 0.01 else 3}f}"
    return shown.replace("-", "−") if float(shown) else "0"


def colour(number: float) -> str:
    """Return the colour for positive or for negative numbers."""
    return POSITIVE if number > 0 else NEGATIVE if number < 0 else FAINT


def text(x: float, y: float, words: str, style: TextStyle, *, tip: str = "") -> str:
    """Write a line of text with a tooltip; markup in them is escaped."""
    italic = ' font-style="italic"' if style.italic else ""
    title = f"<title>{escape(clean(tip))}</title>" if tip else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{style.size:.3g}" '
        f'font-weight="{style.weight}" text-anchor="{style.anchor}" fill="{style.fill}"{italic}>'
        f"{escape(clean(words))}{title}</text>"
    )


def clean(words: str) -> str:
    """Replace characters that XML does not allow: control characters and lone surrogates."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in words)


def columns(word: str) -> int:
    """Estimate the width of a word in letters; East Asian characters count as two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in word
    )


def shorten(word: str, most: int) -> str:
    """Cut a word to at most ``most`` columns, with … for the rest."""
    if columns(word) <= most:
        return word
    cut = word
    while cut and columns(cut) > most - 1:
        cut = cut[:-1]
    return cut + "…"


def bar(
    x: float, width: float, y: float, height: float, *, fill: str, outline: bool = False
) -> str:
    """Draw a bar from the axis at y: up if the height is positive, else down."""
    look = f'fill="none" stroke="{fill}" stroke-width="1.6"' if outline else f'fill="{fill}"'
    return (
        f'<rect x="{x:.1f}" y="{y - max(height, 0):.1f}" width="{width:.1f}" '
        f'height="{abs(height):.1f}" rx="2" {look}/>'
    )
