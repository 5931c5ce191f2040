"""The lecture in one file: find names, one window after another.

Is the middle word of a window part of a name? The higher the score s, the likelier.

Forward, for one window of five words:        Backward, with δ the gradient that arrives at z:

    x = [E[t-2]; E[t-1]; E[t]; E[t+1]; E[t+2]]    ∂J/∂U = ∂J/∂s h
    z = W x + b                                   δ     = ∂J/∂s U ∘ (1 - h²)
    h = tanh(z)                                   ∂J/∂W = δ xᵀ,  ∂J/∂b = δ
    s = U h                                       ∂J/∂x = Wᵀ δ, of which each E[w] gets its fifth

A mini-batch has one window a row, so W x is written x Wᵀ. Nothing here comes from the rest of the
package but the readers of the corpus and of the word vectors.

    python -m window_ner.lecture                  # the logistic loss
    python -m window_ner.lecture max-margin
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from window_ner.data.conll import read_conll
from window_ner.data.word_vectors import load_word_vectors
from window_ner.storage.resources import resource_folder

Array = NDArray[Any]
Parameters = dict[str, Array]

PADDING, UNKNOWN = 0, 1  # rows of E: beyond the sentence's edge, and a word without a vector
EDGE, H = 2, 8  # words to each side of the middle one; hidden units
EPOCHS, BATCH, RATE = 15, 64, 0.3
LEARNED = ["W", "b", "U"]  # with "E" among them, the word vectors are fine-tuned


def read_sample(rng: np.random.Generator) -> tuple[Array, list[tuple[Array, Array]]]:
    """Return E (V, d) and, of train, dev and test, the windows (N, 5) and the targets (N,)."""
    vectors = load_word_vectors("glove-6b-50d")
    E = [rng.normal(0, 0.6, vectors.dimension), vectors.table.mean(axis=0)]
    row: dict[str, int] = {}
    splits = []
    for name in "train", "dev", "test":
        windows, targets = [], []
        for sentence in read_conll(resource_folder("data/sample") / f"{name}.conll").sentences:
            words = [word.lower() for word in sentence.tokens]
            for word in words:
                if word in vectors.row and word not in row:
                    row[word] = len(E)
                    E.append(vectors.table[vectors.row[word]])
            edge = [PADDING] * EDGE
            padded = [*edge, *(row.get(word, UNKNOWN) for word in words), *edge]
            windows += [padded[t : t + 2 * EDGE + 1] for t in range(len(words))]
            targets += [tag != "O" for tag in sentence.tags]  # 1 for a part of a name, else 0
        splits.append((np.array(windows), np.array(targets, dtype=int)))
    return np.array(E, dtype=float), splits


def draw(shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Draw small random weights (Xavier); with equal weights all units would learn the same."""
    bound = np.sqrt(6 / sum(shape))
    return rng.uniform(-bound, bound, shape)


def forward(p: Parameters, windows: Array) -> tuple[Array, Array, Array]:
    """Compute the inputs x (N, 5d), the hidden layer h (N, H) and the scores s (N,)."""
    x = p["E"][windows].reshape(len(windows), -1)
    z = x @ p["W"].T + p["b"]
    h = np.tanh(z)
    return x, h, h @ p["U"]


def backward(p: Parameters, windows: Array, x: Array, h: Array, ds: Array) -> Parameters:
    """Carry ∂J/∂s (N,) back to each parameter; a gradient has the shape of its parameter."""
    delta = np.outer(ds, p["U"]) * (1 - h * h)  # (N, H): computed once, used three times
    dx = delta @ p["W"]  # (N, 5d)
    dE = np.zeros_like(p["E"])
    np.add.at(dE, windows, dx.reshape(*windows.shape, -1))  # a word that comes twice gets the sum
    return {"U": ds @ h, "W": delta.T @ x, "b": delta.sum(axis=0), "E": dE}


