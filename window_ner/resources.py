"""Where configs, corpus and models are: in the installed package, or in the checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_folder(name: str) -> Path:
    """Find the folder ``configs``, ``data/sample`` or ``models``."""
    installed = _PACKAGE / "resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
