"""Atomic writes: a file or folder is written under another name beside its place, then renamed.

A reader sees the old or the new one, never a part. A process that is killed leaves the old one.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from window_ner.storage.places import real_path

_RANDOM_CHARACTERS = 8

_LONGEST = 32
"""Letters of a file's name in the name of its temporary file, which may not become too long."""


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces ``path`` when it is complete.

    If ``path`` is a symbolic link, its target is replaced. The umask decides the permissions, as
    for any new file. ``durable`` waits for the disk, so that even a power cut leaves the old or the
    new file.

    Raises
    ------
    OSError
        If it cannot be written. The old file is kept, and no temporary file is left.
    """
    path = real_path(path)
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
    """Write a file atomically; see `replacing`."""
    with replacing(path, durable=durable) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write text atomically, in UTF-8 and with its own line ends; see `replacing`."""
    write_bytes(path, text.encode())


@contextlib.contextmanager
def new_folder(prefix: Path) -> Iterator[Path]:
    """Make a folder to fill and rename; it is removed if it was not renamed.

    Parameters
    ----------
    prefix
        The path without the random characters at its end. `remove_unfinished` finds it by this.
    """
    folder = _new_name(prefix)
    folder.mkdir()
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_unfinished(prefix: Path) -> None:
    """Remove unfinished folders of killed processes; no other process may be writing any."""
    for path in prefix.parent.iterdir():
        if path.name.startswith(prefix.name) and (
            len(path.name) == len(prefix.name) + _RANDOM_CHARACTERS
        ):
            remove_folder(path)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as possible."""
    from shutil import rmtree  # imports all that it needs for archives, and reading removes nothing

    rmtree(folder, ignore_errors=True)


def wait_for_folder(folder: Path) -> None:
    """Wait until the list of files in the folder is on the disk."""
    if sys.platform == "win32":  # folders cannot be opened on Windows
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def wait_for_disk(file: BinaryIO) -> None:
    """Wait until the contents of the file are on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _new_name(prefix: Path) -> Path:
    return prefix.with_name(prefix.name + os.urandom(_RANDOM_CHARACTERS // 2).hex())
