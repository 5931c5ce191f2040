"""The files of bulk: named, in folders, by patterns."""

import os
import sys

import pytest

from window_ner.bulk.formats import InputFormat
from window_ner.bulk.inputs import find_inputs
from window_ner.bulk.places import place
from window_ner.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read = ("in/b.jsonl", "in/a.jsonl.gz", "in/c/d.ndjson", "t.txt", "t.log")
    passed_over = ("in/.hidden.jsonl", "in/_x/e.jsonl", "in/readme.md", "in/out/part-000000.jsonl")
    for name in (*read, *passed_over):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def found(folder, *inputs, kind=None):
    files, kind = find_inputs(inputs, kind, place(str(folder / "in/out")))
    return [file.name.removeprefix(f"{folder}/") for file in files], kind


def link(folder, name, target):
    (folder / name).symlink_to(folder / target)


def test_a_folder_means_its_files_but_for_hidden_ones_and_the_output(folder):
    names, kind = found(folder, "in")
    assert (names, kind) == (["in/a.jsonl.gz", "in/b.jsonl", "in/c/d.ndjson"], InputFormat.JSONL)


def test_a_pattern_is_expanded(folder):
    assert found(folder, "in/*.jsonl*") == (["in/a.jsonl.gz", "in/b.jsonl"], InputFormat.JSONL)


def test_a_url_of_a_file_is_its_path(folder):
    assert found(folder, f"file://{folder}/t.txt") == (["t.txt"], InputFormat.LINES)


@pytest.mark.skipif(sys.platform == "win32", reason="no name of a file may have a colon")
@pytest.mark.parametrize("name", ["a::b.txt", "zip::a.txt", "file:a.txt", "~a.txt", "s3:a.txt"])
def test_a_name_without_two_slashes_is_a_path(folder, name):
    """fsspec would read another file, and write the output into another folder."""
    (folder / name).write_bytes(b"")
    assert found(folder, name) == ([name], InputFormat.LINES)
    assert place(str(folder / name)).read() == b""


def test_a_subfolder_that_cannot_be_read_is_told(folder, monkeypatch):
    """Else its files would be missing in the output, and nobody would know."""
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("in/c"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=r"in/c: cannot be read \(Permission denied\)"):
        found(folder, "in")


def test_the_format_can_be_given(folder):
    assert found(folder, "t.log", kind=InputFormat.LINES) == (["t.log"], InputFormat.LINES)


@pytest.mark.skipif(sys.platform == "win32", reason="has no named pipes in folders")
def test_a_pipe_is_passed_over_in_a_folder_and_refused_by_name(folder):
    """It would wait for a writer, and a file is read twice."""
    os.mkfifo(folder / "in/pipe.jsonl")
    assert "in/pipe.jsonl" not in found(folder, "in")[0]
    assert "in/pipe.jsonl" not in found(folder, "in/*")[0]
    with pytest.raises(InputError, match=r"pipe\.jsonl: is a pipe, .* twice; save it as a file"):
        found(folder, "in/pipe.jsonl")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["in", "t.txt"], r"several formats: .*in/a.jsonl.gz \(jsonl\) and .*t.txt \(lines\)"),
        (["t.log"], "t.log: its ending is unknown; bulk reads .parquet, .* give --input-format"),
        (["nothing"], "nothing: no such file or folder"),
        (["in/*.csv"], r"in/\*.csv: there is no file to read; bulk reads .parquet, "),
        (["in/out"], "in/out: is in the output folder; choose another --output"),
        (["in/out/*.jsonl"], r"in/out/\*.jsonl: is in the output folder; choose another --output"),
        (["in/out/part-000000.jsonl"], "part-000000.jsonl: is in the output folder; choose"),
        (["link"], "link: is in the output folder; choose another --output"),
        (["link/part-000000.jsonl"], "link/part-000000.jsonl: is in the output folder; choose"),
        (["link.jsonl"], "link.jsonl: is in the output folder; choose another --output"),
        (["in/out/other.jsonl"], "in/out/other.jsonl: is in the output folder; choose"),
        (["in", "in/b.jsonl"], "in/b.jsonl: is given twice"),
        (["in/b.jsonl", "in/c/..//./b.jsonl"], "in/b.jsonl: is given twice"),
        ([""], "the name of an input or of an output is empty"),
        (["nowhere://x/y"], "nowhere://x/y: is no path or URL"),
    ],
)
def test_input_that_is_wrong_is_refused(folder, inputs, message):
    link(folder, "link", "in/out")
    link(folder, "link.jsonl", "in/out/part-000000.jsonl")
    link(folder, "in/out/other.jsonl", "in/b.jsonl")
    with pytest.raises(InputError, match=message):
        found(folder, *inputs)
