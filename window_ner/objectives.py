"""What the network is trained for: from tags to a loss, and from scores back to tags.

=============  ======================  ================================  ====================
objective      scores of a window      loss                              decision
=============  ======================  ================================  ====================
logistic       1: part of a name?      cross-entropy of each window      s > threshold
max-margin     1                       true windows above corrupted      s > threshold
softmax        1 per tag               cross-entropy of each window      best score
crf            1 per tag               likelihood of the sentence        Viterbi
=============  ======================  ================================  ====================

An objective of one score knows names without labels; its only label is `NAME`. The others are
trained on BIOES tags, whatever scheme the corpus is written in.

Where scores become probabilities of spans they are divided by a temperature, a parameter that is
not trained but fitted on dev (`window_ner.calibration`); no decision depends on it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from window_ner.data.conll import Sentence
from window_ner.data.tag_schemes import Span, spans_of, tags_of
from window_ner.data.windows import EncodedSentences, WindowBatch
from window_ner.data.word_types import Booleans
from window_ner.errors import InputError
from window_ner.model import Gradients
from window_ner.nn.activations import logistic
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf import (
    IMPOSSIBLE,
    best_paths,
    crf_loss,
    span_log_probabilities,
    token_marginals,
)
from window_ner.nn.losses import logistic_loss, max_margin_loss, softmax, softmax_cross_entropy

NAME = "NAME"
"""The label of names whose kind the model does not know."""


@dataclass(frozen=True)
class Batch:
    """A mini-batch: windows, what they should be, and the sentences they are the tokens of."""

    windows: WindowBatch
    targets: Ints
    lengths: Ints


class Objective(ABC):
    """A loss and its decision.

    Parameters
    ----------
    labels
        The labels of the corpus.

    Attributes
    ----------
    tags
        What the targets and decisions 0, 1, 2, … stand for.
    outputs
        Scores of a window.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.tags = ["O"] + [f"{prefix}-{label}" for label in labels for prefix in "BIES"]
        self.outputs = len(self.tags)

    def parameters(self) -> dict[str, Floats]:
        """Parameters beside the network's, by name."""
        return {"temperature": np.ones(1, dtype=np.float32)}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Tell the shapes of `parameters` without making them."""
        return {"temperature": (1,)}

    def targets(self, sentences: Sequence[Sentence]) -> Ints:
        """Number the tags of all tokens: (N,)."""
        number = {tag: i for i, tag in enumerate(self.tags)}
        bioes = (tags_of(spans_of(s.tags), len(s), "BIOES") for s in sentences)
        return np.array([number.get(tag, 0) for tags in bioes for tag in tags], dtype=np.int64)

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Shuffle the windows and cut them into the mini-batches of an epoch; 0 is one batch."""
        return _cut(rng.permutation(len(text)), batch_size)

    def batch(self, text: EncodedSentences, targets: Ints, chosen: Ints) -> Batch:
        """Put together a mini-batch of the plan."""
        return Batch(text.windows(chosen), targets[chosen], np.ones_like(chosen))

    @abstractmethod
    def loss(
        self, scores: Floats, batch: Batch, parameters: dict[str, Floats]
    ) -> tuple[float, Floats, Gradients]:
        """Return the loss, ∂loss/∂scores, and the gradients of `parameters`."""

    def calibrate(  # noqa: B027 (most have nothing to adjust)
        self, scores: Floats, targets: Ints, parameters: dict[str, Floats]
    ) -> None:
        """Adjust on the dev split, in place, what turns scores into probabilities."""

    @abstractmethod
    def decide(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Ints:
        """Choose a tag for each token: (N, K) scores of sentences -> (N,) numbers of `tags`."""

    @abstractmethod
    def marginals(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Floats:
        """Return the probability of each tag at each token, or that it is a name's: (N, K)."""

    @abstractmethod
    def span_probabilities(
        self, scores: Floats, lengths: Ints, spans: Sequence[Span], parameters: dict[str, Floats]
    ) -> Floats:
        """Return the probability, under the model, of exactly each span with its label: (S,)."""

    def spans(self, decisions: Ints, lengths: Ints) -> list[Span]:
        """Read the tag numbers (N,) of sentences as spans; tokens count on through the corpus."""
        label = self._label_of.take(decisions)
        first = self._begins.take(self._steps(decisions, lengths))
        last = label > 0
        last[:-1] &= (label[1:] == 0) | first[1:]
        starts, ends = first.nonzero()[0], last.nonzero()[0] + 1
        labels = [self._labels[i] for i in label[starts].tolist()]
        return list(map(Span, starts.tolist(), ends.tolist(), labels))

    def iob2(self, decisions: Ints, lengths: Ints) -> list[str]:
        """Write the tag numbers (N,) of sentences as IOB2 tags."""
        written = self._written
        return [written[step] for step in self._steps(decisions, lengths).tolist()]

    def _steps(self, decisions: Ints, lengths: Ints) -> Ints:
        """Number each token's tag together with the one before it, which is O at first: (N,)."""
        before = np.empty(len(decisions), dtype=decisions.dtype)
        before[:1], before[1:] = 0, decisions[:-1]
        if len(lengths) > 1:
            before[lengths[:-1].cumsum()] = 0
        before *= len(self.tags)
        before += decisions
        return before

    @cached_property
    def _labels(self) -> list[str]:
        return list(dict.fromkeys(tag[2:] for tag in self.tags))

    @cached_property
    def _label_of(self) -> Ints:
        """(K,) the label of each tag."""
        return np.array([self._labels.index(tag[2:]) for tag in self.tags])

    @cached_property
    def _begins(self) -> Booleans:
        """(K²,) whether a name begins at the second tag of a step.

        As `spans_of` does: at B and S, after E, S and O, and where the label changes.
        """
        return np.array(
            [
                b != "O" and (b[0] in "BS" or a[0] in "OES" or a[2:] != b[2:])
                for a in self.tags
                for b in self.tags
            ]
        )

    @cached_property
    def _written(self) -> list[str]:
        """IOB2 of the second tag of each step."""
        seconds = self.tags * len(self.tags)
        return [
            "O" if tag == "O" else f"{'B' if begins else 'I'}{tag[1:]}"
            for tag, begins in zip(seconds, self._begins.tolist(), strict=True)
        ]


class _OneScore(Objective):
    """One score a window; p = σ(scale · (s - threshold)) is the chance that it is a name's."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__([])
        self.tags = ["O", f"I-{NAME}"]
        self.outputs = 1

    def parameters(self) -> dict[str, Floats]:
        return {
            **super().parameters(),
            "scale": np.ones(1, dtype=np.float32),
            "threshold": np.zeros(1, dtype=np.float32),
        }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {**super().shapes(), "scale": (1,), "threshold": (1,)}

    def targets(self, sentences: Sequence[Sentence]) -> Ints:
        return np.array([tag != "O" for s in sentences for tag in s.tags], dtype=np.int64)

    def decide(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Ints:
        return (scores[:, 0] > parameters["threshold"]).astype(np.int64)

    def marginals(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Floats:
        scale = parameters["scale"] / parameters["temperature"]
        return logistic(scale * (scores - parameters["threshold"]))

    def span_probabilities(
        self, scores: Floats, lengths: Ints, spans: Sequence[Span], parameters: dict[str, Floats]
    ) -> Floats:
        """Windows are independent, so a run is its words' p times its neighbours' 1 - p."""
        p = self.marginals(scores, lengths, parameters)[:, 0]
        ends = np.cumsum(lengths)
        first, last = (
            np.isin(np.arange(len(p)), ends - lengths),
            np.isin(np.arange(len(p)), ends - 1),
        )
        probabilities = [
            p[start:end].prod()
            * (1.0 if first[start] else 1 - p[start - 1])
            * (1.0 if last[end - 1] else 1 - p[end])
            for start, end, _ in spans
        ]
        return np.array(probabilities, dtype=scores.dtype)


class Logistic(_OneScore):
    """Is the centre word part of a name? p = σ(s)."""

    def loss(
        self, scores: Floats, batch: Batch, parameters: dict[str, Floats]
    ) -> tuple[float, Floats, Gradients]:
        loss, ds = logistic_loss(scores[:, 0], batch.targets)
        return loss, ds[:, None], {}


class MaxMargin(_OneScore):
    """A window with a name at its centre should score 1 more than a corrupted one, without."""

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Pair each true window with corrupted ones; a batch lists the true, then the corrupted.

        A corrupted window is one of the corpus whose centre is no name. As an epoch should show
        all of them, each true window comes as often as there are corrupted ones to go with it.
        """
        names, others = np.flatnonzero(targets), np.flatnonzero(targets == 0)
        if not len(names) or not len(others):
            raise InputError("max-margin needs windows with a name at the centre, and without")
        rounds = max(1, round(len(others) / len(names)))
        true = np.concatenate([rng.permutation(names) for _ in range(rounds)])
        corrupted = rng.permutation(np.resize(others, len(true)))
        pairs = np.stack([true, corrupted], axis=1)
        return [pair.T.ravel() for pair in _cut(pairs, -(-batch_size // 2))]

    def loss(
        self, scores: Floats, batch: Batch, parameters: dict[str, Floats]
    ) -> tuple[float, Floats, Gradients]:
        true, corrupted = np.split(scores[:, 0], 2)
        loss, ds, ds_corrupted = max_margin_loss(true, corrupted)
        return loss, np.concatenate([ds, ds_corrupted])[:, None], {}

    def calibrate(self, scores: Floats, targets: Ints, parameters: dict[str, Floats]) -> None:
        """Fit the threshold and the scale by a logistic regression on the score (Platt, 1999).

        A margin says which window scores higher, not where the border is.
        """
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (prediction does without)

        if len(np.unique(targets)) == 2:
            fitted = LogisticRegression(C=1e6).fit(scores, targets)
            scale = max(float(fitted.coef_[0, 0]), 1e-6)
            parameters["scale"][:] = scale
            parameters["threshold"][:] = -float(fitted.intercept_[0]) / scale


class Softmax(Objective):
    """The tag of each window by itself."""

    def loss(
        self, scores: Floats, batch: Batch, parameters: dict[str, Floats]
    ) -> tuple[float, Floats, Gradients]:
        loss, ds = softmax_cross_entropy(scores, batch.targets)
        return loss, ds, {}

    def decide(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Ints:
        decisions: Ints = scores.argmax(axis=1)
        return decisions

    def marginals(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Floats:
        return softmax(scores / parameters["temperature"])

    def span_probabilities(
        self, scores: Floats, lengths: Ints, spans: Sequence[Span], parameters: dict[str, Floats]
    ) -> Floats:
        """Windows are independent: the product of the probabilities of the span's tags."""
        p = self.marginals(scores, lengths, parameters)
        number = {tag: i for i, tag in enumerate(self.tags)}
        probabilities = [
            np.prod(
                [p[start + i, number[tag]] for i, tag in enumerate(_span_tags(end - start, label))]
            )
            for start, end, label in spans
        ]
        return np.array(probabilities, dtype=scores.dtype)


class Crf(Objective):
    """The tags of the whole sentence at once; what BIOES forbids is impossible."""

    def parameters(self) -> dict[str, Floats]:
        transitions = np.zeros((self.outputs, self.outputs), dtype=np.float32)
        for i, a in enumerate(self.tags):
            for j, b in enumerate(self.tags):
                inside = a[0] in "BI"
                if inside != (b[0] in "IE") or (inside and a[2:] != b[2:]):
                    transitions[i, j] = IMPOSSIBLE
        start = np.array([IMPOSSIBLE * (tag[0] in "IE") for tag in self.tags], dtype=np.float32)
        end = np.array([IMPOSSIBLE * (tag[0] in "BI") for tag in self.tags], dtype=np.float32)
        return {**super().parameters(), "transitions": transitions, "start": start, "end": end}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        K = self.outputs
        return {**super().shapes(), "transitions": (K, K), "start": (K,), "end": (K,)}

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Shuffle the sentences and cut them into the mini-batches of an epoch; 0 is one batch."""
        return _cut(rng.permutation(len(text.lengths)), batch_size)

    def batch(self, text: EncodedSentences, targets: Ints, chosen: Ints) -> Batch:
        """Put together a mini-batch of the plan."""
        tokens = text.tokens(chosen)
        return Batch(text.sentences(chosen), targets[tokens], text.lengths[chosen])

    def loss(
        self, scores: Floats, batch: Batch, parameters: dict[str, Floats]
    ) -> tuple[float, Floats, Gradients]:
        transitions, start, end = (parameters[n] for n in ("transitions", "start", "end"))
        loss, ds, *gradients = crf_loss(
            scores, batch.targets, batch.lengths, transitions, start, end
        )
        return loss, ds, dict(zip(("transitions", "start", "end"), gradients, strict=True))

    def decide(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Ints:
        transitions, start, end = (parameters[n] for n in ("transitions", "start", "end"))
        return best_paths(scores, lengths, transitions, start, end)

    def marginals(self, scores: Floats, lengths: Ints, parameters: dict[str, Floats]) -> Floats:
        return token_marginals(scores / parameters["temperature"], lengths, *_tempered(parameters))

    def span_probabilities(
        self, scores: Floats, lengths: Ints, spans: Sequence[Span], parameters: dict[str, Floats]
    ) -> Floats:
        """Sum over all tag sequences of the sentence that have the span: forward-backward."""
        number = {tag: i for i, tag in enumerate(self.tags)}
        tags = np.zeros(len(scores), dtype=np.int64)
        for start, end, label in spans:
            tags[start:end] = [number[tag] for tag in _span_tags(end - start, label)]
        starts = np.array([span.start for span in spans], dtype=np.int64)
        ends = np.array([span.end for span in spans], dtype=np.int64)
        tempered = scores / parameters["temperature"]
        log_probabilities = span_log_probabilities(
            tempered, lengths, *_tempered(parameters), starts, ends, tags
        )
        probabilities: Floats = np.exp(log_probabilities)
        return probabilities


OBJECTIVES: dict[str, type[Objective]] = {
    "logistic": Logistic,
    "max-margin": MaxMargin,
    "softmax": Softmax,
    "crf": Crf,
}


def make_objective(name: str, labels: Sequence[str]) -> Objective:
    """Return the objective of that name for a corpus with these labels.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are.
    """
    if name not in OBJECTIVES:
        raise ValueError(f"unknown loss {name!r}; known: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](labels)


def _tempered(parameters: dict[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Divide the transitions, start and end by the temperature, but for what is impossible."""
    K = len(parameters["start"])
    names = ("transitions", "start", "end")
    scores = np.concatenate([parameters[n].ravel() for n in names])
    tempered = np.where(scores > IMPOSSIBLE / 2, scores / parameters["temperature"], IMPOSSIBLE)
    start, end = tempered[-2 * K : -K], tempered[-K:]
    return tempered[: -2 * K].reshape(K, K), start, end


@lru_cache(maxsize=256)
def _span_tags(length: int, label: str) -> tuple[str, ...]:
    return tuple(tags_of([Span(0, length, label)], length, "BIOES"))


def _cut(order: Ints, size: int) -> list[Ints]:
    size = size or len(order)
    return [order[start : start + size] for start in range(0, len(order), size)]
