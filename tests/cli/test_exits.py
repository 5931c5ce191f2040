"""How the program ends. The call `predict .` is refused before NumPy is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from window_ner.cli.exits import run
from window_ner.errors import InputError

pytestmark = pytest.mark.untrained

PROGRAM = """
import atexit, os, sys, threading
from window_ner.cli import program

atexit.register(print, "atexit")
leave = os._exit
os._exit = lambda code: (print("at once", flush=True), leave(code))
"""
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def ended(then="program()", arguments=("predict", "."), stdout=subprocess.PIPE):
    """Run the program in a process that says whether it ends at once."""
    call = [sys.executable, "-c", PROGRAM + then, *arguments]
    return subprocess.run(
        call, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED
    )


def test_predict_ends_at_once_after_the_functions_of_atexit():
    done = ended()
    assert (done.returncode, done.stdout) == (2, "atexit\nat once\n")
    assert done.stderr.startswith("window-ner: .: is a folder")


def test_python_dash_m_ends_at_once_too():
    done = ended("import runpy; runpy._run_module_as_main('window_ner')")
    assert (done.returncode, done.stdout) == (2, "atexit\nat once\n")


def test_a_profiler_that_called_the_program_prints_what_it_has_measured():
    shown = ended("import cProfile; cProfile.run('program()')").stdout
    assert "function calls" in shown
    assert shown.endswith("atexit\n")


def test_other_commands_end_as_python_does():
    done = ended(arguments=["explain", "Ann", "--nope"])
    assert (done.returncode, done.stdout) == (2, "atexit\n")


def test_a_thread_that_still_runs_is_waited_for():
    wait = "lambda: (threading.main_thread().join(), print('thread'))"
    done = ended(f"threading.Thread(target={wait}).start()\nprogram()")
    assert (done.returncode, done.stdout) == (2, "thread\natexit\n")


@pytest.mark.parametrize("module", ["window_ner.cli.exits", "window_ner.cli.app"])
def test_an_interrupt_during_an_import_is_one_line(module):
    interrupt = f"""
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
program()"""
    done = ended(interrupt, arguments=["info"])
    assert (done.returncode, done.stderr) == (130, "window-ner: interrupted\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /dev/full")
def test_output_that_cannot_be_flushed_at_the_end_is_reported():
    with Path("/dev/full").open("w") as full:
        done = ended("os._exit = leave; program()", stdout=full)
    assert done.returncode == 120
    assert "No space left" in done.stderr


@pytest.mark.parametrize("traceback", [False, True])
def test_a_lack_of_memory_is_told_in_a_line(capsys, monkeypatch, traceback):
    def command():
        raise MemoryError("Unable to allocate 1 EiB")

    if traceback:
        monkeypatch.setenv("WINDOW_NER_TRACEBACK", "1")
    with pytest.raises(InputError if traceback else SystemExit) as ended:
        run(command)
    if traceback:
        assert isinstance(ended.value.__context__, MemoryError)  # so its traceback is shown
        return
    assert ended.value.code == 2
    told = "window-ner: not enough memory (Unable to allocate 1 EiB); is a number too large?\n"
    assert capsys.readouterr().err == told
