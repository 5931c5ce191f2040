"""An explanation as one picture, for a slide.

From below: the words of the window, their vectors, the hidden layers, the score; forward values
and backward gradients side by side. What comes along a line is drawn as its thickness.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, TextIO

import numpy as np

from window_ner.cli.explain.text import verdict

if TYPE_CHECKING:
    from window_ner.analysis.explanation import Explanation
    from window_ner.nn.arrays import Floats

WIDTH, LEFT, RIGHT = 1280, 190, 1090
"""Of the picture, and of the network in it; what is beside it are words about it."""

POSITIVE, NEGATIVE, INK, FAINT = "#0b6fb8", "#d9540d", "#1f2933", "#7b8794"
UNITS_AS_CIRCLES = 16
"""A layer of more hidden units is drawn as a strip."""
MOST_LINES = 120
"""Between two layers; more would be a grey area."""


def write_svg(stream: TextIO, explanation: Explanation) -> None:
    """Write the picture; it needs nothing but fonts."""
    stream.writelines(f"{part}\n" for part in _picture(explanation))


def _picture(explanation: Explanation) -> Iterator[str]:
    layers = _Layers(explanation)
    step = 150
    score_y = 140
    top = score_y + step  # of the uppermost hidden layer
    x_y = top + step * len(layers.h) - 10
    bars_y = x_y + 215
    height = bars_y + 105
    title = escape(clean(verdict(explanation)))

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="Inter, Helvetica, Arial, sans-serif" fill="{INK}">'
    )
    yield f"<title>{title}</title>"
    yield f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    yield text(40, 58, _headline(explanation), size=30, weight=700)
    yield from _legend()

    blocks = _blocks(len(layers.parts))
    middles = [x + width / 2 for x, width in blocks]
    below, below_y, flows = middles, x_y - 12, layers.from_words
    for i in range(len(layers.h)):
        y = top + step * (len(layers.h) - 1 - i)
        xs = _places(layers.h[i].size)
        reached = flows * layers.delta[i][:, None] if layers.h[i].size > UNITS_AS_CIRCLES else flows
        yield from _lines(flows, reached, below, below_y, xs, y + layers.radius(i) + 20)
        below, below_y, flows = xs, y - layers.radius(i), layers.upward[i]
    yield from _lines(flows, flows, below, below_y, [_MIDDLE], score_y + 34)
    for i, (h, delta) in enumerate(zip(layers.h, layers.delta, strict=True)):
        y = top + step * (len(layers.h) - 1 - i)
        yield from _hidden(h, delta, y, layers.names[i], explanation)
    yield from _score(explanation, score_y)
    yield from _words(explanation, layers, blocks, x_y)
    yield from _contributions(explanation, blocks, bars_y)
    yield from _directions(score_y, x_y)
    yield "</svg>"


_MIDDLE = (LEFT + RIGHT) / 2


class _Layers:
    """The numbers that the picture shows, for one window."""

    def __init__(self, explanation: Explanation) -> None:
        nodes = explanation.nodes
        x, window = nodes.x.value[0], len(explanation.words)
        gradient = np.asarray(nodes.x.upstream)[0]
        width = explanation.word_width
        cuts = [width * (i + 1) for i in range(window)]
        if cuts[-1] == x.size:
            cuts.pop()
        self.parts, self.gradients = np.split(x, cuts), np.split(gradient, cuts)
        names = {node.name for node in nodes.graph.order}
        self.names = [""] if "W" in names else [str(i) for i in range(1, 99) if f"W{i}" in names]
        value = {node.name: node.value for node in nodes.graph.order}
        self.h = [value[f"h{name}"][0] for name in self.names]
        self.delta = [np.asarray(explanation.node(f"z{name}").upstream)[0] for name in self.names]
        first = value[f"W{self.names[0]}"]
        split = np.split(first, cuts, axis=1)
        self.from_words = np.stack(
            [W @ part for W, part in zip(split, self.parts, strict=True)], axis=1
        )
        above = [value[f"W{name}"] for name in self.names[1:]] + [value["U"]]
        self.upward = [W * h for W, h in zip(above, self.h, strict=True)]

    def radius(self, layer: int) -> int:
        """Half of the height that a hidden layer takes in the picture."""
        return 28 if self.h[layer].size <= UNITS_AS_CIRCLES else 12


def _headline(explanation: Explanation) -> str:
    word, score = shorten(explanation.centre, 24), f"{explanation.score:.2f}".replace("-", "−")
    if explanation.tag is None:
        yes = explanation.decided != "O"
        return f"Is “{word}” part of a name? {'Yes' if yes else 'No'}: {score}"
    return f"“{word}” as {explanation.tag}: {score}"


def _legend() -> Iterator[str]:
    for y, colour, words in ((40, POSITIVE, "above zero"), (62, NEGATIVE, "below zero")):
        yield f'<circle cx="{RIGHT + 37}" cy="{y}" r="7" fill="{colour}"/>'
        yield text(RIGHT + 52, y + 5, words, size=15)
    yield text(RIGHT + 30, 88, "thick: a large part of", size=14, fill=FAINT)
    yield text(RIGHT + 30, 105, "what arrives above", size=14, fill=FAINT)


def _blocks(count: int) -> list[tuple[float, float]]:
    """Place the words of the window: left edge and width of each."""
    gap = 18.0
    width = (RIGHT - LEFT - gap * (count - 1)) / count
    return [(LEFT + i * (width + gap), width) for i in range(count)]


def _places(count: int) -> list[float]:
    """Place the units of a layer: their middles, side by side."""
    if count > UNITS_AS_CIRCLES:
        width = (RIGHT - LEFT) / count
        return [LEFT + width * (i + 0.5) for i in range(count)]
    pitch = min(120.0, (RIGHT - LEFT) / count)
    return [_MIDDLE + pitch * (i - (count - 1) / 2) for i in range(count)]


def _lines(
    flows: Floats,
    reached: Floats,
    below: Sequence[float],
    below_y: float,
    above: Sequence[float],
    above_y: float,
) -> Iterator[str]:
    """Draw what comes from each place below to each above; flows are (above, below).

    Only so many lines are drawn: those of which most has reached the score.
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


