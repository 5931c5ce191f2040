"""Finds the files and folders of ``predict --input``, and what a document is in each."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from window_ner.cli.predict.documents import InputFormat
from window_ner.errors import InputError, reason
from window_ner.storage.places import real_path
from window_ner.storage.text import ending_of, reading

STDIN = "-"

ENDINGS = (".txt", ".md", ".jsonl", ".ndjson", ".conll")
"""Files in a folder with these endings are read, also with .gz after the ending."""

_PLAIN = "save it as plain text in UTF-8"
_BULK = "window-ner bulk reads it"
_NOT_READ = {
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf", ".pdf", ".html", ".htm"), _PLAIN),
    **dict.fromkeys((".xls", ".xlsx", ".ods"), f"save it as CSV UTF-8, and {_BULK}"),
    **dict.fromkeys((".csv", ".tsv", ".parquet"), _BULK),
    ".json": "save it as JSON lines, .jsonl",
}
"""Endings of files whose bytes are not the text that is meant, and what to do instead."""


class Source(NamedTuple):
    """A file to read, or ``-`` for stdin, and what a document is in it."""

    name: str
    kind: InputFormat

    @property
    def shown(self) -> str:
        """Its name in messages and answers."""
        return "stdin" if self.name == STDIN else self.name


def find_sources(
    inputs: Sequence[str], input_format: InputFormat | None, output: Path | None = None
) -> list[Source]:
    """Find the files to read, in order; those of a folder are sorted.

    Parameters
    ----------
    inputs
        Files, folders, or ``-``. A folder means every file in it and its subfolders that has one
        of the `ENDINGS`; hidden files and folders are skipped.
    input_format
        What a document is. None decides for each file: conll for .conll, jsonl for .jsonl and
        .ndjson; else the whole file for several files or a folder, and each line for one file or a
        stream.
    output
        The output file, which is skipped in folders of the input.

    Raises
    ------
    InputError
        If stdin is named twice, a file is missing, a folder has no file to read, or without
        ``input_format``, a file is in a format that is not read, such as Word or HTML; or if a
        file is also the output.
    """
    if inputs.count(STDIN) > 1:
        raise InputError("stdin can be read once only")
    names = [name for given in inputs for name in _files(given, output)]
    for name in names:
        if input_format is None and (ending := ending_of(name)) in _NOT_READ:
            raise InputError(f"{name}: {ending} is not read; {_NOT_READ[ending]}")
    several = len(names) > 1 or names != list(inputs)
    return [Source(name, input_format or _kind(name, several)) for name in names]


def refuse_output(name: str, output: Path | None) -> None:
    """Refuse to replace a file that is read.

    Raises
    ------
    InputError
        If both are one regular file.
    """
    status = _status(name)
    if status is None or output is None:
        return
    try:
        is_same = output.is_file() and os.path.samestat(status, output.stat())
    except OSError:  # reported when it is written
        return
    if is_same:
        shown = "stdin" if name == STDIN else name
        raise InputError(
            f"{shown}: is read, and --output would replace it; choose another --output"
        )


def _files(given: str, output: Path | None) -> list[str]:
    if given == STDIN:
        refuse_output(given, output)
        return [given]
    with reading(given):
        status = Path(given).stat()
    if not stat.S_ISDIR(status.st_mode):
        refuse_output(given, output)
        return [given]
    found = list(_in_folder(given))
    if output and output.is_symlink():  # nobody sees in the command that it is in the folder
        for path in found:
            refuse_output(str(path), output)
    written = real_path(output) if output else None
    found = [path for path in found if real_path(path) != written]
    if not found:
        listed = f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        raise InputError(f"{given}: no {listed} file in this folder (each may be .gz too)")
    return [str(path) for path in sorted(found, key=lambda path: path.parts)]


def _in_folder(folder: str) -> Iterator[Path]:
    """Yield the files to read in a folder and its subfolders, unsorted; skip links to folders.

    Raises
    ------
    InputError
        If a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read ({reason(error)})") from None

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(parent, name)
            wanted = not name.startswith(".") and ending_of(name) in ENDINGS
            # A named pipe would wait for a writer. A broken link is reported when it is read.
            if wanted and (path.is_file() or not path.exists()):
                yield path


def _kind(name: str, several: bool) -> InputFormat:
    match ending_of(name):
        case ".conll":
            return InputFormat.CONLL
        case ".jsonl" | ".ndjson":
            return InputFormat.JSONL
    return InputFormat.FILE if several and _size(name) is not None else InputFormat.LINES


def total_bytes(sources: Sequence[Source]) -> int | None:
    """Return the number of bytes to read; None if one of the sources is a stream."""
    sizes = [_size(source.name) for source in sources]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _size(name: str) -> int | None:
    """Return the size of a file; None for a stream, or if the size cannot be read."""
    status = _status(name)
    return status.st_size if status and stat.S_ISREG(status.st_mode) else None


def _status(name: str) -> os.stat_result | None:
    """Return the status of a file or of stdin; None if that fails, which reading it will report."""
    try:
        return os.fstat(sys.stdin.fileno()) if name == STDIN else Path(name).stat()
    except (OSError, ValueError, AttributeError):
        return None


def slow_source(sources: Sequence[Source]) -> int | None:
    """Return the number of the open file of stdin, if nothing else is read and it is a stream.

    On Windows, nothing says whether a stream can be read, so it is None.
    """
    status = _status(STDIN) if [source.name for source in sources] == [STDIN] else None
    if status is None or stat.S_ISREG(status.st_mode) or sys.platform == "win32":
        return None
    return sys.stdin.fileno()


def note_on_files(sources: Sequence[Source]) -> str | None:
    """Return a note that each file is one document, if lines could have been meant."""
    whole = [source for source in sources if source.kind is InputFormat.FILE]
    if not whole:
        return None
    read = f"{whole[0].shown} is" if len(whole) == 1 else f"each of {len(whole):,} files is"
    return f"{read} one document; if each line is one, add --input-format lines"


def note_on_lines(sources: Sequence[Source]) -> str | None:
    """Return a note that each line is a document, if the whole file could have been meant."""
    if len(sources) == 1 and sources[0].kind is InputFormat.LINES:
        source = sources[0]
        if ending_of(source.name) in (".txt", ".md"):
            return (
                f"each line of {source.shown} is a document; "
                "if the whole file is one, add --input-format file"
            )
    return None


def refuse_paths(texts: Sequence[str]) -> None:
    """Refuse texts that are paths of files or folders.

    Raises
    ------
    InputError
        If a text is a path; the message says how to read the file.
    """
    for text in filter(None, texts):
        try:
            kind = "folder" if Path(text).is_dir() else "file" if Path(text).is_file() else None
        except OSError:  # too long for a path
            continue
        if kind:
            from shlex import quote

            raise InputError(
                f"{text}: is a {kind}; to read it: --input {quote(text)} "
                f"(to find names in its name: echo {quote(text)} | window-ner predict)"
            )
