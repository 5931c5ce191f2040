"""Lists of names whose words are features of a token."""

from collections.abc import Mapping
from pathlib import Path

from window_ner.data.name_list_file import refuse_table
from window_ner.errors import InputError
from window_ner.storage.text import read_text

Gazetteer = Mapping[str, str]
"""Lower-cased word -> its roles in the entries of a list: ``w`` if it is an entry by itself, ``b``
if it begins a longer entry, ``c`` if it continues one."""


def read_gazetteer(path: Path) -> Gazetteer:
    """Read a list of names, one a line; empty lines, and text after ``#``, are ignored.

    Raises
    ------
    InputError
        If the file cannot be read, is a table, or contains no name.
    """
    roles: dict[str, set[str]] = {}
    lines = [line.partition("#")[0] for line in read_text(path).splitlines()]
    refuse_table(path, lines)
    for line in lines:
        words = line.lower().split()
        for i, word in enumerate(words):
            role = "w" if len(words) == 1 else "c" if i else "b"
            roles.setdefault(word, set()).add(role)
    if not roles:
        raise InputError(f"{path}: no name in it; expected one name a line")
    return {word: "".join(sorted(found)) for word, found in roles.items()}
