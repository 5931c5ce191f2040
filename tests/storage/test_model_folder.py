import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from safetensors import numpy as safetensors_numpy

import window_ner
from window_ner.errors import InputError
from window_ner.nn.tables import round_rows
from window_ner.storage import model_folder as storage
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes, compact, restore
from window_ner.storage.model_folder import (
    MANIFEST,
    check_output_folder,
    read_model_folder,
    write_model_folder,
)

FILES = {"weights.safetensors": bytes(range(256)), "settings.json": b"{}", "vocabulary.txt": b""}
OLD, NEW = {"old.txt": b"old"}, {"new.txt": b"new"}


@pytest.fixture
def model(tmp_path):
    write_model_folder(tmp_path / "model", FILES)
    return tmp_path / "model"


def contents(folder):
    """All files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class KilledError(BaseException):
    """What no code is prepared for."""


@pytest.fixture
def kill_at_rename(monkeypatch):
    """Stop the process, as far as the code can see, before the n-th renaming."""

    def arrange(n):
        rename, count = Path.rename, iter(range(1, 100))

        def rename_or_die(self, target):
            if next(count) == n:
                raise KilledError
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", rename_or_die)

    return arrange


# Round trips


def test_what_is_written_is_read_back(model):
    assert read_model_folder(model) == FILES


def test_a_model_is_its_files_and_a_manifest_and_nothing_is_left_beside(model, tmp_path):
    assert names(model) == sorted([*FILES, MANIFEST])
    assert names(tmp_path) == ["model"]


def test_parent_folders_are_made(tmp_path):
    write_model_folder(tmp_path / "a" / "b" / "model", FILES)
    assert read_model_folder(tmp_path / "a" / "b" / "model") == FILES


def test_a_model_takes_the_place_of_another_whole(tmp_path):
    for files in (OLD, NEW):
        write_model_folder(tmp_path / "model", files, durable=False)
    assert read_model_folder(tmp_path / "model") == NEW
    assert names(tmp_path / "model") == [MANIFEST, "new.txt"]
    assert names(tmp_path) == ["model"]


def test_an_empty_folder_may_become_a_model(tmp_path):
    write_model_folder(tmp_path, FILES)
    assert read_model_folder(tmp_path) == FILES


def test_the_umask_decides_who_may_read_the_folder(tmp_path):
    before = os.umask(0o022)
    try:
        write_model_folder(tmp_path / "model", FILES)
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o755


def test_a_model_can_be_moved_and_read_anywhere(model, tmp_path):
    model.rename(tmp_path / "elsewhere")
    assert read_model_folder(tmp_path / "elsewhere") == FILES


def test_the_folder_may_be_the_current_one(model, monkeypatch):
    monkeypatch.chdir(model)
    for folder in (Path(), Path("../model")):
        assert read_model_folder(folder) == FILES
        check_output_folder(folder)


def test_a_symbolic_link_stays_one(model, tmp_path):
    (tmp_path / "link").symlink_to(model)
    for files in (OLD, NEW):
        write_model_folder(tmp_path / "link", files)
        assert read_model_folder(tmp_path / "link") == files
        assert read_model_folder(model) == files
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path) == ["link", "model"]


def test_a_circle_of_links_is_no_model_and_no_place_for_one(tmp_path):
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(InputError, match="circle: no such model folder"):
        read_model_folder(circle)
    with pytest.raises(InputError, match="circle: the model cannot be written"):
        write_model_folder(circle, FILES)
    with pytest.raises(InputError, match="circle: cannot be read"):
        window_ner.train(train=circle)


def test_what_somebody_put_into_the_folder_stays_there(model):
    (model / "notes.md").write_text("my notes")
    (model / "plots").mkdir()
    (model / "plots" / "loss.svg").write_text("<svg/>")
    write_model_folder(model, NEW)
    assert read_model_folder(model) == NEW
    assert names(model) == [MANIFEST, "new.txt", "notes.md", "plots"]
    assert (model / "notes.md").read_text() == "my notes"
    assert (model / "plots" / "loss.svg").read_text() == "<svg/>"


# Damage


@given(data=st.data())
def test_a_flipped_bit_anywhere_is_found(tmp_path_factory, data):
    model = tmp_path_factory.mktemp("flipped") / "model"
    write_model_folder(model, FILES, durable=False)
    name = data.draw(st.sampled_from([MANIFEST, "weights.safetensors", "settings.json"]))
    content = bytearray((model / name).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    (model / name).write_bytes(content)
    with pytest.raises(InputError):
        read_model_folder(model)


@given(data=st.data())
def test_a_file_that_was_cut_off_anywhere_is_found(tmp_path_factory, data):
    model = tmp_path_factory.mktemp("cut") / "model"
    write_model_folder(model, FILES, durable=False)
    name = data.draw(st.sampled_from([MANIFEST, "weights.safetensors", "settings.json"]))
    content = (model / name).read_bytes()
    (model / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(InputError, match=f"{name}: (has|is damaged)"):
        read_model_folder(model)


def test_a_file_that_was_cut_off_is_named_with_its_bytes(model):
    (model / "weights.safetensors").write_bytes(bytes(range(100)))
    with pytest.raises(InputError, match=r"weights\.safetensors: has 100 bytes where .* says 256"):
        read_model_folder(model)


def test_a_file_that_changed_is_named(model):
    (model / "settings.json").write_bytes(b"[]")
    with pytest.raises(InputError, match=r"settings\.json: is damaged, its checksum"):
        read_model_folder(model)


@pytest.mark.parametrize("name", list(FILES))
def test_a_missing_file_is_named(model, name):
    (model / name).unlink()
    with pytest.raises(InputError, match=f"{name}: is missing from the model folder"):
        read_model_folder(model)


@pytest.mark.parametrize("folder", ["none", "none/below", "model/settings.json", "x" * 300])
def test_what_is_no_folder_is_no_model(model, tmp_path, folder):
    with pytest.raises(InputError, match=r"no such model folder|cannot be read"):
        read_model_folder(tmp_path / folder)


def test_a_folder_without_a_manifest_is_no_model(tmp_path):
    with pytest.raises(InputError, match=r"is not a model folder, it has no manifest\.json"):
        read_model_folder(tmp_path)


# Manifests


@pytest.mark.parametrize("files", [{}, [], "of another kind", None])
def test_a_model_of_a_newer_format_is_refused_as_such(model, files):
    (model / MANIFEST).write_text(json.dumps({"format": storage.FORMAT + 1, "files": files}))
    with pytest.raises(InputError, match=r"has format 2, newer than 1; upgrade"):
        read_model_folder(model)


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/hostname", "a/b", "..", ".", "", "./settings.json", "sub/../x", "a\0b"],
)
def test_a_manifest_that_names_what_is_not_a_file_of_the_folder_is_refused(model, tmp_path, name):
    (tmp_path / "x").write_bytes(b"secret")
    (model / "sub").mkdir()
    manifest = json.loads((model / MANIFEST).read_text())
    manifest["files"][name] = {"size": 6, "crc32": zlib.crc32(b"secret")}
    (model / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(InputError):
        read_model_folder(model)


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 0, "files": {}}',
        '{"format": "1", "files": {}}',
        '{"format": null, "files": {}}',
        '{"format": 1, "files": []}',
        '{"format": 1, "files": {"settings.json": 3}}',
        '{"format": 1, "files": {"settings.json": {"size": "2", "crc32": 0}}}',
        '{"format": 1, "files": {"settings.json": {"size": 2, "crc32": "5"}}}',
        '{"format": 1, "files": {"settings.json": {"size": 2}}}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_what_is_no_manifest_of_a_model_is_refused(model, manifest):
    (model / MANIFEST).write_bytes(manifest.encode("latin-1"))
    with pytest.raises(InputError, match=r"manifest\.json: is damaged"):
        read_model_folder(model)


# Interruption


@pytest.mark.parametrize("renaming", [1, 2])
def test_a_process_that_is_killed_leaves_the_old_model(tmp_path, kill_at_rename, renaming):
    model = tmp_path / "model"
    write_model_folder(model, OLD)
    kill_at_rename(renaming)
    with pytest.raises(KilledError):
        write_model_folder(model, NEW)
    assert model.is_dir() == (renaming == 1)
    assert read_model_folder(model) == OLD


def test_a_replacement_that_was_interrupted_is_undone_by_the_next(
    tmp_path, kill_at_rename, monkeypatch
):
    model = tmp_path / "model"
    write_model_folder(model, OLD)
    kill_at_rename(2)
    with pytest.raises(KilledError):
        write_model_folder(model, NEW)
    monkeypatch.undo()
    check_output_folder(model)
    assert read_model_folder(model) == OLD
    assert names(model) == [MANIFEST, "old.txt"]
    write_model_folder(model, NEW)
    assert read_model_folder(model) == NEW
    assert names(tmp_path) == ["model"]


def test_a_reader_between_the_two_renamings_does_not_disturb_the_writer(tmp_path, monkeypatch):
    model, read = tmp_path / "model", []
    write_model_folder(model, OLD)
    rename = Path.rename

    def rename_and_read(self, target):
        result = rename(self, target)
        read.append(read_model_folder(model))
        return result

    monkeypatch.setattr(Path, "rename", rename_and_read)
    write_model_folder(model, NEW)
    assert read == [OLD, NEW]
    assert read_model_folder(model) == NEW
    assert names(tmp_path) == ["model"]


def test_a_disk_that_is_full_leaves_the_old_model(tmp_path, monkeypatch):
    model = tmp_path / "model"
    write_model_folder(model, OLD)

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match=r"model: the model cannot be written \(No space left"):
        write_model_folder(model, NEW)
    assert read_model_folder(model) == OLD
    assert names(tmp_path) == ["model"]


# Output folders that are something else


@pytest.mark.parametrize(
    "files",
    [
        {"thesis.tex": "twenty years of work"},
        {MANIFEST: '{"name": "a web app", "icons": []}', "index.html": "<p>"},
        {MANIFEST: "cut o", "index.html": "<p>"},
        {MANIFEST: '{"format": 2, "files": {}}'},
        {f"{MANIFEST}/x": "a folder of that name"},
        {"models/lecture/settings.json": "{}"},
    ],
)
def test_a_folder_that_is_not_a_model_is_left_untouched(tmp_path, files):
    folder = tmp_path / "folder"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    before = contents(tmp_path)
    for check in (check_output_folder, lambda folder: write_model_folder(folder, FILES)):
        with pytest.raises(InputError, match="folder: exists and is not a model; choose another"):
            check(folder)
        assert contents(tmp_path) == before


def test_a_file_is_left_untouched(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: is a file; choose another --output"):
        write_model_folder(tmp_path / "file", FILES)
    with pytest.raises(InputError, match="the model cannot be written"):
        write_model_folder(tmp_path / "file" / "model", FILES)
    assert contents(tmp_path) == {"file": b"mine"}


def test_a_folder_beside_that_only_looks_like_an_old_model_is_left_untouched(tmp_path):
    for name in ("model.replaced", "model.old", "model~"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST).write_text("mine")
    for _ in range(2):
        write_model_folder(tmp_path / "model", FILES)
    assert names(tmp_path) == ["model", "model.old", "model.replaced", "model~"]


@pytest.mark.parametrize("folder", ["/", "x" * 300])
def test_a_place_where_no_model_can_be_is_refused(tmp_path, folder):
    with pytest.raises(InputError, match=r"not a model|cannot be written"):
        write_model_folder(tmp_path / folder, FILES)


# Arrays


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool"])
def test_arrays_are_the_same_after_storage(dtype):
    arrays = {"W": np.arange(6).reshape(2, 3).astype(dtype), "empty": np.zeros((0, 4), dtype)}
    again = arrays_from_bytes(arrays_to_bytes(arrays), "x")
    assert set(again) == set(arrays)
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        assert_array_equal(again[name], array)


def test_arrays_in_any_memory_order_are_stored_by_their_values():
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {"transposed": table.T, "part": table[:, 1::2], "scalar": np.array(5)}
    again = arrays_from_bytes(arrays_to_bytes(arrays), "x")
    for name, array in arrays.items():
        assert_array_equal(again[name], array)


@pytest.mark.parametrize("data", [b"", b"x" * 50, b"\xff" * 8, b"\x02" + b"\0" * 7 + b"{}" + b"x"])
def test_what_is_not_safetensors_is_refused_by_name(data):
    with pytest.raises(InputError, match=r"model/w\.safetensors: is not a safetensors file"):
        arrays_from_bytes(data, "model/w.safetensors")


def test_arrays_that_were_cut_off_are_refused():
    whole = arrays_to_bytes({"W": np.zeros((3, 3))})
    for length in range(0, len(whole), 7):
        with pytest.raises(InputError, match="is not a safetensors file"):
            arrays_from_bytes(whole[:length], "x")


@pytest.mark.parametrize(
    "kind", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
)
def test_arrays_are_read_as_the_library_reads_them(kind):
    values = np.arange(12).reshape(3, 4).astype(kind)
    data = arrays_to_bytes({"a": values, "empty": values[:0], "one": values[:1, 0]})
    ours, theirs = arrays_from_bytes(data, "x"), safetensors_numpy.load(data)
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype
        assert_array_equal(array, theirs[name])
        assert array.flags.writeable


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F4", "shape": [2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]},
        {"dtype": "F32", "shape": [-2], "data_offsets": [8, 0]},
        {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]},
        {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2]},
        {"dtype": "F32", "shape": [2], "data_offsets": []},
        {"dtype": "F32", "shape": [2], "data_offsets": "08"},
        {"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [10**30], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], "more": 1},
    ],
)
def test_a_header_that_names_other_numbers_than_there_are_is_refused(entry):
    header = json.dumps({"a": entry}).encode()
    with pytest.raises(InputError, match="is not a safetensors file"):
        arrays_from_bytes(len(header).to_bytes(8, "little") + header + bytes(8), "x")


def test_arrays_that_share_their_bytes_are_refused():
    """Else a small file could fill the memory."""
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({str(i): entry for i in range(1000)}).encode()
    with pytest.raises(InputError, match="its length does not match its header"):
        arrays_from_bytes(len(header).to_bytes(8, "little") + header + bytes(8), "x")


@given(st.integers(0, 99), st.sampled_from([1e-4, 1.0, 300.0]))
def test_a_compacted_table_is_off_by_half_a_step_of_its_row_at_most(seed, size):
    table = size * np.random.default_rng(seed).normal(size=(700, 100)).astype(np.float32)
    table[3] = 0
    found = restore(compact({"E": table}))["E"]
    step = np.abs(table).max(axis=1, keepdims=True) / 127
    assert found.dtype == np.float32
    # The scale itself is rounded too, to 11 bits, or 2 ** -25 where it is small.
    assert (np.abs(found - table) <= 0.5 * step * 1.15 + 127 * 2.0**-25).all()


def test_what_is_compacted_exactly_is_the_same_to_the_last_digit():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(700, 100)).astype(np.float32)
    rounded = np.asarray(round_rows(table))
    almost = rounded.copy()
    almost[-1, -1] += 1e-6
    arrays = {"E": rounded, "W": table, "almost": almost, "double": rounded.astype(float)}
    stored = compact(arrays, exactly=True)
    assert stored.keys() == {*arrays, "E.scale"}
    assert stored["E"].dtype == np.int8
    for name, array in restore(stored).items():
        assert array.dtype == arrays[name].dtype
        assert_array_equal(array, arrays[name])


def test_small_arrays_and_integers_are_not_rounded():
    arrays = {
        "U": np.full((17, 300), 1 / 3),
        "b": np.ones(70_000),
        "rows": np.ones((700, 100), int),
    }
    assert compact(arrays).keys() == arrays.keys()
    assert all(compact(arrays)[name] is array for name, array in arrays.items())
