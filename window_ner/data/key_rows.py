"""From words to the rows of their keys, for words that are met for the first time.

The keys of a word depend on less than the word: on its first four letters, its last four, its
cluster, or what kinds of characters it has. Most new words share each of these with an earlier
word. So each is looked up once, and its rows are remembered.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from window_ner.data.vocabulary import SPECIAL_WORDS, UNKNOWN
from window_ner.nn.arrays import Ints

_MOST = 8_000
"""The most aspects of a kind to remember. Then all are forgotten, to bound the memory."""

_KINDS = {  # of ASCII characters
    **dict.fromkeys(range(ord("A"), ord("Z") + 1), "X"),
    **dict.fromkeys(range(ord("a"), ord("z") + 1), "x"),
    **dict.fromkeys(range(ord("0"), ord("9") + 1), "0"),
}


def spelling(word: str) -> str:
    """Replace ASCII letters and digits by their kind; other words stay as they are.

    Two words of the same spelling have the same capitalisation and the same shape.

    >>> [spelling(word) for word in ("Paris", "A4-size", "Zürich")]
    ['Xxxxx', 'X0-xxxx', 'Zürich']
    """
    return word.translate(_KINDS) if word.isascii() else word


@dataclass(frozen=True, eq=False)
class Aspect:
    """What some keys of a word depend on.

    Attributes
    ----------
    of
        From the word to its aspect, such as its last four letters.
    keys
        From the aspect to the keys, whose number is fixed.
    """

    of: Callable[[str], str]
    keys: Callable[[str], tuple[str, ...]]

    def keys_of(self, word: str) -> tuple[str, ...]:
        """Return the keys of a word."""
        return self.keys(self.of(word))


Get = Callable[[str, int], int]
"""A function from a key to its row; like ``dict.get``, with the row of other keys."""

_FEW = 256
"""The keys of so many words are found by bisection in less time than it takes to make a dict."""


class Keys:
    """The keys of a table, which have its rows from row 2 on.

    To make a dict of fifty thousand keys takes longer than to tag a short text. So the keys of the
    first words are found by bisection.

    Parameters
    ----------
    keys
        The keys, sorted, as `window_ner.data.features.build_features` makes them.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self._words = 0
        self._row: dict[str, int] = {}

    def get_for(self, words: int) -> Get:
        """Return the fastest function to find the keys of so many further words."""
        self._words += words
        if self._words <= _FEW:
            return self._bisected
        if not self._row:
            first = len(SPECIAL_WORDS)
            rows = range(first, first + len(self._keys))
            self._row = dict(zip(self._keys, rows, strict=True))
        return self._row.get

    def _bisected(self, key: str, other: int) -> int:
        place = bisect_left(self._keys, key)
        is_there = place < len(self._keys) and self._keys[place] == key
        return place + len(SPECIAL_WORDS) if is_there else other


class KeyRows:
    """Looks up the rows of the keys that depend on one aspect of a word.

    Parameters
    ----------
    aspect
        The aspect, and its keys.
    keys
        The keys that have a row. Others have the row `UNKNOWN`.
    """

    def __init__(self, aspect: Aspect, keys: Keys) -> None:
        self._of, self._width = aspect.of, len(aspect.keys(""))
        self._keys, self._known = keys, _Known(aspect.keys)

    def look_up(self, words: Sequence[str]) -> Ints:
        """Return the rows of N words: (N, k)."""
        if len(self._known) > _MOST:
            self._known.clear()
        self._known.get_row = self._keys.get_for(len(words))
        # Joining bytes takes a tenth of the time that making an array of numbers takes.
        rows = b"".join(map(self._known.__getitem__, map(self._of, words)))
        return np.frombuffer(rows, np.intc).reshape(len(words), self._width)


class _Known(dict[str, bytes]):
    """Aspect -> the rows of its keys, as the bytes of an array; filled when it is looked up."""

    get_row: Get

    def __init__(self, keys: Callable[[str], Iterable[str]]) -> None:
        super().__init__()
        self._keys = keys

    def __missing__(self, aspect: str) -> bytes:
        get = self.get_row
        rows = array("i", [get(key, UNKNOWN) for key in self._keys(aspect)]).tobytes()
        self[aspect] = rows
        return rows
