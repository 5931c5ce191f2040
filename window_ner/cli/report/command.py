"""``window-ner report``."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from window_ner.cli.options import Verbose, splits


def report(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Model (default: trained last, else english-news)."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="SPLIT",
            autocompletion=splits,
            help="A CoNLL file, or train, dev or test of the model's corpus.",
        ),
    ] = "dev",
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page, or - for stdout (default: DIR-report.html)."),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Show a training run as one HTML page.

    Learning curves, scores, mistakes, moved word vectors. The page needs no other file and no
    network. Its pictures need matplotlib, which the extra "plots" brings.

    \b
    Examples:
      window-ner report models/lecture
      window-ner report --split my-test.conll --output page.html
    """
    from rich.console import Console

    from window_ner.analysis.report import report_on
    from window_ner.cli.models import last_model, load_model
    from window_ner.cli.output import open_output
    from window_ner.cli.report.page import write_report
    from window_ner.cli.report.plots import require_matplotlib
    from window_ner.errors import require_train_extra
    from window_ner.storage.resources import INCLUDED_MODEL

    require_matplotlib()
    require_train_extra("a report")
    named = model or last_model() or Path(INCLUDED_MODEL)
    folder = named.resolve() if named.name in {"", ".."} else named
    page = output or folder.with_name(f"{folder.name}-report.html")
    tagger = load_model(named, verbose=verbose)
    console = Console(stderr=True)
    with console.status("scoring") if console.is_terminal else nullcontext():
        run = report_on(tagger, split)
    with open_output(page) as stream:
        write_report(stream, folder.name, run)
    if str(page) != "-":
        typer.echo(f"report   {page}")
