"""The pictures of ``window-ner report``: SVG that takes its colours and letters from the page.

Each function returns the markup of one ``svg`` element, with a text that says what it shows; to be
called within `drawing`.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from window_ner.cli.report.label_places import Box, place_labels
from window_ner.errors import InputError
from window_ner.evaluation.mistakes import NONE
from window_ner.nn.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from window_ner.model.about import Epoch

_INK, _FAINT = "#010203", "#010204"
_SERIES = tuple(f"#0a0b{i:02x}" for i in range(6))
_ON_THE_PAGE = {
    _INK: "currentColor",
    _FAINT: "var(--faint)",
    **{colour: f"var(--series-{i})" for i, colour in enumerate(_SERIES)},
}
"""No colours but names of some: the page says what they are, by day and by night."""

_STYLE: Any = {
    "font.size": 10,
    "figure.dpi": 72,  # a pixel is a point
    "svg.fonttype": "none",
    "svg.hashsalt": "window-ner",
    "text.parse_math": False,  # a word may have dollar signs
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _FAINT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "grid.color": _FAINT,
    "grid.alpha": 0.4,
    "grid.linewidth": 0.7,
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "legend.frameon": False,
}


def require_matplotlib() -> None:
    """Refuse to begin what would fail later.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise InputError(
            "the pictures of a report need matplotlib: pip install 'window-ner[plots]'"
        ) from None


@contextmanager
def drawing() -> Iterator[None]:
    """Let matplotlib draw for the page, whatever its user's own style is."""
    import matplotlib as mpl  # an extra

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of letters that its font lacks
        mpl.rcdefaults()
        with mpl.rc_context(_STYLE):
            yield


def draw_loss(history: "Sequence[Epoch]") -> str:
    """Draw the training loss of each epoch."""
    losses = [epoch.loss for epoch in history]
    figure, axes = _figure(4.6, 3.1)
    _curve(axes, history, "loss", 1, _SERIES[0], "")
    if min(losses) >= 0:
        axes.set_ylim(bottom=0)
    axes.set_title("training loss", loc="left")
    first, last = f"{losses[0]:.3f} in epoch 1", f"{losses[-1]:.3f} in epoch {len(losses)}"
    return _svg(figure, "loss", f"Line chart of the training loss: {first}, {last}.")


def draw_dev_scores(history: "Sequence[Epoch]", unit: str) -> str:
    """Draw the scores on dev of each epoch, and mark the best."""
    figure, axes = _figure(4.6, 3.1)
    _curve(axes, history, "dev", 100, _SERIES[0], "all words")
    _curve(axes, history, "dev_unseen_words", 100, _SERIES[1], "unseen words")
    best = max(history, key=lambda epoch: epoch.dev)
    axes.plot(best.epoch, 100 * best.dev, "o", color=_SERIES[0], markersize=8)
    axes.axvline(best.epoch, color=_INK, linewidth=1, linestyle=":")
    axes.set_title(f"{unit} F1 on dev, best in epoch {best.epoch}", loc="left")
    axes.legend(loc="best")
    return _svg(
        figure,
        "dev",
        f"Line chart of {unit} F1 on dev by epoch: best in epoch {best.epoch}, "
        f"{100 * best.dev:.1f}, and then {100 * best.dev_unseen_words:.1f} on unseen words.",
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
    figure, axes = _figure(6.6, 0.9 + 0.4 * len(rows))
    places = list(range(len(rows)))
    for place, scores in zip(places, rows.values(), strict=True):
        ends = [100 * scores["precision"], 100 * scores["recall"]]
        axes.plot(ends, [place, place], color=_FAINT, linewidth=2, zorder=1)
    for kind, marker, colour in (
        ("precision", ">", _SERIES[1]),
        ("recall", "<", _SERIES[2]),
        ("f1", "o", _SERIES[0]),
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
    return _svg(figure, "scores", f"Dot chart of precision, recall and F1. F1: {', '.join(said)}.")


def draw_reliability(calibration: Mapping[str, Any]) -> str:
    """Draw which fraction of the names with such a score is right, a bar a bin."""
    figure, axes = _figure(4.6, 4.2)
    axes.plot([0, 1], [0, 1], color=_INK, linewidth=1, linestyle="--", zorder=3)
    total = sum(b["count"] for b in calibration["bins"])
    for b in calibration["bins"]:
        middle, width = (b["from"] + b["to"]) / 2, b["to"] - b["from"]
        axes.bar(middle, b["precision"], 0.92 * width, color=_SERIES[0])
        axes.plot(b["confidence"], b["precision"], "o", color=_INK, markersize=4, zorder=4)
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
    return _svg(figure, "reliability", f"Reliability diagram. Names: {'; '.join(in_words)}.")


def draw_distances(distances: Floats) -> str:
    """Draw how many words were moved how far."""
    middle, last = float(np.median(distances)), float(distances.max())
    figure, axes = _figure(4.6, 3.1)
    axes.hist(100 * distances, bins=40, color=_SERIES[0])
    axes.axvline(100 * middle, color=_INK, linewidth=1, linestyle="--")
    axes.set_xlim(left=0)
    axes.set_title("words moved so far", loc="left")
    axes.set_xlabel("percent of the vector's length (dashed: the median)")
    axes.grid(axis="y")
    return _svg(
        figure,
        "distances",
        f"Histogram of how far {len(distances):,} words were moved: half of them by less than "
        f"{100 * middle:.0f}% of the length of their vector, the farthest by {100 * last:.0f}%.",
    )


def draw_arrows(words: Sequence[str], labels: Sequence[str], before: Floats, after: Floats) -> str:
    """Draw an arrow a word on a plane.

    Parameters
    ----------
    words, labels
        M words, and the label that each has most often; `NONE`: it is mostly in no name.
    before, after
        (M, 2) where the arrows begin and end.
    """
    figure, axes = _figure(6.8, 6.0)
    known = sorted(set(labels) - {NONE})
    colours = {label: _SERIES[i % len(_SERIES)] for i, label in enumerate(known)} | {NONE: _INK}
    for start, end, label in zip(before.tolist(), after.tolist(), labels, strict=True):
        arrow = {"arrowstyle": "-|>,head_width=0.2,head_length=0.4", "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops={**arrow, "color": colours[label]})
        axes.plot(*start, "o", color=colours[label], markersize=3)
        axes.plot(*end, alpha=0)  # so that there is room for it
    for label in dict.fromkeys(sorted(labels, key=lambda label: (label == NONE, label))):
        name = "no name" if label == NONE else label
        axes.plot([], [], color=colours[label], label=name)
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
    return _svg(
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
    """Write each word at the head of its arrow, where there is room."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # nothing shall move any more
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


def _figure(width: float, height: float) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: "Figure", name: str, alternative: str) -> str:
    """Write a figure as an element of the page, its colours and letters left to the page.

    Parameters
    ----------
    name
        Told of no other figure of the page: names of parts begin with it.
    alternative
        What the picture shows, for those who do not see it.
    """
    stream = StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    head, rest = svg.split(">", 1)
    view = re.search(r'viewBox="[^"]*"', head)
    assert view is not None
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', rest))

    def own(match: re.Match[str]) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in used else ""

    rest = re.sub(r' id="([^"]*)"', own, rest)
    rest = re.sub(r'(url\(|href=")#', rf"\1#{name}-", rest)
    for colour, on_the_page in _ON_THE_PAGE.items():
        rest = rest.replace(colour, on_the_page)
    width = round(72 * figure.get_figwidth())
    return (
        f'<svg {view[0]} style="--width: {width}px" role="img" '
        f'aria-label="{escape(alternative)}">{rest}'
    )
