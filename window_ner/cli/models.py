"""Which model a command means: a folder, the name of a bundled model, or ``last``."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from window_ner.cli.output import say
from window_ner.errors import InputError
from window_ner.storage.atomic import write_bytes
from window_ner.storage.locks import is_taken
from window_ner.storage.places import data_folder, model_place, real_path
from window_ner.storage.resources import model_folder

if TYPE_CHECKING:
    from window_ner.model.tagger import Tagger

LAST = "last"
"""The name of the model that was trained last."""


def _last_model_file() -> Path:
    return data_folder() / "last-model"


def remember_model(folder: Path) -> None:
    """Store which model was trained last; ignore an error, as it does no harm."""
    file = _last_model_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, os.fsencode(real_path(folder)))
    except OSError:
        pass


def last_model() -> Path:
    """Return the folder of the model that this user trained last.

    Raises
    ------
    InputError
        If there is none, or it is gone.
    """
    try:
        folder = Path(os.fsdecode(_last_model_file().read_bytes()))
    except OSError:
        raise InputError("last: no model was trained yet; train one: window-ner train") from None
    if not model_place(folder).is_dir():
        raise InputError(
            f"last: the model trained last is gone: {folder}; train again, or name another model"
        )
    return folder


def find_model(named: str | None) -> Path:
    """Find the folder of a model: ``last``, a bundled model by its name, or a path.

    None stands for the bundled model. A folder called ``last`` can be named ``./last``.

    Raises
    ------
    InputError
        If the model trained last is gone.
    """
    if named == LAST:
        return model_place(last_model())
    return model_place(model_folder() if named is None else model_folder(named))


def model_argument(folder: Path) -> str:
    """Return the value of ``--model`` for a folder: a folder called ``last`` becomes ``./last``."""
    name = str(folder)
    means_another = name == LAST or model_folder(name) != folder
    return f".{os.sep}{name}" if means_another else name


def load_model(named: str | None, *, verbose: bool = False) -> "Tagger":
    """Load the model that `find_model` finds; ``verbose`` prints on stderr which model it is.

    Raises
    ------
    InputError
        If it is gone, or is not a model.
    """
    begin = time.monotonic()
    from window_ner.model import stored_model  # the import is part of the time
    from window_ner.model.tagger import Tagger

    folder = find_model(named)
    tagger = Tagger(stored_model.load_model(folder))
    if verbose:
        seconds = time.monotonic() - begin
        say(f"model    {folder}, loaded in {seconds:.2f} s", err=True)
    return tagger


def new_model_folder(config: str) -> Path:
    """Choose a new folder for a model, for a user who gives no ``--output``."""
    stem = Path(config).stem
    folder, number = Path("models") / stem, 1
    while is_taken(folder):
        number += 1
        folder = Path("models") / f"{stem}-{number}"
    return folder
