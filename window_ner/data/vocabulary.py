"""Words <-> rows of the table of word vectors."""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

import numpy as np

from window_ner.nn.arrays import Ints
from window_ner.records import record

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


Get = Callable[[str, int], int]
"""A function from a word to its row; like ``dict.get``, with the row of other words."""


class RowsOfWords:
    """Finds the rows of words.

    A search for a few words takes less time than making a dict of all words, which takes longer
    than tagging a short text. So the first words are searched for.

    Parameters
    ----------
    words
        The words that have the rows from row 2 on.
    search
        The function that searches for a word; None always takes a dict.
    few
        The number of words to search for before the dict is made.
    """

    def __init__(self, words: Sequence[str], search: Get | None = None, few: int = 0) -> None:
        self._words, self._search, self._left = words, search, few

    def get_for(self, words: int) -> Get:
        """Return the fastest function to find the rows of ``words`` further words."""
        self._left -= words
        return self._search if self._search and self._left >= 0 else self._row.get

    @cached_property
    def _row(self) -> dict[str, int]:
        first = len(SPECIAL_WORDS)
        return dict(zip(self._words, range(first, first + len(self._words)), strict=True))


_BLOCK = 1 << 16
"""Bytes to check at once, so that it takes no new memory, which takes time."""

_FEW = 32
"""Searching the text for this many words takes less time than making a dict of all its words."""


class StoredWords(Sequence[str]):
    """The words of a file, one a line, which is split only when it has to be.

    A search for the line of a word takes less than a millisecond. Making a dict of a hundred
    thousand words takes forty.

    Parameters
    ----------
    text
        The different words in UTF-8, separated by line ends; at least one. It is searched as it is:
        to make a string of it takes as long as to read the file.

    Raises
    ------
    UnicodeDecodeError
        If the text is not UTF-8.
    """

    def __init__(self, text: bytes) -> None:
        self._text, self._length = text, 1
        self._has_capitals = False  # of ASCII; GloVe has none, so words with them need no search
        decoder = getincrementaldecoder("utf-8")()
        for begin in range(0, len(text), _BLOCK):
            block = text[begin : begin + _BLOCK]
            decoder.decode(block)  # only to find bytes that are not UTF-8
            characters = np.frombuffer(block, np.uint8)
            self._length += int(np.count_nonzero(characters == ord("\n")))  # faster than count
            self._has_capitals |= bool((characters - np.uint8(ord("A")) < 26).any())
        decoder.decode(b"", final=True)
        first = text[: text.find(b"\n")] if self._length > 1 else text
        last = text[text.rfind(b"\n") + 1 :]
        self._at_ends = {first: 0, last: self._length - 1}  # no line end on one of their sides

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        return self._words[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def _words(self) -> Sequence[str]:
        return tuple(self._text.decode().split("\n"))

    def search(self, word: str, other: int) -> int:
        """Return the row of a word; ``other`` if it is not there."""
        if "\n" in word or (not self._has_capitals and word.isascii() and word != word.lower()):
            return other
        line = word.encode("utf-8", "surrogatepass")  # a lone surrogate is in no file
        number = self._at_ends.get(line)
        if number is None:
            place = self._text.find(b"\n%b\n" % line)
            if place < 0:
                return other
            number = self._text.count(b"\n", 0, place) + 1
        return number + len(SPECIAL_WORDS)


@record()
class Vocabulary:
    """The words that have their own row, from row 2 on; rows 0 and 1 are `SPECIAL_WORDS`."""

    words: Sequence[str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.words) + len(SPECIAL_WORDS)

    @cached_property
    def _rows(self) -> RowsOfWords:
        search = self.words.search if isinstance(self.words, StoredWords) else None
        return RowsOfWords(self.words, search, _FEW)

    def row(self, word: str) -> int:
        """Return the row of a word; `UNKNOWN` if none of its forms is known."""
        return self.find(word)[0]

    def find(self, word: str) -> tuple[int, str]:
        """Return the row of a word and the step of `lookup_forms` that found it, or 'unknown'."""
        get = self._rows.get_for(1)
        for step, form in lookup_forms(word):
            if row := get(form, 0):  # no word has row 0
                return row, step
        return UNKNOWN, "unknown"

    def rows(self, words: Iterable[str]) -> Ints:
        """Return the rows of many words, (N,); each distinct word is looked up once."""
        words = list(words)
        distinct = dict.fromkeys(words)
        get = self._rows.get_for(len(distinct))
        known = {  # try the two most frequent forms first; no word has row 0
            # a word of letters only has no other forms
            w: get(w, 0) or get(w.lower(), 0) or (UNKNOWN if w.isalpha() else self.row(w))
            for w in distinct
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
