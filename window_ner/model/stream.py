"""A stream of texts: checked, and in batches, in one process or several."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.data.name_list import NameList
    from window_ner.model.entities import Entities
    from window_ner.model.tagger import Tagger

_CHARACTERS = 200_000
"""A batch ends after this many characters. Larger ones are no faster, and take more memory."""

FIRST_BATCH = 20_000
"""Characters of the first batch if other processes wait for it: enough to meet the common words."""

Batch = tuple[int, Sequence[str]]
"""The index of the first text in the stream, and the texts."""


def batches(texts: Iterable[str], most: int, characters: int = _CHARACTERS) -> Iterator[Batch]:
    """Cut a stream into batches of at most ``most`` texts; the first ends after ``characters``."""
    first, batch, size = 0, list[str](), 0
    for text in texts:
        batch.append(text)
        size += len(text) if isinstance(text, str) else 0  # reported when the batch is tagged
        if len(batch) == most or size >= characters:
            yield first, batch
            characters = _CHARACTERS
            first, batch, size = first + len(batch), [], 0
    if batch:
        yield first, batch


def refuse_no_text(given: object) -> NoReturn:
    """Refuse a text that is not a string.

    Raises
    ------
    InputError
        Always; the message says what was given, and what to do.
    """
    if isinstance(given, bytes):
        problem = "bytes; decode them first, like text.decode('utf-8')"
    elif isinstance(given, list | tuple):
        problem = f"a {type(given).__name__}; for many texts use tagger.pipe(texts)"
    else:  # None and nan are what tables have where a cell is empty
        problem = f"{given!r:.40}; leave it out, or put '' in its place"
    raise InputError(f"expected a text, got {problem}")


@dataclass(frozen=True)
class BatchFinder:
    """Finds the names in a batch; it can be sent to another process."""

    tagger: "Tagger"
    pretokenized: bool
    names: "NameList | None"

    def __call__(self, batch: Batch) -> "list[Entities]":
        """Find the names; an error gets a note that says which text of the stream caused it."""
        first, texts = batch
        try:
            return self._find(texts)
        except Exception:
            for index, text in enumerate(texts, first):
                try:
                    self._find([text])
                except Exception as error:
                    error.add_note(f"This happened at texts[{index}].")
                    raise
            raise

    def _find(self, texts: Sequence[str]) -> "list[Entities]":
        return self.tagger.entities_of(texts, pretokenized=self.pretokenized, names=self.names)
