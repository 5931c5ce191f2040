"""The results of ``window-ner pitfall``: files, a table on stdout, and a picture."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from window_ner.cli.output import print_table
from window_ner.cli.pitfall.tables import Format, markdown_table
from window_ner.errors import InputError
from window_ner.storage.atomic import write_text

if TYPE_CHECKING:
    from window_ner.analysis.pitfall import Experiment
    from window_ner.analysis.pitfall_records import Record
    from window_ner.analysis.pitfall_summary import Summary
    from window_ner.settings.tables import Settings


def write_results(
    records: "list[Record]",
    experiment: "Experiment",
    output: Path,
    output_format: Format,
    what: dict[str, Any],
) -> None:
    """Write the summary of the runs to the output folder, print it, and draw the curves."""
    from window_ner.analysis.pitfall_summary import summarise

    summaries = {name: summarise(records, name) for name in experiment.splits}
    summary = {
        **what,
        "summary": {name: [asdict(s) for s in rows] for name, rows in summaries.items()},
    }
    write_text(output / "summary.json", json.dumps(summary, indent=1) + "\n")
    markdown = "\n\n".join(_markdown(what[name], rows) for name, rows in summaries.items()) + "\n"
    write_text(output / "summary.md", markdown)
    if output_format is Format.JSON:
        typer.echo(json.dumps(summary, indent=1))
    elif output_format is Format.MARKDOWN:
        typer.echo(markdown, nl=False)
    else:
        for name, rows in summaries.items():
            _print_table(what[name], rows)
    _draw(summaries["dev"], experiment.settings, what["train"], output / "pitfall.svg")


def _draw(
    summaries: "list[Summary]", settings: "Settings", trained_on: list[str], file: Path
) -> None:
    """Draw the curves; without matplotlib, print a note."""
    from window_ner.cli.pitfall.plot import draw

    bounds = settings.fine_tuning.freeze_below, settings.fine_tuning.tune_above
    hidden = "-".join(map(str, settings.network.hidden))
    title = f"When to fine-tune word vectors  ({' + '.join(trained_on)}, H = {hidden})"
    try:
        draw(summaries, file, title=title, bounds=bounds)
        typer.echo(f"picture  {file}", err=True)
    except InputError as error:
        typer.echo(f"note     {error}", err=True)


_COLUMNS = ("windows", "vectors", "seen words", "unseen words", "all words", "unseen, to frozen")


def _cells(summary: "Summary") -> list[str]:
    scores = [
        f"{100 * summary.mean[words]:.1f} ± {100 * summary.deviation[words]:.1f}"
        for words in ("seen", "unseen", "all")
    ]
    gain = f"{100 * summary.gain['unseen']:+.1f}" if summary.gain else ""
    return [f"{summary.size:,}", summary.mode, *scores, "" if summary.mode == "frozen" else gain]


def _markdown(title: str, summaries: "list[Summary]") -> str:
    table = markdown_table(_COLUMNS, map(_cells, summaries))
    return f"Token F1 on {title}, {_seeds(summaries)}:\n\n{table}"


def _print_table(title: str, summaries: "list[Summary]") -> None:
    from rich.table import Table

    table = Table()
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column == "vectors" else "right")
    for before, summary in zip([None, *summaries], summaries, strict=False):
        if before and before.size != summary.size:
            table.add_section()
        table.add_row(*_cells(summary))
    print_table(table, f"token F1 on {title}: mean ± standard deviation of {_seeds(summaries)}")


def _seeds(summaries: "list[Summary]") -> str:
    """Say how many seeds the means are of."""
    seeds = max(s.seeds for s in summaries)
    return f"{seeds} seed{'s' if seeds > 1 else ''}"
