"""Properties of word types, computed once for each distinct word."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.arrays import Ints

Booleans = NDArray[np.bool_]

_CASES: tuple[Callable[[str], bool], ...] = (
    str.isupper,
    lambda word: word != word.upper(),  # has a letter that could be a capital
    str.islower,
    lambda word: word[:1].isupper() and not word.isupper(),
)


@dataclass(frozen=True)
class TypedTokens(Mapping[str, Ints]):
    """Tokens as numbers of word types. It is also a mapping: table -> the rows of the tokens.

    Attributes
    ----------
    numbers
        (N,) the type of each token.
    rows
        Table -> (T, …) the rows of each type.
    numbering
        An object that identifies the numbering. With the same object, equal numbers are equal
        types.
    """

    numbers: Ints
    rows: Mapping[str, Ints]
    numbering: object
    _of_tokens: dict[str, Ints] = field(default_factory=dict, init=False, repr=False)

    def __getitem__(self, table: str) -> Ints:
        if table not in self._of_tokens:
            self._of_tokens[table] = self.rows[table].take(self.numbers, axis=0)
        return self._of_tokens[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class _Numbers(dict[str, int]):
    """Numbers words from 0 on, in the order of their first look-up; ``new`` lists new words."""

    def __init__(self) -> None:
        super().__init__()
        self.new: list[str] = []

    def __missing__(self, word: str) -> int:
        self.new.append(word)
        number = self[word] = len(self)
        return number


class WordTypes:
    """A growing store of word types.

    Parameters
    ----------
    look_up
        Function from T words to the rows of each table: name -> (T,) or (T, k).

    Attributes
    ----------
    most
        When the store has more types than this, it deletes all and begins a new numbering.
    case
        (4, T) booleans: whether the type is in capitals, has a letter that could be a capital, is
        in lower case, begins with a capital.
    lower
        (T,) a number for the lower-cased word, equal for The and the.
    """

    def __init__(self, look_up: Callable[[Sequence[str]], Mapping[str, Ints]]) -> None:
        self.most = 100_000
        self._look_up = look_up
        self._begin()

    def _begin(self) -> None:
        self._number, self._lower_number = _Numbers(), _Numbers()
        self._numbering = object()
        self._rows: Mapping[str, Ints] = self._look_up([])
        self.case: Booleans = np.zeros((len(_CASES), 0), dtype=bool)
        self.lower: Ints = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._number)

    def type(self, words: Sequence[str]) -> TypedTokens:
        """Return the type of each word; words that are new get a new type."""
        if len(self) > self.most:
            self._begin()
        numbers = np.fromiter(map(self._number.__getitem__, words), np.intp, len(words))
        if self._number.new:
            self._learn(self._number.new)
            self._number.new = []
        return TypedTokens(numbers, self._rows, self._numbering)

    def _learn(self, words: list[str]) -> None:
        rows = self._look_up(words)
        self._rows = {t: np.concatenate([old, rows[t]]) for t, old in self._rows.items()}
        case = np.array([list(map(is_so, words)) for is_so in _CASES])
        self.case = np.concatenate([self.case, case], axis=1)
        lower = (self._lower_number[word.lower()] for word in words)
        self.lower = np.concatenate([self.lower, _array(lower, np.int32)])
        self._lower_number.new = []


def _array(values: Iterable[int], dtype: type) -> Ints:
    return np.array(list(values), dtype=dtype)
