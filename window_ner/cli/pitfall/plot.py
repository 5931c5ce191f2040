"""The picture of ``window-ner pitfall``: score against training size."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from window_ner.analysis.pitfall import MODES
from window_ner.analysis.pitfall_summary import Summary
from window_ner.errors import require_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#2166ac", "#d6604d", "#7f7f7f", "#1b7837", "#762a83", "#b8860b")
_NAMES = {
    "frozen": "pretrained, frozen",
    "fine-tuned": "pretrained, fine-tuned",
    "random": "random, trained",
}
_TITLES = {"seen": "words seen in training", "unseen": "unseen words: only in the vectors"}


def draw(summaries: Sequence[Summary], file: Path, *, title: str, bounds: tuple[int, int]) -> None:
    """Draw seen and unseen words side by side: a line a mode, a band from worst to best seed.

    Parameters
    ----------
    summaries
        The results to draw.
    file
        The picture; its suffix, .svg or .png, chooses the format.
    title
        Title of the picture.
    bounds
        The two bounds of the pitfall rule, which are marked.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    require_matplotlib("the picture needs", "; all else is written")
    import matplotlib as mpl
    import matplotlib.figure

    style: Any = {"font.size": 11, "svg.hashsalt": "pitfall"}
    style |= {"axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(style):
        figure = mpl.figure.Figure(figsize=(11, 5), layout="constrained")
        figure.suptitle(title, fontsize=13)
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, words in ((left, "seen"), (right, "unseen")):
            _draw_lines(axes, summaries, words)
            _mark_bounds(axes, bounds)
            axes.set_title(_TITLES[words], fontsize=12)
            axes.set_xlabel("training windows")
            axes.grid(axis="y", color="#dddddd", linewidth=0.7)
        left.set_ylabel("token F1 on dev")
        left.legend(loc="lower right", frameon=False)
        figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)


def _draw_lines(axes: "Axes", summaries: Sequence[Summary], words: str) -> None:
    modes = list(dict.fromkeys(s.mode for s in summaries))
    others = [mode for mode in modes if mode not in MODES]
    for mode in modes:
        points = [s for s in summaries if s.mode == mode]
        sizes = [s.size for s in points]
        colour = _COLOURS[[*MODES, *others].index(mode) % len(_COLOURS)]
        mean = [100 * s.mean[words] for s in points]
        low, high = (
            [100 * getattr(s, end)[words] for s in points] for end in ("lowest", "highest")
        )
        axes.fill_between(sizes, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.plot(sizes, mean, "o-", color=colour, markersize=4, label=_NAMES.get(mode, mode))
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda size, _: f"{size:,.0f}")


def _mark_bounds(axes: "Axes", bounds: tuple[int, int]) -> None:
    """Shade the sizes where the rule freezes or fine-tunes; where it tries both stays white."""
    first, last = axes.get_xlim()
    axes.set_xlim(first, last)
    shades = (("rule: freeze", first, min(bounds[0], last), 0), ("fine-tune", bounds[1], last, 1))
    for text, start, end, mode in shades:
        if start < end:
            axes.axvspan(start, end, color=_COLOURS[mode], alpha=0.06, linewidth=0)
            axes.text(
                (start * end) ** 0.5,
                1.0,
                text,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="top",
                fontsize=9,
                color=_COLOURS[mode],
            )
