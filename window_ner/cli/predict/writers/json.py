"""JSON: a list, or an object a line."""

from typing import Any

from window_ner.cli.predict.documents import Answer, InputFormat
from window_ner.cli.predict.writers.writer import Writer
from window_ner.data.json_records import dump


class JsonlWriter(Writer):
    """Writes a line with an object for each document.

    Parameters
    ----------
    with_files
        Whether to name the file of each document; for whole files it is always named.
    with_source
        Whether to give the source of each entity: model or list.
    """

    def __init__(self, with_files: bool = False, with_source: bool = False) -> None:
        self.with_files = with_files
        self.with_source = with_source

    def document(self, answer: Answer) -> str:
        return dump(as_dict(answer, self.with_files, self.with_source)) + "\n"


class JsonWriter(Writer):
    """Writes a list with one object for each document; see `JsonlWriter`."""

    is_stateless = False  # a comma stands before each object but the first

    def __init__(self, with_files: bool = False, with_source: bool = False) -> None:
        self.with_files = with_files
        self.with_source = with_source
        self.before = "["

    def document(self, answer: Answer) -> str:
        written = dump(self.as_data(answer), indent=2)
        before, self.before = self.before, ","
        return f"{before}\n  " + written.replace("\n", "\n  ")  # strings have no line ends in them

    def as_data(self, answer: Answer) -> dict[str, Any]:
        """Return the object of a document."""
        return as_dict(answer, self.with_files, self.with_source)

    def foot(self) -> str:
        return "\n]\n" if self.before == "," else "[]\n"


def as_dict(answer: Answer, with_files: bool, with_source: bool) -> dict[str, Any]:
    """Return an answer as plain data; scores have four decimals.

    The other keys of the object of a JSONL file are kept.
    """
    document = answer.document
    place: dict[str, Any] = {}
    if document.kind is InputFormat.FILE:
        place = {"file": document.file}
    elif with_files:
        place = {"file": document.file, "document": document.number}
    return {
        **place,
        **(document.record or {"text": document.text}),
        "entities": [
            {**e.as_dict(with_source=with_source), "score": round(e.score, 4)}
            for e in answer.entities
        ],
    }
