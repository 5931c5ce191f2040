"""Word vectors such as GloVe, and the table of them that a network begins with."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from window_ner.data.vector_cache import cache_of, read_cache, write_cache
from window_ner.data.vector_files import find_vectors, read_vectors
from window_ner.data.vocabulary import SPECIAL_WORDS, Vocabulary, lookup_forms
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.tables import round_rows

_LARGE = 10_000_000
"""Bytes of a file of vectors that takes more than a second to read. Packaged vectors are larger."""


@dataclass(frozen=True)
class WordVectors:
    """Words in order of frequency, and their vectors: (V, d) float32, possibly memory-mapped."""

    name: str
    words: Sequence[str] = field(repr=False)
    table: Floats = field(repr=False)

    @property
    def dimension(self) -> int:
        """The number of elements of a vector."""
        return int(self.table.shape[1])

    @cached_property
    def row(self) -> dict[str, int]:
        """Word -> row of the table."""
        return dict(zip(self.words, range(len(self.words)), strict=True))


def load_word_vectors(source: str, note: Callable[[str], None] = lambda text: None) -> WordVectors:
    """Load word vectors by name or from a file.

    Parameters
    ----------
    source
        The name of known vectors (`window_ner.data.vector_files.NAMED`), or a file: GloVe text
        (with or without a header line, .gz), word2vec binary, or gensim's own format. gensim's
        own format is a pickle, which can run code: load only files that you trust.
    note
        Called with a sentence for the user before the first load, if it takes a while.

    Returns
    -------
    The vectors. The first load stores a copy in the cache
    (`window_ner.storage.places.cache_folder`). Later loads map this copy into memory.

    Raises
    ------
    InputError
        If the name is unknown, or the file is missing or broken (a short row, a NaN).
    """
    facts = find_vectors(source)
    folder = cache_of(source, facts)
    if not (vectors := read_cache(folder)):
        if int(facts.get("size", _LARGE)) >= _LARGE:
            note(f"{source} is read for the first time; the next training begins sooner")
        vectors = read_vectors(source)
        write_cache(folder, *vectors)
    return WordVectors(source, *vectors)


def build_vocabulary(
    vector_sets: Sequence[WordVectors], training_words: Iterable[str], most_frequent: int = 0
) -> Vocabulary:
    """Choose the words that get a row.

    Parameters
    ----------
    vector_sets
        The word vectors, each in order of frequency.
    training_words
        The tokens of the training corpus; those that have a vector are always kept.
    most_frequent
        The number of words of each set to keep in addition; 0 keeps all.
    """
    keep: dict[str, None] = {}
    for vectors in vector_sets:
        keep.update(dict.fromkeys(vectors.words[: most_frequent or None]))
    if most_frequent:
        chosen = Vocabulary(tuple(keep))
        keep.update(dict.fromkeys(words_to_add(chosen, vector_sets, training_words)))
    return Vocabulary(tuple(filter(_can_be_stored, keep)))


_SURROGATE = re.compile("[\ud800-\udfff]")


def _can_be_stored(word: str) -> bool:
    """Whether a model can store a word: one a line, in UTF-8.

    The tokens of files are such words; those of a corpus that is made in Python need not be.
    """
    return bool(word) and "\n" not in word and (word.isascii() or not _SURROGATE.search(word))


def words_to_add(
    vocabulary: Vocabulary, vector_sets: Sequence[WordVectors], training_words: Iterable[str]
) -> list[str]:
    """Find the words of a corpus that have a vector but no row: their names in the vector sets."""
    known = set(vocabulary.words)
    added: dict[str, None] = {}
    for word in dict.fromkeys(training_words):
        for vectors in vector_sets:
            if (row := _row(vectors, word)) >= 0:
                added[vectors.words[row]] = None
    return [word for word in added if word not in known and _can_be_stored(word)]


def with_new_words(
    vocabulary: Vocabulary,
    table: Floats,
    vector_sets: Sequence[WordVectors],
    words: Iterable[str],
    rng: np.random.Generator,
) -> tuple[Vocabulary, Floats]:
    """Add `words_to_add` to a vocabulary, and their vectors to its table: (V, d) -> (V', d)."""
    new = tuple(words_to_add(vocabulary, vector_sets, words))
    if new:
        vectors = embedding_table(Vocabulary(new), vector_sets, rng)
        table = np.concatenate([table, vectors[len(SPECIAL_WORDS) :]])
    return Vocabulary((*vocabulary.words, *new)), table


def _row(vectors: WordVectors, word: str) -> int:
    """Look up a word in one set; -1 if the set has none of its forms."""
    row = vectors.row.get(word)
    if row is None:
        row = next((vectors.row[f] for _, f in lookup_forms(word) if f in vectors.row), -1)
    return row


def embedding_table(
    vocabulary: Vocabulary,
    vector_sets: Sequence[WordVectors],
    rng: np.random.Generator,
    *,
    rounded: bool = False,
) -> Floats:
    """Build the table of word vectors: the vector sets side by side, one row for each word.

    Row 0, the padding, is random and about as large as a typical vector, so that a hidden unit can
    distinguish the edge of a sentence from a word. Row 1, for unknown words, is the mean vector.
    Each word is looked up in each set under its `lookup_forms`; if the set lacks it, it gets the
    mean vector of the set. ``rounded`` rounds the rows as `window_ner.nn.tables.round_rows` does.

    Returns
    -------
    (V, d) float32, where d is the sum of the dimensions of the sets.
    """
    special = len(SPECIAL_WORDS)
    columns = []
    for vectors in vector_sets:
        mean = vectors.table.mean(axis=0)
        table = np.empty((len(vocabulary), vectors.dimension), dtype=np.float32)
        table[0] = rng.normal(0.0, vectors.table[:10_000].std(), vectors.dimension)
        table[1] = mean
        rows: Ints = np.array([_row(vectors, word) for word in vocabulary.words], dtype=int)
        np.take(vectors.table, rows, axis=0, out=table[special:], mode="clip")
        table[special:][rows < 0] = mean
        columns.append(table)
    whole: Floats = np.concatenate(columns, axis=1)
    return np.asarray(round_rows(whole)) if rounded else whole
