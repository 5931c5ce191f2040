"""Where a model is, what may stand beside it, and who may write there.

Locks are files that the system unlocks when their process ends, however it ends.
"""

from pathlib import Path

MANIFEST = "manifest.json"
"""The file that makes a folder a model."""


# What may stand beside a model called x: .x.replaced and so on.
ASIDE = ".replaced"  # the old model, while the new one takes its place


WRITING = ".writing-"  # the new one, until it is whole; random characters follow


RANDOM_CHARACTERS = 8


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


def reason(error: OSError) -> str:
    """Say in words why the system refused."""
    return error.strerror or str(error)
