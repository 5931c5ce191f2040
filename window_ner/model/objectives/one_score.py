"""Objectives with one score a window: logistic loss and max-margin."""

from collections.abc import Sequence

import numpy as np

from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.tag_schemes import Span
from window_ner.data.windows import EncodedSentences
from window_ner.errors import InputError, listed
from window_ner.model.objectives.base import NAME, Batch, Objective, cut
from window_ner.model.objectives.goals import Goals
from window_ner.nn.activations import logistic
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.losses import logistic_loss, max_margin_loss
from window_ner.nn.window_network import Gradients


class OneScore(Objective):
    """One score a window; p = σ(steepness · (s - threshold)) is the probability of a name."""

    def __init__(self, labels: Sequence[str], agreement: float = 0.0) -> None:
        super().__init__([])
        self.tags = ["O", f"I-{NAME}"]

    @property
    def outputs(self) -> int:
        return 1

    def initial_parameters(self) -> dict[str, Floats]:
        return {
            **super().initial_parameters(),
            "steepness": np.ones(1, dtype=np.float32),
            "threshold": np.zeros(1, dtype=np.float32),
        }

    def targets(self, sentences: Sequence[Sentence]) -> Ints:
        return np.array([tag != "O" for s in sentences for tag in s.tags], dtype=np.int64)

    def gold_spans(self, sentences: Sequence[Sentence]) -> list[Span]:
        """Return the annotated spans, without labels; names that touch are one."""
        return self.spans(self.targets(sentences), np.array([len(s) for s in sentences]))

    def goals(self, corpus: Corpus) -> Goals:
        labels = frozenset(corpus.labels)
        annotated = (labels if d.annotated is None else d.annotated for d in corpus.documents)
        if (partial := next((a for a in annotated if not labels <= a), None)) is not None:
            only = listed(sorted(partial)) or "no label"
            raise InputError(
                f"{corpus.name}: annotates only {only}; the losses with one score, logistic and "
                "max-margin, need text with every name annotated; leave it out, or set loss to crf "
                "or softmax, or set partial to false if it annotates all that the others do"
            )
        return Goals(self.targets(corpus.sentences))

    def decide(self, scores: Floats, lengths: Ints) -> Ints:
        return (scores[:, 0] > self.parameters["threshold"]).astype(np.int64)

    def marginals(self, scores: Floats, lengths: Ints) -> Floats:
        steepness = self.parameters["steepness"] / self.parameters["temperature"]
        return logistic(steepness * (scores - self.parameters["threshold"]))

    def span_probabilities(self, scores: Floats, lengths: Ints, spans: Sequence[Span]) -> Floats:
        """Multiply p of the span's words and 1 - p of its neighbours: windows are independent."""
        p = np.pad(self.marginals(scores, lengths)[:, 0], (0, 1))  # a span may end with the text
        bounds = np.array([span[:2] for span in spans])
        starts, ends = bounds.T
        is_edge = np.zeros(len(p), dtype=np.bool_)  # a sentence begins there, or the text ends
        is_edge[0] = is_edge[np.cumsum(lengths)] = True
        before = np.where(is_edge[starts], 0.0, p[starts - 1])
        after = np.where(is_edge[ends], 0.0, p[ends])
        inside = np.multiply.reduceat(p, bounds.ravel())[::2]
        probabilities: Floats = (inside * (1 - before) * (1 - after)).astype(scores.dtype)
        return probabilities


class Logistic(OneScore):
    """Is the centre word part of a name? p = σ(s)."""

    def loss(self, scores: Floats, batch: Batch) -> tuple[float, Floats, Gradients]:
        loss, ds = logistic_loss(scores[:, 0], batch.goals.numbers)
        return loss, ds[:, None], {}


class MaxMargin(OneScore):
    """A window with a name at its centre should score 1 more than a corrupted window without."""

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Pair each true window with corrupted ones; a batch lists the true, then the corrupted.

        A corrupted window is a window of the corpus whose centre is not in a name. Each true window
        is repeated as often as there are corrupted ones for it. Where the division leaves a rest,
        an epoch leaves out, or repeats, some corrupted windows, other ones each time.
        """
        names, others = np.flatnonzero(targets), np.flatnonzero(targets == 0)
        if not len(names) or not len(others):
            raise InputError("max-margin needs windows with a name at the centre, and without")
        rounds = max(1, round(len(others) / len(names)))
        true = np.concatenate([rng.permutation(names) for _ in range(rounds)])
        corrupted = np.resize(rng.permutation(others), len(true))
        pairs = np.stack([true, corrupted], axis=1)
        return [pair.T.ravel() for pair in cut(pairs, -(-batch_size // 2))]

    def loss(self, scores: Floats, batch: Batch) -> tuple[float, Floats, Gradients]:
        true, corrupted = np.split(scores[:, 0], 2)
        loss, ds, ds_corrupted = max_margin_loss(true, corrupted)
        return loss, np.concatenate([ds, ds_corrupted])[:, None], {}

    def calibrate(self, scores: Floats, targets: Ints) -> None:
        """Fit the threshold and the steepness by logistic regression on the score (Platt, 1999).

        Max-margin only trains which window scores higher, not at which score a name begins.
        """
        from sklearn.linear_model import LogisticRegression

        if len(np.unique(targets)) == 2:
            fitted = LogisticRegression(C=1e6).fit(scores, targets)
            steepness = max(float(fitted.coef_[0, 0]), 1e-6)
            self.parameters["steepness"][:] = steepness
            self.parameters["threshold"][:] = -float(fitted.intercept_[0]) / steepness
