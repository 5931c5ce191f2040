"""Reads the lexicon from the package spacy-lookups-data, which has a million English words.

Training needs the package. A model stores what it says of the model's own words, so that tagging
does not need it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from window_ner.data.lexicon import WordTable, find_path, word_table_from
from window_ner.errors import InputError
from window_ner.storage.places import cache_folder

_PACKAGE = "spacy_lookups_data"

_FILES = {"clusters": "cluster", "casing": "prob"}

_NEVER = -22.0
"""Stands for the log frequency of a word that does not occur; the rarest words have -19.5."""

_FARTHEST = 9
"""Larger differences between log frequencies are treated like this one."""


def read_lexicon(features: Sequence[str], words: Collection[str]) -> dict[str, WordTable]:
    """Read the tables of some features from the package, for some words.

    Parameters
    ----------
    features
        Which of `LEXICON_FEATURES`.
    words
        The words to keep, lower-cased. All spellings of them are kept.

    Raises
    ------
    InputError
        If the package is not installed, or its files cannot be read.
    """
    kept = words if isinstance(words, set | frozenset) else set(words)
    return {
        feature: WordTable.of({w: v for w, v in _whole_table(feature).items() if w.lower() in kept})
        for feature in features
    }


def with_words(lexicon: Mapping[str, WordTable], words: Iterable[str]) -> dict[str, WordTable]:
    """Add words to the tables of a lexicon: as they are, lower-cased, Capitalised, in CAPITALS.

    Raises
    ------
    InputError
        As `read_lexicon`.
    """
    forms = {form for w in set(words) for form in (w, w.lower(), w.capitalize(), w.upper())}
    joined = {}
    for feature, table in lexicon.items():
        whole = _whole_table(feature)
        found = {form: value for form in forms if (value := whole.get(form))}
        joined[feature] = table.joined_with(found)
    return joined


def _whole_table(feature: str) -> WordTable:
    """Return the table of all words, from the cache if it is there: the package is slow to read."""
    from window_ner.storage.atomic import write_bytes  # not needed to tag

    read = {"clusters": _read_clusters, "casing": _read_casing}[feature]
    cached = cached_table(feature)
    try:
        return word_table_from(feature, cached.read_bytes())
    except (OSError, ValueError):
        table = WordTable.of(read())
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(cached, table.as_bytes())
    except OSError:
        pass  # the next training reads the package again
    return table


def cached_table(feature: str) -> Path:
    """Return the path of the cached table of all words; each version of the package has its own.

    Raises
    ------
    InputError
        If the package is not installed.
    """
    about = _package_file(_FILES[feature]).stat()
    return cache_folder() / f"lexicon-{feature}-{about.st_size}-{about.st_mtime_ns}.txt"


def _read_clusters() -> dict[str, str]:
    """Read the path of each word; leave out spellings for which `find_path` finds the same path."""
    paths = {
        word: bin(number)[:1:-1]  # the first bit of the path is the lowest of the number
        for word, number in _read_package("cluster").items()
        if number and _is_word(word)
    }

    def is_needed(word: str) -> bool:
        others = find_path(lambda form: "" if form == word else paths.get(form, ""), word)
        return word == word.lower() or others != paths[word]

    return {word: path for word, path in paths.items() if is_needed(word)}


def _read_casing() -> dict[str, str]:
    """Read how each lower-cased word is spelt: the numbers of `casing_bins`."""
    found: dict[str, list[float]] = {}
    for word, frequency in _read_package("prob").items():
        lower = word.lower()
        if _is_word(lower):
            spelling = 0 if word == lower else 2 if word.isupper() and len(word) > 1 else 1
            logs = found.setdefault(lower, [_NEVER] * 3)
            logs[spelling] = max(logs[spelling], frequency)
    return {lower: casing_bins(*logs) for lower, logs in found.items()}


def casing_bins(lower: float, capitalised: float, capitals: float) -> str:
    """Describe how a word is spelt by whole numbers, given its three natural log frequencies.

    Returns
    -------
    Three numbers: how much more frequent the word is Capitalised than in lower case, in CAPITALS
    than in the more frequent of these two, and the largest log frequency.

    >>> casing_bins(lower=-13.6, capitalised=-10.9, capitals=-16.3)
    '3 -5 -11'
    """
    mixed = max(lower, capitalised)
    differences = [capitalised - lower, capitals - mixed]
    bins = [round(min(max(d, -_FARTHEST), _FARTHEST)) for d in differences]
    return " ".join(map(str, [*bins, round(max(mixed, capitals))]))


def _is_word(entry: str) -> bool:
    """Whether an entry of the package can be in a `WordTable`; some are several words."""
    return not {" ", "\t", "\n"} & set(entry)


def _package_file(name: str) -> Path:
    """Find a file of the package, which is not imported."""
    from importlib.util import find_spec

    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise InputError(
            "the features clusters and casing need spacy-lookups-data, which is not installed; "
            "pip install 'window-ner[train]'"
        )
    return Path(package.origin).parent / "data" / f"en_lexeme_{name}.json.gz"


def _read_package(name: str) -> dict[str, Any]:
    """Read a file of the package: word -> number."""
    from window_ner.storage.text import read_text

    path = _package_file(name)
    try:
        return dict(json.loads(read_text(path)))
    except (ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: is damaged; install spacy-lookups-data again") from None
