"""What ``predict`` reads: lines of a stream, whole files, or CoNLL columns; as they come."""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from window_ner.errors import InputError
from window_ner.storage.text import GZIPPED, decode, reading

if TYPE_CHECKING:
    from window_ner.data.conll_stream import ColumnDocument

_BYTES_AT_ONCE = 1 << 16

STDIN = "-"


class InputFormat(StrEnum):
    """What a document is in a file."""

    LINES = "lines"
    FILE = "file"
    CONLL = "conll"


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file that is one document."""

    name: str
    text: str


Document: TypeAlias = "str | WholeFile | ColumnDocument"

Told = Callable[[int], None]
"""Who wants to know how many bytes were read since the last time."""


def read_documents(
    names: Sequence[str], input_format: InputFormat | None, told: Told = lambda count: None
) -> Iterator[Sequence[Document]]:
    """Read files, gunzipped by name; ``-`` is stdin.

    Documents are yielded as they come, those together that are there at once: so a slow stream is
    answered line by line, and a fast one in large batches.

    Parameters
    ----------
    input_format
        None takes files called .conll for CoNLL columns, and each line of others for a document.

    Raises
    ------
    InputError
        If a file cannot be read or is not what it should be; the message names file and line.
    """
    if names.count(STDIN) > 1:
        raise InputError("stdin can be read once only")
    for name in names:
        shown, chunks = _shown(name), _read_chunks(name, told)
        match input_format or _format_by_name(name):
            case InputFormat.LINES:
                for lines in _split_lines(chunks, shown):
                    yield [line.removesuffix("\r") for line in lines]
            case InputFormat.FILE:
                yield [WholeFile(shown, _decode(b"".join(chunks), shown, 1))]
            case InputFormat.CONLL:
                from window_ner.data.conll_stream import stream_documents

                yield from stream_documents(_split_lines(chunks, shown), shown)


def total_bytes(names: Sequence[str]) -> int | None:
    """Return how many bytes there are to read, if that is known."""
    sizes = [_size(name) for name in names]
    return None if None in sizes else sum(cast(list[int], sizes))


def _size(name: str) -> int | None:
    try:
        status = os.fstat(sys.stdin.fileno()) if name == STDIN else Path(name).stat()
    except (OSError, ValueError, AttributeError):  # what is wrong is told by whoever reads it
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _shown(name: str) -> str:
    return "stdin" if name == STDIN else name


def _format_by_name(name: str) -> InputFormat:
    return InputFormat.CONLL if name.endswith((".conll", ".conll.gz")) else InputFormat.LINES


def _read_chunks(name: str, told: Told) -> Iterator[bytes]:
    """Yield what is there to be read, as it comes."""
    with reading(_shown(name)), _open(name) as raw:
        if not name.endswith(".gz"):
            while chunk := raw.read1(_BYTES_AT_ONCE):
                told(len(chunk))
                yield chunk
            return
        import gzip  # takes longer than to read a small file

        unpacked, position = gzip.GzipFile(fileobj=raw), 0
        while chunk := unpacked.read1(_BYTES_AT_ONCE):
            before, position = position, raw.tell()
            told(position - before)
            yield chunk


def _open(name: str) -> BufferedReader:
    if name != STDIN:
        return Path(name).open("rb")
    if sys.stdin is None:
        raise InputError("stdin: is closed; give texts or --input")
    return cast(BufferedReader, sys.stdin.buffer)


def _split_lines(chunks: Iterator[bytes], shown: str) -> Iterator[list[str]]:
    """Yield the lines that each chunk completes; a carriage return before a line's end stays."""
    unfinished: list[bytes] = []
    number = 1
    for chunk in chunks:
        whole, end, rest = chunk.rpartition(b"\n")
        if end:
            lines = _decode(b"".join([*unfinished, whole]), shown, number).split("\n")
            yield lines
            number += len(lines)
            unfinished = []
        unfinished.append(rest)
    if last := b"".join(unfinished):
        yield [_decode(last, shown, number)]


def _decode(data: bytes, shown: str, number: int) -> str:
    """Decode what begins in the line of that number."""
    if number == 1 and data.startswith(GZIPPED):
        raise InputError(f"{shown}: is gzipped; call it .gz, or unzip it")
    return decode(data, shown, number)
