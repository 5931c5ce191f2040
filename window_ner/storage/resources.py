"""Finds the bundled configs, corpus and models: in the installed package, or in the checkout."""

from pathlib import Path

from window_ner.errors import InputError
from window_ner.storage.hub import PREFIX, download_model

_PACKAGE = Path(__file__).parents[1]


def resource_folder(name: str) -> Path:
    """Find the folder ``configs`` or ``data/sample``."""
    installed = _PACKAGE / "resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


BUNDLED_MODEL = "english"
"""The name of the bundled model."""


def model_folder(model: str | Path = BUNDLED_MODEL) -> Path:
    """Return the folder of a model: a bundled one by its name, ``hf://user/model``, or a path.

    Raises
    ------
    InputError
        If the name is empty or no text, or a model of the Hugging Face Hub cannot be downloaded.
    """
    if not isinstance(model, str | Path) or not str(model):
        raise InputError(f"{model!r} names no model; the bundled one is {BUNDLED_MODEL!r}")
    if str(model).startswith(PREFIX):
        return download_model(str(model))
    bundled = {path.name: path for path in (_PACKAGE / "resources" / "models").glob("*")}
    return bundled.get(str(model), Path(model))
