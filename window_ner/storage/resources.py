"""Where configs, corpus and models are: in the installed package, or in the checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def resource_folder(name: str) -> Path:
    """Find the folder ``configs`` or ``data/sample``."""
    installed = _PACKAGE / "resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


INCLUDED_MODEL = "english-news"
"""The model that comes with the project."""


def model_folder(model: str | Path = INCLUDED_MODEL) -> Path:
    """Find the folder of a model: of one that comes with the project by its name, else a path."""
    included = _PACKAGE / "resources" / "models" / model
    return included if Path(model).name == str(model) and included.is_dir() else Path(model)