def _hidden(
    h: Floats, delta: Floats, y: float, name: str, explanation: Explanation
) -> Iterator[str]:
    activation = explanation.node(f"h{name}").symbol
    yield text(40, y - 4, f"h{name} = {activation}(z{name})", size=17, weight=600)
    yield text(40, y + 16, f"{h.size} hidden unit{'s' * (h.size > 1)}", size=14, fill=FAINT)
    yield text(RIGHT + 30, y - 4, f"δ{name} = ∂s/∂z{name}", size=17, weight=600)
    yield text(RIGHT + 30, y + 16, "under each unit", size=14, fill=FAINT)
    if h.size > UNITS_AS_CIRCLES:
        yield from _strip(h, LEFT, RIGHT - LEFT, y - 12, 14)
        yield from _strip(delta, LEFT, RIGHT - LEFT, y + 4, 8)
        return
    for x, value, error in zip(_places(h.size), h.tolist(), delta.tolist(), strict=True):
        yield from _disc(x, y, 26, value, value / (float(np.abs(h).max()) or 1.0), size=14)
        yield text(x, y + 43, signed(error), size=14, anchor="middle", fill=colour(error))


def _disc(x: float, y: float, r: float, value: float, strength: float, size: int) -> Iterator[str]:
    shade = min(1.0, abs(strength))
    yield (
        f'<circle cx="{x:.1f}" cy="{y}" r="{r}" fill="#fff"/>'
        f'<circle cx="{x:.1f}" cy="{y}" r="{r}" fill="{colour(value)}" '
        f'fill-opacity="{0.08 + 0.92 * shade:.2f}" stroke="{colour(value)}" stroke-width="2"/>'
    )
    ink = "#fff" if shade > 0.5 else INK
    shown = f"{value:.2f}".replace("-", "−")
    yield text(x, y + size * 0.36, shown, size=size, anchor="middle", fill=ink, weight=600)


def _score(explanation: Explanation, y: float) -> Iterator[str]:
    name = "U h" if explanation.tag is None else f"U h for {explanation.tag}"
    yield text(40, y - 4, f"s = {name}", size=17, weight=600)
    yield text(40, y + 16, "the score", size=14, fill=FAINT)
    yield text(RIGHT + 30, y + 6, "∂s/∂s = 1", size=17, weight=600)
    yield from _disc(_MIDDLE, y, 34, explanation.score, 1.0, size=18)


def _words(
    explanation: Explanation, layers: _Layers, blocks: Sequence[tuple[float, float]], y: float
) -> Iterator[str]:
    words = [*explanation.words, *([None] if explanation.context is not None else [])]
    yield text(40, y + 4, "x = [E[w]; …]", size=17, weight=600)
    yield text(
        40, y + 24, f"{sum(part.size for part in layers.parts)} numbers", size=14, fill=FAINT
    )
    yield text(RIGHT + 30, y + 32, "∂s/∂x = Wᵀ δ", size=17, weight=600)
    yield text(RIGHT + 30, y + 52, "lower strips", size=14, fill=FAINT)
    largest = np.percentile(np.abs(np.concatenate(layers.parts)), 98)
    steepest = np.percentile(np.abs(np.concatenate(layers.gradients)), 98)
    centre = len(explanation.words) // 2
    for i, ((x, width), word) in enumerate(zip(blocks, words, strict=True)):
        if i == centre:
            yield (
                f'<rect x="{x - 7:.1f}" y="{y - 10}" width="{width + 14:.1f}" height="104" rx="8" '
                f'fill="#f5f7fa" stroke="{INK}" stroke-width="1.6"/>'
            )
        yield from _strip(layers.parts[i], x, width, y, 20, largest)
        yield from _strip(layers.gradients[i], x, width, y + 26, 20, steepest)
        if word is None:
            name = "padding" if i < len(explanation.words) else "context"
            yield text(
                x + width / 2, y + 80, name, size=17, anchor="middle", fill=FAINT, italic=True
            )
        else:
            yield from _word(word, x, width, y + 80, bold=i == centre)


