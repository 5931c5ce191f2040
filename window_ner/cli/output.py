"""Results: to stdout, or to a file that appears when it is whole."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import typer

from window_ner.errors import InputError


@contextlib.contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Open a text stream in UTF-8; a file is gzipped by name and renamed into place at the end.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if path is None or str(path) == "-":
        if sys.stdout is None:
            raise InputError("stdout: is closed; use --output")
        if isinstance(sys.stdout, io.TextIOWrapper):
            # What Python read as a lone surrogate is written as the byte it was.
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        place = path.resolve()  # what a symbolic link points to, not the link, is replaced
        if place.exists() and not place.is_file():  # a pipe or a device is written to
            with place.open("w", encoding="utf-8", errors="surrogateescape") as text:
                yield text
        else:
            with _whole_file(place) as text:
                yield text
    except BrokenPipeError:  # the reader of a named pipe has seen enough
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """Write a file beside its place, and rename it when it is whole."""
    import gzip
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            packed = gzip.GzipFile(path.stem, "wb", fileobj=raw) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(
                cast(BinaryIO, packed), "utf-8", errors="surrogateescape"
            ) as text:
                yield text
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def drop_stdout() -> None:
    """Write nowhere what goes to stdout from now on, and what could not be written."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: str) -> None:
    """Tell on stdout how a long work goes, which goes on if nobody reads it any more."""
    try:
        typer.echo(message)
    except BrokenPipeError:
        drop_stdout()


_VISIBLE: dict[int, int] = {
    **{c: 0x2400 + c for c in range(32) if c not in b"\t\n"},
    **dict.fromkeys(range(0x7F, 0xA0), 0x2421),
}
"""What a terminal would obey -> what it shows."""


def visible(text: str) -> str:
    """Put signs for control characters, which a terminal would obey."""
    return text.translate(_VISIBLE)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
