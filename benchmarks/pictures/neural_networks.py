"""The pictures in docs/neural-networks.md."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.pictures.drawing import COLOURS, FAINT, save
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.word_vectors import WordVectors, load_word_vectors
from window_ner.nn.activations import ACTIVATIONS, tanh, tanh_backward
from window_ner.nn.arrays import Floats
from window_ner.nn.optimizers import OPTIMIZERS, make_optimizer
from window_ner.nn.schedules import SCHEDULES
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.encoded_split import encode_split
from window_ner.training.new_model import untrained_model
from window_ner.training.trainer import Trainer

RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)

# ------------------------------------------------------------------ why a non-linearity


def fit(units: int, x: Floats, y: Floats, steps: int = 6000, seed: int = 0) -> dict[str, Floats]:
    """Fit y ≈ U tanh(W x + b) + c by Adam, on the mean of ½ (U h + c − y)²."""
    rng = np.random.default_rng(seed)
    parameters = {
        "W": rng.normal(0, 1.5, (units, 1)),
        "b": rng.uniform(-2, 2, units),
        "U": rng.normal(0, 0.5, (1, units)),
        "c": np.zeros(1),
    }
    adam = make_optimizer("adam")
    for step in range(steps):
        W, b, U, c = (parameters[name] for name in "WbUc")
        z = x[:, None] @ W.T + b
        h = tanh(z)
        ds = (h @ U.T + c - y[:, None]) / len(x)
        delta = tanh_backward(ds @ U, h, z)
        gradients = {
            "W": delta.T @ x[:, None],
            "b": delta.sum(axis=0),
            "U": ds.T @ h,
            "c": ds.sum(axis=0),
        }
        adam.step(parameters, gradients, 0.05 * (1 - step / steps))
    return parameters


def value(parameters: Mapping[str, Floats], x: Floats) -> Floats:
    W, b, U, c = (parameters[name] for name in "WbUc")
    return (np.tanh(x[:, None] @ W.T + b) @ U.T + c)[:, 0]


def hidden_units() -> None:
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(-3, 3, 90))
    fine = np.linspace(-3, 3, 300)

    def curve(x: Floats) -> Floats:
        return np.sin(3 * x) + 1.2 * np.clip(x, -0.6, 0.6)

    y = curve(x) + rng.normal(0, 0.12, len(x))
    figure, axes = plt.subplots(1, 4, figsize=(10, 2.7), sharey=True)
    line = np.polyval(np.polyfit(x, y, 1), fine)
    panels = [("no hidden layer:\na line, however deep", line)]
    for units, name in ((1, "one hidden unit"), (3, "three"), (10, "ten")):
        tries = [fit(units, x, y, seed=seed) for seed in range(5)]
        best = min(tries, key=lambda p: float(np.mean((value(p, x) - y) ** 2)))
        panels.append((name, value(best, fine)))
    for axis, (name, fitted) in zip(axes, panels, strict=True):
        axis.plot(x, y, ".", color="#b8c0c8", markersize=6)
        axis.plot(fine, fitted, color=COLOURS[0], linewidth=2.2)
        axis.set_title(name, fontsize=11)
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[["left", "bottom"]].set_visible(False)
    save(figure, "hidden-units")


def activations() -> None:
    z = np.linspace(-4, 4, 401)
    figure, axes = plt.subplots(1, 6, figsize=(13, 2.6), sharey=True)
    for axis, activation in zip(axes, ACTIVATIONS.values(), strict=True):
        h = activation.forward(z)
        axis.axhline(0, color=FAINT, linewidth=0.8)
        axis.plot(z, h, color=COLOURS[0], linewidth=2, label="f(z)")
        slopes = activation.backward(np.ones_like(z), h, z)
        axis.plot(z, slopes, color=COLOURS[1], linewidth=1.6, label="f'(z)")
        axis.set_title(activation.name, fontsize=11)
        axis.set_ylim(-1.2, 2)
        axis.set_xticks([-4, 0, 4])
    axes[0].legend(frameon=False, fontsize=10, loc="upper left")
    save(figure, "activations")


# ------------------------------------------------------------------ loss curves


class Lecture:
    """The sample corpus and the word vectors, which are read once."""

    def __init__(self, corpus: Corpus, vectors: Sequence[WordVectors]) -> None:
        self.corpus, self.vectors = corpus, vectors

    def losses(self, changes: Iterable[str], epochs: int) -> list[float]:
        """Train the lecture's network; return the mean loss of each epoch."""
        settings = load_config("lecture", ["l2=0", "schedule=constant", "batch_size=64", *changes])
        model = untrained_model(settings, self.corpus, self.vectors)
        run = Trainer(
            model.scorer,
            encode_split(model, self.corpus),
            settings,
            frozen=frozenset({"E"}),
            rng=np.random.default_rng(1),
            epochs=epochs,
        )
        losses = []
        for _ in range(epochs):
            losses.append(run.epoch())
            run.observe(-losses[-1])
        return losses

    def best_rate(self, changes: Sequence[str], epochs: int) -> tuple[float, list[float]]:
        """Try the learning rates; return the one with the lowest last loss, and its losses."""
        runs = {r: self.losses([*changes, f"learning_rate={r}"], epochs) for r in RATES}
        rate = min(runs, key=lambda r: runs[r][-1] if np.isfinite(runs[r][-1]) else np.inf)
        return rate, runs[rate]


