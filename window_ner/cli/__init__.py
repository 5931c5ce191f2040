"""The commands. Only this package prints.

Progress goes to stderr, results to stdout. Exit codes: 0 done, 1 a gradient is wrong or a part of
bulk failed, 2 the input or the call is wrong, 130 interrupted by Ctrl-C or SIGTERM.
"""

import atexit
import contextlib
import gc
import os
import sys
from pathlib import Path

_PROGRAMS = {"window-ner": "window-ner", "__main__.py": "python -m window_ner"}

MODEL_VARIABLE = "WINDOW_NER_MODEL"
"""The environment variable that names the model if there is no ``--model``."""


def program() -> None:
    """Be the program ``window-ner``: run `main` in a process that is for it alone."""
    try:
        main()
    except SystemExit as stopped:
        if sys.argv[1:2] == ["predict"]:  # other commands take so long that it does not matter
            from window_ner.cli.exits import end_at_once

            end_at_once(stopped.code)
        raise
    except KeyboardInterrupt:  # before `run` could hear of it
        sys.stderr.write("window-ner: interrupted\n")
        sys.exit(130)


def main() -> None:
    """Run the command line and raise SystemExit; typer reads the arguments if it must."""
    name, *arguments = sys.argv
    known = _PROGRAMS.get(Path(name).name)
    if known and arguments in (["--help"], ["-h"]) and not _is_narrow():
        _print_help(known)
    # Python would search all modules for garbage: 200 times while they are imported,
    # and when it ends, which takes as long as to load a model.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    from window_ner.cli.exits import run

    if arguments[:1] == ["predict"] and not any(map(_is_option, arguments)):
        run(lambda: _predict(arguments[1:]))
    else:
        run(_run_app)


def _run_app() -> None:
    from window_ner.cli.app import app  # `run` is told of an interrupt during this import, too

    app()


def _is_option(argument: str) -> bool:
    return argument.startswith("-")


def _predict(texts: list[str]) -> None:
    """Run ``predict`` without options: then all arguments are texts, and there is nothing to parse.

    To import typer takes a fifth of the time that the whole command takes for a sentence.
    """
    from window_ner.cli.predict.run import Request, predict

    predict(Request(texts, model=os.environ.get(MODEL_VARIABLE) or None))


def _is_narrow() -> bool:
    """Whether typer would wrap the lines of the page at another width than when it was made."""
    from shutil import get_terminal_size  # imports all that it needs for archives

    return get_terminal_size().columns < 80


def _print_help(program: str) -> None:
    """Print the page that typer made before (`make docs`), and exit.

    To import typer and all commands takes ten times as long.
    """
    from window_ner.cli.help_page import HELP

    with contextlib.suppress(OSError):  # typer will meet the same error, and handle it
        sys.stdout.write(HELP.replace("window-ner", program, 1))
        sys.stdout.flush()
        sys.exit(0)
