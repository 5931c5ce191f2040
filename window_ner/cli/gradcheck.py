"""``window-ner gradcheck``."""

import json
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from window_ner.cli.options import Changes, Config

if TYPE_CHECKING:
    from window_ner.nn.gradient_check import GradientCheck


class Format(StrEnum):
    """How the checks are printed."""

    TABLE = "table"
    JSON = "json"


def gradcheck(
    config: Config = "lecture",
    changes: Changes = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the weights and the word vectors.")
    ] = 1,
    broken: Annotated[
        str | None,
        typer.Option(
            "--break",
            metavar="NAME",
            help="Make the gradient of this parameter wrong, by 1 %, to see.",
        ),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Hold a network's gradients against differences of its loss.

    Exit code 1 if one of them is wrong.

    \b
    Examples:
      window-ner gradcheck
      window-ner gradcheck --config tagger --set activation=tanh --break W
    """
    from window_ner.analysis.gradcheck import check_config
    from window_ner.data.conll import read_conll
    from window_ner.settings.toml import load_config
    from window_ner.storage.resources import resource_folder

    corpus = read_conll(resource_folder("data/sample") / "dev.conll")
    settings = load_config(config, changes or ())
    checks = check_config(settings, corpus, seed=seed, broken=broken)
    failed = [check.name for check in checks if not check.passed]
    if output_format is Format.JSON:
        rows = [asdict(check) for check in checks]
        typer.echo(json.dumps({"passed": not failed, "parameters": rows}, indent=2))
    else:
        _print_table(checks, failed, broken)
    if failed:
        raise typer.Exit(1)


def _print_table(checks: "list[GradientCheck]", failed: list[str], broken: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for column in ("parameter", "shape", "entries checked", "largest relative error", "verdict"):
        table.add_column(column, justify="left" if column in ("parameter", "verdict") else "right")
    for check in checks:
        verdict = "[green]right[/green]" if check.passed else "[bold red]WRONG[/bold red]"
        table.add_row(
            check.name,
            " × ".join(map(str, check.shape)),
            f"{check.checked:,}",
            f"{check.max_relative_error:.1e}",
            verdict,
        )
    console = Console()
    console.print(table)
    if failed:
        names = [f"{name} (on purpose)" if name == broken else name for name in failed]
        console.print(f"Wrong: {', '.join(names)}")
    else:
        console.print("All gradients agree with central differences.")
