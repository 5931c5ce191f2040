"""The CRF: a score for each tag; the tags of a whole sentence are chosen together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.windows import EncodedSentences
from window_ner.errors import InputError
from window_ner.model.objectives.base import Batch, Objective, cut
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.agreement import with_agreement
from window_ner.nn.crf.legality import IMPOSSIBLE
from window_ner.nn.crf.likelihood import crf_loss, span_log_probabilities, token_marginals
from window_ner.nn.crf.packing import ranges
from window_ner.nn.crf.restricted import sentences_without_path
from window_ner.nn.crf.transitions import Transitions
from window_ner.nn.crf.viterbi import best_paths
from window_ner.nn.window_network import Gradients

if TYPE_CHECKING:
    from window_ner.data.corpus import Corpus
    from window_ner.model.objectives.goals import Goals
    from window_ner.nn.crf.targets import Target

_TRANSITIONS = ("transitions", "start", "end")


class Crf(Objective):
    """Chooses the tags of a whole sentence together; transitions that BIOES forbids never occur."""

    def initial_parameters(self) -> dict[str, Floats]:
        transitions = np.zeros((self.outputs, self.outputs), dtype=np.float32)
        for i, a in enumerate(self.tags):
            for j, b in enumerate(self.tags):
                inside = a[0] in "BI"
                if inside != (b[0] in "IE") or (inside and a[2:] != b[2:]):
                    transitions[i, j] = IMPOSSIBLE
        start = np.array([IMPOSSIBLE * (tag[0] in "IE") for tag in self.tags], dtype=np.float32)
        end = np.array([IMPOSSIBLE * (tag[0] in "BI") for tag in self.tags], dtype=np.float32)
        return {
            **super().initial_parameters(),
            "transitions": transitions,
            "start": start,
            "end": end,
        }

    def goals(self, corpus: "Corpus") -> "Goals":
        goals = super().goals(corpus)
        if goals.is_partial:
            lengths = np.array([len(sentence) for sentence in corpus.sentences])
            sets = goals.numbers, goals.table(self.outputs)
            wrong = sentences_without_path(*sets, lengths, self.transitions)
            if len(wrong):
                text = " ".join(corpus.sentences[wrong[0]].tokens[:8])
                raise InputError(
                    f"{corpus.name}: no sequence of tags agrees with the annotation of sentence "
                    f"{wrong[0] + 1} ({text} …); correct it"
                )
        return goals

    def plan(
        self, text: EncodedSentences, targets: Ints, batch_size: int, rng: "np.random.Generator"
    ) -> list[Ints]:
        """Shuffle the sentences and cut them into the mini-batches of an epoch; 0 is one batch."""
        return cut(rng.permutation(len(text.lengths)), batch_size)

    def batch(self, text: EncodedSentences, goals: "Goals", chosen: Ints) -> Batch:
        """Make a mini-batch of the plan."""
        tokens = text.tokens(chosen)
        return Batch(text.sentences(chosen), goals.take(tokens), text.lengths[chosen])

    def loss(self, scores: Floats, batch: Batch) -> tuple[float, Floats, Gradients]:
        target = self._target(batch.goals)
        loss, ds, gradients = crf_loss(scores, target, batch.lengths, self.transitions)
        return loss, ds, dict(zip(_TRANSITIONS, gradients, strict=True))

    def _target(self, goals: "Goals") -> "Target":
        """Return the paths that the goals stand for."""
        # not needed to tag
        from window_ner.nn.crf.targets import Agreeing, GoldPath

        if goals.is_partial:
            return Agreeing(goals.allowed(self.outputs))
        return GoldPath(goals.numbers)

    def agreed(self, scores: Floats, text: EncodedSentences) -> Floats:
        if not self.agreement:
            return scores
        labels = np.array([0, *range(1, self.outputs, 4)])  # O; then B, I, E and S of each label
        return with_agreement(
            scores, text.lengths, self.transitions, labels, text.repeated_names, self.agreement
        )

    def decide(self, scores: Floats, lengths: Ints) -> Ints:
        return best_paths(scores, lengths, self.transitions)

    def marginals(self, scores: Floats, lengths: Ints) -> Floats:
        return token_marginals(scores / self.parameters["temperature"], lengths, self._tempered())

    def span_probabilities(self, scores: Floats, lengths: Ints, spans: Sequence[Span]) -> Floats:
        """Sum over all tag sequences that contain the span, by the forward-backward algorithm."""
        each_start, each_end, labels = zip(*spans, strict=True)
        starts, ends = np.array(each_start), np.array(each_end)
        number = {tag: i for i, tag in enumerate(self.tags)}
        tag_of = {label: [number[f"{prefix}-{label}"] for prefix in "BIES"] for label in {*labels}}
        begin, inside, last, single = np.array([tag_of[label] for label in labels]).T
        tags = np.zeros(len(scores), dtype=np.int64)
        tags[ranges(starts, ends - starts)] = inside.repeat(ends - starts)
        tags[ends - 1] = last
        tags[starts] = np.where(ends - starts > 1, begin, single)
        tempered = scores / self.parameters["temperature"]
        log_probabilities = span_log_probabilities(
            tempered, lengths, self._tempered(), starts, ends, tags
        )
        probabilities: Floats = np.exp(log_probabilities)
        return probabilities

    def sentence_log_probabilities(self, scores: Floats, lengths: Ints) -> Floats:
        starts = np.cumsum(lengths) - lengths
        tempered = scores / self.parameters["temperature"]
        tags = self.decide(scores, lengths)
        return span_log_probabilities(
            tempered, lengths, self._tempered(), starts, starts + lengths, tags
        )

    @property
    def transitions(self) -> Transitions:
        return Transitions(*(self.parameters[name] for name in _TRANSITIONS))

    def _tempered(self) -> Transitions:
        """Divide `transitions` by the temperature, except the impossible ones."""
        K = self.outputs
        scores = np.concatenate([array.ravel() for array in self.transitions])
        possible = scores > IMPOSSIBLE / 2
        tempered = np.where(possible, scores / self.parameters["temperature"], IMPOSSIBLE)
        return Transitions(tempered[: -2 * K].reshape(K, K), tempered[-2 * K : -K], tempered[-K:])
