"""Properties of word types, computed once for each distinct word."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from window_ner.data.growing_array import GrowingArray
from window_ner.nn.arrays import Ints
from window_ner.records import record

Booleans = NDArray[np.bool_]

_CASES: tuple[Callable[[str], bool], ...] = (
    str.isupper,
    lambda word: word != word.upper(),  # has a lower-case letter
    str.islower,
    lambda word: word[:1].isupper() and not word.isupper(),
    lambda word: word.isupper() or (word != word.upper() and not word.islower()),
)


@record()
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


_Key = TypeVar("_Key")


class Numbers(dict[_Key, int]):
    """Numbers keys from 0 on, in the order of their first look-up; ``new`` lists new keys."""

    def __init__(self) -> None:
        super().__init__()
        self.new: list[_Key] = []

    def __missing__(self, key: _Key) -> int:
        self.new.append(key)
        number = self[key] = len(self)
        return number


class WordTypes:
    """A growing store of word types.

    Parameters
    ----------
    look_up
        Function from T words to the rows of each table: name -> (T,) or (T, k).

    Attributes
    ----------
    numbering
        An object that identifies the current numbering; see `TypedTokens`.
    most
        When the store has more types than this, it deletes all and begins a new numbering.
    case
        (5, T) booleans: whether the type is in capitals, has a lower-case letter, is in lower case,
        begins with a capital but is not in capitals, has a capital.
    lower
        (T,) a number for the lower-cased word, equal for The and the.
    """

    def __init__(self, look_up: Callable[[Sequence[str]], Mapping[str, Ints]]) -> None:
        self.most = 100_000
        self._look_up = look_up
        self._begin()

    def _begin(self) -> None:
        self._number, self._lower_number = Numbers[str](), Numbers[str]()
        self.numbering = object()
        self._words = GrowingArray(object)
        none = self._look_up([])
        self._rows = {t: GrowingArray(rows.dtype, rows.shape[1:]) for t, rows in none.items()}
        self.case: Booleans = np.zeros((len(_CASES), 0), dtype=bool)
        self.lower: Ints = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._number)

    @property
    def has_capital(self) -> Booleans:
        """(T,) whether a type has a capital letter."""
        has: Booleans = self.case[-1]
        return has

    def type(self, words: Sequence[str]) -> TypedTokens:
        """Return the type of each word; words that are new get a new type."""
        self.forget_if_full()
        return self.typed(self.numbers(words))

    def forget_if_full(self) -> None:
        """Begin a new numbering if there are more types than `most`."""
        if len(self) > self.most:
            self._begin()

    def numbers(self, words: Sequence[str]) -> Ints:
        """Return the number of the type of each word, in the current numbering."""
        numbers = np.fromiter(map(self._number.__getitem__, words), np.intp, len(words))
        if self._number.new:
            try:
                self._learn(self._number.new)
            except BaseException:  # an interrupt, too: some of the arrays would lack the new words
                self._begin()
                raise
            self._number.new = []
        return numbers

    def typed(self, numbers: Ints) -> TypedTokens:
        """Return tokens with these numbers."""
        rows = {table: rows.values for table, rows in self._rows.items()}
        return TypedTokens(numbers, rows, self.numbering)

    def words(self, numbers: Ints) -> list[str]:
        """Return the word of each type."""
        found: list[str] = self._words.values.take(numbers).tolist()
        return found

    def _learn(self, words: list[str]) -> None:
        self._words.append(words)
        for table, rows in self._look_up(words).items():
            self._rows[table].append(rows)
        case = np.array([list(map(is_so, words)) for is_so in _CASES])
        self.case = np.concatenate([self.case, case], axis=1)
        lower = np.fromiter(
            map(self._lower_number.__getitem__, map(str.lower, words)), np.int32, len(words)
        )
        self.lower = np.concatenate([self.lower, lower])
        self._lower_number.new = []
