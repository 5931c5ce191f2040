import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from window_ner.cli.models import (
    find_model,
    last_model,
    model_argument,
    new_model_folder,
    remember_model,
)
from window_ner.errors import InputError
from window_ner.storage.locks import locked, locked_by_filelock, reserved
from window_ner.storage.model_folder import read_model_folder, write_model_folder
from window_ner.storage.places import (
    ASIDE,
    TRAINING,
    beside,
    cache_folder,
    data_folder,
    model_place,
)

FILES = {"settings.json": b"{}"}
needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="knows no locks of files")


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models"


@pytest.fixture
def half_replaced(models):
    """A model whose replacement was killed when the old one was moved aside."""
    write_model_folder(models / "lecture", FILES)
    remember_model(models / "lecture")
    (models / "lecture").rename(beside(models / "lecture", ASIDE))
    return models / "lecture"


# A replacement that was cut short hides no model


def test_a_model_whose_replacement_was_cut_short_is_found(half_replaced):
    for named in ("last", str(half_replaced)):
        assert read_model_folder(find_model(named)) == FILES
    assert last_model() == half_replaced  # to be gone on with under its own name


def test_a_new_model_does_not_take_the_place_of_one_whose_replacement_was_cut_short(half_replaced):
    assert new_model_folder("lecture").resolve() == half_replaced.with_name("lecture-2")


def test_a_model_that_is_gone_is_missed(models):
    write_model_folder(models / "lecture", FILES)
    remember_model(models / "lecture")
    (models / "lecture").rename(models / "moved")
    with pytest.raises(InputError, match="models/lecture; train again, or name another model"):
        find_model("last")


def test_the_last_model_may_be_in_a_folder_whose_name_is_not_utf_8(models):
    remember_model(models / "caf\udce9")  # as Python reads such a name
    with pytest.raises(InputError, match=r"is gone: .*models/caf\udce9; train again"):
        last_model()


@pytest.mark.parametrize("folder", ["last", "english", "mine", "models/last", "/models/last"])
def test_a_folder_can_be_named_whatever_it_is_called(models, folder):
    argument = model_argument(Path(folder))
    assert find_model(argument) == Path(folder)
    assert (argument != folder) == (folder in ("last", "english"))


def test_a_place_that_cannot_be_is_no_model_s(tmp_path):
    folder = tmp_path / ("x" * 300)
    assert model_place(folder) == folder


# One at a time


@needs_locks
def test_a_training_that_was_killed_keeps_nobody_out(models):
    """It leaves the file of its lock, which nobody holds."""
    models.mkdir()
    beside(models / "lecture", TRAINING).touch()
    assert new_model_folder("lecture").name == "lecture"
    assert list(models.iterdir()) == []


@needs_locks
def test_two_trainings_do_not_share_a_folder(models):
    with (
        reserved(models / "lecture"),
        pytest.raises(InputError, match="lecture: another process is training into it; choose"),
        reserved(models / "lecture"),
    ):
        pass
    with reserved(models / "lecture"):
        pass
    assert list(models.iterdir()) == []


@needs_locks
def test_a_new_model_does_not_take_the_place_of_one_in_training(models):
    with reserved(models / "lecture"):
        assert new_model_folder("lecture").name == "lecture-2"
    assert new_model_folder("lecture").name == "lecture"


@needs_locks
def test_a_lock_that_a_killed_process_has_left_is_free(tmp_path):
    (tmp_path / "lock").touch()
    with locked(tmp_path / "lock", wait=False) as held:
        assert held
    assert not (tmp_path / "lock").exists()


@needs_locks
def test_a_lock_of_another_is_waited_for_or_not_as_one_likes(tmp_path):
    lock, order = tmp_path / "lock", tmp_path / "order"
    with locked(lock):
        with pytest.raises(BlockingIOError), locked(lock, wait=False):
            pass
        child = os.fork()
        if not child:
            try:
                with locked(lock), order.open("a") as file:
                    file.write("second")
            finally:
                os._exit(0)
        with order.open("a") as file:
            file.write("first ")
    os.waitpid(child, 0)
    assert order.read_text() == "first second"
    assert not lock.exists()


def test_where_there_is_no_fcntl_a_lock_is_held_by_one_process_at_a_time(tmp_path):
    """What Windows does, by filelock, which can do it here as well."""
    lock = tmp_path / "lock"
    take = f"""
import sys, time
from pathlib import Path
from window_ner.storage.locks import locked_by_filelock
try:
    with locked_by_filelock(Path({str(lock)!r}), wait=False):
        print("held", flush=True)
        time.sleep(60)
except BlockingIOError:
    print("refused", flush=True)
"""
    command = [sys.executable, "-c", take]
    with locked_by_filelock(lock) as held:
        assert held
        assert subprocess.run(command, capture_output=True, check=True).stdout == b"refused\n"
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError), locked_by_filelock(lock, wait=False):
            pass
        holder.kill()
    with locked_by_filelock(lock, wait=False) as held:  # a process that was killed keeps nobody out
        assert held


