"""A disk that is full, read-only or gone: the message says so, and where the best model is."""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from window_ner.cli.output import open_output
from window_ner.data.conll import format_conll, parse_conll
from window_ner.data.random_vectors import random_word_vectors
from window_ner.errors import InputError
from window_ner.model.stored_model import load_model
from window_ner.settings.toml import settings_from
from window_ner.training.checkpoint import load_checkpoint
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import train

CORPUS = parse_conll("Ann B-PER\nLee I-PER\nleft O\nOslo B-LOC\n\nBob B-PER\nsaw O\nher O\n")
WORDS = [token for s in CORPUS.sentences for token in s.tokens]
VECTORS = [random_word_vectors("random-5d", WORDS, 1)]
SETTINGS = settings_from({"training": {"epochs": 10, "patience": 10}}, "test")


def train_into(folder, trouble, epoch=7, **more):
    """Train; ``trouble`` comes when that epoch is over."""

    def after(done):
        if done.epoch == epoch:
            trouble()

    return train(
        Plan(SETTINGS, CORPUS, CORPUS, VECTORS),
        output=folder,
        progress=Progress(epoch=after),
        **more,
    )


def promised_place(message):
    """Where the message says that the best model is."""
    return Path(re.search(r"the best model so far is in (.+?)(;|$)", message)[1])


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where temporary files go in a test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of half a megabyte, where we may."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        mount(disk, "size=512k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("may not mount a disk here")
    yield disk
    unmount(disk)


def mount(folder, options):
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def unmount(folder):
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk):
    with (disk / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        while True:
            file.write(bytes(4096))


def test_a_disk_that_gets_full_costs_nothing(small_disk, temporary):
    model = small_disk / "model"
    with pytest.raises(InputError, match=r"model cannot be written \(No space left.*") as stopped:
        train_into(model, lambda: fill(small_disk))
    rescued = promised_place(str(stopped.value))
    assert f"continue with: window-ner train --resume --output {rescued}" in str(stopped.value)
    assert len(load_model(rescued).history) == 8
    assert len(load_model(model).history) == 7
    resumed = train(
        Plan(SETTINGS, CORPUS, CORPUS, VECTORS), output=rescued, resume=load_checkpoint(rescued)
    )
    assert len(resumed.history) == 10


def test_where_no_disk_has_room_the_model_of_before_stays(small_disk, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    model = small_disk / "model"
    with pytest.raises(InputError, match=r"No space left on device\)$"):
        train_into(model, lambda: fill(small_disk))
    assert len(load_model(model).history) == 7
    (small_disk / "filler").unlink()
    resumed = train(
        Plan(SETTINGS, CORPUS, CORPUS, VECTORS), output=model, resume=load_checkpoint(model)
    )
    assert len(resumed.history) == 10
    assert [path.name for path in small_disk.iterdir()] == ["model"]


def test_a_disk_that_becomes_read_only_costs_nothing(small_disk):
    model = small_disk / "model"
    with pytest.raises(InputError, match=r"cannot be written \(Read-only file system") as stopped:
        train_into(model, lambda: mount(small_disk, "ro"))  # over the other
    with pytest.raises(InputError, match=r"model: cannot be written \(Read-only file system\)$"):
        train_into(model, lambda: None)
    unmount(small_disk)
    assert len(load_model(promised_place(str(stopped.value))).history) == 8
    assert len(load_model(model).history) == 7


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(InputError, match=r"model: cannot be written \(Permission denied\)"):
        train_into(tmp_path / "model", lambda: None)


@pytest.mark.parametrize("gone", ["a/b/model", "a/b", "a"])
def test_a_folder_that_is_removed_while_training_is_made_again(tmp_path, gone):
    model = tmp_path / "a" / "b" / "model"
    train_into(model, lambda: shutil.rmtree(tmp_path / gone))
    assert len(load_model(model).history) == 10
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_a_place_that_something_else_has_taken_while_training_is_left_to_it(tmp_path):
    model = tmp_path / "model"

    def take():
        shutil.rmtree(model)
        model.write_text("mine")

    with pytest.raises(InputError, match="model: is a file") as stopped:
        train_into(model, take)
    assert model.read_text() == "mine"
    assert len(load_model(promised_place(str(stopped.value))).history) == 8


def test_a_model_that_is_complete_is_rescued_as_such(tmp_path):
    model = tmp_path / "model"

    def take():
        shutil.rmtree(model)
        model.write_text("mine")

    with pytest.raises(InputError, match="model: is a file") as stopped:
        train_into(model, take, epoch=10)
    assert "--resume" not in str(stopped.value)
    rescued = promised_place(str(stopped.value))
    assert len(load_model(rescued).history) == 10
    with pytest.raises(InputError, match="its training is complete"):
        load_checkpoint(rescued)


def test_the_command_says_that_the_disk_is_full_and_ends_with_2(tmp_path):
    """A limit on the size of a file stands for the disk: the history outgrows it."""
    corpus = tmp_path / "corpus.conll"
    corpus.write_text(format_conll(CORPUS.documents))
    model = tmp_path / "model"
    files = ["--train", corpus, "--dev", corpus, "--output", model]
    more = "--config lecture --vectors random-5d --set epochs=99 --set patience=99"
    run = subprocess.run(
        [sys.executable, "-m", "window_ner", "train", *files, *more.split()],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000)),
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith(f"window-ner: {model}: the model cannot be")
    assert "Traceback" not in run.stderr
    assert 10 < len(load_model(model).history) < 99


FULL = Path("/dev/full")
"""A device that is always full."""


@pytest.mark.skipif(not FULL.is_char_device(), reason="has no /dev/full")
@pytest.mark.parametrize("output_format", ["pretty", "json"])
def test_an_output_that_is_full_is_named(output_format, tiny_tagger, tmp_path):
    tiny_tagger.save(tmp_path / "tiny")
    command = [sys.executable, "-m", "window_ner", "predict", "Ann", "--format", output_format]
    command += ["--model", tmp_path / "tiny"]
    with FULL.open("w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (run.returncode, run.stderr) == (2, b"window-ner: stdout: No space left on device\n")


def test_an_output_that_is_a_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to("file.txt")
    write_output(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file.txt").read_text() == "Ann"


def test_an_output_that_is_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_output(tmp_path / "pipe")
    assert os.read(reader, 99) == b"Ann"
    assert (tmp_path / "pipe").is_fifo()
    os.close(reader)


def write_output(path):
    with open_output(path) as stream:
        stream.write("Ann")
