"""Files and folders on this machine, or wherever fsspec reaches, such as ``s3://bucket/folder``."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from window_ner.errors import InputError
from window_ner.storage.atomic import replacing
from window_ner.storage.places import real_path


@dataclass(frozen=True)
class Place:
    """A file or folder.

    Attributes
    ----------
    name
        Its absolute path, or its URL.
    """

    name: str
    _system: Any
    _path: str

    def __truediv__(self, below: str) -> "Place":
        return Place(f"{self.name}/{below}", self._system, f"{self._path}/{below}")

    @property
    def local(self) -> Path | None:
        """The path of a file on this machine; None for one that is elsewhere."""
        return Path(self._path) if "file" in _protocols(self._system) else None

    def exists(self) -> bool:
        """Whether there is such a file or folder."""
        return bool(self._system.exists(self._path))

    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return bool(self._system.isdir(self._path))

    def is_pipe(self) -> bool:
        """Whether it is a pipe or a device of this machine, which cannot be read twice."""
        return self.local is not None and not self.local.is_file() and self.local.exists()

    def is_in(self, folder: "Place") -> bool:
        """Whether a file is below a folder: by its path, or where links lead."""
        if self.local is None or folder.local is None:
            return self.name.startswith(folder.name.rstrip("/") + "/")
        inside = _real(folder._path).rstrip("/") + "/"
        parent, _, name = self._path.rpartition("/")
        target = _real(self._path) if self.local.is_symlink() else ""
        return f"{_real(parent or '/')}/{name}".startswith(inside) or target.startswith(inside)

    def make_folder(self) -> None:
        """Make the folder and its parents, unless it exists."""
        self._system.makedirs(self._path, exist_ok=True)

    def entries(self) -> list[str]:
        """Return the sorted names of the files and folders in a folder; none if it is missing."""
        try:
            found = self._system.ls(self._path, detail=False)
        except FileNotFoundError:
            return []
        return sorted({entry.rstrip("/").rpartition("/")[2] for entry in found})

    def files_below(self) -> "list[Place]":
        """Return all files in a folder and its subfolders, sorted.

        Raises
        ------
        OSError
            If a subfolder on this machine cannot be read.
        """
        if self.local is None:
            found = self._system.find(self._path)
        else:  # fsspec leaves out a folder that cannot be read, and says nothing
            walk = os.walk(self._path, onerror=_raise)
            found = [Path(parent, name).as_posix() for parent, _, names in walk for name in names]
        return [self._other(path) for path in sorted(found)]

    def matches(self) -> "list[Place]":
        """Return the files that match a pattern such as ``folder/*.parquet``, sorted."""
        return [self._other(path) for path in sorted(self._system.glob(self._path))]

    def info(self) -> dict[str, Any]:
        """Return what the file system knows about a file: its size, its time."""
        return dict(self._system.info(self._path))

    def open(self) -> BinaryIO:
        """Open a file for reading."""
        return cast(BinaryIO, self._system.open(self._path, "rb"))

    def read(self) -> bytes:
        """Return all bytes of a file."""
        return bytes(self._system.cat_file(self._path))

    @contextlib.contextmanager
    def replacing(self, *, durable: bool = False) -> Iterator[BinaryIO]:
        """Open a file for writing that appears when it is complete.

        On this machine it is written beside its place and renamed; ``durable`` waits for the disk.
        Elsewhere it is written into a temporary file on this machine, then uploaded: object stores
        show an upload when it is complete.
        """
        if self.local is not None:
            with replacing(self.local, durable=durable) as file:
                yield file
            return
        with tempfile.NamedTemporaryFile() as temporary:
            yield cast(BinaryIO, temporary)
            temporary.flush()
            self._system.put_file(temporary.name, self._path)

    def write(self, data: bytes, *, durable: bool = False) -> None:
        """Write a file that appears when it is complete; see `replacing`."""
        with self.replacing(durable=durable) as file:
            file.write(data)

    def remove(self) -> None:
        """Remove a file, or a folder with all that is in it; it may be missing."""
        with contextlib.suppress(FileNotFoundError):
            self._system.rm(self._path, recursive=True)

    def _other(self, path: str) -> "Place":
        return Place(_name(self._system, path), self._system, path)


def place(name: str) -> Place:
    """Find the file system of a path or URL.

    Raises
    ------
    InputError
        If the name is empty, there is no such kind of URL, or the package that reaches it is not
        installed.
    """
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    if not name:  # such as of an unset variable; fsspec takes it for the current folder
        raise InputError("the name of an input or of an output is empty")
    if "://" not in name:  # fsspec would take :: in it for a chain of URLs, and file: for a scheme
        local = Path(name).expanduser() if name.startswith("~/") else Path(name)
        path = _one_spelling(local.absolute())
        return Place(path, LocalFileSystem(), path)
    try:
        system, path = url_to_fs(name, use_listings_cache=False)
    except ImportError as error:
        raise InputError(f"{name}: needs a package that is not installed ({error})") from None
    except ValueError as error:
        raise InputError(f"{name}: is no path or URL that can be read ({error})") from None
    if "file" in _protocols(system):
        path = _one_spelling(Path(path))
    return Place(_name(system, path), system, path)


def _one_spelling(path: Path) -> str:
    """Write a path without ``.``, ``..`` and double slashes, so that equal paths are equal."""
    return (path.resolve() if ".." in path.parts else path).as_posix()


@lru_cache  # many files are in few folders
def _real(path: str) -> str:
    return real_path(Path(path)).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _name(system: Any, path: str) -> str:
    return path if "file" in _protocols(system) else str(system.unstrip_protocol(path))


def _protocols(system: Any) -> tuple[str, ...]:
    return (system.protocol,) if isinstance(system.protocol, str) else tuple(system.protocol)
