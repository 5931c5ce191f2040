"""The base class of the objectives: tags, mini-batches, spans, and a temperature."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from window_ner.data.tag_schemes import Span, spans_of, tags_of
from window_ner.data.windows import EncodedSentences
from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.transitions import Transitions
from window_ner.nn.window_network import Gradients, WindowBatch

if TYPE_CHECKING:
    from window_ner.data.corpus import Corpus, Sentence
    from window_ner.model.objectives.goals import Goals

NAME = "NAME"
"""The label of names for a model without labels."""


class Batch(NamedTuple):
    """A mini-batch: windows, what to learn about them, and the lengths of their sentences."""

    windows: WindowBatch
    goals: "Goals"
    lengths: Ints


class Objective(ABC):
    """A loss, and the way to choose tags by the scores.

    Parameters
    ----------
    labels
        The labels of the corpus.
    agreement
        How much the mentions of a name in a document raise each other's scores; only a CRF uses it.

    Attributes
    ----------
    tags
        The tags that the numbers 0, 1, 2, … of targets and decisions stand for.
    parameters
        Parameters beside the network's, by name: the temperature, and those of a subclass.
    """

    def __init__(self, labels: Sequence[str], agreement: float = 0.0) -> None:
        self.agreement = agreement
        self.tags = ["O"] + [f"{prefix}-{label}" for label in labels for prefix in "BIES"]
        self.parameters = self.initial_parameters()

    @property
    def outputs(self) -> int:
        """K, the number of scores of a window."""
        return len(self.tags)

    @property
    def transitions(self) -> Transitions | None:
        """The scores of tags after tags, for a CRF."""
        return None

    def initial_parameters(self) -> dict[str, Floats]:
        """Return the parameters before training."""
        return {"temperature": np.ones(1, dtype=np.float32)}

    def with_parameters(self, parameters: Mapping[str, Floats]) -> Self:
        """Copy the objective with other values of its parameters; other names are ignored."""
        other = copy.copy(self)  # shares what was computed from the tags
        other.parameters = {name: parameters[name] for name in self.parameters}
        return other

    @property
    def temperature(self) -> float:
        """The number by which scores are divided before they become probabilities."""
        return float(self.parameters["temperature"][0])

    def with_temperature(self, temperature: float) -> Self:
        """Copy the objective with another temperature."""
        own = np.full(1, temperature, dtype=self.parameters["temperature"].dtype)
        return self.with_parameters({**self.parameters, "temperature": own})

    def with_agreement(self, agreement: float) -> Self:
        """Copy the objective with another agreement."""
        other = copy.copy(self)
        other.agreement = agreement
        return other

    def targets(self, sentences: "Sequence[Sentence]") -> Ints:
        """Return the number of the tag of each token: (N,)."""
        number = {tag: i for i, tag in enumerate(self.tags)}
        bioes = (tags_of(spans_of(s.tags), len(s), "BIOES") for s in sentences)
        return np.array([number.get(tag, 0) for tags in bioes for tag in tags], dtype=np.int64)

    def gold_spans(self, sentences: "Sequence[Sentence]") -> list[Span]:
        """Return the annotated spans; tokens are numbered over all sentences.

        Spans with a label that the objective does not have are among them: they count as missed.
        """
        firsts = accumulate(map(len, sentences), initial=0)
        return [
            Span(first + start, first + end, label)
            for first, sentence in zip(firsts, sentences, strict=False)
            for start, end, label in spans_of(sentence.tags)
        ]

    def goals(self, corpus: "Corpus") -> "Goals":
        """Return what to learn about each token of a corpus: its tag, or the tags it may have.

        In a document that does not annotate every label, O stands for O and for all tags of the
        other labels. The tags of a span are exact.

        Raises
        ------
        InputError
            If the objective cannot learn from a corpus that is annotated like this.
        """
        from window_ner.model.objectives.goals import Goals  # not needed to tag

        numbers = self.targets(corpus.sentences)
        labels = frozenset(tag[2:] for tag in self.tags) - {""}
        documents = corpus.documents
        missing = [labels - d.annotated if d.annotated is not None else None for d in documents]
        number = {m: self.outputs + i for i, m in enumerate(dict.fromkeys(filter(None, missing)))}
        if not number:
            return Goals(numbers)
        sizes = [d.token_count for d in documents]
        of_token = np.array([number[m] if m else 0 for m in missing]).repeat(sizes)
        sets = [[tag == "O" or tag[2:] in m for tag in self.tags] for m in number]
        return Goals(np.where(numbers > 0, numbers, of_token), np.array(sets))

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Shuffle the windows and cut them into the mini-batches of an epoch; 0 is one batch."""
        return cut(rng.permutation(len(text)), batch_size)

    def batch(self, text: EncodedSentences, goals: "Goals", chosen: Ints) -> Batch:
        """Make a mini-batch of the plan."""
        return Batch(text.windows(chosen), goals.take(chosen), np.ones_like(chosen))

    @abstractmethod
    def loss(self, scores: Floats, batch: Batch) -> tuple[float, Floats, Gradients]:
        """Return the loss, ∂loss/∂scores, and the gradients of `parameters`."""

    def calibrate(  # noqa: B027 (most have nothing to adjust)
        self, scores: Floats, targets: Ints
    ) -> None:
        """Fit the parameters that turn scores into probabilities on the dev split, in place."""

    def agreed(self, scores: Floats, text: EncodedSentences) -> Floats:
        """Return the scores after the mentions of a name in a document agree: (N, K).

        Only a CRF changes them; see `window_ner.nn.crf.agreement`.
        """
        return scores

    @abstractmethod
    def decide(self, scores: Floats, lengths: Ints) -> Ints:
        """Choose a tag for each token: (N, K) scores of sentences -> (N,) numbers of `tags`."""

    @abstractmethod
    def marginals(self, scores: Floats, lengths: Ints) -> Floats:
        """Return the probability of each tag at each token: (N, K); for one score, of a name."""

    @abstractmethod
    def span_probabilities(self, scores: Floats, lengths: Ints, spans: Sequence[Span]) -> Floats:
        """Return the probability, under the model, of exactly each span with its label: (S,).

        There is at least one span.
        """

    def sentence_log_probabilities(self, scores: Floats, lengths: Ints) -> Floats:
        """Return the log-probability of the decided tags of each sentence: (B,).

        By default, tags are independent.
        """
        marginals = self.marginals(scores, lengths)
        best = marginals.max(axis=1)
        if marginals.shape[1] == 1:  # of a name, or not
            best = np.maximum(best, 1 - best)
        starts = np.cumsum(lengths) - lengths
        logs: Floats = np.add.reduceat(np.log(np.maximum(best, 1e-30)), starts)
        return logs

    def spans(self, decisions: Ints, lengths: Ints) -> list[Span]:
        """Turn the tag numbers (N,) of sentences into spans; tokens are numbered over all."""
        label = self._label_of.take(decisions)
        first = self._begins.take(self._steps(decisions, lengths))
        last = label > 0
        last[:-1] &= (label[1:] == 0) | first[1:]
        starts, ends = first.nonzero()[0], last.nonzero()[0] + 1
        labels = [self._labels[i] for i in label[starts].tolist()]
        return list(map(Span, starts.tolist(), ends.tolist(), labels))

    def iob2(self, decisions: Ints, lengths: Ints) -> list[str]:
        """Turn the tag numbers (N,) of sentences into IOB2 tags."""
        written = self._written
        return [written[step] for step in self._steps(decisions, lengths).tolist()]

    def _steps(self, decisions: Ints, lengths: Ints) -> Ints:
        """Number each pair of the tag before a token (O at first) and its own tag: (N,)."""
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
        """(K,) the number of the label of each tag."""
        return np.array([self._labels.index(tag[2:]) for tag in self.tags])

    @cached_property
    def _begins(self) -> Booleans:
        """(K²,) whether a name begins at the second tag of a pair.

        The rule is that of `spans_of`: at B and S, after E, S and O, and where the label changes.
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
        """The IOB2 tag for the second tag of each pair."""
        seconds = self.tags * len(self.tags)
        return [
            "O" if tag == "O" else f"{'B' if begins else 'I'}{tag[1:]}"
            for tag, begins in zip(seconds, self._begins.tolist(), strict=True)
        ]


def cut(order: Ints, size: int) -> list[Ints]:
    """Cut an epoch's windows or sentences into mini-batches of ``size``; 0 is one batch."""
    size = size or len(order)
    return [order[start : start + size] for start in range(0, len(order), size)]
