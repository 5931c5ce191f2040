"""Where a model is, and its temporary files beside it; the user's data and cache folders."""

import os
from pathlib import Path

MANIFEST = "manifest.json"
"""The file that makes a folder a model."""

CARD = "README.md"
"""The model card. It is not in the manifest, because people may edit it."""

# Hidden files and folders beside a model or file called x: .x.replaced and so on.
ASIDE = ".replaced"  # the old model, while the new one replaces it
WRITING = ".writing-"  # the new model, until it is complete; random characters follow
LOCK = ".lock"  # exists while a process writes
TRAINING = ".training"  # exists while a process trains
CURVE = ".curve.json"  # of a file of annotations: its learning curve


def model_place(folder: Path) -> Path:
    """Return where a model can be read: its folder, or beside it if a replacement was killed."""
    try:
        return beside(folder, ASIDE) if is_half_replaced(folder) else folder
    except (OSError, ValueError):  # a folder that cannot be read is not a model
        return folder


def is_half_replaced(folder: Path) -> bool:
    """Whether `write_model_folder` was killed after it had moved the old model aside."""
    return not folder.exists() and (beside(folder, ASIDE) / MANIFEST).is_file()


def real_path(path: Path) -> Path:
    """Follow links as `Path.resolve` does, which fails at a circle of links before Python 3.13."""
    return Path(os.path.realpath(path))


def beside(folder: Path, ending: str) -> Path:
    """Return the path of a hidden file or folder beside a folder or file."""
    folder = real_path(folder)
    return folder.parent / f".{folder.name}{ending}"


def data_folder() -> Path:
    """Return the folder of the user's data: ``~/.local/share/window-ner`` on Linux."""
    from platformdirs import user_data_path

    return user_data_path("window-ner", appauthor=False)


def cache_folder() -> Path:
    """Return the folder for files that can be made again: ``~/.cache/window-ner`` on Linux.

    ``$WINDOW_NER_CACHE`` replaces it.
    """
    if folder := os.environ.get("WINDOW_NER_CACHE"):
        return Path(folder)
    from platformdirs import user_cache_path

    return user_cache_path("window-ner", appauthor=False)
