"""``window-ner pitfall --words``: TV, telly, television, on made windows or in a corpus."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from window_ner.cli.output import print_table, visible
from window_ner.cli.pitfall.tables import Format, markdown_table
from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.analysis.pitfall import Experiment
    from window_ner.analysis.television import TelevisionReport
    from window_ner.analysis.triples import Drift, TripleReport
    from window_ner.data.word_vectors import WordVectors


def show_words(experiment: "Experiment", output_format: Format, what: dict[str, Any]) -> None:
    """Train on a corpus, and print how fine-tuning changes words with similar vectors."""
    from window_ner.analysis.left_behind import demonstrate

    reports, drift = demonstrate(experiment)
    if output_format is Format.JSON:
        shown = {**what, "triples": [asdict(r) for r in reports], "drift": asdict(drift)}
        typer.echo(json.dumps(shown, indent=1))
        return
    for report in reports:
        _print_triple(report, output_format, "a name" if report.is_name else "no name")
    typer.echo(_drift(drift))


def show_television(vectors: "WordVectors", output_format: Format, output: Path) -> None:
    """Train on the made windows, print how the three words change, and draw a picture of it."""
    from window_ner.analysis.television import left_behind
    from window_ner.cli.pitfall.television import PICTURE, draw

    report = left_behind(vectors)
    if output_format is Format.JSON:
        shown = {key: value for key, value in asdict(report).items() if key != "planes"}
        typer.echo(json.dumps(shown, indent=1))
    else:
        _print_triple(report.triple, output_format, "liked")
        typer.echo(_television(report))
    try:
        draw(report, output / PICTURE)
        typer.echo(f"picture  {output / PICTURE}", err=True)
    except InputError as error:
        typer.echo(f"note     {error}", err=True)


def _television(report: "TelevisionReport") -> str:
    """Describe in words what happened to television."""
    (frozen, tuned), means = report.right, report.means
    return (
        f"{_LEGEND.format(answer='liked')}\n\n"
        f"television in all windows, {report.seeds} seeds:\n"
        f"- frozen: {100 * frozen:.0f} % of the windows right, mean score {means[0]:+.1f}\n"
        f"- fine-tuned: {100 * tuned:.0f} % right, mean score {means[1]:+.1f}"
    )


def _print_triple(report: "TripleReport", output_format: Format, truth: str) -> None:
    from rich.table import Table

    window = " ".join(
        "____" if i == report.centre else token for i, token in enumerate(report.window)
    )
    left = report.triple.left
    columns = ["word in ____", "in training", f"cosine to {left}", "moved"]
    columns += ["frozen", "unmoved", "fine-tuned"]
    rows = []
    for word in report.words:
        cosines = "" if word.word == left else "{:.2f} → {:.2f}".format(*word.cosines)
        scores = [
            f"{score:+.1f}" + ("" if (score > 0) == report.is_name else " ✗")
            for score in (word.frozen, word.before, word.after)
        ]
        moved = f"{100 * word.moved:.0f} %"
        rows.append([word.word, f"{word.count:,}", cosines, moved, *scores])
    if output_format is Format.MARKDOWN:
        typer.echo(f"`{window}` ({truth}):\n\n{markdown_table(columns, rows)}\n")
        return
    table = Table()
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    for row in rows:
        table.add_row(*row)
    print_table(table, f"{visible(window)}   ({truth})")


_LEGEND = """\
A score above 0 means {answer}; ✗ is wrong. frozen: the network with frozen vectors; fine-tuned:
the one with fine-tuned vectors; unmoved: the fine-tuned one, with the old vector of this word."""


def _drift(drift: "Drift") -> str:
    """Describe what happened to all triples of words."""
    pair, left, right = drift.trained_pair, drift.left_behind, drift.right
    return (
        f"{_LEGEND.format(answer='name')}\n\n"
        f"All {drift.triples:,} unseen words of names in dev, with the two nearest trained words:\n"
        f"- cosine of the trained two: {pair[0]:.3f} before fine-tuning, {pair[1]:.3f} after; "
        f"to the third: {left[0]:.3f}, {left[1]:.3f}\n"
        f"- windows found to be names: {100 * right['left, frozen']:.1f} % frozen, "
        f"{100 * right['left, fine-tuned']:.1f} % fine-tuned\n"
        f"- with a trained word in its place: {100 * right['trained, frozen']:.1f} % frozen, "
        f"{100 * right['trained, fine-tuned']:.1f} % fine-tuned"
    )
