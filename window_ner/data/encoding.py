"""Sentences -> the numbers that the network looks up."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from window_ner.data.vocabulary import Vocabulary
from window_ner.data.windows import EncodedSentences


@dataclass(frozen=True)
class Encoder:
    """How a model reads tokens: its vocabulary, and the size of its windows."""

    vocabulary: Vocabulary
    window: int

    def encode(self, sentences: Sequence[Sequence[str]]) -> EncodedSentences:
        """Encode the tokens of consecutive sentences."""
        return EncodedSentences(
            rows={"E": self.vocabulary.rows(chain.from_iterable(sentences))},
            lengths=np.fromiter(map(len, sentences), dtype=np.int64, count=len(sentences)),
            size=self.window,
        )
