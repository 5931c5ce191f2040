"""Which files a corpus is in: a model stores it, and so tagging needs it without any reader."""

from typing import NamedTuple


class CorpusFiles(NamedTuple):
    """The name of a corpus, and the files of its splits.

    A split has no files if it does not exist; none has, if the corpus is not in files.
    ``held_out`` says that the dev split is a part of the train files (`hold_out_dev`).
    """

    name: str | None = None
    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    held_out: bool = False
