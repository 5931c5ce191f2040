"""What all pictures share: style, colours, where they are saved, and the code of a page."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "images"
COLOURS = ("#0b6fb8", "#d9540d", "#2a9d62", "#b5479f", "#8a6d00", "#4a4f57", "#56b4e9", "#c2185b")
FAINT = "#b8c0c8"
STYLE = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "window-ner",
}


def save(figure: plt.Figure, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)
    print(FOLDER / f"{name}.svg")


def run_page(name: str) -> dict[str, Any]:
    """Run the Python blocks of a page; return its names, so that pictures show its numbers."""
    page = DOCS / name
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    namespace: dict[str, Any] = {"__name__": "docs"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile("\n".join(blocks), str(page), "exec"), namespace)
    return namespace
