"""Results: to stdout, or to a file that appears when it is whole."""

import contextlib
import gzip
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

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
        if isinstance(sys.stdout, io.TextIOWrapper):
            # What Python read as a lone surrogate is written as the byte it was.
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
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
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
