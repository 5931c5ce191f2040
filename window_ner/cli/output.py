"""Writes results to stdout, or to a file that appears when it is complete."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from window_ner.errors import InputError, reason
from window_ner.storage.places import real_path

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@contextlib.contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Open a text stream in UTF-8 for results.

    A file appears when it is complete; it is gzipped if its name ends in .gz.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if path is None or str(path) == "-":
        if sys.stdout is None:
            raise InputError("stdout: is closed; use --output")
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A byte that Python read as a lone surrogate is written as that byte again.
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        place = real_path(path)  # replace the target of a symbolic link, not the link
        if place.exists() and not place.is_file():  # write to a pipe or device, do not replace it
            with place.open("w", encoding="utf-8", errors="surrogateescape") as text:
                yield text
        else:
            with _whole_file(place) as text:
                yield text
    except BrokenPipeError:  # the reader of a named pipe has closed it
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({reason(error)})") from None


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """Write a file that appears when it is complete, gzipped if its name ends in .gz."""
    import gzip

    from window_ner.storage.atomic import replacing

    with replacing(path) as raw:
        packed = gzip.GzipFile(path.stem, "wb", fileobj=raw) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(
            cast(BinaryIO, packed), "utf-8", errors="surrogateescape", newline="\n"
        ) as text:
            yield text


def drop(stream: TextIO | None) -> None:
    """Discard all output to a stream from now on, and what is left in its buffer."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(message: str, *, err: bool = False) -> None:
    """Print a message on stdout or stderr; a closed stream does not stop the work."""
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        try:
            print(message, file=stream, flush=True)
        except BrokenPipeError:
            drop(stream)


_VISIBLE: dict[int, int] = {
    **{c: 0x2400 + c for c in range(32) if c not in b"\t\n"},
    **dict.fromkeys(range(0x7F, 0xA0), 0x2421),
}
"""Control character -> the sign that is shown in its place."""


def visible(text: str) -> str:
    """Replace control characters by visible signs, so that a terminal does not obey them."""
    return text.translate(_VISIBLE)


_NO_LIMIT = 10_000
"""Width of a console that is a file or a pipe, in columns."""


def new_console(**options: Any) -> "Console":
    """Return a console of rich that leaves a closed pipe to `window_ner.cli.exits`."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 -- the error that rich is handling; rich would exit with 1

    return Ours(**options)


def results_console() -> "Console":
    """Return a console on stdout for text that may look like markup.

    In a file or a pipe, no line is wrapped and nothing is cut, as only a terminal has a width.
    """
    console = new_console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _NO_LIMIT
    return console


def print_table(table: "Table", title: str, console: "Console | None" = None) -> None:
    """Print a table below its title. A title longer than a line is cut in the middle.

    rich would wrap a table's own title at the table's width, even within the name of a file.
    """
    from rich.text import Text

    console = console or results_console()
    shown = cut_in_the_middle(title, console.width)
    console.print(Text(shown, style="table.title"), no_wrap=True, overflow="ignore", crop=False)
    console.print(table)


def cut_in_the_middle(text: str, width: int) -> str:
    """Shorten text to ``width`` columns of a terminal, with … for the part that is cut.

    The end keeps twice as many columns as the beginning, because a path ends with the file's name.
    """
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    of_beginning = max(width - 1, 0) // 3
    of_end = max(width - 1, 0) - of_beginning
    beginning, end = text[:of_beginning], text[max(len(text) - of_end, 0) :]
    while cell_len(beginning) > of_beginning:  # some characters take two columns
        beginning = beginning[:-1]
    while cell_len(end) > of_end:
        end = end[1:]
    return f"{beginning}…{end}"
