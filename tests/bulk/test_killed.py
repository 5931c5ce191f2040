"""A job that is killed, at any moment, is finished by the same command, to the byte."""

import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="knows no SIGKILL")

KILLS = int(os.environ.get("WINDOW_NER_KILLS", "2"))
SEED = int(os.environ.get("WINDOW_NER_SEED", random.SystemRandom().randrange(1_000_000)))
PARTS = 40


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """The command without the output folder."""
    file = tmp_path_factory.mktemp("in") / "lines.txt"
    line = "Angela Merkel met Tim Cook in Cupertino, and Ann Lee of Acme saw them in Oslo. " * 40
    file.write_text(f"{line}\n" * (5 * PARTS))
    options = ["--rows-per-part", "5", "--workers", "2", "--output"]
    return [sys.executable, "-m", "window_ner", "bulk", str(file), *options]


def start(command, output):
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, str(output)], **pipes)


def finish(command, output):
    run = start(command, output)
    _, told = run.communicate(timeout=300)
    assert run.returncode == 0, told


@pytest.fixture(scope="module")
def whole(command, tmp_path_factory):
    """What a run writes that nobody disturbs."""
    output = tmp_path_factory.mktemp("whole") / "out"
    finish(command, output)
    return {path.name: path.read_bytes() for path in output.rglob("*") if path.is_file()}


def workers(run):
    """Return the processes that tag: children of the process that imported everything."""
    children = psutil.Process(run.pid).children(recursive=True)
    return [child for child in children if child.parent().pid != run.pid]


def kill_worker(run):
    victims = workers(run)
    if victims:
        random.Random(SEED).choice(victims).kill()
    return bool(victims)


def wait_for_parts(run, output, count):
    while run.poll() is None and len(list(output.glob("part-*"))) < count:
        time.sleep(0.002)


def test_what_is_killed_at_random_moments_is_finished_by_the_same_command(
    command, whole, tmp_path, content
):
    """WINDOW_NER_KILLS says how often, WINDOW_NER_SEED repeats a run."""
    print(f"WINDOW_NER_SEED={SEED}")
    rng = random.Random(SEED)
    killed = {"the command": 0, "a worker": 0, "damaged a part": 0}
    for number in range(KILLS):
        output = tmp_path / str(number)
        run = start(command, output)
        wait_for_parts(run, output, rng.randrange(PARTS))
        time.sleep(rng.uniform(0, 0.05))
        if number % 2 and kill_worker(run):
            killed["a worker"] += 1
            told = run.communicate(timeout=300)[1]
            assert run.returncode == 0, told  # another worker takes over
        else:
            run.send_signal(signal.SIGKILL)
            killed["the command"] += run.wait() != 0
            run.stderr.close()
        parts = sorted(output.glob("part-*"))
        if parts and rng.random() < 0.5:
            damaged = rng.choice(parts)
            damaged.write_bytes(damaged.read_bytes()[: rng.randrange(2000)])
            killed["damaged a part"] += 1
        finish(command, output)
        assert {name.rpartition("/")[2]: data for name, data in content(output).items()} == whole
    print(killed)


def test_workers_end_with_the_command_that_is_killed(command, tmp_path):
    run = start(command, tmp_path / "out")
    wait_for_parts(run, tmp_path / "out", 1)
    children = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.communicate()
    assert len(children) >= 3
    assert psutil.wait_procs(children, timeout=60)[1] == []


def test_an_interrupt_keeps_what_is_finished(command, whole, tmp_path, content):
    output = tmp_path / "out"
    run = start(command, output)
    wait_for_parts(run, output, 3)
    run.send_signal(signal.SIGINT)
    told = run.communicate(timeout=100)[1]
    assert (run.returncode, told) == (130, "window-ner: interrupted\n")
    assert not (output / "_SUCCESS").exists()
    finish(command, output)
    assert {name.rpartition("/")[2]: data for name, data in content(output).items()} == whole
