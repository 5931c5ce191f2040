"""Which files a corpus is in. Models store this, so it stands apart from the readers of files."""

from typing import NamedTuple


class CorpusFiles(NamedTuple):
    """The name of a corpus, and the files of its splits.

    A split that does not exist has no files; no split has any if the corpus is not in files.
    ``held_out`` says that the dev split is a part of the train files (`hold_out_dev`).
    """

    name: str | None = None
    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    held_out: bool = False
