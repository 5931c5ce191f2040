"""The pictures in docs/deep-stacks.md, from the numbers of its own code."""

from typing import Any

import matplotlib.pyplot as plt

from benchmarks.pictures.drawing import COLOURS, run_page, save


def draw_all() -> None:
    page = run_page("deep-stacks.md")
    gradients(page)
    overfitting(page)


def gradients(page: dict[str, Any]) -> None:
    draws = {"small": page["small"], "Xavier": page["xavier_normal"], "He": page["he_normal"]}
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), sharey=True)
    for axis, activation in zip(axes, ("logistic", "tanh", "relu"), strict=True):
        for (name, draw), colour in zip(draws.items(), COLOURS, strict=False):
            sizes = page["gradients_by_depth"](activation, draw)
            axis.semilogy(range(1, 11), sizes, "o-", color=colour, markersize=4, label=name)
        axis.set_title(activation, fontsize=11)
        axis.set_xlabel("layer, 1 is the lowest")
        axis.set_xticks([1, 4, 7, 10])
    axes[0].set_ylabel("mean |∂J/∂z|")
    axes[0].legend(frameon=False, title="weights")
    save(figure, "deep-gradients")


def overfitting(page: dict[str, Any]) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), sharey=True)
    for axis, column, title in zip(axes, (0, 1), ("on the training split", "on dev"), strict=True):
        for (name, losses), colour in zip(page["losses"].items(), COLOURS, strict=False):
            epochs = range(1, len(losses) + 1)
            axis.plot(epochs, losses[:, column], color=colour, linewidth=1.8, label=name)
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("epoch")
        axis.set_xticks([1, 5, 10])
        axis.set_ylim(0, 0.5)
    axes[0].set_ylabel("mean loss")
    axes[0].legend(frameon=False)
    save(figure, "deep-overfitting")