# The user's folders


def test_data_and_caches_are_in_the_users_own_folders(tmp_path, monkeypatch):
    monkeypatch.delenv("WINDOW_NER_CACHE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if sys.platform == "linux":
        assert data_folder() == tmp_path / "data" / "window-ner"
        assert cache_folder() == tmp_path / "cache" / "window-ner"
    monkeypatch.setenv("WINDOW_NER_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


# Readers


def test_a_reader_that_meets_a_replacement_gets_one_model_or_the_other(tmp_path):
    """A model is written over and over while it is read."""
    models = [{"a": bytes([i]) * 9999, "b": bytes([i]) * (9 + i)} for i in range(2)]
    write_model_folder(tmp_path / "model", models[0], durable=False)
    writer = os.fork()
    if not writer:
        try:
            for i in range(25):
                write_model_folder(tmp_path / "model", models[i % 2], durable=False)
                time.sleep(0.01)  # the clock of a file system is coarse
        finally:
            os._exit(0)
    reads = np.zeros(2, dtype=int)
    while not os.waitpid(writer, os.WNOHANG)[0]:
        reads[models.index(read_model_folder(tmp_path / "model"))] += 1
    assert reads.all()


# Nothing outside the folder


@pytest.mark.parametrize("what", ["link", "link to itself", "pipe", "folder", "device"])
def test_a_file_of_a_model_that_is_no_file_of_its_own_is_refused(tmp_path, what):
    write_model_folder(tmp_path / "model", {**FILES, "weights": b"secret"})
    path = tmp_path / "model" / "weights"
    path.unlink()
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        (tmp_path / "elsewhere").write_bytes(b"secret")
        path.symlink_to({"link": "../elsewhere", "device": "/dev/zero"}.get(what, path))
    with pytest.raises(InputError, match=r"weights: (is a link.*cp -rL|is not a file)"):
        read_model_folder(tmp_path / "model")


def test_a_manifest_that_is_a_link_or_very_long_is_refused(tmp_path):
    write_model_folder(tmp_path / "model", FILES)
    manifest = tmp_path / "model" / "manifest.json"
    content = manifest.read_bytes()
    manifest.write_bytes(content + b" " * 2_000_000)
    with pytest.raises(InputError, match="is damaged, it is not the manifest"):
        read_model_folder(tmp_path / "model")
    (tmp_path / "elsewhere").write_bytes(content)
    manifest.unlink()
    manifest.symlink_to("../elsewhere")
    with pytest.raises(InputError, match=r"manifest\.json: is a link.*cp -rL"):
        read_model_folder(tmp_path / "model")


# The cache of the Hugging Face Hub


@pytest.fixture
def snapshot(tmp_path):
    """A model as the Hub's client stores it: the files of a snapshot are links to blobs."""
    repository = tmp_path / "models--ann--news"
    folder = repository / "snapshots" / "0123abcd"
    write_model_folder(folder, FILES)
    (repository / "blobs").mkdir()
    for path in folder.iterdir():
        blob = repository / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        path.rename(blob)
        path.symlink_to(f"../../blobs/{blob.name}")
    return folder


def test_a_snapshot_in_the_cache_of_the_hub_is_a_model(snapshot, tmp_path):
    assert read_model_folder(snapshot) == FILES
    (tmp_path / "link").symlink_to(snapshot)
    assert read_model_folder(tmp_path / "link") == FILES


@pytest.mark.parametrize("way", ["file", "by the blobs", "blobs"])
def test_a_snapshot_does_not_lead_out_of_its_repository(snapshot, tmp_path, way):
    """Neither by its own links, nor by a blob or a folder of blobs that is a link."""
    name = next(iter(FILES))
    blob, secret = (snapshot / name).resolve(), tmp_path / "secret" / "file"
    secret.parent.mkdir()
    secret.write_bytes(FILES[name])
    if way == "file":
        (snapshot / name).unlink()
        (snapshot / name).symlink_to(secret)
    elif way == "by the blobs":
        blob.unlink()
        blob.symlink_to(secret)
    else:
        blob.parent.rename(tmp_path / "moved")
        blob.parent.symlink_to(tmp_path / "moved")
    with pytest.raises(InputError, match=r"is a link.*cp -rL"):
        read_model_folder(snapshot)


def test_a_snapshot_whose_blob_is_gone_lacks_a_file(snapshot):
    (snapshot / next(iter(FILES))).resolve().unlink()
    with pytest.raises(InputError, match=r"is a link.*cp -rL"):
        read_model_folder(snapshot)
