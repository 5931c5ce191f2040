"""Files and folders that appear whole: written beside their place, then renamed.

Who reads meanwhile sees the old one or the new one, and a process that is killed leaves the old.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_RANDOM_CHARACTERS = 8

_LONGEST = 32
"""Letters of a file's name in that of its temporary file: a longer one might be too long."""


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a file to be written, which takes the place of ``path`` when it is whole.

    What a symbolic link points to, not the link, is replaced. Who may read and write the file is
    decided by the umask, as for any new file. ``durable`` waits for the disk, so that a power cut
    leaves the old or the new file, too.

    Raises
    ------
    OSError
        If it cannot be written; what was there is still there, and nothing beside it.
    """
    path = path.resolve()
    temporary = _new_name(path.with_name(f".{path.name[:_LONGEST]}-"))
    try:
        with temporary.open("xb") as file:
            yield file
            if durable:
                wait_for_disk(file)
        temporary.replace(path)
        if durable:
            wait_for_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a file whole; see `replacing`."""
    with replacing(path, durable=durable) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write text whole, in UTF-8 and with the line ends that it has; see `replacing`."""
    write_bytes(path, text.encode())


@contextlib.contextmanager
def new_folder(prefix: Path) -> Iterator[Path]:
    """Make a folder to be filled and renamed; if it is not, it is removed.

    Parameters
    ----------
    prefix
        The path but for the random characters at its end, by which `remove_unfinished` finds it.
    """
    folder = _new_name(prefix)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_unfinished(prefix: Path) -> None:
    """Remove the new folders of processes that were killed; call it while nobody makes any."""
    for path in prefix.parent.iterdir():
        if path.name.startswith(prefix.name) and (
            len(path.name) == len(prefix.name) + _RANDOM_CHARACTERS
        ):
            shutil.rmtree(path, ignore_errors=True)


def wait_for_folder(folder: Path) -> None:
    """Wait until the disk knows which files are in the folder."""
    if sys.platform == "win32":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def wait_for_disk(file: BinaryIO) -> None:
    """Wait until the disk has what was written."""
    file.flush()
    os.fsync(file.fileno())


def _new_name(prefix: Path) -> Path:
    return prefix.with_name(prefix.name + os.urandom(_RANDOM_CHARACTERS // 2).hex())
