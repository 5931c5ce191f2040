"""Reads documents from streams and files: lines, whole files, JSON objects, CoNLL columns."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BufferedReader
from itertools import groupby
from pathlib import Path
from typing import cast

from window_ner.cli.predict.documents import Document, InputFormat
from window_ner.cli.predict.sources import STDIN, Source
from window_ner.data.json_records import read_object, text_of
from window_ner.errors import InputError
from window_ner.storage.text import GZIPPED, decode, reading

_BYTES_AT_ONCE = 1 << 16

Advance = Callable[[int], None]
"""Called with the number of bytes that were read since the last call."""


def read_documents(
    sources: Sequence[Source], advance: Advance = lambda count: None
) -> Iterator[Sequence[Document]]:
    """Read documents from files, gunzipped if they end in .gz; ``-`` is stdin.

    A batch has all documents that can be read without waiting: a slow stream is answered line by
    line, a fast one in large batches, and many small files together.

    Raises
    ------
    InputError
        If a file cannot be read or has the wrong format; the message names file and line.
    """
    for is_file, some in groupby(sources, lambda source: source.kind == InputFormat.FILE):
        if is_file:
            yield from _files(some, advance)
        else:
            yield from _streams(some, advance, sources[-1])


def _files(sources: Iterable[Source], advance: Advance) -> Iterator[list[Document]]:
    """Read files that are one document each, small ones together."""
    together: list[Document] = []
    size = 0
    for source in sources:
        try:
            data = b"".join(_read_chunks(source, advance))
            text = _decode(data, source.shown, 1)
        except InputError:  # those before the broken file are answered first
            yield together
            raise
        together.append(Document(text, InputFormat.FILE, source.shown))
        size += len(data)
        if size >= _BYTES_AT_ONCE:
            yield together
            together, size = [], 0
    yield together


def _streams(sources: Iterable[Source], advance: Advance, last: Source) -> Iterator[list[Document]]:
    """Read files that have many documents; ``last`` is the last of all files."""
    for source in sources:
        chunks = _read_chunks(source, advance)
        match source.kind:
            case InputFormat.LINES:
                yield from _lines(chunks, source.shown)
            case InputFormat.JSONL:
                yield from _records(chunks, source.shown)
            case InputFormat.CONLL:
                lines = _split_lines(chunks, source.shown)
                if source is not last:
                    lines = _ending_with_an_empty_line(lines)
                yield from _columns(lines, source.shown)


def _lines(chunks: Iterator[bytes], shown: str) -> Iterator[list[Document]]:
    number = 1
    for lines in _split_lines(chunks, shown):
        yield [
            Document(line.removesuffix("\r"), InputFormat.LINES, shown, number)
            for number, line in enumerate(lines, number)
        ]
        number += len(lines)


def _records(chunks: Iterator[bytes], shown: str) -> Iterator[list[Document]]:
    number = 1
    for lines in _split_lines(chunks, shown):
        read: list[Document] = []
        try:
            for line in lines:
                if line.strip():
                    read.append(_record(line, shown, number))
                number += 1
        finally:
            yield read  # the lines before a wrong one are answered


def _record(line: str, shown: str, number: int) -> Document:
    """Read the object of a line; its ``text`` is the document."""
    try:
        record = read_object(line)
        return Document(text_of(record), InputFormat.JSONL, shown, number, record=record)
    except InputError as error:
        raise InputError(f"{shown}:{number}: {error}") from None


def _ending_with_an_empty_line(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """Keep the last sentence of a file apart from what the next file begins with."""
    last = ""
    for some in lines:
        yield some
        last = some[-1]
    if last.strip():
        yield [""]


def _columns(lines: Iterator[list[str]], shown: str) -> Iterator[list[Document]]:
    from window_ner.data.conll_stream import stream_documents

    number = 1
    for documents in stream_documents(lines, shown):
        yield [
            Document(columns.text, InputFormat.CONLL, shown, number, columns)
            for number, columns in enumerate(documents, number)
        ]
        number += len(documents)


def _read_chunks(source: Source, advance: Advance) -> Iterator[bytes]:
    """Yield the bytes of a source as soon as they can be read."""
    with reading(source.shown), _open(source.name) as raw:
        if not source.name.lower().endswith(".gz"):
            while chunk := raw.read1(_BYTES_AT_ONCE):
                advance(len(chunk))
                yield chunk
            return
        import gzip  # its import takes longer than reading a small file

        unpacked, position = gzip.GzipFile(fileobj=raw), 0
        while chunk := unpacked.read1(_BYTES_AT_ONCE):
            # A pipe has no position; what is unpacked from it is counted instead.
            before, position = position, raw.tell() if raw.seekable() else position + len(chunk)
            advance(position - before)
            yield chunk


def _open(name: str) -> BufferedReader:
    if name != STDIN:
        return Path(name).open("rb")
    if sys.stdin is None:
        raise InputError("stdin: is closed; give texts or --input")
    return cast(BufferedReader, sys.stdin.buffer)


def _split_lines(chunks: Iterator[bytes], shown: str) -> Iterator[list[str]]:
    """Yield the lines that each chunk completes; carriage returns at their ends are kept."""
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
    """Decode bytes that begin in line ``number``."""
    if number == 1 and data.startswith(GZIPPED):
        raise InputError(f"{shown}: is gzipped; let its name end in .gz, or unzip it")
    return decode(data, shown, number)
