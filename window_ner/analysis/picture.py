"""An explanation as one picture, for a slide.

From the bottom up, the picture shows the words of the window, their vectors, the hidden layers and
the score, with forward values and backward gradients side by side. The thicker a line, the more it
passes on. Below the words, bars show what each word adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from window_ner.analysis.explained_layers import explained_layers
from window_ner.analysis.picture_shapes import (
    FAINT,
    HEADING,
    INK,
    NEGATIVE,
    NOTE,
    POSITIVE,
    TextStyle,
    bar,
    clean,
    colour,
    columns,
    disc,
    lines,
    shorten,
    signed,
    strip,
    text,
)
from window_ner.analysis.verdict import verdict, why_not

if TYPE_CHECKING:
    from window_ner.analysis.explained_layers import ExplainedLayers
    from window_ner.analysis.explanation import Explanation
    from window_ner.nn.arrays import Floats

WIDTH, LEFT, RIGHT = 1280, 190, 1090
"""The width of the picture, and the left and right edge of the network; captions are beside it."""

UNITS_AS_CIRCLES = 16
"""A layer with more hidden units than this is drawn as a strip."""


def svg(explanation: Explanation) -> str:
    """Draw the picture as SVG; it uses no other files, only fonts."""
    return "".join(f"{part}\n" for part in _picture(explanation))


def _picture(explanation: Explanation) -> Iterator[str]:
    layers = explained_layers(explanation)
    step = 150
    score_y = 140
    top = score_y + step  # of the uppermost hidden layer
    x_y = top + step * len(layers.h) - 10
    bars_y = x_y + 215
    height = bars_y + 155
    title = escape(clean(verdict(explanation)))

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="Inter, Helvetica, Arial, sans-serif" fill="{INK}">'
    )
    yield f"<title>{title}</title>"
    yield f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    yield text(40, 58, _headline(explanation), TextStyle(30, weight=700))
    yield from _legend()

    blocks = _blocks(len(layers.parts))
    middles = [x + width / 2 for x, width in blocks]
    below, below_y, flows = middles, x_y - 12, layers.from_words
    for i in range(len(layers.h)):
        y = top + step * (len(layers.h) - 1 - i)
        xs = _places(layers.h[i].size)
        reached = flows * layers.delta[i][:, None] if layers.h[i].size > UNITS_AS_CIRCLES else flows
        yield from lines(flows, reached, below, below_y, xs, y + _radius(layers.h[i]) + 20)
        below, below_y, flows = xs, y - _radius(layers.h[i]), layers.upward[i]
    yield from lines(flows, flows, below, below_y, [_MIDDLE], score_y + 34)
    for i, (h, delta) in enumerate(zip(layers.h, layers.delta, strict=True)):
        y = top + step * (len(layers.h) - 1 - i)
        yield from _hidden(h, delta, y, layers.names[i], explanation)
    yield from _score(explanation, score_y, "h" if layers.names else "x")
    yield from _words(explanation, layers, blocks, x_y)
    yield from _parts(explanation, blocks, bars_y)
    yield from _sums(explanation, bars_y + 112)
    yield from _directions(score_y, x_y)
    yield "</svg>"


_MIDDLE = (LEFT + RIGHT) / 2


def _radius(h: Floats) -> int:
    """Return half the height of a hidden layer in the picture."""
    return 28 if h.size <= UNITS_AS_CIRCLES else 12


def _headline(explanation: Explanation) -> str:
    word, score = shorten(explanation.centre, 24), f"{explanation.score:.2f}".replace("-", "−")
    if explanation.tag is None:
        yes = explanation.decided != "O"
        return f"Is “{word}” part of a name? {'Yes' if yes else 'No'}: {score}"
    return f"“{word}” as {explanation.tag}: {score}"


def _legend() -> Iterator[str]:
    for y, fill, words in ((40, POSITIVE, "above zero"), (62, NEGATIVE, "below zero")):
        yield f'<circle cx="{RIGHT + 37}" cy="{y}" r="7" fill="{fill}"/>'
        yield text(RIGHT + 52, y + 5, words, TextStyle(15))
    yield text(RIGHT + 30, 88, "thick: a large part of", NOTE)
    yield text(RIGHT + 30, 105, "what arrives above", NOTE)


def _blocks(count: int) -> list[tuple[float, float]]:
    """Return the left edge and the width of each word of the window."""
    gap = min(18.0, (RIGHT - LEFT) / count / 2)
    width = (RIGHT - LEFT - gap * (count - 1)) / count
    return [(LEFT + i * (width + gap), width) for i in range(count)]


def _places(count: int) -> list[float]:
    """Return the horizontal centres of the units of a layer."""
    if count > UNITS_AS_CIRCLES:
        width = (RIGHT - LEFT) / count
        return [LEFT + width * (i + 0.5) for i in range(count)]
    pitch = min(120.0, (RIGHT - LEFT) / count)
    return [_MIDDLE + pitch * (i - (count - 1) / 2) for i in range(count)]


def _hidden(
    h: Floats, delta: Floats, y: float, name: str, explanation: Explanation
) -> Iterator[str]:
    activation = explanation.node(f"h{name}").symbol
    yield text(40, y - 4, f"h{name} = {activation}(z{name})", HEADING)
    yield text(40, y + 16, f"{h.size} hidden unit{'s' * (h.size > 1)}", NOTE)
    yield text(RIGHT + 30, y - 4, f"δ{name} = ∂s/∂z{name}", HEADING)
    yield text(RIGHT + 30, y + 16, "under each unit", NOTE)
    if h.size > UNITS_AS_CIRCLES:
        yield from strip(h, LEFT, RIGHT - LEFT, y - 12, 14)
        yield from strip(delta, LEFT, RIGHT - LEFT, y + 4, 8)
        return
    for x, value, error in zip(_places(h.size), h.tolist(), delta.tolist(), strict=True):
        yield from disc(x, y, 26, value, value / (float(np.abs(h).max()) or 1.0), size=14)
        yield text(x, y + 43, signed(error), TextStyle(14, anchor="middle", fill=colour(error)))


def _score(explanation: Explanation, y: float, below: str) -> Iterator[str]:
    name = "" if explanation.tag is None else f" for {explanation.tag}"
    yield text(40, y - 4, f"s = U {below}{name}", HEADING)
    yield text(40, y + 16, "the score", NOTE)
    yield text(RIGHT + 30, y + 6, "∂s/∂s = 1", HEADING)
    yield from disc(_MIDDLE, y, 34, explanation.score, 1.0, size=18)


def _words(
    explanation: Explanation,
    layers: ExplainedLayers,
    blocks: Sequence[tuple[float, float]],
    y: float,
) -> Iterator[str]:
    words = [*explanation.words, *([None] if explanation.shapley.context is not None else [])]
    yield text(40, y + 4, "x = [E[w]; …]", HEADING)
    yield text(40, y + 24, f"{sum(part.size for part in layers.parts)} numbers", NOTE)
    name = layers.names[0] if layers.names else ""
    gradient = f"∂s/∂x = W{name}ᵀ δ{name}" if layers.names else "∂s/∂x = Uᵀ"
    yield text(RIGHT + 30, y + 32, gradient, HEADING)
    yield text(RIGHT + 30, y + 52, "lower strips", NOTE)
    largest = np.percentile(np.abs(np.concatenate(layers.parts)), 98)
    steepest = np.percentile(np.abs(np.concatenate(layers.gradients)), 98)
    centre = len(explanation.words) // 2
    for i, ((x, width), word) in enumerate(zip(blocks, words, strict=True)):
        if i == centre:
            yield (
                f'<rect x="{x - 7:.1f}" y="{y - 10}" width="{width + 14:.1f}" height="104" rx="8" '
                f'fill="#f5f7fa" stroke="{INK}" stroke-width="1.6"/>'
            )
        yield from strip(layers.parts[i], x, width, y, 20, largest)
        yield from strip(layers.gradients[i], x, width, y + 26, 20, steepest)
        if word is None:
            name = "padding" if i < len(explanation.words) else "context"
            style = TextStyle(17, anchor="middle", fill=FAINT, italic=True)
            yield text(x + width / 2, y + 80, name, style)
        else:
            yield from _word(word, x, width, y + 80, bold=i == centre)


def _word(word: str, x: float, width: float, y: float, *, bold: bool) -> Iterator[str]:
    letter = 0.66 if bold else 0.6  # width of a letter, relative to the font size
    size = max(13.0, min(24.0, width / (letter * max(columns(word), 1))))
    shown = shorten(word, int(width / (letter * size) + 0.01))
    style = TextStyle(size, anchor="middle", weight=700 if bold else 400)
    yield text(x + width / 2, y, shown, style, tip=word)


def _parts(
    explanation: Explanation, blocks: Sequence[tuple[float, float]], y: float
) -> Iterator[str]:
    """Draw what each word adds: full bars are Shapley values, outlined ones gradient × input."""
    shapley, guess = explanation.shapley, explanation.gradient_times_input
    amounts, guesses = shapley.as_list(), guess.as_list()
    yield text(40, y - 24, "each word’s part", HEADING)
    yield text(40, y - 4, "full: Shapley values", NOTE)
    yield text(40, y + 14, "outlined: Σ xᵢ · ∂s/∂xᵢ", NOTE)
    yield f'<path d="M{LEFT} {y}H{RIGHT}" stroke="{FAINT}" stroke-width="1"/>'
    largest = max(map(abs, [*amounts, *guesses])) or 1.0
    for (x, width), amount, first_order in zip(blocks, amounts, guesses, strict=True):
        wide = min(48.0, max(width / 2 - 4, width / 4))
        middle = x + width / 2
        for left, number, outline in ((-wide - 3, amount, False), (3, first_order, True)):
            fill = FAINT if outline else colour(number)
            yield bar(middle + left, wide, y, 62 * number / largest, fill=fill, outline=outline)
            if outline and width < 90:
                continue  # a long window has no room for both numbers
            tall = 62 * abs(number) / largest
            edge = y - tall - 7 if number >= 0 else y + tall + 17
            style = TextStyle(
                size=13 if outline or width < 60 else 16,
                anchor="middle",
                weight=400 if outline else 600,
                fill=FAINT if outline else INK,
            )
            yield text(middle + left + wide / 2, edge, signed(number), style)


def _sums(explanation: Explanation, y: float) -> Iterator[str]:
    """Write the sums of the bars below them."""
    shapley, guess = explanation.shapley, explanation.gradient_times_input
    how = ", estimated," if explanation.sampling_error else ""
    empty, total = signed(explanation.empty_score), signed(shapley.total)
    yield text(
        40,
        y,
        f"Shapley values{how} add up: {empty} for a window of average words and {total} for the "
        f"parts make {signed(explanation.score)}, the score.",
        TextStyle(15),
    )
    yield text(
        40,
        y + 22,
        f"Gradient × input sums to {signed(guess.total)}, {why_not(explanation)}.",
        TextStyle(15, fill=FAINT),
    )


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
            + text(x, middle + 5, words, TextStyle(14, anchor="middle", fill=FAINT))
            + "</g>"
        )