def loss_curves(lecture: Lecture, epochs: int = 12) -> None:
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.2))
    curves = {}
    for name in OPTIMIZERS:
        rate, losses = lecture.best_rate([f"optimizer={name}"], epochs)
        curves[f"{name}, {rate:g}"] = losses
    draw(left, curves, "optimisers, each at its best\nof seven learning rates")
    curves = {}
    for name in SCHEDULES:
        changes = [f"schedule={name}", "optimizer=adam", "learning_rate=0.03"]
        if name == "reduce-on-plateau":
            changes.append("schedule_settings={patience=1}")
        curves[name] = lecture.losses(changes, epochs)
    changes = ["schedule=linear", "optimizer=adam", "learning_rate=0.03", "warmup_steps=400"]
    curves["warm-up, linear"] = lecture.losses(changes, epochs)
    draw(middle, curves, "schedules, Adam at 0.03\n(too much for a constant rate)")
    curves = {}
    for size, name in ((1, "1 window"), (64, "64 windows"), (0, "all windows")):
        rate, losses = lecture.best_rate(["optimizer=sgd", f"batch_size={size}"], epochs)
        curves[f"{name}, {rate:g}"] = losses
    draw(right, curves, "the three forms of gradient descent:\nSGD with batches of")
    left.set_ylabel("mean loss of the epoch")
    save(figure, "loss-curves")


def draw(axis: plt.Axes, curves: Mapping[str, Sequence[float]], title: str) -> None:
    """Draw the curves; the label of a curve is at its end, and labels do not overlap."""
    axis.set_title(title, fontsize=11)
    axis.set_xlabel("epoch")
    ends = sorted(curves, key=lambda name: curves[name][-1])
    lowest = min(min(c) for c in curves.values())
    highest = max(max(c) for c in curves.values())
    gap, at = (highest - lowest) * 0.065, -np.inf
    colours = dict(zip(curves, COLOURS, strict=False))
    for name in ends:
        losses = curves[name]
        at = max(at + gap, losses[-1])
        epochs = np.arange(1, len(losses) + 1)
        axis.plot(epochs, losses, color=colours[name], linewidth=1.8)
        axis.annotate(
            name,
            (epochs[-1], losses[-1]),
            xytext=(epochs[-1] + 0.5, at),
            color=colours[name],
            fontsize=9.5,
            va="center",
            annotation_clip=False,
        )
    axis.set_xticks([1, 4, 8, 12])


def draw_all() -> None:
    activations()
    hidden_units()
    corpus = read_conll(resource_folder("data/sample") / "train.conll")
    loss_curves(Lecture(corpus, [load_word_vectors("glove-6b-50d")]))
