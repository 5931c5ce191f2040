"""From words to the rows of their keys, for words that are met for the first time.

The keys of a word depend on less than the word: on its first four letters, its last four, its
cluster, or what kinds of characters it has. Most new words share each of these with an earlier
word. So each is looked up once, and its rows are remembered.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from window_ner.data.vocabulary import SPECIAL_WORDS, UNKNOWN, Get, RowsOfWords
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


class Aspect(NamedTuple):
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


_FEW = 256
"""Up to this many words, finding keys by bisection takes less time than making a dict."""


def rows_of_keys(keys: Sequence[str]) -> RowsOfWords:
    """Return the rows of the keys of a table, sorted as `build_features` makes them."""
    return RowsOfWords(keys, partial(_bisected, keys), _FEW)


def _bisected(keys: Sequence[str], key: str, other: int) -> int:
    place = bisect_left(keys, key)
    is_there = place < len(keys) and keys[place] == key
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

    def __init__(self, aspect: Aspect, keys: RowsOfWords) -> None:
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
