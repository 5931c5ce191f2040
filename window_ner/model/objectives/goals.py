"""What a model should learn about each token: a tag, or a set of tags."""

from dataclasses import dataclass, replace

import numpy as np

from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Ints


@dataclass(frozen=True)
class Goals:
    """What to learn about N tokens.

    Attributes
    ----------
    numbers
        (N,) the number of the tag of each token. A number of at least K, the number of tags, stands
        for a set of tags: the token may have any of them (a partially annotated sentence).
    sets
        (S, K) the tags of the sets K, K + 1, …; None if there are none.
    """

    numbers: Ints
    sets: Booleans | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def is_partial(self) -> bool:
        """Whether a token may have several tags."""
        return self.sets is not None and bool((self.numbers >= self.sets.shape[1]).any())

    @property
    def tags(self) -> Ints:
        """(N,) the tags as they are in the corpus: where there is a set, the tag is O."""
        if self.sets is None:
            return self.numbers
        return np.where(self.numbers < self.sets.shape[1], self.numbers, 0)

    def table(self, outputs: int) -> Booleans:
        """Return the tags that each of the numbers stands for: (K + S, K)."""
        table = np.eye(outputs, dtype=np.bool_)
        return table if self.sets is None else np.concatenate([table, self.sets])

    def allowed(self, outputs: int) -> Booleans:
        """Return the tags that each token may have: (N, K), for a mini-batch."""
        return self.table(outputs)[self.numbers]

    def take(self, tokens: Ints) -> "Goals":
        """Return the goals of some tokens."""
        return replace(self, numbers=self.numbers[tokens])
