"""Triples of near words: two are trained, and the third is left behind."""

from collections.abc import Sequence
from dataclasses import dataclass

from window_ner.data.corpus import Sentence


@dataclass(frozen=True)
class Triple:
    """Two words in the training data and a similar word that is not, spelt as in the vectors."""

    trained: tuple[str, str]
    left: str

    @property
    def words(self) -> tuple[str, str, str]:
        """All three words; the word that is not trained comes last."""
        return (*self.trained, self.left)


CLASSIC = Triple(("tv", "telly"), "television")
"""The example of the lecture."""


@dataclass(frozen=True)
class Place:
    """A token in a sentence."""

    sentence: Sentence
    token: int

    @property
    def is_name(self) -> bool:
        """Whether the token is part of a name."""
        return self.sentence.tags[self.token] != "O"

    def with_word(self, word: str) -> list[str]:
        """Return the sentence's tokens with another word at this place."""
        tokens = list(self.sentence.tokens)
        tokens[self.token] = word
        return tokens


@dataclass(frozen=True)
class WordReport:
    """One word of a triple.

    Attributes
    ----------
    word, count
        The word, and how often it occurs in the training data.
    cosines
        Its cosines to the word that is not trained, before and after fine-tuning.
    moved
        The relative distance ‖E[w] - E₀[w]‖ / ‖E₀[w]‖.
    frozen, before, after
        The score of the window with the word at its centre: of the network with frozen vectors; of
        the fine-tuned network if this word's vector had not moved; of the fine-tuned network.
    """

    word: str
    count: int
    cosines: tuple[float, float]
    moved: float
    frozen: float
    before: float
    after: float


@dataclass(frozen=True)
class TripleReport:
    """The effect of fine-tuning on a triple, in one window."""

    triple: Triple
    window: tuple[str, ...]
    centre: int
    is_name: bool
    words: tuple[WordReport, ...]


@dataclass(frozen=True)
class Drift:
    """The effect of fine-tuning on many triples.

    Attributes
    ----------
    triples
        The number of triples.
    trained_pair, left_behind
        Mean cosines before and after fine-tuning: between the two trained words, and between them
        and the third word.
    right
        The fraction of windows that is decided correctly: with the third word or with a trained
        word at the centre, by the network with frozen or with fine-tuned vectors.
    """

    triples: int
    trained_pair: tuple[float, float]
    left_behind: tuple[float, float]
    right: dict[str, float]


def disjoint(triples: Sequence[Triple]) -> list[Triple]:
    """Leave out triples that share a word with an earlier triple."""
    used: set[str] = set()
    kept = []
    for triple in triples:
        if not used & set(triple.words):
            kept.append(triple)
            used |= set(triple.words)
    return kept
