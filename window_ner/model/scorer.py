"""A network and its objective: together they score a text and turn the scores into tags."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from window_ner.data.tag_schemes import Span
from window_ner.data.windows import EncodedSentences
from window_ner.model.objectives.base import Objective
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.threads import blas_threads
from window_ner.nn.window_network import WindowNetwork
from window_ner.records import record

_TOKENS_AT_ONCE = 2_000
"""Tokens whose windows are scored together: few enough to fit into the cache."""


@record(eq=False)
class Scored:
    """The scores of a text, and the tags, spans and probabilities computed from them.

    Attributes
    ----------
    objective
        Turns scores into tags and probabilities.
    text
        N tokens of B sentences.
    scores
        (N, K) the scores of each token, after `Objective.agreed`.
    """

    objective: Objective
    text: EncodedSentences
    scores: Floats

    @classmethod
    def by_network(cls, objective: Objective, text: EncodedSentences, scores: Floats) -> "Scored":
        """Take the scores that a network gave to the tokens of a text."""
        return cls(objective, text, objective.agreed(scores, text))

    @cached_property
    def decisions(self) -> Ints:
        """The number of the tag of each token: (N,)."""
        if not len(self.scores):
            return np.zeros(0, dtype=np.int64)
        return self.objective.decide(self.scores, self.text.lengths)

    @cached_property
    def spans(self) -> list[Span]:
        """The names as spans; tokens are numbered over the whole text."""
        return self.objective.spans(self.decisions, self.text.lengths)

    def probabilities(self, spans: Sequence[Span]) -> Floats:
        """Return the probability of each span with its label: (S,)."""
        if not spans:
            return np.zeros(0, dtype=self.scores.dtype)
        return self.objective.span_probabilities(self.scores, self.text.lengths, spans)

    def marginals(self) -> Floats:
        """Return the probability of each tag at each token: (N, K)."""
        return self.objective.marginals(self.scores, self.text.lengths)

    def sentence_log_probabilities(self) -> Floats:
        """Return the log-probability of the decided tags of each sentence: (B,)."""
        if not len(self.scores):
            return np.zeros(0, dtype=self.scores.dtype)
        return self.objective.sentence_log_probabilities(self.scores, self.text.lengths)

    def with_temperature(self, temperature: float) -> "Scored":
        """Return the same scores with another temperature."""
        return Scored(self.objective.with_temperature(temperature), self.text, self.scores)


class Scorer(NamedTuple):
    """A network and its objective."""

    network: WindowNetwork
    objective: Objective

    @property
    def parameters(self) -> dict[str, Floats]:
        """All parameters by name: the network's, then the objective's. The arrays are shared."""
        return {**self.network.parameters, **self.objective.parameters}

    def with_parameters(self, parameters: Mapping[str, Floats]) -> "Scorer":
        """Return a scorer with other values of its parameters, named as in `parameters`."""
        return Scorer(
            self.network.with_parameters(parameters), self.objective.with_parameters(parameters)
        )

    def astype(self, dtype: DTypeLike) -> "Scorer":
        """Copy the scorer in another precision: float32 for use, float64 to check gradients."""
        copies = {name: np.array(p, dtype) for name, p in self.parameters.items()}
        return self.with_parameters(copies)

    @blas_threads(1)
    def scored(self, text: EncodedSentences) -> Scored:
        """Score all windows of a text by `WindowNetwork.forward`, in batches of sentences."""
        ends = np.cumsum(text.lengths)
        cuts = np.searchsorted(ends, np.arange(_TOKENS_AT_ONCE, len(text), _TOKENS_AT_ONCE))
        U = self.network.parameters["U"]
        scores = np.empty((len(text), len(U)), dtype=U.dtype)
        for chunk in np.split(np.arange(len(text.lengths)), np.unique(cuts)):
            if len(chunk):
                tokens = slice(text.starts[chunk[0]], ends[chunk[-1]])
                scores[tokens], _ = self.network.forward(text.sentences(chunk))
        return Scored.by_network(self.objective, text, scores)
