"""How training has moved the word vectors: which words, how far, and towards which other words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import find_word_vectors
from window_ner.data.vocabulary import SPECIAL_WORDS
from window_ner.data.word_vectors import embedding_table
from window_ner.errors import InputError
from window_ner.evaluation.mistakes import NONE
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats, Ints

_ROUNDED = 0.01
"""Tolerance for vectors of a model with rounded tables, as a fraction of the largest number."""

_NEIGHBOURS_AMONG = 50_000
"""Neighbours are searched among the most frequent words only; many rarer entries are not words."""


@dataclass(frozen=True)
class Movement:
    """The words whose vectors training has moved; those that moved farthest come first.

    Attributes
    ----------
    rows
        (M,) their rows in the vocabulary.
    before, after
        (M, d) their vectors before and after training.
    """

    rows: Ints
    before: Floats
    after: Floats

    @cached_property
    def distances(self) -> Floats:
        """(M,) ‖after − before‖ / ‖before‖; for a zero vector, ‖after‖."""
        return _distances(self.before, self.after)


def movement(model: Model, corpus: Corpus | None) -> Movement:
    """Find the words of the training data whose vectors are not what they were before it.

    Parameters
    ----------
    model
        A model with context features has kept the vectors from before training. For others, they
        are built again from the word vectors that it was trained with.
    corpus
        The training data; None if it is not available. Only random vectors need it.

    Raises
    ------
    InputError
        If the vectors from before the training are not available.
    """
    E = model.network.parameters["E"]
    rows = np.flatnonzero(model.seen)
    rows = rows[rows >= len(SPECIAL_WORDS)]
    decision = model.about.fine_tuning
    if decision is None or not decision.fine_tune:
        rows = rows[:0]
    before, after = _before(model, rows, corpus), E.take(rows, axis=0)
    moved = np.flatnonzero((before != after).any(axis=1))
    moved = moved[np.argsort(-_distances(before[moved], after[moved]), kind="stable")]
    return Movement(rows[moved], before[moved], after[moved])


def _before(model: Model, rows: Ints, corpus: Corpus | None) -> Floats:
    """Return these rows of E as they were before training."""
    E, kept = model.network.parameters["E"], model.encoder.context_vectors
    if kept is not None or not len(rows):
        return (E if kept is None else kept).take(rows, axis=0)
    words = corpus.tokens if corpus else []
    seed, settings = model.about.seed or 0, model.about.settings.vectors
    sets = [find_word_vectors(source, words, seed) for source in settings.sets]
    if not all(len(vectors.words) for vectors in sets):
        raise InputError("the random vectors depend on the training data, which is not available")
    vocabulary, rng = model.encoder.vocabulary, np.random.default_rng(seed)
    table = embedding_table(vocabulary, sets, rng, rounded=settings.rounded)
    untouched = np.flatnonzero(~model.seen)
    untouched = untouched[untouched >= len(SPECIAL_WORDS)]
    if table.shape != E.shape or not np.allclose(
        table[untouched], E.take(untouched, axis=0), rtol=0, atol=_ROUNDED * np.abs(table).max()
    ):
        named = " + ".join(settings.sets)
        raise InputError(f"{named}: not the word vectors of the model's training")
    return table[rows]


def _distances(before: Floats, after: Floats) -> Floats:
    lengths = np.linalg.norm(before, axis=1)
    distances: Floats = np.linalg.norm(after - before, axis=1) / np.where(lengths, lengths, 1)
    return distances


def project(before: Floats, after: Floats) -> tuple[Floats, Floats, float]:
    """Project vectors onto their first two principal components.

    Parameters
    ----------
    before, after
        (M, d) the vectors; both are projected onto the same plane.

    Returns
    -------
    before, after
        (M, 2).
    share
        The fraction of their variance that the plane shows.
    """
    both = np.concatenate([before, after]).astype(np.float64)
    both -= both.mean(axis=0)
    _, sizes, axes = np.linalg.svd(both, full_matrices=False)
    # The signs of the axes are arbitrary; fix them, so that a run always looks the same.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    plane = np.zeros((len(both), 2))
    plane[:, : len(axes[:2])] = both @ axes[:2].T
    total = float((sizes**2).sum())
    share = float((sizes[:2] ** 2).sum()) / total if total else 1.0
    return plane[: len(before)], plane[len(before) :], share


def stretch(before: Floats, after: Floats) -> int:
    """Choose a factor to lengthen the arrows in a plot so that they can be seen.

    Parameters
    ----------
    before, after
        (M, 2) the points on the plane.
    """
    width = np.ptp(before, axis=0).max()
    longest = np.linalg.norm(after - before, axis=1).max()
    return next((n for n in (1, 2, 5, 10, 20) if n * longest >= width / 10), 50)


def nearest_words(model: Model, moved: Movement, number: int) -> list[tuple[list[str], list[str]]]:
    """Find the three words nearest to each moved one by cosine, before and after the training.

    Parameters
    ----------
    moved
        All words that moved.
    number
        Neighbours are searched for this number of words, from the start.
    """
    word = model.encoder.vocabulary.word
    rows = moved.rows[:number]
    known = min(_NEIGHBOURS_AMONG, len(model.encoder.vocabulary))
    E_now = model.network.parameters["E"].take(np.arange(known), axis=0)

    def nearest_of(vectors: Floats) -> list[list[str]]:
        E = E_now.copy()
        common = moved.rows < len(E)
        E[moved.rows[common]] = vectors[common]
        E /= np.maximum(np.linalg.norm(E, axis=1, keepdims=True), 1e-12)
        cosines = vectors[:number] @ E.T
        own = rows < len(E)
        cosines[np.flatnonzero(own), rows[own]] = -np.inf
        cosines[:, : len(SPECIAL_WORDS)] = -np.inf
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :3]
        return [
            [word(row) for row in line if np.isfinite(of_word[row])]
            for line, of_word in zip(nearest.tolist(), cosines, strict=True)
        ]

    return list(zip(nearest_of(moved.before), nearest_of(moved.after), strict=True))


def usual_labels(model: Model, corpus: Corpus, rows: Sequence[int]) -> list[tuple[str, int]]:
    """Return the most frequent label of the word of each row, and how often the word occurs.

    The label is `NONE` for words that are mostly outside names.
    """
    tokens = model.encoder.vocabulary.rows(corpus.tokens)
    spans = model.gold_spans(corpus.sentences)
    labels = [NONE, *sorted({span.label for span in spans})]
    of_token = np.zeros(len(tokens), dtype=np.int64)
    for start, end, label in spans:
        of_token[start:end] = labels.index(label)
    counts = np.zeros((len(rows), len(labels)), dtype=np.int64)
    place = np.full(len(model.encoder.vocabulary), -1)
    place[list(rows)] = np.arange(len(rows))
    here = place[tokens] >= 0
    np.add.at(counts, (place[tokens[here]], of_token[here]), 1)
    return [(labels[row.argmax()], int(row.sum())) for row in counts]
