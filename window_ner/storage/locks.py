"""Locks that keep two processes from writing the same model.

A lock is a file that the system unlocks when its process ends, however it ends. On POSIX we lock it
ourselves: filelock, which does it where there is no fcntl, leaves the file there on POSIX.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from window_ner.errors import InputError
from window_ner.storage.places import ASIDE, TRAINING, beside, reason


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of that file, which is there as long as somebody holds or wants it.

    Yields
    ------
    Whether it is held; False where the file system knows no locks.

    Raises
    ------
    BlockingIOError
        If another process holds it and we shall not wait.
    OSError
        If the file cannot be made.
    """
    if sys.platform == "win32":
        with locked_by_filelock(path, wait=wait) as held:
            yield held
        return
    file = _lock(path, wait=wait)
    try:
        yield file is not None
    finally:
        if file is not None:
            with contextlib.suppress(OSError):  # what stays is in nobody's way
                path.unlink()  # before it is let go: nobody else's is taken away
            _flock(file, "LOCK_UN")  # closing it would not do, if there is a fork that has it too
            file.close()


def _lock(path: Path, *, wait: bool) -> TextIOWrapper | None:
    while True:
        file = path.open("a")
        try:
            _flock(file, *(["LOCK_EX"] if wait else ["LOCK_EX", "LOCK_NB"]))
        except BlockingIOError:
            file.close()
            raise
        except OSError:
            file.close()
            return None
        if _is_open_at(path, file):
            return file
        file.close()  # whoever held it has removed it; what is there now is another


@contextlib.contextmanager
def locked_by_filelock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Do as `locked` does by filelock, which also removes the file on Windows."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK)) from None
    except NotImplementedError:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _flock(file: TextIOWrapper, *operations: str) -> None:
    import fcntl  # Windows has none

    fcntl.flock(file, sum(getattr(fcntl, name) for name in operations))


def _is_open_at(path: Path, file: TextIOWrapper) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False


def is_taken(folder: Path) -> bool:
    """Whether something is at that place, or about to be."""
    return folder.exists() or beside(folder, ASIDE).exists() or _is_in_training(folder)


def _is_in_training(folder: Path) -> bool:
    """Whether somebody trains into a folder; removes what a training that was killed has left."""
    lock = beside(folder, TRAINING)
    if not lock.exists():
        return False
    try:
        with locked(lock, wait=False) as free:
            return not free
    except OSError:  # it is held, or not ours
        return True


@contextlib.contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """Keep other trainings out of an output folder as long as one goes on.

    Raises
    ------
    InputError
        If another process trains into it, or it cannot be written.
    """
    folder = folder.resolve()
    with contextlib.ExitStack() as stack:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(beside(folder, TRAINING), wait=False))
        except BlockingIOError:
            raise InputError(
                f"{folder}: another process is training into it; choose another --output"
            ) from None
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({reason(error)})") from None
        yield
