"""The commands. Only this package prints.

Progress goes to stderr, results to stdout. Exit codes: 0 done, 1 a gradient is wrong or a part of
bulk failed, 2 the input or the call is wrong, 130 interrupted by Ctrl-C or SIGTERM.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from window_ner.cli.annotate import annotate
from window_ner.cli.bulk import command as bulk_command
from window_ner.cli.evaluate import evaluate
from window_ner.cli.explain import command as explain_command
from window_ner.cli.gradcheck import gradcheck
from window_ner.cli.info import info
from window_ner.cli.options import SeveralInputs
from window_ner.cli.output import drop
from window_ner.cli.pitfall import command as pitfall_command
from window_ner.cli.predict import command as predict_command
from window_ner.cli.report import command as report_command
from window_ner.cli.serve import serve
from window_ner.cli.train import command as train_command
from window_ner.errors import InputError

_EPILOG = """\b
Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 a gradient
is wrong or a part of bulk failed, 2 the input or the call is wrong, 130
interrupted (Ctrl-C, SIGTERM).
NO_COLOR is respected. --install-completion lets the Tab key complete options,
models and configs.
"""


class _Commands(TyperGroup):
    """Handles an interrupt and a closed output pipe here, before typer handles them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("window-ner: interrupted", err=True)
            raise typer.Exit(130) from None
        except BrokenPipeError:
            drop(sys.stdout)
            raise typer.Exit from None


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
app.command()(train_command.train)
app.command(cls=SeveralInputs)(predict_command.predict)
app.command()(bulk_command.bulk)
app.command("eval")(evaluate)
app.command()(serve)
app.command()(annotate)
app.command()(info)
app.command()(report_command.report)
app.command()(explain_command.explain)
app.command()(gradcheck)
app.command()(pitfall_command.pitfall)


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
        os.environ["WINDOW_NER_TRACEBACK"] = "1"


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, such as from ``kill`` or a scheduler, end a command as Ctrl-C does."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:  # already set by the caller
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def main() -> None:
    """Run the command line; print an error of the user as one line and exit with code 2."""
    try:
        with _sigterm_as_interrupt():
            app()
    except InputError as error:
        if os.environ.get("WINDOW_NER_TRACEBACK"):
            raise
        typer.echo(f"window-ner: {error}", err=True)
        sys.exit(2)
    except OSError as error:  # such as a full disk; errors of files are InputErrors
        if os.environ.get("WINDOW_NER_TRACEBACK"):
            raise
        typer.echo(f"window-ner: {error.filename or 'stdout'}: {error.strerror}", err=True)
        drop(sys.stdout)
        sys.exit(2)
