"""Features of a word: capitalisation, shape, affixes, membership in lists of names, its cluster.

A feature turns a word into one or more keys, for example Paris into ``^p``, ``^pa``, …. Each key
has a row in the feature's table of vectors. The features depend on the form of the word only, so
the network can compute their effect once for each word type.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from functools import cached_property
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from window_ner.data.key_rows import Aspect, KeyRows, rows_of_keys, spelling
from window_ner.data.lexicon import (
    LEXICON_FEATURES,
    WordTable,
    casing_keys,
    cluster_keys,
    find_path,
)
from window_ner.data.vocabulary import SPECIAL_WORDS, UNKNOWN, RowsOfWords
from window_ner.errors import InputError
from window_ner.nn.arrays import Ints
from window_ner.records import record
from window_ner.settings.inputs import FeatureSettings

if TYPE_CHECKING:
    from window_ner.data.corpus import Sentence
    from window_ner.data.gazetteers import Gazetteer

_INITIAL = re.compile(r"[^\W\d_]\.?")


def capitals(word: str) -> str:
    """Return the class of a word's capitalisation.

    >>> [capitals(w) for w in ("the", "Paris", "EU", "J.", "McGee", "eBay", "1996", "3rd", "--")]
    ['lower', 'Title', 'CAPITALS', 'Initial', 'MiXed', 'miXed', 'number', 'number+letters', 'mark']
    """
    if not word.isalpha():  # most words consist of letters only and skip this
        has_digit = any(map(str.isdigit, word))
        if not any(map(str.isalpha, word)):
            return "number" if has_digit else "mark"
        if has_digit:
            return "number+letters"
    if word.isupper():
        return "Initial" if _INITIAL.fullmatch(word) else "CAPITALS"
    if word[0].isupper() and word[1:].islower():
        return "Title"
    return "lower" if word.islower() else "MiXed" if word[0].isupper() else "miXed"


_RUN, _LENGTH = 2, 10
"""The most characters of a shape: of a run of one kind, and in all."""


def shape(word: str) -> str:
    """Replace each character by its kind; keep two of each run of a kind, and ten in all.

    >>> [shape(w) for w in ("London-based", "U.S.", "12,000")]
    ['Xxx-xx', 'X.X.', '00,00']
    """
    if word.isascii() and word.isalpha():  # most words; twenty times faster than the general way
        if word.islower():
            return "x" * min(len(word), _RUN)
        rest = word[1:]
        if word[0].isupper() and rest.islower():
            return "X" + "x" * min(len(rest), _RUN)
    kinds = (
        "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    cut = (kind for _, same in groupby(kinds) for kind in islice(same, _RUN))
    return "".join(islice(cut, _LENGTH))


def affixes(word: str, lengths: Sequence[int] = (1, 2, 3, 4)) -> tuple[str, ...]:
    """Return the lower-cased prefixes and suffixes; "" for lengths longer than the word.

    >>> affixes("Rome", (2, 3))
    ('^ro', '^rom', 'me$', 'ome$')
    """
    lower = word.lower()
    return (*_prefixes(lower, lengths), *_suffixes(lower, lengths))


def _prefixes(lower: str, lengths: Sequence[int]) -> tuple[str, ...]:
    return tuple(["^" + lower[:n] if n <= len(lower) else "" for n in lengths])


def _suffixes(lower: str, lengths: Sequence[int]) -> tuple[str, ...]:
    return tuple([lower[-n:] + "$" if n <= len(lower) else "" for n in lengths])


@record(eq=False)
class Features:
    """The features of a model, and the keys that have a row in the tables.

    Attributes
    ----------
    settings
        The settings, which say which features are used.
    keys
        Table -> its keys, from row 2 on; rows 0 and 1 are padding and unknown, as in the
        vocabulary of words.
    gazetteers
        The lists of names, in the order of the settings.
    lexicon
        Feature -> its table of words, for those of `LEXICON_FEATURES` that are used.
    """

    settings: FeatureSettings = field(default_factory=FeatureSettings)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    gazetteers: "Sequence[Gazetteer]" = field(default=(), repr=False)
    lexicon: Mapping[str, WordTable] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out cached properties, which can be computed again."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def forms(self) -> dict[str, Callable[[str], tuple[str, ...]]]:
        """Table -> the function from a word to its keys, whose number is fixed."""
        return {table: _keys_of(aspects) for table, aspects in self._aspects.items()}

    @cached_property
    def _aspects(self) -> dict[str, list[Aspect]]:
        """Table -> the aspects of a word that its keys depend on, in the order of the keys."""
        lengths, lexicon = self.settings.affixes_lengths, self.lexicon
        longest = max(lengths, default=1)
        every = {
            "capitals": [Aspect(spelling, lambda word: (capitals(word),))],
            "shape": [Aspect(spelling, lambda word: (shape(word),))],
            "affixes": [
                Aspect(lambda word: word.lower()[:longest], lambda s: _prefixes(s, lengths)),
                Aspect(lambda word: word.lower()[-longest:], lambda s: _suffixes(s, lengths)),
            ],
            "gazetteers": [Aspect(str.lower, self._roles)],
            "clusters": [
                Aspect(lambda word: find_path(lexicon["clusters"].get, word), cluster_keys)
            ],
            "casing": [Aspect(lambda word: lexicon["casing"].get(word.lower()), casing_keys)],
        }
        return {table: aspects for table, aspects in every.items() if getattr(self.settings, table)}

    def _roles(self, lower: str) -> tuple[str, ...]:
        """Return a key for each gazetteer: what the word is there."""
        return tuple(f"{i}{names.get(lower, '')}" for i, names in enumerate(self.gazetteers))

    @cached_property
    def columns(self) -> dict[str, int]:
        """Table -> its column of the corpus, counted from 1 after the token."""
        return {f"column{number}": number for number in self.settings.columns_numbers}

    @property
    def table_shapes(self) -> dict[str, tuple[int, int]]:
        """Table -> its number of rows and the dimension of its vectors."""
        dimensions = {table: getattr(self.settings, table) for table in self.forms}
        dimensions |= dict.fromkeys(self.columns, self.settings.columns)
        return {t: (len(SPECIAL_WORDS) + len(self.keys[t]), d) for t, d in dimensions.items()}

    @property
    def dimension(self) -> int:
        """The number of inputs of a token in addition to its word vector, including flags."""
        lookups = {table: len(keys_of("")) for table, keys_of in self.forms.items()}
        vectors = sum(lookups.get(table, 1) * d for table, (_, d) in self.table_shapes.items())
        return vectors + len(self.settings.flags)

    def form_rows(self, words: Sequence[str]) -> dict[str, Ints]:
        """Look up words in the tables: T words -> table -> (T, k) rows."""
        return {
            table: np.concatenate([each.look_up(words) for each in parts], axis=1)
            for table, parts in self._key_rows.items()
        }

    def column_rows(self, table: str, values: Iterable[str]) -> Ints:
        """Look up the values of a column of the corpus: (N,) rows."""
        values = list(values)
        get = self._keys[table].get_for(len(values))
        return np.array([get(value, UNKNOWN) for value in values], dtype=np.int32)

    @cached_property
    def _key_rows(self) -> dict[str, list[KeyRows]]:
        return {
            table: [KeyRows(aspect, self._keys[table]) for aspect in aspects]
            for table, aspects in self._aspects.items()
        }

    @cached_property
    def _keys(self) -> dict[str, RowsOfWords]:
        return {table: rows_of_keys(keys) for table, keys in self.keys.items()}


def _keys_of(aspects: Sequence[Aspect]) -> Callable[[str], tuple[str, ...]]:
    return lambda word: tuple(chain.from_iterable([each.keys_of(word) for each in aspects]))


def build_features(
    settings: FeatureSettings, sentences: "Sequence[Sentence]", vocabulary: Iterable[str] = ()
) -> Features:
    """Build features with a row for every key that is frequent enough in the training data.

    Parameters
    ----------
    settings
        Which features to use.
    sentences
        The training data.
    vocabulary
        The words that have a vector. The tables of the lexicon keep these words, and those of the
        training data.

    Raises
    ------
    InputError
        If a list of names or the lexicon cannot be read, or the corpus lacks a column.
    """
    # not needed to tag
    from window_ner.data.gazetteers import read_gazetteer
    from window_ner.data.lexicon_package import read_lexicon

    gazetteers = [read_gazetteer(Path(file)) for file in settings.gazetteers_files]
    words = Counter(token for s in sentences for token in s.tokens)
    bare = Features(settings, gazetteers=gazetteers)
    if looked_up := lexicon_features(settings):
        kept = {word.lower() for word in chain(vocabulary, words)}
        bare = replace(bare, lexicon=read_lexicon(looked_up, kept))
    keys: dict[str, list[str]] = {}
    for table, keys_of in bare.forms.items():
        counts: Counter[str] = Counter()
        for word, count in words.items():
            for key in keys_of(word):
                counts[key] += count
        least = getattr(settings, f"{table}_min_count", 1)
        keys[table] = _stored(key for key, count in counts.items() if key and count >= least)
    for table, number in bare.columns.items():
        if any(len(s.columns) < number for s in sentences):
            raise InputError(f"the corpus has no column {number} between token and tag")
        keys[table] = _stored({value for s in sentences for value in s.columns[number - 1]})
    return replace(bare, keys=keys)


def _stored(keys: Iterable[str]) -> list[str]:
    """Sort the keys, without those of tokens with a line end: a model stores a key a line."""
    return sorted(key for key in keys if "\n" not in key)


def lexicon_features(settings: FeatureSettings) -> list[str]:
    """Return which of `LEXICON_FEATURES` are used."""
    return [feature for feature in LEXICON_FEATURES if getattr(settings, feature)]
