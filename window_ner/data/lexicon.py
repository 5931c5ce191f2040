"""English words in a large corpus: their Brown clusters, and how often they are capitalised.

A model stores both for its own words (`window_ner.data.lexicon_package` reads them).

A Brown cluster is a leaf of a binary tree over words that occur next to similar words. Its path, a
bit for each branch from the root on, is the same for Paris and London, and short prefixes of it are
shared by larger groups of words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property, lru_cache

from window_ner.errors import InputError
from window_ner.records import record

PREFIXES = (4, 6, 8, 12, 18)
"""The numbers of bits of a path that are looked up."""

_LETTERS = 2

Lookup = Callable[[str], str]
"""Word -> its value; "" if it has none."""


@record()
class WordTable:
    """A table from very many words to few different values, which loads fast.

    To make a dict of a hundred thousand words takes longer than to tag a text. So the words are
    stored by their first two letters, and only the parts that a text needs become dicts.

    Attributes
    ----------
    values
        The different values; their numbers are their places here.
    parts
        The first two letters -> for each word that begins with them, the rest of the word and the
        number of its value, separated by spaces: ``{"Pa": b"ris 17 rker 203"}``, in UTF-8.
    """

    values: Sequence[str] = field(repr=False)
    parts: Mapping[str, bytes] = field(repr=False)
    _read: dict[str, dict[str, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, words: Mapping[str, str]) -> "WordTable":
        """Make the table of a mapping from words, which have no spaces, to values."""
        counts = Counter(words.values())
        values = sorted(counts, key=lambda value: (-counts[value], value))  # short numbers first
        number = {value: n for n, value in enumerate(values)}
        parts: dict[str, list[str]] = {}
        for word in sorted(words):
            parts.setdefault(word[:_LETTERS], []).append(f"{word[_LETTERS:]} {number[words[word]]}")
        return cls(
            tuple(values), {letters: _encoded(entries) for letters, entries in parts.items()}
        )

    def get(self, word: str) -> str:
        """Return the value of a word; "" if it has none.

        Raises
        ------
        InputError
            If the part of the table with this word is damaged.
        """
        letters = word[:_LETTERS]
        part = self._read.get(letters)
        if part is None:
            if letters not in self.parts:
                return ""
            part = self._read[letters] = self._read_part(letters)
        return part.get(word[_LETTERS:], "")

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield each word and its value."""
        for letters in self.parts:
            for rest, value in self._read_part(letters).items():
                yield letters + rest, value

    def joined_with(self, words: Mapping[str, str]) -> "WordTable":
        """Return the table with further words; those that it has, keep their values.

        Only the parts that get a word are made again: a table has a hundred thousand words.
        """
        new = {word: value for word, value in sorted(words.items()) if not self.get(word)}
        values = tuple(dict.fromkeys([*self.values, *new.values()]))
        number = {value: n for n, value in enumerate(values)}
        parts = dict(self.parts)
        for word, value in new.items():
            before = parts.get(word[:_LETTERS])
            entry = _encoded([f"{word[_LETTERS:]} {number[value]}"])
            parts[word[:_LETTERS]] = entry if before is None else before + b" " + entry
        return WordTable(values, parts)

    def _read_part(self, letters: str) -> dict[str, str]:
        """Return the words of a part, without their first letters, and their values."""
        try:
            entries = self.parts[letters].decode(*_ENCODING).split(" ")
            values = list(map(self._value.__getitem__, entries[1::2]))
            return dict(zip(entries[::2], values, strict=True))
        except (ValueError, KeyError):
            raise InputError(
                f"the model is damaged: its words that begin with {letters!r} cannot be read"
            ) from None

    @cached_property
    def _value(self) -> dict[str, str]:
        return {str(number): value for number, value in enumerate(self.values)}

    def as_bytes(self) -> bytes:
        """Return the table as text, which `word_table_from` reads.

        The first line is the values, the second the first letters of the parts, both separated by
        tabs. Then follow the parts, one a line.
        """
        heads = ["\t".join(self.values), "\t".join(self.parts)]
        return b"\n".join([*(head.encode(*_ENCODING) for head in heads), *self.parts.values()])


_ENCODING = "utf-8", "surrogatepass"
"""Of a table; the words of a corpus that is made in Python may have any character."""

_VALUES = {"clusters": re.compile("[01]+"), "casing": re.compile(r"-?\d+ -?\d+ -?\d+")}
"""Feature -> the form of the values in its table."""

LEXICON_FEATURES = tuple(_VALUES)
"""The features that look words up in a table of the lexicon."""


def word_table_from(feature: str, text: bytes) -> WordTable:
    """Make the table of a feature from the text that `WordTable.as_bytes` returned.

    Raises
    ------
    ValueError
        If it is another text.
    """
    values, letters, *parts = text.split(b"\n")
    table = WordTable(_at_tabs(values), dict(zip(_at_tabs(letters), parts, strict=True)))
    is_value = _VALUES[feature].fullmatch
    if not all(map(is_value, table.values)):
        wrong = next(value for value in table.values if not is_value(value))
        raise ValueError(f"{wrong!r} is not a value of the feature {feature}")
    return table


def _encoded(entries: Iterable[str]) -> bytes:
    return " ".join(entries).encode(*_ENCODING)


def _at_tabs(line: bytes) -> tuple[str, ...]:
    return tuple(line.decode(*_ENCODING).split("\t")) if line else ()


def find_path(look_up: Lookup, word: str) -> str:
    """Return the path of a word, else of its lower-cased, else of its capitalised form, else ""."""
    return look_up(word) or look_up(word.lower()) or look_up(word.capitalize())


@lru_cache(2048)  # more than there are paths
def cluster_keys(path: str) -> tuple[str, ...]:
    """Return a key for each length of prefix.

    >>> cluster_keys("0110010101")
    ('4:0110', '6:011001', '8:01100101', '12:0110010101', '18:0110010101')
    """
    return tuple([f"{bits}:{path[:bits]}" for bits in PREFIXES])


@lru_cache(2048)
def casing_keys(bins: str) -> tuple[str, str, str]:
    """Return a key for each of the three numbers that say how a word is spelt, or for "".

    >>> casing_keys("3 -5 -11")
    ('0:3', '1:-5', '2:-11')
    """
    first, second, third = bins.split(" ") if bins else ("", "", "")
    return f"0:{first}", f"1:{second}", f"2:{third}"
