"""A model folder: weights, settings, vocabulary. It is written atomically and checked on reading.

====================  =====================================================================
manifest.json         format version, and size and CRC-32 of every other file
weights.safetensors   the arrays
settings.json         all other facts about the model, as JSON
vocabulary.txt        one word a line
features.json         the features of words; keys.txt and files of some features belong to it
history.jsonl         one epoch a line
checkpoint…           what a training needs to continue (removed when it is complete)
README.md             the model card; not in the manifest, because people may edit it
====================  =====================================================================

The checksums find damage. They do not stop somebody who changes a file and the manifest on purpose,
so CRC-32, which is fast, is enough.

The folder contains no code, and nothing in it refers to a file outside. A file may be a link only
in the cache of the Hugging Face Hub: files of a snapshot are links to blobs of its repository.
"""

import json
import stat
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from window_ner.errors import InputError, reason
from window_ner.storage.atomic import (
    new_folder,
    remove_folder,
    remove_unfinished,
    wait_for_disk,
    wait_for_folder,
)
from window_ner.storage.locks import locked
from window_ner.storage.places import (
    ASIDE,
    CARD,
    LOCK,
    MANIFEST,
    WRITING,
    beside,
    is_half_replaced,
    model_place,
    real_path,
)

FORMAT = 1

_MANIFEST_BYTES = 1 << 20
"""A larger file is not the manifest of a model."""

_ATTEMPTS = 10
"""The number of times that a reader tries to read a model that another process is replacing."""


def write_model_folder(
    folder: Path, files: Mapping[str, bytes], *, card: str = "", durable: bool = True
) -> None:
    """Write a model folder atomically: beside its place, then by renaming.

    A process that is killed leaves the old model or the new one; the next process that writes there
    removes the unfinished folder. ``durable`` waits for the disk, so that the same holds after a
    power cut; a checkpoint that the next epoch replaces does not need it. Other files in the folder
    are kept.

    Raises
    ------
    InputError
        If the folder exists and is not a model, or cannot be written.
    """
    check_output_folder(folder)
    folder = real_path(folder)  # replace the target of a symbolic link, not the link
    manifest = {
        "format": FORMAT,
        "files": {
            name: {"size": len(data), "crc32": zlib.crc32(data)} for name, data in files.items()
        },
    }
    contents = {**files, MANIFEST: json.dumps(manifest, indent=1).encode()}
    if card:
        contents[CARD] = card.encode(errors="replace")  # the name of a file may not be UTF-8
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(beside(folder, LOCK)) as alone:
            if alone:
                remove_unfinished(beside(folder, WRITING))
            with new_folder(beside(folder, WRITING)) as new:
                _write(new, contents, durable=durable)
                aside = beside(folder, ASIDE)
                if folder.is_dir():
                    _copy_foreign(folder, new)
                    remove_folder(aside)
                    folder.rename(aside)
                new.rename(folder)
                if durable:
                    wait_for_folder(folder.parent)
                remove_folder(aside)
    except OSError as error:
        raise InputError(f"{folder}: the model cannot be written ({reason(error)})") from None


def _write(folder: Path, contents: Mapping[str, bytes], *, durable: bool) -> None:
    for name, data in contents.items():
        with (folder / name).open("wb") as file:
            file.write(data)
            if durable:
                wait_for_disk(file)
    if durable:
        wait_for_folder(folder)


def _copy_foreign(old: Path, new: Path) -> None:
    """Copy files that are in the old model folder but not part of the model."""
    from shutil import copy2, copytree  # not needed to read

    if not any(old.iterdir()):
        return
    own = {MANIFEST, *_read_manifest(old / MANIFEST)}
    for path in (path for path in old.iterdir() if path.name not in own):
        if path.is_dir() and not path.is_symlink():
            copytree(path, new / path.name, symlinks=True, dirs_exist_ok=True)
        elif not (new / path.name).exists():
            copy2(path, new / path.name, follow_symlinks=False)


def read_model_folder(folder: Path) -> dict[str, bytes]:
    """Read the files of a model folder, each checked against the manifest.

    Raises
    ------
    InputError
        If it is not a model folder, its format is newer, or a file is missing or damaged.
    """
    for _ in range(_ATTEMPTS):
        before = _version(folder)
        try:
            return _read_whole(model_place(folder))
        except InputError:
            if before and _version(folder) == before:
                raise
        time.sleep(0.001)  # another process may be replacing the model
    return _read_whole(model_place(folder))


