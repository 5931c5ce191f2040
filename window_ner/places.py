"""Where a model is, what may stand beside it, and who may write there.

Locks are files that the system unlocks when their process ends, however it ends.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from window_ner.errors import InputError

MANIFEST = "manifest.json"
"""The file that makes a folder a model."""

# What may stand beside a model called x: .x.replaced and so on.
ASIDE = ".replaced"  # the old model, while the new one takes its place
WRITING = ".writing-"  # the new one, until it is whole; random characters follow
RANDOM_CHARACTERS = 8
LOCK = ".lock"  # there while somebody writes
TRAINING = ".training"  # there while somebody trains


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of that file, which is there as long as somebody holds or wants it.

    Yields
    ------
    Whether it is held; False where the system or the file system knows no locks.

    Raises
    ------
    BlockingIOError
        If another process holds it and we shall not wait.
    OSError
        If the file cannot be made.
    """
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
    if sys.platform == "win32":
        return None
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


def _flock(file: TextIOWrapper, *operations: str) -> None:
    import fcntl  # noqa: PLC0415 (Windows has none)

    fcntl.flock(file, sum(getattr(fcntl, name) for name in operations))


def _is_open_at(path: Path, file: TextIOWrapper) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False


def model_place(folder: Path) -> Path:
    """Say where a model can be read: in its folder, or beside it if a replacement was cut short."""
    try:
        return beside(folder, ASIDE) if is_half_replaced(folder) else folder
    except OSError:  # a place that cannot be looked at holds no model
        return folder


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


def is_half_replaced(folder: Path) -> bool:
    """Whether a `write_model_folder` was killed when the old model was moved aside."""
    return not folder.exists() and (beside(folder, ASIDE) / MANIFEST).is_file()


def beside(folder: Path, ending: str) -> Path:
    """Name what stands beside a folder, hidden."""
    folder = folder.resolve()
    return folder.parent / f".{folder.name}{ending}"


def reason(error: OSError) -> str:
    """Say in words why the system refused."""
    return error.strerror or str(error)


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
