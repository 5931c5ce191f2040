"""Finds the files of ``bulk`` and what is in them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from window_ner.bulk.formats import InputFormat
from window_ner.bulk.places import Place, place
from window_ner.errors import InputError, reason
from window_ner.storage.text import ending_of

_KINDS = {
    ".parquet": InputFormat.PARQUET,
    ".pq": InputFormat.PARQUET,
    ".jsonl": InputFormat.JSONL,
    ".ndjson": InputFormat.JSONL,
    ".csv": InputFormat.CSV,
    ".tsv": InputFormat.CSV,
    ".txt": InputFormat.LINES,
}

PACKED = (".gz", ".zst")
"""Endings of compressed files; they follow the ending of the format."""

_PATTERN = "*?["


@dataclass(frozen=True)
class InputFile:
    """A file to read.

    Attributes
    ----------
    name
        Its absolute path, or its URL.
    size
        Its size in bytes.
    modified
        A value that changes with the file: its time or its ETag.
    """

    name: str
    size: int
    modified: str


def ending(name: str) -> str:
    """Return the ending of a file's name without that of its compression, like ``.jsonl``."""
    return ending_of(name, PACKED)


def find_inputs(
    inputs: Sequence[str], kind: InputFormat | None, output: Place
) -> tuple[list[InputFile], InputFormat]:
    """Find the files to read, and their common format.

    Parameters
    ----------
    inputs
        Files, folders and patterns, as paths or URLs. In a folder, all files with a known ending
        are read, but no pipes, and not those whose name, or a folder of theirs, begins with ``.``
        or ``_``.
    kind
        The format; None decides by the ending.
    output
        The output folder, whose files are skipped in folders and patterns, and else refused.

    Raises
    ------
    InputError
        If there is no file, it cannot be read, its ending is unknown, one is given twice or is in
        the output folder, or formats are mixed.
    """
    found = [file for given in inputs for file in _files(given, kind, output)]
    counts = Counter(file.name for file in found)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise InputError(f"{twice[0]}: is given twice; its rows would be twice in the output")
    kinds = {kind or _KINDS[ending(file.name)]: file.name for file in reversed(found)}
    if len(kinds) > 1:
        listed = " and ".join(f"{name} ({of_it})" for of_it, name in reversed(kinds.items()))
        raise InputError(f"the input has several formats: {listed}; run bulk once for each")
    return [describe(file) for file in found], next(iter(kinds))


def _files(given: str, kind: InputFormat | None, output: Place) -> list[Place]:
    """Return the files of an input that are not in the output folder, which may be replaced."""
    outside = [file for file in _known_files(given, kind) if not file.is_in(output)]
    if not outside:
        raise InputError(f"{given}: is in the output folder; choose another --output")
    return outside


def _known_files(given: str, kind: InputFormat | None) -> list[Place]:
    """Return the files of an input, which are of a known format."""
    where = place(given)
    try:
        if where.is_folder():
            found = [
                file
                for file in where.files_below()
                if not _is_hidden(file.name.removeprefix(where.name))
            ]
        elif where.exists():
            _check_file(where, given, kind)
            return [where]
        elif any(sign in given for sign in _PATTERN):
            found = [
                file
                for file in where.matches()
                if not file.is_folder() and not _is_hidden(file.name.rpartition("/")[2])
            ]
        else:
            raise InputError(f"{given}: no such file or folder")
    except OSError as error:
        raise InputError(f"{error.filename or given}: cannot be read ({reason(error)})") from None
    known = [f for f in found if (kind or ending(f.name) in _KINDS) and not f.is_pipe()]
    if not known:
        wanted = "" if kind else f"; bulk reads {_listed()}"
        raise InputError(f"{given}: there is no file to read{wanted}")
    return known


def _check_file(file: Place, given: str, kind: InputFormat | None) -> None:
    """Check that a file that is named can be read."""
    if file.is_pipe():
        raise InputError(f"{given}: is a pipe, and bulk reads a file twice; save it as a file")
    if kind is None and ending(given) not in _KINDS:
        raise InputError(
            f"{given}: its ending is unknown; bulk reads {_listed()}; "
            "for another ending give --input-format"
        )


def _listed() -> str:
    endings = list(_KINDS)
    return f"{', '.join(endings[:-1])} and {endings[-1]} (but for Parquet also .gz, .zst)"


def _is_hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/"))


def describe(file: Place) -> InputFile:
    """Return size and version of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        if file.local is not None:
            status = file.local.stat()
            return InputFile(file.name, status.st_size, str(status.st_mtime_ns))
        info = file.info()
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({reason(error)})") from None
    return InputFile(file.name, int(info.get("size") or 0), str(next(_versions(info), "")))


def _versions(info: dict[str, Any]) -> Iterator[Any]:
    """Yield what stores call the version of a file, the best first."""
    for key in ("ETag", "etag", "md5Hash", "LastModified", "updated", "mtime", "last_modified"):
        if info.get(key):
            yield info[key]
