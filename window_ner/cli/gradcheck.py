"""``window-ner gradcheck``."""

import json
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from window_ner.cli.options import Changes, Config
from window_ner.cli.output import new_console, print_table
from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.analysis.gradcheck import DifferenceTable
    from window_ner.nn.gradient_check import GradientCheck

ROWS = 8
"""Number of entries in the table of differences; the lines below it are about more of them."""


class Format(StrEnum):
    """Output format of the checks."""

    TABLE = "table"
    JSON = "json"


def gradcheck(
    config: Config = "lecture",
    changes: Changes = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Random seed of the weights and word vectors.")
    ] = 1,
    broken: Annotated[
        str | None,
        typer.Option(
            "--break",
            metavar="NAME",
            help="Make the gradient of this parameter wrong by 1 %, to see the check fail.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--every", help="Check every entry, also of a large network.")
    ] = False,
    table: Annotated[
        bool, typer.Option("--table", help="First show the differences of single entries.")
    ] = False,
    parameter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The parameter for --table (default: W of the first layer)."
        ),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option(
            metavar="H", min=1e-9, max=1.0, help="The step h of --table (default: 0.0001)."
        ),
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Output format.")
    ] = Format.TABLE,
) -> None:
    """Compare a network's gradients with differences of its loss.

    The exit code is 1 if a gradient is wrong.

    \b
    Examples:
      window-ner gradcheck
      window-ner gradcheck --table
      window-ner gradcheck --config tagger --set activation=tanh --break W
    """
    from window_ner.analysis.gradcheck import TABLE_STEP, check_config, difference_table
    from window_ner.data.conll import read_conll
    from window_ner.settings.toml import load_config
    from window_ner.storage.resources import resource_folder

    if parameter is not None and not table:
        raise InputError("--parameter needs --table: it chooses the parameter of that table")
    if step is not None and not table:
        raise InputError("--step needs --table: it is the step of that table")
    corpus = read_conll(resource_folder("data/sample") / "dev.conll")
    settings = load_config(config, changes or ())
    shown = None
    if table:
        shown = difference_table(
            settings,
            corpus,
            seed=seed,
            broken=broken,
            name=parameter,
            step=step or TABLE_STEP,
            every=every,
        )
    checks = check_config(settings, corpus, seed=seed, broken=broken, every=every)
    failed = [check.name for check in checks if not check.passed]
    if output_format is Format.JSON:
        rows = [asdict(check) for check in checks]
        report: dict[str, Any] = {"passed": not failed, "parameters": rows}
        if shown:
            report["table"] = asdict(shown)
        typer.echo(json.dumps(report, indent=2))
    else:
        if shown:
            _print_differences(shown)
        _print_checks(checks, failed, broken)
    if failed:
        raise typer.Exit(1)


def _print_differences(shown: "DifferenceTable") -> None:
    from rich.table import Table

    name, h = shown.name, shown.step
    table = Table()
    columns = ["entry", name, f"{name} + h", f"J at {name} + h", "one-sided", "central", "derived"]
    for column in columns:
        table.add_column(column, justify="left" if column == "entry" else "right")
    for d in shown.differences[:ROWS]:
        index = ",".join(map(str, d.index))
        moved = [f"{d.value:.6f}", f"{d.value + h:.6f}", f"{d.loss_above:.8f}"]
        slopes = [f"{slope:+.9f}" for slope in (d.one_sided, d.central, d.derived)]
        table.add_row(f"{name}[{index}]", *moved, *slopes)
    print_table(table, f"The loss J is {shown.loss:.8f}. One entry moves by h = {h:g}, and back.")
    count, entries, numbers = len(shown.differences), shown.entries, shown.numbers
    which = f"all {entries:,}" if count == entries else f"the first {count:,} of {entries:,}"
    typer.echo(
        f"Largest distance to the derived gradient, over {which} entries of {name}: "
        f"one-sided {shown.one_sided_error:.1e}, central {shown.central_error:.1e}.\n"
        f"For all {numbers:,} numbers of this network, one-sided quotients take {numbers + 1:,} "
        f"evaluations of J,\ncentral ones {2 * numbers:,}; backpropagation takes one, and a walk "
        "back that costs about two more.\n"
    )


def _print_checks(checks: "list[GradientCheck]", failed: list[str], broken: str | None) -> None:
    from rich.table import Table

    table = Table()
    for column in ("parameter", "shape", "entries checked", "largest relative error", "verdict"):
        table.add_column(column, justify="left" if column in ("parameter", "verdict") else "right")
    for check in checks:
        verdict = "[green]right[/green]" if check.passed else "[bold red]WRONG[/bold red]"
        table.add_row(
            check.name,
            " × ".join(map(str, check.shape)),
            f"{check.checked:,} of {check.entries:,}",
            f"{check.max_relative_error:.1e}",
            verdict,
        )
    console = new_console()
    console.print(table)
    if failed:
        names = [f"{name} (on purpose)" if name == broken else name for name in failed]
        console.print(f"Wrong: {', '.join(names)}")
        return
    checked, entries = (sum(getattr(c, what) for c in checks) for what in ("checked", "entries"))
    if checked == entries:
        console.print(f"Every gradient agrees with central differences: {entries:,} entries.")
    else:
        console.print(
            f"All gradients agree with central differences, in the {checked:,} of {entries:,} "
            "entries that were checked (--every checks all)."
        )