def _version(folder: Path) -> tuple[Path, float, bytes] | None:
    """Return a value that is different for each place of a model and each time it is written."""
    path = model_place(folder) / MANIFEST
    try:
        if _size(path) > _MANIFEST_BYTES:
            return None
        return path, path.stat().st_mtime, path.read_bytes()
    except (OSError, ValueError):  # an InputError is a ValueError
        return None


def _read_whole(folder: Path) -> dict[str, bytes]:
    try:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such model folder; the bundled model is called english")
        if not (folder / MANIFEST).is_file():
            raise InputError(f"{folder}: is not a model folder, it has no {MANIFEST}")
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({reason(error)})") from None
    manifest = _read_manifest(folder / MANIFEST)
    files = {}
    for name, expected in manifest.items():
        path = folder / name
        try:
            size = _size(path)
            data = path.read_bytes() if size == expected["size"] else b""
        except InputError:
            raise
        except (OSError, ValueError):  # ValueError: not a possible file name
            raise InputError(f"{path}: is missing from the model folder; train again") from None
        if size != expected["size"]:
            raise InputError(
                f"{path}: has {size} bytes where the manifest says {expected['size']}; "
                "the model was cut off or changed"
            )
        if zlib.crc32(data) != expected["crc32"]:
            raise InputError(f"{path}: is damaged, its checksum is not the manifest's")
        files[name] = data
    return files


def _size(path: Path) -> int:
    """Return the size of a file; refuse links out of the folder, pipes and devices."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode) and _is_link_of_a_hub(path):
        status = path.stat()
    if stat.S_ISLNK(status.st_mode):
        raise InputError(
            f"{path}: is a link, and the files of a model may not be links; copy the folder with "
            "the files that its links point to (cp -rL)"
        )
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path}: is not a file")
    return status.st_size


def _is_link_of_a_hub(path: Path) -> bool:
    """Whether a link is part of the Hugging Face cache, and points to a blob of its repository.

    There, ``models--NAME/snapshots/REVISION/weights.safetensors`` is a link to a file in
    ``models--NAME/blobs``. A link that leads elsewhere through a second link is refused.
    """
    try:
        revision = path.parent.resolve()
        blobs = revision.parents[1] / "blobs"
        return revision.parent.name == "snapshots" and path.resolve(strict=True).parent == blobs
    except (OSError, IndexError, RuntimeError):  # a link to nowhere, or to itself
        return False


def _read_manifest(path: Path) -> dict[str, dict[str, Any]]:
    try:
        if _size(path) > _MANIFEST_BYTES:
            raise ValueError("it lists no files of a model")
        manifest = json.loads(path.read_bytes())
        version = manifest["format"]
        newer = version > FORMAT  # then the rest may look different
        files = {} if newer else manifest["files"]
        if version < 1:
            raise ValueError("there is no such format")
        for name, expected in files.items():
            if Path(name).name != name:
                raise ValueError("names a file outside the folder")
            if not isinstance(expected["size"], int) or not isinstance(expected["crc32"], int):
                raise ValueError("size and checksum are numbers")
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path}: is damaged, it is not the manifest of a model") from None
    if newer:
        raise InputError(f"{path}: the model has format {version}, newer than {FORMAT}; upgrade")
    return dict(files)


def stored_files(folder: Path) -> frozenset[str]:
    """Return the names of the files of the model in a folder; none if there is no model.

    Raises
    ------
    InputError
        If the manifest is damaged, or its format is newer.
    """
    manifest = model_place(folder) / MANIFEST
    return frozenset(_read_manifest(manifest)) if manifest.exists() else frozenset()


def check_output_folder(folder: Path) -> None:
    """Refuse an output folder that has something else than a model in it.

    Raises
    ------
    InputError
        If it is a file, or a folder with other things in it than a model.
    """
    try:
        if is_half_replaced(folder):
            with locked(beside(folder, LOCK)):
                if is_half_replaced(folder):  # and no process is still replacing it
                    beside(folder, ASIDE).rename(folder)
        if folder.is_dir():
            if any(folder.iterdir()):
                _check_is_model(folder)
        elif folder.exists():
            raise InputError(f"{folder}: is a file; choose another --output")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({reason(error)})") from None


def _check_is_model(folder: Path) -> None:
    try:
        _read_manifest(folder / MANIFEST)
    except InputError:  # a manifest.json need not be that of a model
        raise InputError(f"{folder}: exists and is not a model; choose another --output") from None
