"""Words <-> rows of the table of word vectors."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from window_ner.nn.arrays import Ints

UNKNOWN = 1
"""Id of a word that no look-up finds."""

SPECIAL_WORDS = ("<padding>", "<unknown>")
"""What stands in rows 0 and 1 of every table; no token is ever looked up under these names."""

_DIGIT = re.compile(r"\d")


def lookup_forms(word: str) -> Iterator[tuple[str, str]]:
    """Yield the forms under which a word is looked up, best first, each with the step's name.

    GloVe knows lower-case words and few numbers, so: as it is, lower-cased, with digits as 0 or #,
    without hyphens, without the quotes and dots around it.
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
    """The words that have a row of their own, from row 2 on; rows 0 and 1 are special."""

    words: Sequence[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.words) + len(SPECIAL_WORDS)

    @cached_property
    def _row(self) -> dict[str, int]:
        first = len(SPECIAL_WORDS)
        return dict(zip(self.words, range(first, first + len(self.words)), strict=True))

    def row(self, word: str) -> int:
        """Look a word up; `UNKNOWN` if none of its forms is known."""
        return self.find(word)[0]

    def find(self, word: str) -> tuple[int, str]:
        """Look a word up; also name the step of `lookup_forms` that found it, or 'unknown'."""
        rows = self._row
        for step, form in lookup_forms(word):
            row = rows.get(form)
            if row is not None:
                return row, step
        return UNKNOWN, "unknown"

    def rows(self, words: Iterable[str]) -> Ints:
        """Look many words up, each distinct one once; (N,) rows."""
        words = list(words)
        get = self._row.get  # the two forms that find most words; no word has row 0
        known = {w: get(w) or get(w.lower()) or self.row(w) for w in dict.fromkeys(words)}
        return np.fromiter(map(known.__getitem__, words), dtype=np.int32, count=len(words))

    def word(self, row: int) -> str:
        """Name the word of a row."""
        special = len(SPECIAL_WORDS)
        return SPECIAL_WORDS[row] if row < special else self.words[row - special]

    def coverage(self, words: Iterable[str]) -> dict[str, int]:
        """Count how many of the words each look-up step found, and how many are unknown."""
        steps = [step for step, _ in lookup_forms("")]
        counts = dict.fromkeys([*steps, "unknown"], 0)
        known: dict[str, str] = {}
        for word in words:
            if word not in known:
                known[word] = self.find(word)[1]
            counts[known[word]] += 1
        return counts
