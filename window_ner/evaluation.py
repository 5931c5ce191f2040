"""How good are the decisions: token and span scores, over all words and over unseen words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.nn.arrays import Ints

if TYPE_CHECKING:
    from seqscore.scoring import ClassificationScore

    from window_ner.data.conll import Corpus
    from window_ner.tagger import Tagger


@dataclass(frozen=True)
class Scores:
    """Counts, and the fractions made of them; a fraction of nothing is 0."""

    correct: int
    predicted: int
    support: int

    @property
    def precision(self) -> float:
        """Which fraction of the predicted is right."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Which fraction of the true is found."""
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


def token_scores(predicted: Ints, gold: Ints, where: Ints | None = None) -> Scores:
    """Score the labels of tokens.

    Parameters
    ----------
    predicted, gold
        (N,) a number for each label; 0 is no name.
    where
        (N,) booleans: which tokens count. None counts all.
    """
    if where is not None:
        predicted, gold = predicted[where], gold[where]
    return Scores(
        correct=int(np.count_nonzero((predicted == gold) & (gold != 0))),
        predicted=int(np.count_nonzero(predicted)),
        support=int(np.count_nonzero(gold)),
    )


def span_scores(predicted: Iterable[Span], gold: Iterable[Span]) -> dict[str, Scores]:
    """Score spans as conlleval does: right means the same tokens and the same label.

    Returns
    -------
    Scores by label, and over all labels under the name "" (seqscore counts them).
    """
    from seqscore.model import Mention  # noqa: PLC0415 (prediction does without)
    from seqscore.model import Span as Place  # noqa: PLC0415
    from seqscore.scoring import ClassificationScore, score_sequence_mentions  # noqa: PLC0415

    def mentions(spans: Iterable[Span]) -> list[Mention]:
        return [Mention(Place(start, end), label) for start, end, label in spans]

    counted = ClassificationScore()
    score_sequence_mentions(mentions(predicted), mentions(gold), counted)
    by_label = {label: _scores(counted.type_scores[label]) for label in sorted(counted.type_scores)}
    return {"": _scores(counted), **by_label}


def _scores(counted: "ClassificationScore") -> Scores:
    return Scores(counted.true_pos, counted.total_pos, counted.total_ref)


def evaluate_tagger(tagger: "Tagger", corpus: "Corpus") -> dict[str, Any]:
    """Tag a corpus and score it; see `evaluate` for what is returned."""
    text = tagger.encoder.encode_corpus(corpus)  # knows where documents end, and other columns
    predicted, _ = tagger.find_in(text)
    gold = tagger.gold_spans(corpus.sentences)
    return evaluate(predicted, gold, corpus.token_count, tagger.unseen(text))


def evaluate(
    predicted: Sequence[Span], gold: Sequence[Span], token_count: int, unseen: Ints
) -> dict[str, Any]:
    """Score the spans of a split, for a report.

    Parameters
    ----------
    predicted, gold
        Spans over the tokens of the whole split.
    token_count
        N, tokens of the split.
    unseen
        (N,) booleans: the token's word is in the vectors but was not in the training data.

    Returns
    -------
    ``token``, ``span`` and ``unseen_words`` as the command line promises them. A span counts as
    unseen if all of its words are.
    """
    labels = {label: i for i, label in enumerate(sorted({s.label for s in [*predicted, *gold]}), 1)}
    predicted_tokens, gold_tokens = (
        _paint(spans, labels, token_count) for spans in (predicted, gold)
    )
    spans = span_scores(predicted, gold)
    unseen_spans = span_scores(
        [s for s in predicted if unseen[s.start : s.end].all()],
        [s for s in gold if unseen[s.start : s.end].all()],
    )
    return {
        "token": {
            **token_scores(predicted_tokens, gold_tokens).as_dict(),
            "accuracy": float(np.mean(predicted_tokens == gold_tokens)),
        },
        "span": {
            **spans[""].as_dict(),
            "by_type": {label: scores.as_dict() for label, scores in spans.items() if label},
        },
        "unseen_words": {
            "tokens": int(unseen.sum()),
            "token_f1": token_scores(predicted_tokens, gold_tokens, unseen).f1,
            "span_f1": unseen_spans[""].f1,
        },
    }


def _paint(spans: Iterable[Span], labels: dict[str, int], token_count: int) -> Ints:
    tokens = np.zeros(token_count, dtype=np.int64)
    for start, end, label in spans:
        tokens[start:end] = labels[label]
    return tokens
