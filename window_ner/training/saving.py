"""Saves a trained model, in another folder if the output folder cannot be written."""

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
    """Save a model, with the checkpoint to continue from.

    Raises
    ------
    InputError
        If the output folder cannot be written. The model is then saved in a new folder for
        temporary files, if possible, and the error names that folder.
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
        how = f"; continue with: window-ner train --resume --output {rescue}" if checkpoint else ""
        raise InputError(f"{error}; the best model so far is in {rescue}{how}") from None
