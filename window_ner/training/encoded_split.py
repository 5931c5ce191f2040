"""A split of a corpus as a model reads it, to train on or to score."""

from dataclasses import dataclass, field
from functools import cached_property
from zlib import crc32

import numpy as np

from window_ner.data.annotation import AnnotatedLabels
from window_ner.data.corpus import Corpus
from window_ner.data.tag_schemes import Span
from window_ner.data.windows import EncodedSentences
from window_ner.data.word_types import Booleans
from window_ner.model.model import Model
from window_ner.model.objectives.goals import Goals
from window_ner.nn.arrays import Ints


@dataclass(frozen=True)
class EncodedSplit:
    """A split as a model reads it: N tokens.

    Attributes
    ----------
    text
        Its tokens, encoded.
    goals
        What to learn about each token.
    spans
        The true names; tokens are numbered over the whole split.
    unseen
        (N,) whether each word is in the vectors but not in the training data.
    annotated
        The labels that each of its documents annotates.
    """

    text: EncodedSentences
    goals: Goals
    spans: list[Span]
    unseen: Booleans
    annotated: AnnotatedLabels = field(default_factory=AnnotatedLabels)

    @property
    def targets(self) -> Ints:
        """(N,) the number of the annotated tag of each token."""
        return self.goals.tags

    @cached_property
    def checksum(self) -> int:
        """Of its words, sentences and goals."""
        found = 0
        for array in (*self.text.rows.values(), self.text.lengths, self.goals.numbers):
            found = crc32(np.ascontiguousarray(array).data, found)
        return found


def encode_split(model: Model, corpus: Corpus) -> EncodedSplit:
    """Encode a split for a model."""
    text = model.encode_corpus(corpus)
    annotated = model.annotated_labels(corpus)
    return EncodedSplit(
        text,
        model.objective.goals(corpus),
        annotated.among(model.gold_spans(corpus.sentences)),
        model.unseen(text),
        annotated,
    )
