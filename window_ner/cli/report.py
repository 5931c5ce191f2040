"""``window-ner report``."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer


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
            help="A CoNLL file, or train, dev or test of the model's corpus.",
        ),
    ] = "dev",
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page, or - for stdout (default: DIR-report.html)."),
    ] = None,
) -> None:
    """Show a training run as one HTML page.

    Learning curves, scores, mistakes, moved word vectors. The page needs no other file and no
    network. Its pictures need matplotlib, which the extra "plots" brings.

    \b
    Examples:
      window-ner report models/lecture
      window-ner report --split my-test.conll --output page.html
    """
    from rich.console import Console  # noqa: PLC0415 (keeps --help quick)

    from window_ner.cli.models import find_model, last_model  # noqa: PLC0415
    from window_ner.cli.output import open_output  # noqa: PLC0415
    from window_ner.cli.report_page import write_report  # noqa: PLC0415
    from window_ner.cli.report_plots import require_matplotlib  # noqa: PLC0415
    from window_ner.errors import require_train_extra  # noqa: PLC0415
    from window_ner.report import report_on  # noqa: PLC0415
    from window_ner.resources import INCLUDED_MODEL  # noqa: PLC0415
    from window_ner.tagger_folder import load_tagger  # noqa: PLC0415

    require_matplotlib()
    require_train_extra("a report")
    named = model or last_model() or Path(INCLUDED_MODEL)
    folder = named.resolve() if named.name in {"", ".."} else named
    page = output or folder.with_name(f"{folder.name}-report.html")
    console = Console(stderr=True)
    with console.status("scoring") if console.is_terminal else nullcontext():
        run = report_on(load_tagger(find_model(named)), split)
    with open_output(page) as stream:
        write_report(stream, folder.name, run)
    if str(page) != "-":
        typer.echo(f"report   {page}")
