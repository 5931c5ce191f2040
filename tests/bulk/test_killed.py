"""A job that is killed, at any moment, is finished by the same command, to the byte."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from itertools import cycle

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="knows no SIGKILL")

KILLS = int(os.environ.get("WINDOW_NER_KILLS", "0"))
SEED = int(os.environ.get("WINDOW_NER_SEED", "0"))
PARTS, ROWS = 16, 2
JOB = ("--model", "english", "--rows-per-part", str(ROWS))
DAMAGES = ("cut file", "changed byte")


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    file = tmp_path_factory.mktemp("in") / "lines.txt"
    line = "Angela Merkel met Tim Cook in Cupertino, and Ann Lee of Acme saw them in Oslo. " * 60
    file.write_text(f"{line}\n" * (ROWS * PARTS))
    return file


@pytest.fixture(scope="module")
def tagger(english):
    """The model of the commands."""
    return english


@pytest.fixture
def whole(bulk, lines, tmp_path):
    """The parts that a run writes that nobody disturbs."""
    bulk(lines, output=tmp_path / "whole", rows_per_part=ROWS)
    return parts(tmp_path / "whole")


def parts(output):
    return {path.name: path.read_bytes() for path in sorted(output.glob("[!_]*"))}


def start(lines, output, *options):
    options = [*JOB, *(options or ("--workers", "2"))]
    command = [sys.executable, "-m", "window_ner", "bulk", str(lines), "--output", str(output)]
    return subprocess.Popen(
        [*command, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


@pytest.fixture
def finish(cluster, call_main):
    """Give the same command, with the workers of the test run; return what it says."""

    def call(lines, output):
        options = [*JOB, "--scheduler", cluster.scheduler]
        code, _, told = call_main("bulk", str(lines), "--output", str(output), *options)
        assert code == 0, told
        return told

    return call


def descendants(run):
    return psutil.Process(run.pid).children(recursive=True)


def kill_a_worker(run, rng):
    """Kill a child of the process from which workers are forked; return whether there was one."""
    workers = [child for child in descendants(run) if child.ppid() != run.pid]
    if workers:
        rng.choice(workers).kill()
    return bool(workers)


def wait_for_parts(run, output, count):
    while run.poll() is None and len(list(output.glob("part-*"))) < count:
        time.sleep(0.01)


def test_whatever_is_killed_the_same_command_finishes_to_the_byte(lines, whole, finish, tmp_path):
    output = tmp_path / "out"
    run = start(lines, output)
    wait_for_parts(run, output, 2)
    assert kill_a_worker(run, random.Random(SEED))
    wait_for_parts(run, output, 4)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does at Ctrl-C
    told = run.communicate()[1].splitlines()
    assert run.returncode == 130
    assert [line for line in told if not line.endswith(" s left")] == ["window-ner: interrupted"]
    assert not (output / "_SUCCESS").exists()

    run = start(lines, output)
    wait_for_parts(run, output, 8)
    children = descendants(run)
    run.kill()
    run.communicate()
    assert len(children) >= 3
    assert psutil.wait_procs(children, timeout=600)[1] == []  # none of them is left behind

    (output / "part-000000.jsonl").write_text("damaged\n")
    told = finish(lines, output)
    assert f"{PARTS} finished, of them " in told
    assert parts(output) == whole
    assert (output / "_SUCCESS").exists()


@pytest.mark.skipif(not KILLS, reason="WINDOW_NER_KILLS is not set: make fuzz sets it")
def test_what_is_killed_at_random_moments_is_finished_to_the_byte(lines, whole, finish, tmp_path):
    """WINDOW_NER_KILLS says how often, WINDOW_NER_SEED repeats a run."""
    print(f"WINDOW_NER_SEED={SEED}")
    rng = random.Random(SEED)
    disturbances = {
        "command": kill_the_command,
        "worker": kill_one_worker,
        "scheduler": kill_the_scheduler,
        "full disk": fill_the_disk,
    }
    counts = dict.fromkeys([*disturbances, *DAMAGES], 0)
    for number, name in zip(range(KILLS), cycle(disturbances), strict=False):
        output = tmp_path / str(number) / "out"
        output.parent.mkdir()
        with disk(output.parent, rng) if name == "full disk" else nullcontext(True) as possible:
            if not possible:
                continue
            counts[name] += disturbances[name](lines, output, rng)
            if damage := damage_a_file(output, rng):
                counts[damage] += 1
            finish(lines, output)
            assert parts(output) == whole
    print(counts)


def kill_the_command(lines, output, rng):
    run = start(lines, output)
    wait_for_a_moment(run, output, rng)
    running = run.poll() is None
    run.kill()
    run.communicate()
    return running


def kill_one_worker(lines, output, rng):
    run = start(lines, output)
    wait_for_a_moment(run, output, rng)
    killed = kill_a_worker(run, rng)
    told = run.communicate()[1]
    assert run.returncode == 0, told  # another takes over
    return killed


def kill_the_scheduler(lines, output, rng):
    with cluster_of_its_own(output.parent) as (address, scheduler):
        run = start(lines, output, "--scheduler", address)
        wait_for_a_moment(run, output, rng)
        running = run.poll() is None
        scheduler.kill()
        told = run.communicate()[1]
    too_early = run.returncode == 2 and "there is no scheduler of Dask" in told
    assert run.returncode in (0, 1) or too_early, told
    return running


def fill_the_disk(lines, output, rng):
    run = start(lines, output)
    told = run.communicate()[1]
    assert run.returncode == 2, told
    assert "No space left on device" in told
    subprocess.run(["mount", "-o", "remount,size=64m", output.parent], check=True)
    return True


@contextmanager
def disk(folder, rng):
    """Mount a file system that is too small for the output; yield whether that is possible."""
    size = f"size={rng.randrange(4, 1000)}k"
    command = ["mount", "-t", "tmpfs", "-o", size, "none", folder]
    try:
        possible = subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    try:
        yield possible
    finally:
        if possible:
            subprocess.run(["umount", "--lazy", folder], check=True)


def wait_for_a_moment(run, output, rng):
    wait_for_parts(run, output, rng.randrange(PARTS))
    time.sleep(rng.uniform(0, 0.1))


def damage_a_file(output, rng):
    """Damage a part or its receipt, half of the time; return what was done."""
    written = [*sorted(output.glob("part-*")), *sorted(output.glob("_parts/*.json"))]
    if not written or rng.random() < 0.5:
        return None
    file, damage = rng.choice(written), rng.choice(DAMAGES)
    data = bytearray(file.read_bytes())
    at = rng.randrange(len(data))
    if damage == "cut file":
        del data[at:]
    else:
        data[at] ^= 1
    file.write_bytes(data)
    return damage


@contextmanager
def cluster_of_its_own(folder):
    """Start a scheduler and a worker as Dask's own commands; yield address and scheduler."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*dask, "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(file)], **quiet
    )
    while not file.exists() or not file.read_text():
        time.sleep(0.01)
    address = json.loads(file.read_text())["address"]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
    worker = subprocess.Popen([*command, "--no-dashboard"], **quiet)
    try:
        yield address, scheduler
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
