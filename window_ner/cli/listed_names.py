"""Reads the list of names that a command is given with ``--names``."""

from pathlib import Path
from typing import TYPE_CHECKING

from window_ner.cli.output import say
from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.data.name_list import NameList


def read_listed_names(file: Path | None, label: str | None) -> "NameList | None":
    """Read the list of names; print on stderr which names cannot be found in plain text."""
    if file is None:
        if label is not None:
            raise InputError("--names-label needs --names: it labels the names of that file")
        return None
    from window_ner.data.name_list_file import read_names

    names = read_names(file, label)
    if names.split_names:
        say(
            f"note     {file}: {len(names.split_names):,} of {len(names):,} names, like "
            f"{names.split_names[0]!r}, look like the end of a sentence and will not be found "
            "within one",
            err=True,
        )
    return names
