"""The data of ``predict``: a document goes in, an answer comes out."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from window_ner.data.conll_stream import ColumnDocument
    from window_ner.data.tokenizer import TokenizedText
    from window_ner.model.entity import Entity


class InputFormat(StrEnum):
    """What a document is in a file."""

    LINES = "lines"
    FILE = "file"
    JSONL = "jsonl"
    CONLL = "conll"


class Document(NamedTuple):
    """A text to find names in, and where it was read.

    It is a named tuple because every line of a stream becomes one, and a dataclass takes three
    times as long to make.

    Attributes
    ----------
    text
        The text. Offsets of entities count its characters.
    kind
        What a document is in its file.
    file
        Name of the file, ``stdin``, or empty if the text was an argument of the command.
    number
        Its line in the file. For CoNLL columns and arguments: its number, from 1 on. For a whole
        file: 1.
    columns
        Its lines in a CoNLL file, if it comes from one.
    record
        The object of a JSONL file that contained ``text``, with all its keys.
    """

    text: str
    kind: InputFormat = InputFormat.LINES
    file: str = ""
    number: int = 1
    columns: "ColumnDocument | None" = None
    record: Mapping[str, Any] | None = None

    @property
    def is_remainder(self) -> bool:
        """Whether this is only the lines after the last sentence of a CoNLL file."""
        return self.columns is not None and not self.columns.sentences


class Answer(NamedTuple):
    """A document, its tokens, and the entities found in it, from left to right.

    The tokens are None if the finder was not asked for them.
    """

    document: Document
    tokenized: "TokenizedText | None"
    entities: "list[Entity]"
