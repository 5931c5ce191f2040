"""Training that is killed, at any moment, leaves a model that can be read and gone on with."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from window_ner.cli.app import app
from window_ner.data.conll import format_conll
from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.errors import InputError
from window_ner.model.stored_model import load_model
from window_ner.storage.model_folder import read_model_folder, write_model_folder
from window_ner.storage.places import model_place
from window_ner.training.checkpoint import CHECKPOINT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="knows no SIGKILL")

KILLS = int(os.environ.get("WINDOW_NER_KILLS", "2"))
SEED = int(os.environ.get("WINDOW_NER_SEED", "0"))
OLD, NEW = {"old.txt": b"old" * 1000}, {"new.txt": b"new" * 1000, "other.txt": b""}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# Killed while writing: before each step of the system


WRITER = f"""
import os, signal, sys
from pathlib import Path
from window_ner.storage.model_folder import write_model_folder

def write(folder, step):
    steps = iter(range(1, 10_000))

    def hook(event, arguments):
        if event.startswith(("open", "os.", "fcntl.")) and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    write_model_folder(folder, {NEW!r}, durable=False)

for line in sys.stdin:
    step, folder = line.rstrip("\\n").split(" ", 1)
    child = os.fork()
    if not child:
        try:
            write(Path(folder), int(step))
        finally:
            os._exit(0)
    print(os.WIFSIGNALED(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def write_until_step():
    """Write a model in a process that is killed before a step; return whether it was.

    The processes are forked from a small one: a copy of this one, with all that the tests have
    imported, takes many times as long.
    """
    command = [sys.executable, "-c", WRITER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as small:

        def write(folder, step):
            print(step, folder, file=small.stdin, flush=True)
            return {"True\n": True, "False\n": False}[small.stdout.readline()]

        yield write
        small.stdin.close()


@pytest.mark.parametrize("before", [None, OLD], ids=["nothing before", "a model before"])
def test_a_write_that_is_killed_at_any_step_leaves_the_old_or_the_new(
    write_until_step, tmp_path, before
):
    step, found = 0, []
    while step < 500:
        step += 1
        parent = tmp_path / str(step)
        parent.mkdir()
        model = parent / "model"
        if before:
            write_model_folder(model, before, durable=False)
            (model / "notes.md").write_text("mine")
        if not write_until_step(model, step):
            break
        try:
            found.append(read_model_folder(model))
        except InputError:
            assert before is None
            found.append(None)
        write_model_folder(model, OLD, durable=False)
        assert names(parent) == ["model"]
        assert read_model_folder(model) == OLD
        assert before is None or (model / "notes.md").read_text() == "mine"
    assert 10 < step < 500
    assert found == sorted(found, key=[before, NEW].index)  # first one, from some step on the other
    assert found[0] == before
    assert found[-1] == NEW


def test_what_a_living_process_is_writing_is_left_alone(tmp_path):
    """The second writer waits for the first, so that it never takes its half-written model away."""
    model = tmp_path / "model"
    script = f"""
import time
from pathlib import Path
from window_ner.storage import model_folder as storage
write = storage._write
def slow(folder, contents, *, durable):
    write(folder, contents, durable=durable)
    print("writing", flush=True)
    time.sleep(0.3)
storage._write = slow
storage.write_model_folder(Path({str(model)!r}), {OLD!r})
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"writing\n"
        write_model_folder(model, NEW)
        assert first.wait() == 0
    assert read_model_folder(model) == NEW
    assert names(tmp_path) == ["model"]


# Killed while training: at random moments


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    """Train for many short epochs, each of which writes a checkpoint."""
    corpus = tmp_path_factory.mktemp("corpus") / "tiny.conll"
    sentences = [
        Sentence(("Ann", "Lee", "left", "Oslo"), ("B-PER", "I-PER", "O", "B-LOC")),
        Sentence(("Bob", "saw", "her"), ("B-PER", "O", "O")),
    ]
    corpus.write_text(format_conll(Corpus((Document(tuple(sentences * 3)),)).documents))
    files = ["--train", str(corpus), "--dev", str(corpus), "--vectors", "random-5d"]
    epochs = ["--set", "epochs=12", "--set", "patience=12", "--set", "min_batches=60"]
    return [*files, *epochs]


@pytest.fixture(scope="module")
def whole(arguments, tmp_path_factory):
    """The weights of a run that nobody kills."""
    return trained(tmp_path_factory.mktemp("whole") / "model", arguments)


def trained(folder, arguments):
    result = CliRunner().invoke(app, ["train", *arguments, "--output", str(folder)])
    assert result.exit_code == 0, result.output
    return load_model(folder).network.parameters


def test_training_that_is_killed_at_random_moments_loses_nothing(arguments, whole, tmp_path):
    """WINDOW_NER_KILLS says how often, WINDOW_NER_SEED repeats a run."""
    print(f"WINDOW_NER_SEED={SEED}")
    rng = random.Random(SEED)
    kills = while_training = while_writing = 0
    while kills < KILLS:
        parent = tmp_path / str(time.monotonic_ns())
        parent.mkdir()
        model = parent / "model"
        if earlier := rng.random() < 0.5:
            trained(model, [*arguments, "--seed", "7", "--set", "epochs=1"])
        child = train_in_a_process_of_its_own(model, [*arguments, "--overwrite"])
        if not kills or rng.random() < 0.8:
            wait_for_the_first_epoch(child, model)
        time.sleep(rng.uniform(0, 0.2))
        os.kill(child, signal.SIGKILL)
        if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
            continue  # it was faster
        kills += 1
        while_writing += any(".writing-" in name for name in names(parent))

        place = model_place(model)
        assert place.is_dir() or not earlier
        files = read_model_folder(model) if place.is_dir() else {}
        if files:
            load_model(model)
        if CHECKPOINT in files:
            while_training += 1
            parameters = trained(model, ["--resume"])
        else:  # killed before the first epoch was over, or when all was done
            parameters = trained(model, [*arguments, "--overwrite"])
        assert parameters.keys() == whole.keys()
        for name, expected in whole.items():
            np.testing.assert_array_equal(parameters[name], expected, err_msg=name)
        assert names(parent) == ["model"]
    print(f"{kills} kills: {while_training} while training, {while_writing} of them while writing")
    assert while_training


def train_in_a_process_of_its_own(folder, arguments):
    """Train in a copy of this process, which need not import everything again; return its id."""
    child = os.fork()
    if not child:
        try:
            trained(folder, arguments)
        finally:
            os._exit(0)
    return child


def wait_for_the_first_epoch(child, model):
    def checkpoint():
        try:
            return CHECKPOINT.encode() in (model_place(model) / "manifest.json").read_bytes()
        except OSError:
            return False

    while not ended(child) and not checkpoint():
        time.sleep(0.002)


def ended(child):
    """Whether the process has ended; `os.waitpid` can still ask how."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