def _word(word: str, x: float, width: float, y: float, *, bold: bool) -> Iterator[str]:
    letter = 0.66 if bold else 0.6  # as wide as this part of the size
    size = max(13.0, min(24.0, width / (letter * max(columns(word), 1))))
    shown = shorten(word, int(width / (letter * size) + 0.01))
    yield text(
        x + width / 2, y, shown, size=size, anchor="middle", weight=700 if bold else 400, tip=word
    )


def _contributions(
    explanation: Explanation, blocks: Sequence[tuple[float, float]], y: float
) -> Iterator[str]:
    amounts = explanation.contributions.tolist()
    if explanation.context is not None:
        amounts.append(explanation.context)
    yield text(40, y - 4, "Σ xᵢ · ∂s/∂xᵢ", size=17, weight=600)
    yield text(40, y + 16, "each word’s part", size=14, fill=FAINT)
    yield f'<path d="M{LEFT} {y}H{RIGHT}" stroke="{FAINT}" stroke-width="1"/>'
    largest = max(map(abs, amounts)) or 1.0
    for (x, width), amount in zip(blocks, amounts, strict=True):
        tall = 70 * abs(amount) / largest
        bar = min(64.0, width)
        above = amount >= 0
        yield (
            f'<rect x="{x + (width - bar) / 2:.1f}" y="{y - tall if above else y:.1f}" '
            f'width="{bar:.1f}" height="{tall:.1f}" rx="2" fill="{colour(amount)}"/>'
        )
        edge = y - tall - 7 if above else y + tall + 18
        yield text(x + width / 2, edge, signed(amount), size=16, anchor="middle", weight=600)


def _directions(top: float, bottom: float) -> Iterator[str]:
    for x, y0, y1, words in (
        (22, bottom + 20, top - 10, "forward: values"),
        (WIDTH - 22, top - 10, bottom + 20, "backward: gradients"),
    ):
        tip = 9 if y1 > y0 else -9
        yield (
            f'<path d="M{x} {y0}V{y1}m-6 {-tip}l6 {tip}l6 {-tip}" fill="none" stroke="{FAINT}" '
            'stroke-width="1.6" stroke-linejoin="round"/>'
        )
        middle = (y0 + y1) / 2
        yield (
            f'<g transform="rotate(-90 {x} {middle})"><rect x="{x - 75}" y="{middle - 10}" '
            'width="150" height="20" fill="#fff"/>'
            + text(x, middle + 5, words, size=14, anchor="middle", fill=FAINT)
            + "</g>"
        )


def _strip(
    numbers: Floats, x: float, width: float, y: float, height: float, largest: float = 0.0
) -> Iterator[str]:
    """Draw an array as a row of cells, the darker the further from 0."""
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
    """Write a number with its sign, the minus as wide as the plus; small ones not as 0."""
    return f"{number:+.{2 if abs(number) >= 0.01 else 3}f}".replace("-", "−") if number else "0"


def colour(number: float) -> str:
    """Choose the colour of a sign."""
    return POSITIVE if number > 0 else NEGATIVE if number < 0 else FAINT


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float,
    weight: int = 400,
    anchor: str = "start",
    fill: str = INK,
    italic: bool = False,
    tip: str = "",
) -> str:
    """Write a line of text; nothing of it is taken for markup."""
    style = ' font-style="italic"' if italic else ""
    title = f"<title>{escape(clean(tip))}</title>" if tip else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.3g}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{fill}"{style}>{escape(clean(words))}{title}</text>'
    )


def clean(words: str) -> str:
    """Replace what XML cannot hold: control characters and lone surrogates."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in words)


def columns(word: str) -> int:
    """Estimate the width of a word, in letters: those of East Asia are two wide."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in word
    )


def shorten(word: str, most: int) -> str:
    """Cut a word to so many columns, with … for what is left out."""
    if columns(word) <= most:
        return word
    cut = word
    while cut and columns(cut) > most - 1:
        cut = cut[:-1]
    return cut + "…"
