"""How a command ends: its exit code, and what it says about an error."""

import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

from window_ner.cli.output import drop, say
from window_ner.errors import InputError, reason

TRACEBACK_VARIABLE = "WINDOW_NER_TRACEBACK"
"""The environment variable that asks for the traceback of an error, as ``--traceback`` does."""


def run(command: Callable[[], object]) -> None:
    """Run a command, and exit with its code; print an error of the user as one line."""
    try:
        with _sigterm_as_interrupt():
            command()
    except (KeyboardInterrupt, InputError, OSError) as error:
        sys.exit(exit_code(error))
    except MemoryError as error:  # such as for a window of a billion words
        sys.exit(exit_code(InputError(f"not enough memory ({error}); is a number too large?")))
    sys.exit(0)


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


def exit_code(error: KeyboardInterrupt | InputError | OSError) -> int:
    """Say on stderr why a command ends, and return its exit code.

    A closed pipe is no error: the reader of the results has read enough. After other errors, with
    ``--traceback``, the error is raised again.
    """
    if isinstance(error, KeyboardInterrupt):
        say("window-ner: interrupted", err=True)
        return 130
    if isinstance(error, BrokenPipeError):
        drop(sys.stdout)
        return 0
    if os.environ.get(TRACEBACK_VARIABLE):
        raise error
    if isinstance(error, InputError):
        say(f"window-ner: {error}", err=True)
    else:  # such as a full disk; errors of files are InputErrors
        say(f"window-ner: {error.filename or 'stdout'}: {reason(error)}", err=True)
        drop(sys.stdout)
    return 2


def end_at_once(code: object) -> None:
    """End the process without freeing its memory piece by piece, if nothing can be lost by it.

    Python frees every object of every module before a process ends, which takes as long as tagging
    ten sentences; the operating system frees the whole memory in any case. Where something is left
    to do that Python does better, this returns, for an ordinary end: if a thread still runs, if the
    streams cannot be flushed, or if a test, profiler or debugger has called the program.
    """
    threads = sys.modules.get("threading")
    ordinary = threads is not None and threads.active_count() > 1
    if ordinary or not isinstance(code, int) or not _is_called_by_python(sys._getframe(1)):
        return
    atexit._run_exitfuncs()  # such as those that remove temporary files
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


def _is_called_by_python(frame: FrameType | None) -> bool:
    """Whether the frames above are the package's, a script and those of ``python -m`` alone."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name not in ("__main__", "runpy", "window_ner.cli"):
            return False
        frame = frame.f_back
    return True
