"""Draw the picture in docs/confidence.md: for each range of scores, the fraction of right names.

It needs matplotlib (pip install '.[plots]'). Give the model and one or more CoNLL files:

    python -m benchmarks.reliability models/tagger eng.testa
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

import window_ner
from benchmarks.pictures.drawing import COLOURS, STYLE, save
from window_ner.data.conll import read_conll
from window_ner.evaluation.evaluate import evaluate_tagger

mpl.use("svg")
import matplotlib.pyplot as plt


def draw(axis: plt.Axes, calibration: dict[str, Any], title: str, colour: str) -> None:
    """Draw a bar for each bin, as high as the fraction that is right, with its share of spans."""
    axis.plot([0, 1], [0, 1], color=COLOURS[5], linewidth=1, linestyle="--", zorder=3)
    total = sum(b["count"] for b in calibration["bins"])
    for b in calibration["bins"]:
        width = b["to"] - b["from"]
        axis.bar(b["from"], b["precision"], width, align="edge", color=colour, edgecolor="white")
        axis.plot(b["confidence"], b["precision"], "o", color=COLOURS[5], markersize=4, zorder=4)
        share = 100 * b["count"] / total
        axis.annotate(
            f"{share:.0f}%" if share >= 1 else "<1%",
            (b["from"] + width / 2, 0.02),
            ha="center",
            fontsize=7.5,
            color="white",
        )
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="score of the name", aspect="equal")
    axis.set_title(f"{title}\nexpected calibration error {calibration['ece']:.3f}", fontsize=11)


def main() -> None:
    folder, *splits = sys.argv[1:] or sys.exit(__doc__)
    tagger = window_ner.load(folder)
    mpl.rcParams.update(STYLE)
    figure, axes = plt.subplots(1, len(splits), figsize=(4.2 * len(splits), 4.4), squeeze=False)
    for axis, split, colour in zip(axes[0], splits, COLOURS, strict=False):
        report = evaluate_tagger(tagger, read_conll(split))
        name = f"{Path(split).parent.name}/{Path(split).name}"
        draw(axis, report["calibration"]["cross_fitted"], name, colour)
    axes[0, 0].set_ylabel("fraction that is right")
    save(figure, "reliability")


if __name__ == "__main__":
    main()
