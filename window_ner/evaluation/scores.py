"""Precision, recall and F1 of tokens and of spans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Ints

if TYPE_CHECKING:
    from seqscore.scoring import ClassificationScore


@dataclass(frozen=True)
class Scores:
    """Counts, and precision, recall and F1 computed from them; 0 / 0 counts as 0."""

    correct: int
    predicted: int
    support: int

    @property
    def precision(self) -> float:
        """The fraction of the predicted ones that is right."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The fraction of the true ones that is found."""
        return self.correct / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.predicted + self.support
        return 2 * self.correct / total if total else 0.0

    def as_dict(self) -> dict[str, float]:
        """Return the fractions and the counts by name."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.support,
            "predicted": self.predicted,
            "correct": self.correct,
        }


def token_scores(predicted: Ints, gold: Ints, where: Booleans | None = None) -> Scores:
    """Score the labels of tokens.

    Parameters
    ----------
    predicted, gold
        (N,) a number for each label; 0 means no name.
    where
        (N,) booleans: the tokens to count. None counts all.
    """
    if where is not None:
        predicted, gold = predicted[where], gold[where]
    return Scores(
        correct=int(np.count_nonzero((predicted == gold) & (gold != 0))),
        predicted=int(np.count_nonzero(predicted)),
        support=int(np.count_nonzero(gold)),
    )


def span_scores(predicted: Iterable[Span], gold: Iterable[Span]) -> dict[str, Scores]:
    """Score spans as conlleval does: a span is right if its tokens and its label are right.

    Returns
    -------
    Scores by label, and over all labels under the name "". seqscore counts them.
    """
    from seqscore.model import Mention
    from seqscore.model import Span as Place
    from seqscore.scoring import ClassificationScore, score_sequence_mentions

    def mentions(spans: Iterable[Span]) -> list[Mention]:
        return [Mention(Place(start, end), label) for start, end, label in spans]

    counted = ClassificationScore()
    score_sequence_mentions(mentions(predicted), mentions(gold), counted)
    by_label = {label: _scores(counted.type_scores[label]) for label in sorted(counted.type_scores)}
    return {"": _scores(counted), **by_label}


def _scores(counted: "ClassificationScore") -> Scores:
    return Scores(counted.true_pos, counted.total_pos, counted.total_ref)


def is_right(predicted: Sequence[Span], gold: Iterable[Span]) -> Booleans:
    """Whether each predicted span is also a true span: (S,)."""
    true = set(gold)
    return np.fromiter((span in true for span in predicted), dtype=bool, count=len(predicted))
