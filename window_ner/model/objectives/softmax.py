"""The softmax: a score for each tag; the tag of each window is chosen on its own."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from window_ner.data.tag_schemes import Span, tags_of
from window_ner.model.objectives.base import Batch, Objective
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.losses import partial_cross_entropy, softmax, softmax_cross_entropy
from window_ner.nn.window_network import Gradients


class Softmax(Objective):
    """Chooses the tag of each window on its own."""

    def loss(self, scores: Floats, batch: Batch) -> tuple[float, Floats, Gradients]:
        goals = batch.goals
        if goals.is_partial:
            loss, ds = partial_cross_entropy(scores, goals.allowed(self.outputs))
        else:
            loss, ds = softmax_cross_entropy(scores, goals.numbers)
        return loss, ds, {}

    def decide(self, scores: Floats, lengths: Ints) -> Ints:
        decisions: Ints = scores.argmax(axis=1)
        return decisions

    def marginals(self, scores: Floats, lengths: Ints) -> Floats:
        return softmax(scores / self.parameters["temperature"])

    def span_probabilities(self, scores: Floats, lengths: Ints, spans: Sequence[Span]) -> Floats:
        """Multiply the probabilities of the span's tags: windows are independent."""
        p = self.marginals(scores, lengths)
        number = {tag: i for i, tag in enumerate(self.tags)}
        tokens = np.concatenate([np.arange(start, end) for start, end, _ in spans])
        tags = [number[tag] for start, end, label in spans for tag in _bioes(end - start, label)]
        lengths = np.array([end - start for start, end, _ in spans])
        probabilities: Floats = np.multiply.reduceat(p[tokens, tags], lengths.cumsum() - lengths)
        return probabilities


@lru_cache(maxsize=256)
def _bioes(length: int, label: str) -> tuple[str, ...]:
    """Return the BIOES tags of a span of ``length`` tokens."""
    return tuple(tags_of([Span(0, length, label)], length, "BIOES"))
