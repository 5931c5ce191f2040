"""Options that several commands share, and their shell completion."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from window_ner.cli import MODEL_VARIABLE


def complete_models(incomplete: str) -> list[str]:
    """List the bundled model, ``last``, and the model folders in ``models`` and in this folder."""
    from window_ner.storage.places import MANIFEST  # used for completion only
    from window_ner.storage.resources import BUNDLED_MODEL

    folders = sorted(path.parent for path in Path().glob(f"*/{MANIFEST}"))
    folders += sorted(path.parent for path in Path("models").glob(f"*/{MANIFEST}"))
    return [n for n in [BUNDLED_MODEL, "last", *map(str, folders)] if n.startswith(incomplete)]


def complete_configs(incomplete: str) -> list[str]:
    """List the bundled configs."""
    from window_ner.settings.toml import config_names

    return [name for name in config_names() if name.startswith(incomplete)]


def _complete_settings(incomplete: str) -> Iterator[str]:
    from window_ner.settings.tables import Settings

    names = (name for table in Settings().as_dict().values() for name in table)
    return (f"{name}=" for name in names if name.startswith(incomplete))


def _complete_vectors(incomplete: str) -> list[str]:
    from window_ner.data.vector_files import NAMED

    return [name for name in NAMED if name.startswith(incomplete)]


def complete_splits(incomplete: str) -> list[str]:
    """List the splits of a model's corpus; the shell completes files itself."""
    from window_ner.data.sources import SPLITS

    return [name for name in SPLITS if name.startswith(incomplete)]


class SeveralInputs(TyperCommand):
    """A command whose ``--input`` takes every value that follows it.

    A shell can then expand a pattern to many files: ``--input notes/*.txt``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_one_input_each(args)))


def _one_input_each(args: list[str]) -> Iterator[str]:
    """Turn ``--input a b`` into ``--input a --input b``."""
    is_input = is_value = False  # an argument is a path of --input; is the value of another option
    for position, arg in enumerate(args):
        if arg == "--":
            yield from args[position:]
            return
        if is_input and not is_value and (arg == "-" or not arg.startswith("-")):
            yield "--input"
        elif not is_value:
            is_input = arg == "--input" or arg.startswith("--input=")
        is_value = not is_value and arg == "--input"
        yield arg


def _check_number(value: float) -> float:
    """Refuse nan, which is not outside any range."""
    if math.isnan(value):
        raise typer.BadParameter("nan is not a number from 0 to 1")
    return value


def _measure_time(ctx: typer.Context, wanted: bool) -> bool:
    """Print how long the command took when it ends, also after an error."""
    begin = time.monotonic()
    if wanted:
        ctx.call_on_close(
            lambda: typer.echo(f"time     {time.monotonic() - begin:.2f} s", err=True)
        )
    return wanted


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        envvar=MODEL_VARIABLE,
        show_envvar=False,  # the help text names the variable
        autocompletion=complete_models,
        help="A model folder, the name of a bundled model, hf://user/model, or last for the model "
        "trained last (default: $WINDOW_NER_MODEL, else english).",
    ),
]
Config = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        autocompletion=complete_configs,
        help="A config by name, like lecture, or the path of a .toml file.",
    ),
]
Vectors = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        autocompletion=_complete_vectors,
        help="Word vectors by name or file; several sets are put side by side (default: the "
        "config's).",
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        autocompletion=_complete_settings,
        help="Change a setting of the config, like epochs=20.",
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        "--labels", metavar="LABELS", help="Find only names with these labels, like PER,ORG."
    ),
]
NamesFile = Annotated[
    Path | None,
    typer.Option(
        "--names",
        metavar="FILE",
        help="A list of names to find exactly: a CSV file with the columns name and label, or "
        "one name a line. They replace names of the model that overlap with them.",
    ),
]
NamesLabel = Annotated[
    str | None,
    typer.Option(metavar="LABEL", help="Label of the names in --names that have no label."),
]
MinScore = Annotated[
    float,
    typer.Option(
        metavar="P",
        min=0,
        max=1,
        callback=_check_number,
        help="Leave out names with a lower probability.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Where to write (default: stdout)."),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        callback=_measure_time,
        help="Print on stderr which model is used, and how long the command takes.",
    ),
]
