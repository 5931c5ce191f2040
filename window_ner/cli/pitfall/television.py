"""The picture of ``window-ner pitfall --words``: three words and the border, before and after."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from window_ner.errors import require_matplotlib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from window_ner.analysis.television import Plane, TelevisionReport
    from window_ner.nn.arrays import Floats

PICTURE = "television.svg"
_LIKED, _DISLIKED = "#2166ac", "#d6604d"
_NAMES = {"tv": "TV"}


def draw(report: "TelevisionReport", file: Path) -> None:
    """Draw both planes, side by side, where the network says liked and where it does not.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    require_matplotlib("the picture needs")
    import matplotlib as mpl
    import matplotlib.figure

    style: Any = {"font.size": 11, "svg.hashsalt": "television"}
    with mpl.rc_context(style):
        figure = mpl.figure.Figure(figsize=(11, 3.6), layout="constrained")
        titles = (
            "the vectors stay: all three are liked",
            "TV and telly have moved; television has not",
        )
        for axes, plane, title in zip(figure.subplots(1, 2), report.planes, titles, strict=True):
            axes.set_title(title, fontsize=12)
            _draw_plane(axes, plane, report.triple.triple.words)
            axes.set(xlim=_shared([p.xs for p in report.planes]))
            axes.set(ylim=_shared([p.ys for p in report.planes]))
        metadata = {"Date": None} if file.suffix == ".svg" else None
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=110, metadata=metadata)


def _shared(grids: "Sequence[Floats]") -> tuple[float, float]:
    """Return the limits of what all grids cover: television is at the same place in both planes."""
    return max(float(grid[0]) for grid in grids), min(float(grid[-1]) for grid in grids)


def _draw_plane(axes: "Axes", plane: "Plane", words: tuple[str, ...]) -> None:
    import numpy as np
    from matplotlib.colors import ListedColormap

    liked = plane.scores > 0
    colours = ListedColormap([_DISLIKED, _LIKED])
    axes.pcolormesh(
        plane.xs, plane.ys, liked, cmap=colours, vmin=0, vmax=1, alpha=0.15, rasterized=True
    )
    if liked.any() and not liked.all():
        axes.contour(plane.xs, plane.ys, plane.scores, levels=[0], colors="#333333", linewidths=1.5)
    for text, colour, corner in (("liked", _LIKED, (1, 1)), ("not liked", _DISLIKED, (0, 0))):
        x, y = (0.97 if c else 0.03 for c in corner)
        side, end = ("right", "top") if corner[0] else ("left", "bottom")
        axes.text(x, y, text, transform=axes.transAxes, ha=side, va=end, color=colour)
    for word, place, before in zip(words, plane.places, plane.before, strict=True):
        if np.linalg.norm(place - before) > 1e-6:
            axes.plot(*before, "o", mfc="none", color="#555555", markersize=7)
            arrow = {"arrowstyle": "->", "color": "#555555"}
            axes.annotate("", place, before, arrowprops=arrow)
        x, y = np.abs(plane.xs - place[0]).argmin(), np.abs(plane.ys - place[1]).argmin()
        axes.plot(*place, "o", color=_LIKED if liked[y, x] else _DISLIKED, markersize=8)
        name, below = _NAMES.get(word, word), (0, -18 if word == words[-1] else 9)
        paper = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
        axes.annotate(name, place, below, textcoords="offset points", ha="center", bbox=paper)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
