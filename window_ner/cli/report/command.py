"""``window-ner report``."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from window_ner.cli import MODEL_VARIABLE
from window_ner.cli.options import Verbose, complete_models, complete_splits


def report(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            envvar=MODEL_VARIABLE,
            show_envvar=False,
            autocompletion=complete_models,
            help="The folder of a trained model, or last for the model trained last "
            "(default: $WINDOW_NER_MODEL).",
        ),
    ],
    split: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="SPLIT",
            autocompletion=complete_splits,
            help="A file of annotated text, or train, dev or test of the model's corpus.",
        ),
    ] = "dev",
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The page to write; - is stdout (default: MODEL-report.html)."
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Show a training run as one HTML page.

    The page shows learning curves, scores, mistakes and moved word vectors. It needs no other file
    and no network. Name a model, as the page shows how it was trained; for a bundled model, give
    the corpus too, with --split FILE. The pictures need matplotlib, from the extra "plots".

    \b
    Examples:
      window-ner report models/lecture
      window-ner report english --split my-test.conll --output page.html
    """
    from rich.console import Console

    from window_ner.analysis.report import report_on
    from window_ner.cli.models import load_model
    from window_ner.cli.output import open_output
    from window_ner.cli.report.page import write_report
    from window_ner.errors import require_extra, require_matplotlib

    require_matplotlib("the pictures of a report need")
    require_extra("train", "a report")
    folder = _named_folder(model)
    page = output or folder.with_name(f"{folder.name}-report.html")
    tagger = load_model(model, verbose=verbose)
    console = Console(stderr=True)
    with console.status("scoring") if console.is_terminal else nullcontext():
        run = report_on(tagger, split)
    with open_output(page) as stream:
        write_report(stream, folder.name, run)
    if str(page) != "-":
        typer.echo(f"report   {page}")


def _named_folder(model: str) -> Path:
    """Return the model folder, from which the name and place of the page are made.

    The page of a model of the Hugging Face Hub is put into the working folder.
    """
    from window_ner.cli.models import LAST, last_model
    from window_ner.storage.hub import PREFIX

    if model.startswith(PREFIX):
        return Path(model.rpartition("/")[2].partition("@")[0])
    folder = last_model() if model == LAST else Path(model)
    return folder.resolve() if folder.name in {"", ".."} else folder
