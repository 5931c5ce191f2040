"""How many threads BLAS may use, set where the work is done.

NumPy hands matrix products to BLAS, which by default takes as many threads as there are cores. The
products of tagging are small: a second thread costs more than it brings, and where another process
is busy each product waits for the thread that got no core.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def blas_threads(most: int) -> Iterator[None]:
    """Let BLAS use at most this many threads inside a ``with`` block.

    The number is one for the whole process. So while several threads of Python are inside such
    blocks, the smallest of their limits holds; when the last one leaves, each library gets back the
    number that it had before the first one came. A library that was set to fewer threads keeps
    them. Libraries that are loaded inside of a block are not limited until the next one.

    Parameters
    ----------
    most
        1 or more.
    """
    _LIMITS.enter(most)
    try:
        yield
    finally:
        _LIMITS.leave(most)


class _Limits:
    """The limits that hold now, and what they are to be replaced with in the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[int] = []
        self._before: list[tuple[Any, int]] = []  # each BLAS, and its number of threads
        self._libraries: list[Any] = []
        self._modules = 0  # so many were imported when the libraries were looked for

    def enter(self, most: int) -> None:
        with self._lock:
            if not self._active:
                self._before = [(blas, blas.get_num_threads()) for blas in self._find()]
            self._active.append(most)
            self._set()

    def leave(self, most: int) -> None:
        with self._lock:
            self._active.remove(most)
            self._set()

    def _set(self) -> None:
        for blas, before in self._before:
            wanted = min([before, *self._active])
            if blas.get_num_threads() != wanted:  # asking takes 1 µs, setting 10
                blas.set_num_threads(wanted)

    def _find(self) -> list[Any]:
        """List the BLAS libraries of the process; 7 ms, so only if modules were imported since."""
        if len(sys.modules) != self._modules:
            from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

            libraries = ThreadpoolController().select(user_api="blas").lib_controllers
            self._libraries, self._modules = libraries, len(sys.modules)
        return self._libraries


_LIMITS = _Limits()
