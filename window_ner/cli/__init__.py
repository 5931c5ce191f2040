"""The commands. Only this package prints.

Progress goes to stderr, results to stdout. Exit codes: 0 done, 1 a gradient is wrong or a part of
bulk failed, 2 the input or the call is wrong, 130 interrupted by Ctrl-C or SIGTERM.
"""

import atexit
import contextlib
import gc
import shutil
import sys
from pathlib import Path

_PROGRAMS = {"window-ner": "window-ner", "__main__.py": "python -m window_ner"}


def main() -> None:
    """Run the command line; typer does it, but for ``window-ner --help``."""
    program, *arguments = sys.argv
    known = _PROGRAMS.get(Path(program).name)
    if known and arguments in (["--help"], ["-h"]) and not _is_narrow():
        _print_help(known)
    # Python would search all modules for garbage: 200 times while they are imported,
    # and when it ends, which takes as long as to load a model.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    from window_ner.cli.app import run

    run()


def _is_narrow() -> bool:
    """Whether typer would wrap the lines of the page at another width than when it was made."""
    return shutil.get_terminal_size().columns < 80


def _print_help(program: str) -> None:
    """Print the page that typer made before (`make docs`), and exit.

    To import typer and all commands takes ten times as long.
    """
    from window_ner.cli.help_page import HELP

    with contextlib.suppress(OSError):  # typer will meet the same error, and handle it
        sys.stdout.write(HELP.replace("window-ner", program, 1))
        sys.stdout.flush()
        sys.exit(0)
