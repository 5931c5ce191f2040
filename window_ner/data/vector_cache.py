"""Word vectors that were read once, as files that later loads map into memory."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from window_ner.nn.arrays import Floats
from window_ner.storage.atomic import new_folder, remove_unfinished
from window_ner.storage.locks import locked
from window_ner.storage.places import WRITING, cache_folder

_FORMAT = 1


def cache_of(source: str, facts: Mapping[str, str]) -> Path:
    """Name the folder for a copy of vectors; other `facts` about them give another folder."""
    key = json.dumps({**facts, "format": str(_FORMAT)}, sort_keys=True)
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return cache_folder() / f"{Path(source).name}-{digest}"


def read_cache(folder: Path) -> tuple[Sequence[str], Floats] | None:
    """Return the words, and their vectors mapped into memory; None if there is no whole copy."""
    try:
        words = (folder / "words.txt").read_bytes().decode("utf-8").split("\n")
        table = np.load(folder / "table.npy", mmap_mode="r")
    except (OSError, EOFError, ValueError):
        return None
    return (words, table) if len(words) == len(table) else None


def write_cache(folder: Path, words: Sequence[str], table: Floats) -> None:
    """Write to a temporary folder, then rename it, so that no process reads half a copy.

    If the folder already exists, it could not be read, or another process was faster and wrote the
    same copy. Temporary folders of killed processes are removed. If the cache cannot be written,
    that is not an error: the next load is slow again.
    """
    if any("\n" in word for word in words):
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.parent / ".lock") as alone:
            new = folder.parent / WRITING
            if alone:
                remove_unfinished(new)
            with new_folder(new) as whole:
                np.save(whole / "table.npy", table)
                (whole / "words.txt").write_bytes("\n".join(words).encode("utf-8"))
                shutil.rmtree(folder, ignore_errors=True)
                whole.rename(folder)
    except OSError:
        pass
