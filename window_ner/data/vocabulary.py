"""Words <-> rows of the table of word vectors."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from window_ner.nn.arrays import Ints

UNKNOWN = 1
"""Id of a word that is not in the vocabulary."""

SPECIAL_WORDS = ("<padding>", "<unknown>")
"""The words of rows 0 and 1 of every table; no token is looked up under these names."""

_DIGIT = re.compile(r"\d")


def lookup_forms(word: str) -> Iterator[tuple[str, str]]:
    """Yield the forms under which a word is looked up, best first, each with the name of the step.

    GloVe has lower-case words and few numbers. So the forms are: the word itself, in lower case,
    with digits replaced by 0 or #, without hyphens, without quotes and dots around it.
    """
    yield "as it is", word
    lower = word.lower()
    yield "lower-cased", lower
    yield "digits normalised", _DIGIT.sub("0", lower)
    yield "digits normalised", _DIGIT.sub("#", lower)
    yield "stripped", lower.replace("-", "")
    yield "stripped", lower.strip("'\"`.,-")


@dataclass(frozen=True)
class Vocabulary:
    """The words that have their own row, from row 2 on; rows 0 and 1 are `SPECIAL_WORDS`."""

    words: Sequence[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.words) + len(SPECIAL_WORDS)

    @cached_property
    def _row(self) -> dict[str, int]:
        first = len(SPECIAL_WORDS)
        return dict(zip(self.words, range(first, first + len(self.words)), strict=True))

    def row(self, word: str) -> int:
        """Return the row of a word; `UNKNOWN` if none of its forms is known."""
        return self.find(word)[0]

    def find(self, word: str) -> tuple[int, str]:
        """Return the row of a word and the step of `lookup_forms` that found it, or 'unknown'."""
        rows = self._row
        for step, form in lookup_forms(word):
            row = rows.get(form)
            if row is not None:
                return row, step
        return UNKNOWN, "unknown"

    def rows(self, words: Iterable[str]) -> Ints:
        """Return the rows of many words, (N,); each distinct word is looked up once."""
        words = list(words)
        get = self._row.get  # try the two most frequent forms first; no word has row 0
        known = {
            # a word of letters only has no other forms
            w: get(w) or get(w.lower()) or (UNKNOWN if w.isalpha() else self.row(w))
            for w in dict.fromkeys(words)
        }
        return np.fromiter(map(known.__getitem__, words), dtype=np.int32, count=len(words))

    def word(self, row: int) -> str:
        """Return the word of a row."""
        special = len(SPECIAL_WORDS)
        return SPECIAL_WORDS[row] if row < special else self.words[row - special]

    def coverage(self, words: Iterable[str]) -> dict[str, int]:
        """Count the words that each look-up step found, and the words that are unknown."""
        steps = [step for step, _ in lookup_forms("")]
        counts = dict.fromkeys([*steps, "unknown"], 0)
        known: dict[str, str] = {}
        for word in words:
            if word not in known:
                known[word] = self.find(word)[1]
            counts[known[word]] += 1
        return counts
