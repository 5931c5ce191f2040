"""TV, telly, television: three similar words, two of them in the training data.

In pretrained vectors similar words are close together. Fine-tuning moves the vectors of the two
words in the training data. The third word is not there, so its vector stays where it was, although
the classifier now expects moved vectors.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from window_ner.analysis.pitfall import Experiment
from window_ner.analysis.pitfall_records import CurvePoint
from window_ner.analysis.triples import (
    CLASSIC,
    Drift,
    Place,
    Triple,
    TripleReport,
    WordReport,
    disjoint,
)
from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.vocabulary import UNKNOWN
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats, Ints
from window_ner.training.plan import Plan
from window_ner.training.run import train

SEED = 1
"""Random seed of both trainings."""

SHOWN = 5
"""The number of triples that are shown in addition to the classic one."""


def demonstrate(experiment: Experiment, *, min_count: int = 3) -> tuple[list[TripleReport], Drift]:
    """Train with frozen and with fine-tuned vectors; report the classic triple and others.

    First the corpus is rewritten for the classic triple (see `constructed`), which is left out if
    the corpus has none of its words. The other triples are around unseen words in names. They are
    chosen by their cosines only, and not by the effect of fine-tuning on them.

    Parameters
    ----------
    experiment
        The pool is the training data, and the windows come from the dev split.
    min_count
        The smallest number of occurrences of the trained words in the training data.

    Raises
    ------
    InputError
        If the network has more than one score, or dev has no unseen word.
    """
    pool, classic_places = constructed(experiment.pool)
    size, dev = pool.token_count, experiment.splits["dev"]
    frozen, tuned = (
        train(Plan(experiment.settings_of(run), pool, dev, experiment.vectors, SEED))
        for run in (CurvePoint(size, SEED, "frozen"), CurvePoint(size, SEED, "fine-tuned"))
    )
    neighbours = Neighbours(frozen, tuned, pool)
    places = neighbours.unseen_places(dev)
    names = {word: place for word, place in places.items() if place.is_name}
    everywhere = neighbours.find_triples(names, min_count)
    if not everywhere:
        raise InputError("the names of dev have no unseen word to show; choose another --dev")
    reports = []
    words = set(neighbours.vocabulary.words)
    if classic_places and all(word in words for word in CLASSIC.words):
        place = places.get(CLASSIC.left, classic_places[0])
        reports.append(neighbours.report(CLASSIC, place))
    shown = [t for t in disjoint(everywhere) if t.left != CLASSIC.left][:SHOWN]
    reports += [neighbours.report(triple, places[triple.left]) for triple in shown]
    return reports, neighbours.drift(everywhere, names)


class Neighbours:
    """A network with frozen vectors, one with fine-tuned vectors, and their common vocabulary.

    Parameters
    ----------
    frozen, tuned
        Models trained on the same corpus with the same settings and seed.
    corpus
        The corpus that they were trained on.
    """

    def __init__(self, frozen: Model, tuned: Model, corpus: Corpus) -> None:
        if frozen.objective.outputs != 1:
            raise InputError(
                "the words can be shown only for one score; choose loss=logistic or max-margin"
            )
        self.frozen, self.tuned = frozen, tuned
        self.vocabulary = frozen.encoder.vocabulary
        rows = self.vocabulary.rows(corpus.tokens)
        self.counts: Ints = np.bincount(rows, minlength=len(self.vocabulary))
        self.old, self.new = (t.network.parameters["E"] for t in (frozen, tuned))

    def find_triples(self, places: dict[str, Place], min_count: int) -> list[Triple]:
        """Find the two nearest trained neighbours of each word; the nearest triples first.

        Parameters
        ----------
        places
            The candidates for the word that is not trained, from `unseen_places`.
        min_count
            The smallest number of occurrences of the trained words in the training data.
        """
        trained = np.flatnonzero(self.counts >= min_count)
        trained = np.array([r for r in trained.tolist() if self.vocabulary.word(r).isalpha()], int)
        left = np.array([self.vocabulary.row(word) for word in places], int)
        if len(trained) < 2 or not len(left):
            return []
        cosines = _unit(self.old[left]) @ _unit(self.old[trained]).T
        nearest = np.argpartition(-cosines, 1, axis=1)[:, :2]
        second = np.take_along_axis(cosines, nearest, axis=1).min(axis=1)
        triples = []
        for i in np.argsort(-second, kind="stable").tolist():
            one, other = sorted(trained[nearest[i]].tolist(), key=lambda row: -self.counts[row])
            word = self.vocabulary.word
            triples.append(Triple((word(one), word(other)), word(int(left[i]))))
        return triples

    def unseen_places(self, corpus: Corpus) -> dict[str, Place]:
        """Find the first occurrence of each unseen word in a corpus."""
        places: dict[str, Place] = {}
        for sentence in corpus.sentences:
            for i, row in enumerate(self.vocabulary.rows(sentence.tokens).tolist()):
                word = self.vocabulary.word(row)
                if row != UNKNOWN and not self.counts[row] and word.isalpha():
                    places.setdefault(word, Place(sentence, i))
        return places

    def report(self, triple: Triple, place: Place) -> TripleReport:
        """Report the effect of fine-tuning on a triple, in the window around a place."""
        left = self.vocabulary.row(triple.left)
        reports = []
        for word in triple.words:
            row, tokens = self.vocabulary.row(word), place.with_word(word)
            moved = np.linalg.norm(self.new[row] - self.old[row]) / np.linalg.norm(self.old[row])
            reports.append(
                WordReport(
                    word,
                    int(self.counts[row]),
                    (_cosine(self.old, row, left), _cosine(self.new, row, left)),
                    float(moved),
                    frozen=self._score(self.frozen, tokens, place.token),
                    before=self._score(self.tuned, tokens, place.token, unmoved=row),
                    after=self._score(self.tuned, tokens, place.token),
                )
            )
        edge = self.frozen.encoder.window // 2
        first = max(0, place.token - edge)
        window = place.sentence.tokens[first : place.token + edge + 1]
        return TripleReport(triple, window, place.token - first, place.is_name, tuple(reports))

    def drift(self, triples: Sequence[Triple], places: dict[str, Place]) -> Drift:
        """Average the effect of fine-tuning over many triples."""
        rows = np.array([[self.vocabulary.row(word) for word in t.words] for t in triples])

        def mean_cosine(*pairs: tuple[int, int]) -> tuple[float, float]:
            before, after = (
                np.mean(
                    [(_unit(E[rows[:, i]]) * _unit(E[rows[:, j]])).sum(axis=1) for i, j in pairs]
                )
                for E in (self.old, self.new)
            )
            return float(before), float(after)

        where = [places[triple.left] for triple in triples]
        right = {}
        for word, chosen in (
            ("trained", [t.trained for t in triples]),
            ("left", [(t.left,) for t in triples]),
        ):
            windows = [(place, w) for place, ws in zip(where, chosen, strict=True) for w in ws]
            for kind, model in (("frozen", self.frozen), ("fine-tuned", self.tuned)):
                right[f"{word}, {kind}"] = _part_right(model, windows)
        return Drift(len(triples), mean_cosine((0, 1)), mean_cosine((0, 2), (1, 2)), right)

    def _score(
        self, model: Model, tokens: list[str], token: int, unmoved: int | None = None
    ) -> float:
        """Score one window of a sentence; above 0 is a name.

        The word of the row ``unmoved`` has the vector from before fine-tuning.
        """
        windows = model.encode([tokens]).sentences(np.array([0]))
        needed, rows = np.unique(windows.rows["E"], return_inverse=True)
        E = model.network.parameters["E"][needed]  # a copy, of few rows
        if unmoved is not None:
            E[needed == unmoved] = self.old[unmoved]
        network = model.network.with_parameters({**model.network.parameters, "E": E})
        windows = windows._replace(rows={**windows.rows, "E": rows})
        scores, _ = network.forward(windows)
        return float(scores[token, 0] - model.objective.parameters["threshold"][0])


def constructed(corpus: Corpus, triple: Triple = CLASSIC) -> tuple[Corpus, list[Place]]:
    """Replace each of the three words of a triple in a corpus by the two trained words in turn.

    So the corpus has both trained words, in suitable contexts, and does not have the third.

    Returns
    -------
    corpus
        The rewritten corpus.
    places
        The places of the replaced words.
    """
    places: list[Place] = []

    def rewritten(sentence: Sentence) -> Sentence:
        tokens = list(sentence.tokens)
        here = [i for i, token in enumerate(tokens) if token.lower() in triple.words]
        for i in here:
            tokens[i] = triple.trained[(len(places) + here.index(i)) % 2]
        sentence = replace(sentence, tokens=tuple(tokens))
        places.extend(Place(sentence, i) for i in here)
        return sentence

    documents = tuple(
        replace(d, sentences=tuple(map(rewritten, d.sentences))) for d in corpus.documents
    )
    return replace(corpus, documents=documents), places


def _part_right(model: Model, windows: Sequence[tuple[Place, str]]) -> float:
    """Put each word at its place; return the fraction of windows that is decided correctly."""
    text = model.encode([place.with_word(word) for place, word in windows])
    tokens = text.starts + np.array([place.token for place, _ in windows])
    decisions = model.scored(text).decisions[tokens]
    return float(np.mean(decisions == np.array([place.is_name for place, _ in windows])))


def _unit(vectors: Floats) -> Floats:
    """Scale each vector to length 1; zero vectors stay zero."""
    lengths: Floats = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def _cosine(E: Floats, one: int, other: int) -> float:
    return float(_unit(E[[one]])[0] @ _unit(E[[other]])[0])
