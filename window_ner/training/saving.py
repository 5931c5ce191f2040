"""What to do with a trained model when it cannot be written where it should be."""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.model.tagger import Tagger


def save_or_rescue(
    tagger: "Tagger",
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
        tagger.save(output, checkpoint, durable=durable)
    except InputError as error:
        try:
            rescue = Path(tempfile.mkdtemp(prefix="window-ner-"))
        except OSError:
            raise error from None
        try:
            tagger.save(rescue, checkpoint)
        except InputError:
            shutil.rmtree(rescue, ignore_errors=True)
            raise error from None
        how = f"; go on with: window-ner train --resume --output {rescue}" if checkpoint else ""
        raise InputError(f"{error}; the best model so far is in {rescue}{how}") from None
