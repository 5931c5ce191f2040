"""Which model a command means: the one named, the one trained last, or the one that comes along."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from window_ner.errors import InputError
from window_ner.storage.atomic import write_text
from window_ner.storage.locks import is_taken
from window_ner.storage.places import data_folder, model_place
from window_ner.storage.resources import model_folder

if TYPE_CHECKING:
    from window_ner.model.tagger import Tagger


def _last_model_file() -> Path:
    return data_folder() / "last-model"


def remember_model(folder: Path) -> None:
    """Note which model was trained last; if that cannot be noted, no harm is done."""
    file = _last_model_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, str(folder.resolve()))
    except OSError:
        pass


def last_model() -> Path | None:
    """Return the folder of the model trained last.

    Raises
    ------
    InputError
        If it is gone.
    """
    try:
        folder = Path(_last_model_file().read_text(encoding="utf-8"))
    except OSError:
        return None
    if not model_place(folder).is_dir():
        raise InputError(f"the model trained last, {folder}, is gone; train again or use --model")
    return folder


def find_model(named: Path | None) -> Path:
    """Return the folder named, else that of the model trained last, else the one that comes along.

    Raises
    ------
    InputError
        If the model trained last is gone.
    """
    folder = model_folder(named) if named is not None else last_model() or model_folder()
    return model_place(folder)


def load_model(named: Path | None, *, verbose: bool = False) -> "Tagger":
    """Load the model that `find_model` finds, and say on stderr which, if that is wanted.

    Raises
    ------
    InputError
        If it is gone, or no model.
    """
    begin = time.monotonic()
    from window_ner.model import files  # what waits for it, counts
    from window_ner.model.tagger import Tagger

    folder = find_model(named)
    tagger = Tagger(files.load_model(folder))
    if verbose:
        seconds = time.monotonic() - begin
        typer.echo(f"model    {folder}, loaded in {seconds:.2f} s", err=True)
    return tagger


def new_model_folder(config: str) -> Path:
    """Choose where to write a model when the user does not say: a folder not yet taken."""
    stem = Path(config).stem
    folder, number = Path("models") / stem, 1
    while is_taken(folder):
        number += 1
        folder = Path("models") / f"{stem}-{number}"
    return folder
