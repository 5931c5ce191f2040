"""Where configs, corpus and models are: in the installed package, or in the checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_folder(name: str) -> Path:
    """Find the folder ``configs`` or ``data/sample``."""
    installed = _PACKAGE / "resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def included_models() -> Path:
    """Return the folder of the models that come with the project."""
    return _PACKAGE / "resources" / "models"
