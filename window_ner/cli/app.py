"""The commands: which there are, and what happens around each of them."""

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from window_ner.cli.exits import TRACEBACK_VARIABLE, exit_code
from window_ner.cli.options import SeveralInputs
from window_ner.errors import InputError

_EPILOG = """\b
Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 a gradient
is wrong or a part of bulk failed, 2 the input or the call is wrong, 130
interrupted (Ctrl-C, SIGTERM).
NO_COLOR is respected. --install-completion lets the Tab key complete options,
models and configs.
"""


_FUNCTIONS = {
    "train": "train.command:train",
    "predict": "predict.command:predict",
    "bulk": "bulk.command:bulk",
    "eval": "evaluate:evaluate",
    "serve": "serve:serve",
    "annotate": "annotate:annotate",
    "info": "info:info",
    "report": "report.command:report",
    "explain": "explain.command:explain",
    "gradcheck": "gradcheck:gradcheck",
    "pitfall": "pitfall.command:pitfall",
}
"""Command -> the module in this folder, and the function in it."""


class _LazyCommands(Mapping[str, Any]):
    """The commands by name. The module of a command is imported when the command is looked up."""

    def __getitem__(self, name: str) -> Any:
        module, function = _FUNCTIONS[name].split(":")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        command = getattr(import_module(f"window_ner.cli.{module}"), function)
        alone.command(name, cls=SeveralInputs)(command)
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(_FUNCTIONS)

    def __len__(self) -> int:
        return len(_FUNCTIONS)


_UsageError: Any = typer.BadParameter.__base__
"""The exception of typer for a wrong call, which it does not export."""


class _Commands(TyperGroup):
    """Has the commands; handles a wrong call, an interrupt and a closed pipe before typer does."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _LazyCommands()})

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **more: Any) -> Any:
        has_arguments = bool(args)
        try:
            return super().make_context(info_name, args, parent, **more)
        except BrokenPipeError as error:  # of the reader of --help
            raise typer.Exit(exit_code(error)) from None
        except _UsageError as error:
            if not has_arguments:
                raise  # typer shows the help
            raise _in_one_line(error, "window-ner") from None

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            command = ctx.invoked_subcommand  # None if there is no such command
            raise _in_one_line(error, f"window-ner {command or ''}".strip()) from None
        except (KeyboardInterrupt, BrokenPipeError) as error:
            raise typer.Exit(exit_code(error)) from None


def _in_one_line(error: Any, command: str) -> InputError:
    """Turn a usage error, which typer would print on several lines, into one of ours."""
    message = " ".join(error.format_message().split())
    stop = "" if message.endswith((".", "?")) else "."
    return InputError(f"{message[:1].lower()}{message[1:]}{stop} See {command} --help")


app = typer.Typer(
    name="window-ner",
    cls=_Commands,
    help="Find names in English text with a word-window network in plain NumPy.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # halves the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # takes time to import

        typer.echo(f"window-ner {version('window-ner')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where in the code an error came from.")
    ] = False,
) -> None:
    if traceback:
        os.environ[TRACEBACK_VARIABLE] = "1"
