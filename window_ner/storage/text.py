"""Reads text files in UTF-8; errors name the file and the line."""

import codecs
import contextlib
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from window_ner.errors import InputError, reason

GZIPPED = b"\x1f\x8b"
"""The first bytes of a gzipped file."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def ending_of(file: Path | str, packed: Sequence[str] = (".gz",)) -> str:
    """Return the ending of a file's name in lower case, like ``.jsonl``.

    Endings of compressed files, which are listed in ``packed``, are left out.
    """
    name = Path(file).name.lower()
    for ending in packed:
        name = name.removesuffix(ending)
    return Path(name).suffix


@contextlib.contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn errors of opening and reading a file into `InputError`.

    Raises
    ------
    InputError
        If the file does not exist, is a folder, or cannot be read or gunzipped.
    """
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a folder, expected a file") from None
    except (OSError, EOFError, zlib.error, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(f"{name}: cannot be read ({reason(error)})") from None


def decode(data: bytes, name: str, number: int = 1) -> str:
    """Decode bytes that begin in line ``number``; in line 1, skip the byte order mark.

    Raises
    ------
    InputError
        If it is not UTF-8; the message names the line.
    """
    if number == 1:
        if data.startswith(_UTF_16):
            raise InputError(f"{name}: is UTF-16; save it as UTF-8")
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number += data.count(b"\n", 0, error.start)
        raise InputError(
            f"{name}:{number}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None


def decode_argument(text: str, errors: str = "strict") -> str:
    """Decode what Python could not decode in an argument of a command, as without a UTF-8 locale.

    ``errors`` is what to do with bytes that are not UTF-8: strict, or surrogateescape, which leaves
    them as Python gives them, as halves of surrogate pairs.

    Raises
    ------
    InputError
        If it is not UTF-8 and ``errors`` is strict.
    """
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        data = os.fsencode(text)
    try:
        return data.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise InputError(f"byte 0x{data[error.start]:02x} in an argument is not UTF-8") from None


def read_text(path: Path) -> str:
    """Read UTF-8 text, gunzipped if necessary, without its byte order mark.

    Raises
    ------
    InputError
        If it cannot be read, is binary, or is not UTF-8 (the message names the line).
    """
    with reading(str(path)):
        data = path.read_bytes()
        if data.startswith(GZIPPED):
            import gzip

            data = gzip.decompress(data)
    if b"\x00" in data and not data.startswith(_UTF_16):
        raise InputError(f"{path}: is a binary file, expected UTF-8 text")
    return decode(data, str(path))
