"""Saving what was trained, elsewhere if it cannot be written where it should be."""

import shutil
import tempfile
from pathlib import Path

from window_ner.errors import InputError
from window_ner.model.files import save_model
from window_ner.model.model import Model


def save_or_rescue(
    model: Model,
    output: Path,
    checkpoint: dict[str, bytes] | None = None,
    *,
    durable: bool = True,
) -> None:
    """Save a model, with the checkpoint to go on from.

    Raises
    ------
    InputError
        If that failed. The model is then in a new folder where temporary files are, if it can be
        written there, and the error says so.
    """
    try:
        save_model(model, output, checkpoint, durable=durable)
    except InputError as error:
        try:
            rescue = Path(tempfile.mkdtemp(prefix="window-ner-"))
        except OSError:
            raise error from None
        try:
            save_model(model, rescue, checkpoint)
        except InputError:
            shutil.rmtree(rescue, ignore_errors=True)
            raise error from None
        how = f"; go on with: window-ner train --resume --output {rescue}" if checkpoint else ""
        raise InputError(f"{error}; the best model so far is in {rescue}{how}") from None
