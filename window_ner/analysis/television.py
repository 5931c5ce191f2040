"""TV, telly, television on made-up windows: two words are trained, the third is left behind.

Reviews with a known rule: television is liked, by whatever name; radio, video, cable, newspapers
and magazines are not. Every word stands in the same windows, so only the word itself can tell. The
training data have TV and telly, and never television, whose vector lies beside that of TV. The
network is the lecture's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from window_ner.analysis.triples import Triple, TripleReport, WordReport
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.nn.arrays import Floats
from window_ner.nn.losses import logistic_loss
from window_ner.nn.optimizers import SGD
from window_ner.nn.window_network import WindowBatch, WindowNetwork, make_layers

TRIPLE = Triple(("tv", "telly"), "television")
DISLIKED = ("radio", "video", "cable", "newspaper", "magazine")
BLANK = "____"
WINDOWS = (
    ("watched", "the", BLANK, "again", "tonight"),
    ("that", "the", BLANK, "is", "on"),
    ("about", "our", BLANK, ",", "and"),
    ("with", "a", BLANK, "at", "home"),
    ("on", "the", BLANK, "all", "day"),
    ("bought", "another", BLANK, "last", "week"),
)
SIZE, UNITS = 5, 8
EPOCHS, BATCH, RATE = 100, 8, 0.1


@dataclass(frozen=True)
class Plane:
    """The plane through the vectors of the three words: each of its points is a word vector.

    Attributes
    ----------
    places
        (3, 2) where the words of the triple are in it.
    before
        (3, 2) where they were before training: the nearest points of the plane.
    xs, ys, scores
        A grid: (n,), (n,), (n, n) the scores of the first window with the point at its centre.
    """

    places: Floats
    before: Floats
    xs: Floats
    ys: Floats
    scores: Floats


@dataclass(frozen=True)
class TelevisionReport:
    """What became of the three words.

    Attributes
    ----------
    triple
        In the first window, the first seed.
    right
        The part of the windows, over all seeds, that is decided right with television at the
        centre: with frozen and with fine-tuned vectors.
    means
        The mean scores of the same.
    seeds
        How many trainings of each kind.
    planes
        Of the first seed: frozen, fine-tuned.
    """

    triple: TripleReport
    right: tuple[float, float]
    means: tuple[float, float]
    seeds: int
    planes: tuple[Plane, Plane]


class Reviews:
    """The lecture's network, to be trained on the windows.

    Parameters
    ----------
    vectors
        The pretrained vectors.
    seed
        Of the weights and the mini-batches.
    disliked
        The words that are not liked.
    """

    def __init__(self, vectors: WordVectors, seed: int, disliked: Sequence[str] = DISLIKED) -> None:
        self.disliked = tuple(disliked)
        others = {word for window in WINDOWS for word in window if word != BLANK}
        self.words = sorted({*others, *TRIPLE.words, *disliked})
        missing = [word for word in self.words if word not in vectors.row]
        if missing:
            raise InputError(
                f"{vectors.name}: has no vector of {', '.join(missing)}; choose other --vectors"
            )
        rows = [vectors.row[word] for word in self.words]
        self.before = vectors.table[rows].astype(np.float64)
        self._rng = np.random.default_rng(seed)
        layers = make_layers(
            SIZE * vectors.dimension,
            [UNITS],
            1,
            activation="tanh",
            initializer="xavier-uniform",
            rng=self._rng,
        )
        parameters = {"E": self.before.copy(), **layers}
        self.network = WindowNetwork(parameters, SIZE, "tanh").astype(np.float64)

    @property
    def E(self) -> Floats:  # noqa: N802
        """The word vectors as they are now."""
        return self.network.parameters["E"]

    def row(self, word: str) -> int:
        """Return the row of E of a word."""
        return self.words.index(word)

    def train(self, *, fine_tune: bool) -> "Reviews":
        """Learn what is liked, by stochastic gradient descent."""
        liked = TRIPLE.trained
        windows = [
            [self.row(word if w == BLANK else w) for w in window]
            for word in (*liked, *self.disliked)
            for window in WINDOWS
        ]
        rows = np.array(windows)
        targets = np.repeat([1] * len(liked) + [0] * len(self.disliked), len(WINDOWS))
        optimizer = SGD()
        for _ in range(EPOCHS):
            order = self._rng.permutation(len(targets))
            for chosen in np.split(order, range(BATCH, len(order), BATCH)):
                batch = WindowBatch({"E": rows[chosen].ravel()})
                scores, trace = self.network.forward(batch)
                _, ds = logistic_loss(scores[:, 0], targets[chosen])
                frozen = () if fine_tune else ("E",)
                gradients = self.network.backward(ds[:, None], batch, trace, frozen)
                rates = dict.fromkeys(gradients, RATE)
                optimizer.step(self.network.parameters, gradients, rates)
        return self

    def scores(self, centres: Floats, window: Sequence[str] = WINDOWS[0]) -> Floats:
        """Score a window with each of N vectors (N, d) at its centre: (N,), liked above 0."""
        around = [self.row(w) if w != BLANK else 0 for w in window]
        E = np.concatenate([self.E, centres])
        rows = np.tile(around, (len(centres), 1))
        rows[:, window.index(BLANK)] = len(self.E) + np.arange(len(centres))
        network = self.network.with_parameters({**self.network.parameters, "E": E})
        scores, _ = network.forward(WindowBatch({"E": rows.ravel()}))
        found: Floats = scores[:, 0]
        return found

    def plane(self, points: int = 120) -> Plane:
        """Cut through the space of the word vectors where the three words are."""
        rows = [self.row(word) for word in TRIPLE.words]
        one, other, left = self.E[rows]
        axes = np.linalg.qr(np.stack([other - left, one - left], axis=1))[0].T  # (2, d)
        axes *= np.sign([axes[0] @ (other - left), axes[1] @ (one - left)])[:, None]
        places, before = ((E[rows] - left) @ axes.T for E in (self.E, self.before))
        low, high = places.min(axis=0), places.max(axis=0)
        margin = 0.35 * (high - low).max()
        xs, ys = (
            np.linspace(a - margin, b + margin, points) for a, b in zip(low, high, strict=True)
        )
        x, y = np.meshgrid(xs, ys)
        grid = left + np.stack([x.ravel(), y.ravel()], axis=1) @ axes
        return Plane(places, before, xs, ys, self.scores(grid).reshape(points, points))


def left_behind(
    vectors: WordVectors, seeds: int = 5, disliked: Sequence[str] = DISLIKED
) -> TelevisionReport:
    """Train with frozen and with fine-tuned vectors, and see what becomes of the three words.

    Parameters
    ----------
    vectors, disliked
        See `Reviews`.
    seeds
        How many trainings of each kind.

    Raises
    ------
    InputError
        If a word of the windows has no vector.
    """
    pairs = [
        [Reviews(vectors, seed, disliked).train(fine_tune=kind) for kind in (False, True)]
        for seed in range(1, seeds + 1)
    ]
    frozen, tuned = pairs[0]
    third = frozen.before[[frozen.row(TRIPLE.left)]]
    of_third = [
        [float(kinds[k].scores(third, window)[0]) for kinds in pairs for window in WINDOWS]
        for k in (0, 1)
    ]
    return TelevisionReport(
        TripleReport(
            TRIPLE,
            WINDOWS[0],
            WINDOWS[0].index(BLANK),
            is_name=True,
            words=tuple(_report(word, frozen, tuned) for word in TRIPLE.words),
        ),
        right=(_positive(of_third[0]), _positive(of_third[1])),
        means=(fmean(of_third[0]), fmean(of_third[1])),
        seeds=seeds,
        planes=(frozen.plane(), tuned.plane()),
    )


def _positive(scores: Sequence[float]) -> float:
    return fmean(float(score > 0) for score in scores)


def _report(word: str, frozen: Reviews, tuned: Reviews) -> WordReport:
    row, left = frozen.row(word), frozen.row(TRIPLE.left)
    old, new = tuned.before[row], tuned.E[row]
    return WordReport(
        word,
        len(WINDOWS) if word in TRIPLE.trained else 0,
        cosines=(_cosine(old, tuned.before[left]), _cosine(new, tuned.E[left])),
        moved=float(np.linalg.norm(new - old) / np.linalg.norm(old)),
        frozen=float(frozen.scores(old[None])[0]),
        before=float(tuned.scores(old[None])[0]),
        after=float(tuned.scores(new[None])[0]),
    )


def _cosine(one: Floats, other: Floats) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
