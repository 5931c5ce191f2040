"""What a model should learn about each token: a tag, a set of tags, or what a teacher says."""

from dataclasses import dataclass, replace

import numpy as np

from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.transitions import Transitions


@dataclass(frozen=True)
class TeacherScores:
    """The scores of a teacher, a model with the same tags (distillation).

    Its probabilities, given what is annotated, are to be learned: it teaches only what is open in a
    partially annotated text. They are computed for each mini-batch, which takes less memory than
    those of all pairs of tags of all tokens.

    Attributes
    ----------
    scores
        (N, K) the teacher's scores of each token.
    weight
        The part of the loss that is the cross-entropy with the teacher, at most 1; the loss of the
        annotation gets the rest.
    transitions
        The teacher's transitions, for a CRF.
    """

    scores: Floats
    weight: float
    transitions: Transitions | None = None


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
    teacher
        The scores of a teacher to learn from, too.
    """

    numbers: Ints
    sets: Booleans | None = None
    teacher: TeacherScores | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def is_partial(self) -> bool:
        """Whether a token may have several tags."""
        return self.sets is not None and bool((self.numbers >= self.sets.shape[1]).any())

    @property
    def own_weight(self) -> float:
        """The part of the loss that is the loss of the annotation."""
        return 1 - self.teacher.weight if self.teacher else 1.0

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
        teacher = self.teacher and replace(self.teacher, scores=self.teacher.scores[tokens])
        return replace(self, numbers=self.numbers[tokens], teacher=teacher)
