"""Reads text files from any byte on: lines of bounded length, and the records of CSV."""

import contextlib
import csv
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, cast

from window_ner.bulk.inputs import ending
from window_ner.bulk.places import place
from window_ner.data.csv_rows import next_row
from window_ner.errors import InputError
from window_ner.storage.text import GZIPPED, reading

BLOCK = 1 << 20
"""Bytes to read at once."""

_NO_TEXT = {
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
    GZIPPED: "is gzipped; let its name end in .gz, or unzip it",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; let its name end in .zst, or unpack it",
    b"PAR1": "is a Parquet file; let its name end in .parquet, or give --input-format parquet",
}
"""The first bytes of files that are not text in UTF-8 -> what is wrong, and what to do."""

_LONGEST_HEAD = 4

_BYTES_A_CHARACTER = 4
"""The most bytes of a character in UTF-8."""


class Stream:
    """The bytes of a file from some byte on, without a byte order mark."""

    def __init__(self, source: BinaryIO, head: bytes, position: int) -> None:
        self._source, self._head = source, head
        self.position = position
        """Where the stream begins in the file."""

    def read(self, count: int) -> bytes:
        """Return at most ``count`` bytes; none at the end of the file."""
        head, self._head = self._head, b""
        return head or bytes(self._source.read(count))


@contextlib.contextmanager
def open_stream(name: str, byte: int = 0) -> Iterator[Stream]:
    """Open a text file at a byte, unpacked if it ends in .gz or .zst.

    A compressed file is read from its beginning, and what comes before the byte is dropped.

    Raises
    ------
    InputError
        If it cannot be read or unpacked, or its first bytes are those of another format.
    """
    with reading(name):
        try:
            with place(name).open() as raw:
                source = _unpacked(raw, name)
                if byte == 0:
                    head = source.read(_LONGEST_HEAD)
                    for magic, problem in _NO_TEXT.items():
                        if head.startswith(magic):
                            raise InputError(f"{name}: {problem}")
                    text = head.removeprefix(BOM_UTF8)
                    yield Stream(source, text, len(head) - len(text))
                    return
                _skip(source, byte, packed=source is not raw)
                yield Stream(source, b"", byte)
        except zlib.error as error:
            raise InputError(f"{name}: cannot be unpacked ({error})") from None


def _unpacked(raw: BinaryIO, name: str) -> BinaryIO:
    lower = name.lower()
    if lower.endswith(".gz"):
        import gzip

        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if lower.endswith(".zst"):
        import pyarrow as pa

        return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(raw), "zstd"))
    return raw


def _skip(source: BinaryIO, count: int, *, packed: bool) -> None:
    if not packed:
        source.seek(count)
        return
    while count and (block := source.read(min(count, BLOCK))):
        count -= len(block)


class Line(NamedTuple):
    """A line of a file.

    Attributes
    ----------
    data
        Its bytes without the line feed; None if it is too long.
    size
        The number of its bytes with the line feed.
    """

    data: bytes | None
    size: int


def read_lines(stream: Stream, longest: int) -> Iterator[Line]:
    """Yield the lines of a stream; no more than ``longest`` bytes of one are held in memory."""
    begun: list[bytes] = []
    size = 0
    while block := stream.read(BLOCK):
        *whole, last = block.split(b"\n")
        for end in whole:
            if size:
                size += len(end)
                yield Line(b"".join([*begun, end]) if size <= longest else None, size + 1)
                begun, size = [], 0
            else:
                yield Line(end if len(end) <= longest else None, len(end) + 1)
        size += len(last)
        begun = [*begun, last] if size <= longest else []
    if size:
        yield Line(b"".join(begun) if size <= longest else None, size)


@dataclass(frozen=True)
class Record:
    """A record of a CSV file.

    Attributes
    ----------
    cells
        Its cells.
    problem
        What is wrong with it; empty if nothing is.
    line, next_line
        Its first line, and the one after its last, from 1.
    end
        The byte after it.
    """

    cells: list[str]
    problem: str
    line: int
    next_line: int
    end: int


def csv_records(stream: Stream, name: str, longest: int, line: int = 1) -> Iterator[Record]:
    """Yield the records of a CSV file, also those that cannot be read; skip empty lines.

    Parameters
    ----------
    name
        The name of the file; cells are separated by tabs if it ends in .tsv, else by commas.
    longest
        Most characters of a cell, so that a missing quote does not swallow the whole file.
    line
        The line at which the stream begins.
    """
    feed = _CsvLines(stream, longest * _BYTES_A_CHARACTER, line)
    delimiter = "\t" if ending(name) == ".tsv" else ","
    rows = csv.reader(feed.texts(), delimiter=delimiter, strict=True)
    while True:
        begin, feed.problem = feed.line, ""
        try:
            cells = next_row(rows, longest)
        except csv.Error as error:
            cells, feed.problem = [], feed.problem or _not_csv(error, longest)
        if cells is None:
            return
        if cells or feed.problem:
            yield Record(cells, feed.problem, begin, feed.line, feed.position)


class _CsvLines:
    """Feeds lines to the reader of CSV and counts them."""

    def __init__(self, stream: Stream, longest: int, line: int) -> None:
        self._lines = read_lines(stream, longest)
        self.position, self.line = stream.position, line
        self.problem = ""

    def texts(self) -> Iterator[str]:
        for data, size in self._lines:
            self.position += size
            self.line += 1
            if data is None:
                self.problem = too_many_bytes(size)
                yield "\n"
                continue
            try:
                yield data.decode() + "\n"
            except UnicodeDecodeError as error:
                self.problem = not_utf8(error)
                yield data.decode("utf-8", "replace") + "\n"


def _not_csv(error: csv.Error, longest: int) -> str:
    if "field larger than field limit" not in str(error):
        return f"is not CSV ({error})"
    return (
        f"has a cell of more than {longest:,} characters; if no quote is missing, raise "
        "--max-characters"
    )


def too_many_bytes(size: int) -> str:
    """Say that a line is too long, though the limit is one of texts."""
    return f"has a line of {size:,} bytes, which is too long; to read it, raise --max-characters"


def not_utf8(error: UnicodeDecodeError) -> str:
    """Say which byte of a line is not UTF-8."""
    return f"byte 0x{error.object[error.start]:02x} is not UTF-8"
