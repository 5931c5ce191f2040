"""The pictures of ``window-ner report``.

Each function returns the markup of one ``svg`` element, with a text that says what it shows. Call
them inside `canvas.drawing`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from window_ner.cli.report.canvas import FAINT, INK, SERIES, new_figure, svg_of
from window_ner.cli.report.label_places import Box, place_labels
from window_ner.cli.report.markup import no_name
from window_ner.cli.train.display import unseen_score
from window_ner.evaluation.mistakes import NONE
from window_ner.nn.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from window_ner.model.about import Epoch


def draw_loss(history: "Sequence[Epoch]") -> str:
    """Draw the training loss of each epoch."""
    losses = [epoch.loss for epoch in history]
    figure, axes = new_figure(4.6, 3.1)
    _curve(axes, history, "loss", 1, SERIES[0], "")
    if min(losses) >= 0:
        axes.set_ylim(bottom=0)
    axes.set_title("training loss", loc="left")
    first, last = f"{losses[0]:.3f} in epoch 1", f"{losses[-1]:.3f} in epoch {len(losses)}"
    return svg_of(figure, "loss", f"Line chart of the training loss: {first}, {last}.")


def draw_dev_scores(history: "Sequence[Epoch]", measured: str, best: "Epoch") -> str:
    """Draw the scores of each epoch, such as ``dev span F1``, and mark the epoch of the model."""
    unseen = unseen_score(best)
    figure, axes = new_figure(4.6, 3.1)
    _curve(axes, history, "dev", 100, SERIES[0], "all words")
    if any(map(unseen_score, history)):
        _curve(axes, history, "dev_unseen_words", 100, SERIES[1], "unseen words")
    axes.plot(best.epoch, 100 * best.dev, "o", color=SERIES[0], markersize=8)
    axes.axvline(best.epoch, color=INK, linewidth=1, linestyle=":")
    axes.set_title(f"{measured}, model of epoch {best.epoch}", loc="left")
    axes.legend(loc="best")
    return svg_of(
        figure,
        "dev",
        f"Line chart of {measured} by epoch: the model is of epoch {best.epoch}, "
        f"{100 * best.dev:.1f}{f', and {unseen} on unseen words' if unseen else ''}.",
    )


def _curve(
    axes: "Axes",
    history: "Sequence[Epoch]",
    key: str,
    factor: float,
    colour: str,
    label: str,
) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [epoch.epoch for epoch in history]
    values = [factor * getattr(epoch, key) for epoch in history]
    axes.plot(epochs, values, "o-", color=colour, markersize=3.5, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.grid(axis="y")


def draw_scores(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Draw precision, recall and F1 of each row."""
    figure, axes = new_figure(6.6, 0.9 + 0.4 * len(rows))
    places = list(range(len(rows)))
    for place, scores in zip(places, rows.values(), strict=True):
        ends = [100 * scores["precision"], 100 * scores["recall"]]
        axes.plot(ends, [place, place], color=FAINT, linewidth=2, zorder=1)
    for kind, marker, colour in (
        ("precision", ">", SERIES[1]),
        ("recall", "<", SERIES[2]),
        ("f1", "o", SERIES[0]),
    ):
        values = [100 * scores[kind] for scores in rows.values()]
        name = "F1" if kind == "f1" else kind
        axes.plot(values, places, marker, color=colour, markersize=7, label=name)
    axes.set_yticks(places, list(rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("percent")
    axes.grid(axis="x")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    said = (f"{name} {100 * scores['f1']:.1f}" for name, scores in rows.items())
    return svg_of(
        figure, "scores", f"Dot chart of precision, recall and F1. F1: {', '.join(said)}."
    )


def draw_reliability(calibration: Mapping[str, Any]) -> str:
    """Draw a bar for each bin of scores: the fraction of its names that is right."""
    figure, axes = new_figure(4.6, 4.2)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", zorder=3)
    total = sum(b["count"] for b in calibration["bins"])
    for b in calibration["bins"]:
        middle, width = (b["from"] + b["to"]) / 2, b["to"] - b["from"]
        axes.bar(middle, b["precision"], 0.92 * width, color=SERIES[0])
        axes.plot(b["confidence"], b["precision"], "o", color=INK, markersize=4, zorder=4)
        share = 100 * b["count"] / total
        said = f"{share:.0f}%" if share >= 1 else "<1%"
        axes.text(middle, 1.03, said, ha="center", fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1.1), xlabel="score of the name")
    axes.set_title("fraction that is right", loc="left")
    in_words = (
        f"{b['count']:,} with a score from {b['from']:.1f} to {b['to']:.1f}, "
        f"{100 * b['precision']:.0f}% of them right"
        for b in calibration["bins"]
    )
    return svg_of(figure, "reliability", f"Reliability diagram. Names: {'; '.join(in_words)}.")


def draw_distances(distances: Floats) -> str:
    """Draw a histogram of how far the words were moved."""
    middle, last = float(np.median(distances)), float(distances.max())
    figure, axes = new_figure(4.6, 3.1)
    axes.hist(100 * distances, bins=40, color=SERIES[0])
    axes.axvline(100 * middle, color=INK, linewidth=1, linestyle="--")
    axes.set_xlim(left=0)
    axes.set_title("number of words by distance moved", loc="left")
    axes.set_xlabel("percent of the vector's length (dashed: the median)")
    axes.grid(axis="y")
    return svg_of(
        figure,
        "distances",
        f"Histogram of how far {len(distances):,} words were moved: half of them by less than "
        f"{100 * middle:.0f}% of the length of their vector, the farthest by {100 * last:.0f}%.",
    )


def draw_arrows(words: Sequence[str], labels: Sequence[str], before: Floats, after: Floats) -> str:
    """Draw an arrow for each word, on a plane.

    Parameters
    ----------
    words, labels
        M words, and the most frequent label of each; `NONE`: it is usually not in a name.
    before, after
        (M, 2) where the arrows begin and end.
    """
    figure, axes = new_figure(6.8, 6.0)
    known = sorted(set(labels) - {NONE})
    colours = {label: SERIES[i % len(SERIES)] for i, label in enumerate(known)} | {NONE: INK}
    for start, end, label in zip(before.tolist(), after.tolist(), labels, strict=True):
        arrow = {"arrowstyle": "-|>,head_width=0.2,head_length=0.4", "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops={**arrow, "color": colours[label]})
        axes.plot(*start, "o", color=colours[label], markersize=3)
        axes.plot(*end, alpha=0)  # extends the axes to the arrow
    for label in dict.fromkeys(sorted(labels, key=lambda label: (label == NONE, label))):
        axes.plot([], [], color=colours[label], label=no_name(label))
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.1)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if known:
        columns = max(1, 60 // (6 + max(len(label) for label in known)))
        style = {"handlelength": 1.2, "columnspacing": 1.2, "borderpad": 0}
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, **style)
    _name_arrows(figure, axes, words, [colours[label] for label in labels], before, after)
    return svg_of(
        figure,
        "arrows",
        f"Map of the {len(words)} words that were moved farthest, with an arrow from where each "
        f"was to where it is: {', '.join(words)}.",
    )


def _name_arrows(
    figure: "Figure",
    axes: "Axes",
    words: Sequence[str],
    colours: Sequence[str],
    before: Floats,
    after: Floats,
) -> None:
    """Write each word near the head of its arrow, where there is room."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # fix all positions
    font = FontProperties(size=9)
    sizes = [text_to_path.get_text_width_height_descent(w, font, ismath=False)[:2] for w in words]
    tails, heads = axes.transData.transform(before), axes.transData.transform(after)
    frame = axes.bbox.extents
    boxes = place_labels(tails, heads, sizes, Box(*frame))
    for word, colour, box in zip(words, colours, boxes, strict=True):
        place = (box.left, box.bottom)
        axes.annotate(
            word, place, xycoords="figure pixels", color=colour, fontsize=9, annotation_clip=False
        )
