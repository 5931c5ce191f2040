"""The pictures in docs/learning.md, from the numbers of its own code."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Polygon, Rectangle

from benchmarks.pictures.drawing import COLOURS, FAINT, run_page, save

BLUE, ORANGE, GREEN = COLOURS[:3]
STEPS = (("batch", 320, 0.5, 5), ("mini-batch of 16", 16, 0.1, 2), ("stochastic", 1, 0.02, 1))


def draw_all() -> None:
    page = run_page("learning.md")
    slope(page)
    epoch()
    paths(page)
    valleys(page)


def slope(page: dict[str, Any]) -> None:
    def height(w: float) -> float:
        return float(page["mse"](w * page["area"], page["rest"])[0])

    figure, axes = plt.subplots(1, 4, figsize=(12, 3.1), sharey=True)
    fine = np.linspace(-2, 3.2, 200)
    for axis in axes:
        axis.plot(fine, [height(w) for w in fine], color=FAINT, linewidth=2)
        axis.set_xlabel("w")
        axis.set_ylim(0.2, 3.2)
        axis.set_xlim(-2, 3.2)
    axes[0].set_title("which way?", fontsize=11)
    axes[0].set_ylabel("J")
    for w, words, colour, at in (
        (-1.0, "slope < 0:\ngo right", BLUE, (-0.75, 2.3)),
        (2.0, "slope > 0:\ngo left", ORANGE, (0.4, 1.3)),
    ):
        _draw_tangent(axes[0], (w, height(w)), page["slope"](w), colour)
        axes[0].text(*at, words, color=colour, fontsize=10)
    for axis, rate, words, colour in zip(
        axes[1:],
        (0.05, 0.5, 2.1),
        ("too small", "right", "too large"),
        (COLOURS[3], GREEN, ORANGE),
        strict=True,
    ):
        path = [-1.0]
        for _ in range(5):
            path.append(path[-1] - rate * page["slope"](path[-1]))
        axis.plot(path, [height(w) for w in path], "o-", color=colour, linewidth=1.2, markersize=5)
        axis.set_title(f"rate {rate:g}: {words}", fontsize=11)
    save(figure, "learning-slope")


def _draw_tangent(axis: Any, point: tuple[float, float], rise: float, colour: str) -> None:
    """Draw the tangent of the curve at a point, and below it an arrow in the direction of -J'."""
    w, height = point
    axis.plot([w - 0.6, w + 0.6], [height - 0.6 * rise, height + 0.6 * rise], color=colour)
    arrow = {"arrowstyle": "->", "color": colour, "linewidth": 1.8}
    axis.annotate("", (w - np.sign(rise) * 0.9, 0.35), (w, 0.35), arrowprops=arrow)
    axis.plot(w, height, "o", color=colour)


def epoch() -> None:
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6))
    for axis, size, name in zip(
        axes, (8, 2, 1), ("batch", "mini-batch", "stochastic"), strict=True
    ):
        updates = 8 // size
        plural = "s" * (updates > 1)
        axis.set_title(
            f"{name}: 8 forward passes,\n{updates} cost{plural}, {updates} update{plural}",
            fontsize=11,
        )
        for row in range(8):
            y, colour = 7 - row, COLOURS[(row // size) % 2]
            axis.add_patch(Rectangle((0, y), 0.55, 0.4, color=colour))
            axis.add_patch(
                Polygon([(-0.1, y + 0.4), (0.275, y + 0.75), (0.65, y + 0.4)], color=colour)
            )
            axis.text(1.1, y + 0.25, f"→ ŷ{'₁₂₃₄₅₆₇₈'[row]}", va="center", fontsize=11)
        for group in range(updates):
            top, bottom = 7.7 - group * size, 8.1 - (group + 1) * size
            middle, colour = (top + bottom) / 2, COLOURS[group % 2]
            axis.plot([2.5, 2.75, 2.75, 2.5], [top, top, bottom, bottom], color=colour)
            axis.text(2.95, middle, "J → update", va="center", color=colour, fontsize=11)
        axis.set_xlim(-0.3, 5)
        axis.set_ylim(-0.2, 8)
        axis.axis("off")
    save(figure, "learning-epoch")


def paths(page: dict[str, Any]) -> None:
    two, rest = page["two"], page["rest"]
    grid = np.linspace(-2, 2, 60)
    heights = [[page["cost"](np.array([v, w]), 0, two, rest) for v in grid] for w in grid]
    lowest = page["descend"](np.zeros(2), 0.5, 100)
    figure, axes = plt.subplots(1, 3, figsize=(11, 4.5), sharey=True)
    for axis, (name, size, rate, epochs), colour in zip(axes, STEPS, COLOURS, strict=False):
        path = page["walk"](size, rate, epochs, np.random.default_rng(1))
        axis.contour(grid, grid, heights, levels=14, colors=FAINT, linewidths=0.8)
        style = "o-" if size == 320 else ".-"
        axis.plot(*path.T, style, color=colour, linewidth=1, markersize=5 if size == 320 else 3)
        axis.plot(*lowest, "+", color="black", markersize=11)
        epochs_of = f"{epochs} epoch{'s' * (epochs > 1)}"
        axis.set_title(f"{name}, rate {rate:g}:\n{epochs_of}, {len(path) - 1} updates", fontsize=11)
        axis.set_xlabel("weight of the area")
        axis.set_xlim(-2, 2)
        axis.set_ylim(-2, 2)
        axis.set_aspect("equal")
    axes[0].set_ylabel("weight of the distance")
    save(figure, "learning-paths")


def valleys(page: dict[str, Any]) -> None:
    km, extra, cost = page["km"], page["extra"], page["road_cost"]
    fine = np.linspace(0, 10, 200)
    figure, axis = plt.subplots(figsize=(9, 3.6))
    for i in range(0, len(km), 4):
        axis.plot(fine, [cost(c, km[[i]], extra[[i]])[0] for c in fine], color=FAINT, linewidth=0.7)
    axis.plot(fine, [cost(c, km, extra)[0] for c in fine], color="black", linewidth=2)
    axis.text(9.4, 0.135, "all houses", ha="right", fontsize=10)
    axis.text(0.1, 0.29, "single houses", color="#7d8790", fontsize=10)
    for size, name, colour, mark in (
        (40, "batch", BLUE, "o"),
        (1, "one house a step", ORANGE, "."),
    ):
        order, c = np.random.default_rng(0), 1.5
        ends = [c]
        for e in range(30):
            for some in np.split(order.permutation(40), 40 // size):
                c -= 4 * (1 - e / 30) * cost(c, km[some], extra[some])[1]
            ends.append(c)
        heights = [cost(c, km, extra)[0] for c in ends]
        axis.plot(
            ends,
            heights,
            mark,
            color=colour,
            markersize=8,
            label=f"{name}: after each epoch",
            alpha=0.7,
        )
    axis.set_xlabel("c, the place of the school, km")
    axis.set_ylabel("J")
    axis.set_ylim(0, 0.32)
    axis.legend(frameon=False, loc="upper center")
    save(figure, "learning-valleys")
