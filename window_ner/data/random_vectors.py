"""Random word vectors, for training data that is large enough to learn the vectors."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from window_ner.data.word_vectors import WordVectors, load_word_vectors

_NAME = re.compile(r"random-([1-9]\d{0,3})d")
_BOUND = 0.25


def is_random(source: str) -> bool:
    """Whether the source is the name of random vectors, such as random-50d."""
    return _NAME.fullmatch(source) is not None


def random_word_vectors(source: str, words: Iterable[str], seed: int) -> WordVectors:
    """Draw a vector from U(−0.25, 0.25) for every distinct word, with its case (Kim, 2014).

    Parameters
    ----------
    source
        ``random-50d`` for vectors of 50 numbers.
    words
        The tokens of the training data.
    seed
        Seed of the random generator; the same seed gives the same vectors.

    Raises
    ------
    ValueError
        If the source is not such a name.
    """
    match = _NAME.fullmatch(source)
    if not match:
        raise ValueError(f"expected a name like random-50d, got {source!r}")
    by_frequency = [word for word, _ in Counter(words).most_common()]
    shape = len(by_frequency), int(match[1])
    table = np.random.default_rng([seed, 2]).uniform(-_BOUND, _BOUND, shape)
    return WordVectors(source, by_frequency, table.astype(np.float32))


def find_word_vectors(
    source: str, words: Iterable[str], seed: int, note: Callable[[str], None] = lambda text: None
) -> WordVectors:
    """Draw random vectors if the source is a name such as random-50d, else load vectors.

    ``note`` is called with a sentence for the user before a load that takes a while.

    Raises
    ------
    InputError
        See `window_ner.data.word_vectors.load_word_vectors`.
    """
    if is_random(source):
        return random_word_vectors(source, words, seed)
    return load_word_vectors(source, note)
