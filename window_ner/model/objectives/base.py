"""What every objective has: tags, mini-batches, spans of decisions, and a temperature."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from window_ner.data.corpus import Sentence
from window_ner.data.tag_schemes import Span, spans_of, tags_of
from window_ner.data.windows import EncodedSentences
from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import Gradients, WindowBatch

NAME = "NAME"
"""The label of names whose kind the model does not know."""


@dataclass(frozen=True)
class Batch:
    """A mini-batch: windows, what they should be, and the sentences they are the tokens of."""

    windows: WindowBatch
    targets: Ints
    lengths: Ints


class Objective(ABC):
    """A loss, and the decision that goes with it.

    Parameters
    ----------
    labels
        The labels of the corpus.

    Attributes
    ----------
    tags
        The tags that the targets and decisions 0, 1, 2, … mean.
    parameters
        The numbers beside the network's, by name: the temperature, and what a subclass adds.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.tags = ["O"] + [f"{prefix}-{label}" for label in labels for prefix in "BIES"]
        self.parameters = self.initial_parameters()

    @property
    def outputs(self) -> int:
        """The number K of scores of a window."""
        return len(self.tags)

    def initial_parameters(self) -> dict[str, Floats]:
        """Make the parameters as they are before training."""
        return {"temperature": np.ones(1, dtype=np.float32)}

    def with_parameters(self, parameters: Mapping[str, Floats]) -> Self:
        """Copy the objective with other numbers; names that it does not have are left out."""
        other = copy.copy(self)  # shares what was worked out from the tags
        other.parameters = {name: parameters[name] for name in self.parameters}
        return other

    @property
    def temperature(self) -> float:
        """The number that scores are divided by to become probabilities."""
        return float(self.parameters["temperature"][0])

    def with_temperature(self, temperature: float) -> Self:
        """Copy the objective with another temperature."""
        own = np.full(1, temperature, dtype=self.parameters["temperature"].dtype)
        return self.with_parameters({**self.parameters, "temperature": own})

    def targets(self, sentences: Sequence[Sentence]) -> Ints:
        """Number the tags of all tokens: (N,)."""
        number = {tag: i for i, tag in enumerate(self.tags)}
        bioes = (tags_of(spans_of(s.tags), len(s), "BIOES") for s in sentences)
        return np.array([number.get(tag, 0) for tags in bioes for tag in tags], dtype=np.int64)

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Shuffle the windows and cut them into the mini-batches of an epoch; 0 is one batch."""
        return cut(rng.permutation(len(text)), batch_size)

    def batch(self, text: EncodedSentences, targets: Ints, chosen: Ints) -> Batch:
        """Put together a mini-batch of the plan."""
        return Batch(text.windows(chosen), targets[chosen], np.ones_like(chosen))

    @abstractmethod
    def loss(self, scores: Floats, batch: Batch) -> tuple[float, Floats, Gradients]:
        """Return the loss, ∂loss/∂scores, and the gradients of `parameters`."""

    def calibrate(  # noqa: B027 (most have nothing to adjust)
        self, scores: Floats, targets: Ints
    ) -> None:
        """Adjust on the dev split, in place, what turns scores into probabilities."""

    @abstractmethod
    def decide(self, scores: Floats, lengths: Ints) -> Ints:
        """Choose a tag for each token: (N, K) scores of sentences -> (N,) numbers of `tags`."""

    @abstractmethod
    def marginals(self, scores: Floats, lengths: Ints) -> Floats:
        """Return the probability of each tag at each token, or that it is a name's: (N, K)."""

    @abstractmethod
    def span_probabilities(self, scores: Floats, lengths: Ints, spans: Sequence[Span]) -> Floats:
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


@lru_cache(maxsize=256)
def span_tags(length: int, label: str) -> tuple[str, ...]:
    """Return the BIOES tags of a span of so many tokens."""
    return tuple(tags_of([Span(0, length, label)], length, "BIOES"))


def cut(order: Ints, size: int) -> list[Ints]:
    """Cut an epoch's windows or sentences into mini-batches of ``size``; 0 is one batch."""
    size = size or len(order)
    return [order[start : start + size] for start in range(0, len(order), size)]