def logistic_loss(s: Array, t: Array) -> tuple[float, Array]:
    """J = -t log p - (1 - t) log(1 - p) with p = 1 / (1 + e^-s); its mean, and ∂J/∂s = p - t."""
    p = 1 / (1 + np.exp(-s))
    return float(np.mean(np.logaddexp(0, s) - t * s)), (p - t) / len(s)


def max_margin_loss(s: Array, t: Array) -> tuple[float, Array]:
    """J = max(0, 1 - s + s_c), a name's window against one of no name; its mean, and ∂J/∂s."""
    J = np.maximum(0, 1 - s[t == 1] + s[t == 0])
    ds = np.empty_like(s)
    ds[t == 1] = np.where(J > 0, -1, 0) / len(J)
    ds[t == 0] = np.where(J > 0, +1, 0) / len(J)
    return float(J.mean()), ds


LOSSES = {"logistic": logistic_loss, "max-margin": max_margin_loss}


def order_of_epoch(t: Array, rng: np.random.Generator, *, in_pairs: bool) -> Array:
    """Shuffle the windows; with pairs, a window of a name comes before each of no name."""
    if not in_pairs:
        return rng.permutation(len(t))
    corrupted = rng.permutation(np.flatnonzero(t == 0))
    true = np.resize(rng.permutation(np.flatnonzero(t == 1)), len(corrupted))
    return np.stack([true, corrupted], axis=1).ravel()


def train(
    p: Parameters, windows: Array, t: Array, loss: str, rng: np.random.Generator
) -> Iterator[float]:
    """Learn by stochastic gradient descent, in place; yield the mean loss of each epoch."""
    for epoch in range(EPOCHS):
        order = order_of_epoch(t, rng, in_pairs=loss == "max-margin")
        batches = np.split(order, range(BATCH, len(order), BATCH))
        losses = []
        for i, batch in enumerate(batches):
            x, h, s = forward(p, windows[batch])
            J, ds = LOSSES[loss](s, t[batch])
            gradients = backward(p, windows[batch], x, h, ds)
            rate = RATE * (1 - (epoch + i / len(batches)) / EPOCHS)  # in a straight line to 0
            for name in LEARNED:
                p[name] -= rate * gradients[name]
            losses.append(J)
        yield float(np.mean(losses))


def f1(found: Array, t: Array) -> float:
    """F1 = 2 · precision · recall / (precision + recall) = 2 · hits / (found + names)."""
    return float(2 * (found * t).sum() / (found.sum() + t.sum()))


def main(loss: str = "logistic", seed: str = "1") -> None:
    """Train on the sample corpus; print token F1 on dev after each epoch, and on test at last."""
    if loss not in LOSSES:
        sys.exit(f"there is no loss {loss!r}; the losses are {', '.join(LOSSES)}")
    if not seed.isdecimal():
        sys.exit(f"the seed is a number, such as 1, not {seed!r}")
    rng = np.random.default_rng(int(seed))
    E, (training, (dev, dev_t), (test, test_t)) = read_sample(rng)
    p = {"E": E, "W": draw((H, (2 * EDGE + 1) * E.shape[1]), rng), "b": np.zeros(H)}
    p["U"] = draw((1, H), rng)[0]
    for epoch, J in enumerate(train(p, *training, loss, rng), 1):
        s = forward(p, dev)[2]
        # The max-margin loss only compares scores, so dev decides above which score a name begins.
        thresholds = [0.0] if loss == "logistic" else np.quantile(s, np.linspace(0, 1, 200))
        threshold = max(thresholds, key=lambda threshold: f1(s > threshold, dev_t))
        print(f"epoch {epoch:2}  loss {J:.3f}  F1 on dev {100 * f1(s > threshold, dev_t):.1f}")
    print(f"F1 on test {100 * f1(forward(p, test)[2] > threshold, test_t):.1f}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit("give at most a loss and a seed, such as: python -m window_ner.lecture logistic 2")
    main(*sys.argv[1:])
