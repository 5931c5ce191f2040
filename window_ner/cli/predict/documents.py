"""What goes through ``predict``: a document goes in, an answer comes out."""

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

    A named tuple, as one is made of each line of a stream: it costs a third of a dataclass.

    Attributes
    ----------
    text
        What the offsets of entities count the characters of.
    kind
        What a document is in its file.
    file
        Name of the file, ``stdin``, or nothing if the text was an argument of the command.
    number
        The line where it stands; of CoNLL columns and arguments, the how-manieth it is; 1 of a
        whole file.
    columns
        Its lines in a CoNLL file, if it comes from one.
    record
        The object of a JSONL file that ``text`` was in, with all its keys.
    """

    text: str
    kind: InputFormat = InputFormat.LINES
    file: str = ""
    number: int = 1
    columns: "ColumnDocument | None" = None
    record: Mapping[str, Any] | None = None

    @property
    def is_remainder(self) -> bool:
        """Whether this is only what stands behind the last sentence of a CoNLL file."""
        return self.columns is not None and not self.columns.sentences


class Answer(NamedTuple):
    """A document, its tokens, and the entities found in it, from left to right."""

    document: Document
    tokenized: "TokenizedText"
    entities: "list[Entity]"
