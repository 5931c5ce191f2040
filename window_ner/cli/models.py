"""Which model a command means: the folder named, or the one trained last."""

import os
from pathlib import Path

from window_ner.errors import InputError


def _last_model_file() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "window-ner" / "last-model"


def remember_model(folder: Path) -> None:
    """Note which model was trained last; if that cannot be noted, no harm is done."""
    file = _last_model_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f"{file.name}.{os.getpid()}")
        temporary.write_text(str(folder.resolve()), encoding="utf-8")
        temporary.replace(file)
    except OSError:
        pass


def find_model(named: Path | None) -> Path:
    """Return the folder named, or that of the model trained last.

    Raises
    ------
    InputError
        If none is named and none was trained, or it is gone.
    """
    if named is not None:
        return named
    try:
        folder = Path(_last_model_file().read_text(encoding="utf-8"))
    except OSError:
        raise InputError("no model yet; run 'window-ner train', or name one by --model") from None
    if not folder.is_dir():
        raise InputError(f"the model trained last, {folder}, is gone; train again or use --model")
    return folder


def new_model_folder(config: str) -> Path:
    """Choose where to write a model when the user does not say: a folder not yet taken."""
    stem = Path(config).stem
    folder, number = Path("models") / stem, 1
    while folder.exists():
        number += 1
        folder = Path("models") / f"{stem}-{number}"
    return folder
