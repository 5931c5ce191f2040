"""Locks that keep two processes from writing the same model.

A lock is a file. The system unlocks it when its process ends, also when it is killed. On Windows we
use filelock. On POSIX we use fcntl directly, because filelock would leave the file there.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from window_ner.errors import InputError, reason
from window_ner.storage.places import ASIDE, TRAINING, beside, real_path


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock ``path``; the file exists as long as a process holds the lock or waits for it.

    Yields
    ------
    Whether the lock is held; False if the file system has no locks.

    Raises
    ------
    BlockingIOError
        If another process holds it and ``wait`` is false.
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
            with contextlib.suppress(OSError):  # a leftover file does no harm
                path.unlink()  # before unlocking, so that it is never another's lock
            _flock(file, "LOCK_UN")  # closing is not enough: a fork may have it open too
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
        file.close()  # the holder removed this file; there may be a new one


@contextlib.contextmanager
def locked_by_filelock(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Do the same as `locked`, with filelock, which on Windows removes the file too."""
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
    """Whether something is at that place, or a training is going to write there."""
    return folder.exists() or beside(folder, ASIDE).exists() or _is_in_training(folder)


def _is_in_training(folder: Path) -> bool:
    """Whether a process trains into a folder; removes the lock of a killed training."""
    lock = beside(folder, TRAINING)
    if not lock.exists():
        return False
    try:
        with locked(lock, wait=False) as free:
            return not free
    except OSError:  # it is held, or belongs to another user
        return True


@contextlib.contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """Keep other trainings out of an output folder during a training.

    Raises
    ------
    InputError
        If another process trains into the folder, or it cannot be written.
    """
    folder = real_path(folder)
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
