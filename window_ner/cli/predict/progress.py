"""A progress bar of ``predict`` on stderr, for long input at a terminal."""

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 1.0
"""Seconds before the bar appears. Most input is done by then, and rich is not imported for it."""


class ReadingProgress:
    """Counts the bytes that are read, and shows them in a bar.

    It starts no thread, because the processes of ``--jobs`` are forked.

    Parameters
    ----------
    total
        Number of bytes to read; None if unknown.
    shown
        Whether to show a bar if stderr is a terminal.
    """

    def __init__(self, total: int | None, *, shown: bool) -> None:
        self.total = total
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self.shown = shown and terminal and os.environ.get("TERM") != "dumb"
        self.begin = time.monotonic()
        self.bytes_read = 0
        self._bar: Progress | None = None

    def advance(self, count: int) -> None:
        """Count ``count`` more bytes."""
        self.bytes_read += count
        if self.shown and time.monotonic() - self.begin > _PATIENCE:
            self._bar = self._bar or _start(self.total)
            self._bar.update(self._bar.task_ids[0], completed=self.bytes_read, refresh=True)

    def __enter__(self) -> "ReadingProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()


def _start(total: int | None) -> "Progress":
    from rich.console import Console  # its import takes as long as tagging a thousand sentences
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    bar = Progress(
        *([BarColumn()] if total else []),
        DownloadColumn(),
        TransferSpeedColumn(),
        *([TimeRemainingColumn()] if total else []),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,  # else rich would send results to stderr
        redirect_stderr=False,
    )
    bar.add_task("", total=total)
    bar.start()
    return bar
