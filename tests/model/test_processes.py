"""Tasks run in several processes; results come in order, and errors are told."""

import os
import select
import subprocess
import sys

import pytest

from window_ner.errors import InputError
from window_ner.model.processes import in_order

pytestmark = pytest.mark.usefixtures("no_other_threads")


def test_results_come_in_the_order_of_the_tasks():
    tasks = [0.03, 0.0, 0.02, 0.0, 0.0, 0.01, 0.0]
    assert list(in_order(_sleep, tasks, 2)) == [str(t) for t in tasks]


def _sleep(seconds):
    import time

    time.sleep(seconds)
    return str(seconds)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_read_before_an_error_is_done_before_it_is_raised(jobs):
    def tasks():
        yield from (0.03, 0.0, 0.02, 0.0)
        raise OSError("the disk is gone")

    done = []
    with pytest.raises(OSError, match="the disk is gone"):
        done.extend(in_order(_sleep, tasks(), jobs))
    assert done == ["0.03", "0.0", "0.02", "0.0"]


def test_tasks_are_read_as_they_are_done():
    read = []

    def tasks():
        for i in range(100):
            read.append(i)
            yield i

    results = in_order(str, tasks(), 2)
    for _ in range(3):
        next(results)
    assert len(read) < 20
    results.close()


def test_a_result_does_not_wait_for_a_task_that_is_not_there_yet():
    reader, writer = os.pipe()

    def tasks():
        for _ in "abcd":
            assert select.select([reader], [], [], 0)[0], "it waits for the next task"
            yield os.read(reader, 1)

    results = in_order(bytes.decode, tasks(), 2, reader)
    for letter in "abcd":
        os.write(writer, letter.encode())
        assert next(results) == letter
    assert list(results) == []
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("work", ["str", "own"])
def test_a_script_without_a_guard_is_not_run_again(tmp_path, work):
    """But if it defines the work, each process has to read it."""
    script = tmp_path / "script.py"
    script.write_text(
        "import threading\n"
        "from window_ner.model.processes import in_order\n"
        "print('runs', flush=True)\n"
        "def own(task): return str(task)\n"
        "if threading.current_thread().name == 'MainThread' and __name__ != '__mp_main__':\n"
        "    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        f"    print(*in_order({work}, range(9), 2))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert (done.stdout.count("runs") == 1) == (work == "str")
    assert done.stdout.endswith("0 1 2 3 4 5 6 7 8\n")


def test_a_process_that_dies_is_told():
    with pytest.raises(InputError, match="killed"):
        list(in_order(_die, [os.getpid()] * 5, 2))


def _die(parent):
    if os.getpid() != parent:
        os._exit(1)
    return ""


def test_an_error_of_the_input_is_told():
    def tasks():
        yield 1
        yield 2
        raise InputError("cut off")

    with pytest.raises(InputError, match="cut off"):
        list(in_order(str, tasks(), 2))
