"""Carries out the runs of ``window-ner pitfall`` with a progress bar."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from window_ner.analysis.pitfall import Experiment
    from window_ner.analysis.pitfall_records import CurvePoint, Record


def carry_out_visibly(
    experiment: "Experiment", runs: "Sequence[CurvePoint]", file: Path, jobs: int
) -> "list[Record]":
    """Carry out the runs; show at a terminal how many are finished, and the time left."""
    from rich import progress
    from rich.console import Console

    from window_ner.analysis.pitfall import carry_out
    from window_ner.analysis.pitfall_records import point_of

    console = Console(stderr=True, highlight=False)
    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[runs]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    total = sum(map(experiment.work_of, runs))
    task = bar.add_task("pitfall", total=total, runs=f"0 of {len(runs)} runs")
    finished: list[Record] = []

    def report(record: "Record") -> None:
        finished.append(record)
        bar.update(
            task,
            advance=experiment.work_of(point_of(record)),
            description=f"{record['size']:,} windows, {record['mode']}",
            runs=f"{len(finished)} of {len(runs)} runs",
        )

    with bar:
        return carry_out(experiment, runs, file, jobs=jobs, report=report)
