"""The progress of ``bulk`` on stderr: a bar at a terminal, else a line now and then."""

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from window_ner.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress

    from window_ner.bulk.work import Done, Failed

_SECONDS_BETWEEN_LINES = 10.0


class BulkProgress:
    """Counts rows and tokens, and shows them with their speed and the time left."""

    def __init__(self) -> None:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._terminal = terminal and os.environ.get("TERM") != "dumb"
        self._begin = self._last = time.monotonic()
        self._total = self._parts = 0
        self._done_parts = 0
        self._kept = [0, 0]  # rows and tokens that an earlier run had finished
        self._done = [0, 0]
        self._unfinished: dict[int, tuple[int, int]] = {}
        self._bar: Progress | None = None

    def planned(self, parts: int, rows: int) -> None:
        """Begin to measure the time."""
        self._parts, self._total = parts, rows
        self._begin = self._last = time.monotonic()
        if self._terminal:
            self._bar = _start(rows)

    def working(self, part: int, rows: int, tokens: int) -> None:
        """Count the rows and tokens of an unfinished part."""
        self._unfinished[part] = rows, tokens
        self._show()

    def finished(self, result: "Done | Failed") -> None:
        """Count a part if it is done; a failed one is told at the end."""
        from window_ner.bulk.work import Done

        self._unfinished.pop(result.part, None)
        if isinstance(result, Done):
            self._done_parts += 1
            counts = self._kept if result.reused else self._done
            counts[0] += result.rows + result.rejected
            counts[1] += result.tokens
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        rows, tokens = (
            done + sum(counts[i] for counts in list(self._unfinished.values()))
            for i, done in enumerate(self._done)
        )
        shown = f"{self._kept[0] + rows:,} of {self._total:,} rows"
        shown += f", {tokens / max(now - self._begin, 1e-9):,.0f} tokens/s"
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._kept[0] + rows, description=shown)
        elif now - self._last > _SECONDS_BETWEEN_LINES:
            self._last = now
            left = self._total - self._kept[0] - rows
            seconds = f"{left * (now - self._begin) / rows:,.0f}" if rows else "?"
            say(
                f"parts    {self._done_parts:,} of {self._parts:,}; {shown}, {seconds} s left",
                err=True,
            )

    @property
    def seconds(self) -> float:
        """Seconds since the parts were known."""
        return time.monotonic() - self._begin

    def __enter__(self) -> "BulkProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()


def _start(total: int) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("", total=total)
    bar.start()
    return bar
