"""A score for each tag, and the tags of a whole sentence at once."""

from collections.abc import Sequence

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.windows import EncodedSentences
from window_ner.model.objectives.base import Batch, Objective, cut, span_tags
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.likelihood import (
    IMPOSSIBLE,
    best_paths,
    crf_loss,
    span_log_probabilities,
    token_marginals,
)
from window_ner.nn.window_network import Gradients


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
        return cut(rng.permutation(len(text.lengths)), batch_size)

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
            tags[start:end] = [number[tag] for tag in span_tags(end - start, label)]
        starts = np.array([span.start for span in spans], dtype=np.int64)
        ends = np.array([span.end for span in spans], dtype=np.int64)
        tempered = scores / parameters["temperature"]
        log_probabilities = span_log_probabilities(
            tempered, lengths, *_tempered(parameters), starts, ends, tags
        )
        probabilities: Floats = np.exp(log_probabilities)
        return probabilities


def _tempered(parameters: dict[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Divide the transitions, start and end by the temperature, but for what is impossible."""
    K = len(parameters["start"])
    names = ("transitions", "start", "end")
    scores = np.concatenate([parameters[n].ravel() for n in names])
    tempered = np.where(scores > IMPOSSIBLE / 2, scores / parameters["temperature"], IMPOSSIBLE)
    start, end = tempered[-2 * K : -K], tempered[-K:]
    return tempered[: -2 * K].reshape(K, K), start, end
