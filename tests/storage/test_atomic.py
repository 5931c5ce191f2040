"""One way to replace a file: whole, or not at all."""

import os
import stat
import sys

import pytest

from window_ner.cli.models import remember_model
from window_ner.cli.output import open_output
from window_ner.storage.atomic import (
    new_folder,
    remove_unfinished,
    replacing,
    write_bytes,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_there_when_it_is_whole_and_not_before(tmp_path, durable):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with replacing(file, durable=durable) as stream:
        stream.write(b"new")
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, SystemExit])
def test_what_ends_the_writing_leaves_the_old_file_and_nothing_beside_it(tmp_path, error):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(error), replacing(file) as stream:
        stream.write(b"new")
        raise error
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_text_is_utf_8_with_the_line_ends_it_has(tmp_path):
    write_text(tmp_path / "file", "été\r\nhiver\n")
    assert (tmp_path / "file").read_bytes() == "été\r\nhiver\n".encode()


def test_a_link_stays_a_link_and_a_link_to_nothing_leads_to_the_file(tmp_path):
    for name in ("there", "not there"):
        (tmp_path / name / "link").parent.mkdir()
        (tmp_path / name / "link").symlink_to(tmp_path / name / "file")
    write_bytes(tmp_path / "there" / "file", b"old")
    for name in ("there", "not there"):
        write_bytes(tmp_path / name / "link", b"new")
        assert (tmp_path / name / "link").is_symlink()
        assert (tmp_path / name / "file").read_bytes() == b"new"


def test_links_in_a_circle_are_replaced_as_they_lead_nowhere(tmp_path):
    (tmp_path / "link").symlink_to("link")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").read_bytes() == b"new"


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    file = tmp_path / ("x" * 255)
    write_bytes(file, b"new")
    assert file.read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="knows no umask")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077, 0o002])
def test_the_umask_decides_who_may_read_it(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "file", b"new")
        with open_output(tmp_path / "names.txt") as stream:
            stream.write("Ann")
        with new_folder(tmp_path / ".writing-") as folder:
            folder.rename(tmp_path / "folder")
    finally:
        os.umask(before)
    for name, mode in (("file", 0o666), ("names.txt", 0o666), ("folder", 0o777)):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode & ~umask


def test_a_new_folder_that_was_not_renamed_is_removed(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / ".writing-") as folder:
        (folder / "file").touch()
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_what_a_killed_process_has_left_is_removed_and_nothing_else(tmp_path):
    for name in (".writing-0123abcd", ".writing-", ".writing-mine", "notes"):
        (tmp_path / name).mkdir()
    remove_unfinished(tmp_path / ".writing-")
    assert names(tmp_path) == [".writing-", ".writing-mine", "notes"]


def test_what_cannot_be_written_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        write_bytes(tmp_path / "no" / "folder", b"")


def test_the_model_trained_last_is_noted_in_a_file_that_is_always_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name in ("one", "two"):
        remember_model(tmp_path / name)
    assert names(tmp_path / "window-ner") == ["last-model"]
    assert (tmp_path / "window-ner" / "last-model").read_text() == str(tmp_path / "two")
