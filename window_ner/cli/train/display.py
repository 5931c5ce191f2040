"""The progress of ``window-ner train``.

A terminal shows a growing table of epochs with a bar below it. Elsewhere, such as in the log of a
batch system, each epoch is one line.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from window_ner.cli.output import say
from window_ner.model.about import Decision, Epoch
from window_ner.model.cross_validated import CrossValidated

_LINES_BESIDE = 4
"""Lines of the screen for the table's header, the best epoch, the bar, and the cursor."""


class TrainingDisplay:
    """A live table if stderr is a terminal, else one line an epoch.

    Parameters
    ----------
    epochs
        The largest number of epochs.
    history
        The epochs before, if an interrupted training is continued.
    console
        The console to show it on; None is stderr.
    """

    def __init__(
        self,
        epochs: int,
        history: Sequence[Epoch] = (),
        console: Console | None = None,
    ) -> None:
        self.epochs, self.history = epochs, list(history)
        self.validation: CrossValidated | None = None
        self.console = console or Console(stderr=True, highlight=False)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self.console,
        )
        self.task = self.bar.add_task("reading", total=1.0, figures="")
        self.begin, self.epochs_before = time.monotonic(), len(self.history)
        self.live = self._new_live()

    def _new_live(self) -> Live:
        return Live(
            get_renderable=self._picture,
            console=self.console,
            transient=True,
            redirect_stdout=False,  # else rich would send results to stderr
        )

    def __enter__(self) -> "TrainingDisplay":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.live.stop()
        if self.console.is_terminal and self.history:
            self.console.print(self._table(self.history))

    @contextlib.contextmanager
    def _paused(self) -> Iterator[None]:
        """Take the live table off the screen while something else is printed."""
        self.live.stop()
        yield
        if self.console.is_terminal:
            self.live = self._new_live()
            self.live.start()

    def note(self, text: str) -> None:
        """Print a note."""
        with self._paused():
            say(f"note     {text}", err=True)

    def decided(self, decision: Decision) -> None:
        """Print whether the word vectors are trained, and why."""
        with self._paused():
            say(f"words    vectors are {decision}")
            if decision.warning:
                say(f"warning  {decision.warning}", err=True)
        self.begin = time.monotonic()

    def validated(self, result: CrossValidated) -> None:
        """Print what the cross-validation found; the epochs from now on show its scores."""
        self.validation, self.epochs = result, result.epochs
        with self._paused():
            say(f"epochs   {result.epochs}, as cross-validation has chosen")
        self.begin = time.monotonic()

    def batch(self, run: str, done: float, loss: float) -> None:
        """Update the bar: ``done`` is the fraction of the epoch that is over."""
        counted = run == f"epoch {len(self.history) + 1}"  # neither a trial nor a first pass
        if not counted:
            self.begin = time.monotonic()
        figures = f"loss {loss:.4f}{self._time_left(done)}"
        self.bar.update(self.task, description=run, completed=done, figures=figures)
        if not self.console.is_terminal and done >= 1 and not counted:
            say(f"{run}: loss {loss:.4f}", err=True)

    def epoch(self, epoch: Epoch) -> None:
        """Add a row, or print a line."""
        self.history.append(epoch)
        if not self.console.is_terminal:
            say(self._line(epoch), err=True)

    def _line(self, epoch: Epoch) -> str:
        """Describe an epoch and the time that is left on one line."""
        unseen = f", unseen words {score}" if (score := unseen_score(epoch)) else ""
        best = ", best so far" if epoch is self._best and not self.validation else ""
        return (
            f"epoch {epoch.epoch}/{self.epochs}: loss {epoch.loss:.4f}, {self._measured(epoch)} "
            f"{100 * epoch.dev:.1f}{unseen}{best}{self._time_left(0, ', ')}"
        )

    def _time_left(self, done: float, before: str = "  ") -> str:
        """Estimate the time that is left from the mean time of an epoch of this run."""
        epochs_done = len(self.history) - self.epochs_before
        if not epochs_done or len(self.history) >= self.epochs:
            return ""
        per_epoch = (time.monotonic() - self.begin) / (epochs_done + done)
        minutes, seconds = divmod(round(per_epoch * (self.epochs - len(self.history) - done)), 60)
        return f"{before}up to {minutes}:{seconds:02} left"

    def _picture(self) -> Group:
        """Return the table above the bar: the best epoch, and as many of the last ones as fit."""
        if not self.history:
            return Group(self.bar)
        last = self.history[-max(3, self.console.height - _LINES_BESIDE) :]
        if self._best not in last:
            last = [self._best, *last]
        return Group(self._table(last), self.bar)

    def _measured(self, epoch: Epoch) -> str:
        """Name the score: of dev or cross-validated, of tokens or spans."""
        return f"{'cross-validated' if self.validation else 'dev'} {epoch.unit} F1"

    @property
    def _best(self) -> Epoch:
        if self.validation:  # it has chosen how many epochs there are, so the last one is the model
            return self.history[-1]
        return max(self.history, key=lambda epoch: epoch.dev)

    def _table(self, epochs: Sequence[Epoch]) -> Table:
        """Make a table of these epochs; the best of all is marked."""
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        measured = self._measured(self.history[0])
        for column in ("epoch", "loss", measured, "unseen words", "seconds"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("")
        best, mark = self._best, "★ last" if self.validation else "★ best"
        for epoch in epochs:
            table.add_row(
                f"{epoch.epoch}/{self.epochs}",
                f"{epoch.loss:.4f}",
                f"{100 * epoch.dev:.1f}",
                unseen_score(epoch),
                f"{epoch.seconds:.2f}",
                mark if epoch is best else "",
                style="green" if epoch is best else "",
            )
        return table


def unseen_score(epoch: Epoch) -> str:
    """Write the score on unseen words; nothing for 0."""
    return f"{100 * epoch.dev_unseen_words:.1f}" if epoch.dev_unseen_words else ""
