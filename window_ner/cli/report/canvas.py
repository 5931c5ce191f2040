"""Matplotlib figures as SVG that takes its colours and fonts from the page."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT = "#010203", "#010204"
SERIES = tuple(f"#0a0b{i:02x}" for i in range(6))
_ON_THE_PAGE = {
    INK: "currentColor",
    FAINT: "var(--faint)",
    **{colour: f"var(--series-{i})" for i, colour in enumerate(SERIES)},
}
"""Placeholders for colours: the page has a light and a dark colour for each."""

_STYLE: Any = {
    "font.size": 10,
    "figure.dpi": 72,  # a pixel is a point
    "svg.fonttype": "none",
    "svg.hashsalt": "window-ner",
    "text.parse_math": False,  # a word may have dollar signs
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 11,
    "grid.color": FAINT,
    "grid.alpha": 0.4,
    "grid.linewidth": 0.7,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in the style of the page, and not in the user's own matplotlib style."""
    import matplotlib as mpl  # an extra

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about letters that matplotlib's font lacks
        mpl.rcdefaults()
        with mpl.rc_context(_STYLE):
            yield


def new_figure(width: float, height: float) -> "tuple[Figure, Axes]":
    """Make a figure with one pair of axes; width and height in inches of 72 pixels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def svg_of(figure: "Figure", name: str, alternative: str) -> str:
    """Return a figure as an ``svg`` element; the page decides on its colours and fonts.

    Parameters
    ----------
    name
        Begins the ids in this figure, so it must differ from the other figures of the page.
    alternative
        A text that says what the picture shows, for those who cannot see it.
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
