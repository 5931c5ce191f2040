"""Where a model is, and what may stand beside it; the user's folders for data and for caches."""

import os
from pathlib import Path

MANIFEST = "manifest.json"
"""The file that makes a folder a model."""


# What may stand beside a model called x: .x.replaced and so on.
ASIDE = ".replaced"  # the old model, while the new one takes its place


WRITING = ".writing-"  # the new one, until it is whole; random characters follow


LOCK = ".lock"  # there while somebody writes


TRAINING = ".training"  # there while somebody trains


def model_place(folder: Path) -> Path:
    """Say where a model can be read: in its folder, or beside it if a replacement was cut short."""
    try:
        return beside(folder, ASIDE) if is_half_replaced(folder) else folder
    except OSError:  # a place that cannot be looked at holds no model
        return folder


def is_half_replaced(folder: Path) -> bool:
    """Whether a `write_model_folder` was killed when the old model was moved aside."""
    return not folder.exists() and (beside(folder, ASIDE) / MANIFEST).is_file()


def beside(folder: Path, ending: str) -> Path:
    """Name what stands beside a folder, hidden."""
    folder = folder.resolve()
    return folder.parent / f".{folder.name}{ending}"


def data_folder() -> Path:
    """Return the folder of the user's data: ``~/.local/share/window-ner`` on Linux."""
    from platformdirs import user_data_path

    return user_data_path("window-ner", appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be made anew: ``~/.cache/window-ner`` on Linux.

    ``$WINDOW_NER_CACHE`` is another.
    """
    if folder := os.environ.get("WINDOW_NER_CACHE"):
        return Path(folder)
    from platformdirs import user_cache_path

    return user_cache_path("window-ner", appauthor=False)


def reason(error: OSError) -> str:
    """Say in words why the system refused."""
    return error.strerror or str(error)
