"""The picture: F1 against tokens a second."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.speed.tags import Result

OURS, THEIRS = "#c8402f", "#4a5a6a"


def draw(results: Sequence[Result], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "speed"
    import matplotlib.pyplot as plt
    from matplotlib.transforms import Bbox

    figure, axis = plt.subplots(figsize=(8, 4.6))
    shown = [r for r in results if "lecture" not in r.name]  # because its task is different
    for result in shown:
        colour = OURS if result.name.startswith("**") else THEIRS
        axis.plot(median(result.rates), 100 * result.f1, "o", color=colour, markersize=9)
    axis.set_xscale("log")
    axis.margins(x=0.28, y=0.2)
    figure.canvas.draw()
    places = [axis.transData.transform((median(r.rates), 100 * r.f1)) for r in shown]
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in places]
    for result in shown:
        is_ours = result.name.startswith("**")
        for x, y, side in (
            (0, 8, "center"),
            (0, -17, "center"),
            (9, -4, "left"),
            (-9, -4, "right"),
        ):
            label = axis.annotate(
                result.name.strip("*"),
                (median(result.rates), 100 * result.f1),
                xytext=(x, y),
                textcoords="offset points",
                ha=side,
                fontsize=9,
                color=OURS if is_ours else THEIRS,
                weight="bold" if is_ours else "normal",
            )
            box = label.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            label.remove()
        else:
            continue  # there is no room for the name
        taken.append(box)
    axis.set_xlabel("tokens a second on one core, strings in, tags out (logarithmic)")
    axis.set_ylabel("span F1")
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=0.25)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
