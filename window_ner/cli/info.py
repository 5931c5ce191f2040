"""``window-ner info``."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from window_ner.cli.options import Model
from window_ner.cli.output import new_console


class Format(StrEnum):
    """Output format of the model card."""

    TEXT = "text"
    JSON = "json"


def info(
    model: Model = None,
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
) -> None:
    """Show a model card: training data, scores, weaknesses.

    \b
    Examples:
      window-ner info --model english
      window-ner info --format json
    """
    from window_ner.cli.models import find_model
    from window_ner.model.card import facts, without_front_matter, write_card
    from window_ner.model.stored_model import load_model
    from window_ner.storage.places import CARD, real_path

    folder = find_model(model)
    loaded = load_model(folder)
    written = folder / CARD
    card = (
        written.read_text("utf-8", "replace")
        if written.is_file()
        else write_card(real_path(folder).name, loaded)
    )
    card = without_front_matter(card)
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    if output_format is Format.JSON:
        known = {"model": str(folder), "bytes": size, **facts(loaded), "card": card}
        typer.echo(json.dumps(known, indent=2, ensure_ascii=False))
        return
    from rich.markdown import Markdown

    console = new_console(highlight=False)
    if console.is_terminal:
        console.print(Markdown(card))
    else:
        typer.echo(card, nl=False)
    typer.echo(f"\n{size / 1e6:.1f} MB in {folder}")  # not in the Markdown, which breaks long paths
