"""The lines of the file of answers."""

import json
from collections.abc import Collection
from typing import NamedTuple

from window_ner.data.formats.mentions import RawMention, offset_problem
from window_ner.web.annotate.answers import REASONS, Answer, Item, Mark, Status

_BEGINNING = b'{"text": "'
"""The first bytes of the line of an answer."""


class Record(NamedTuple):
    """A line of the file.

    Attributes
    ----------
    has_right_offsets
        Whether the words of each name are at its offsets, as far as the line has both. They are not
        if somebody changed one of the two, or if a tool counts an emoji as two characters.
    """

    line: bytes
    text: str
    source: object
    answer: Answer
    has_right_offsets: bool


def line_of(item: Item, answer: Answer, labels: Collection[str]) -> bytes:
    """Return the line of an answer, without its end.

    It names the ``labels`` that the person could give: later there may be more.
    """
    text = item.text
    record = {
        "text": text,
        "entities": [
            {"text": text[m.start : m.end], "label": m.label, "start": m.start, "end": m.end}
            for m in answer.marks
        ],
        "answer": "ignore" if answer.status == "skipped" else "accept",
        "complete": answer.status == "complete",
        "annotated": list(labels),
        "picked": answer.picked,
        "version": answer.version,
        "source": item.source,
    }
    return json.dumps(record, ensure_ascii=False).encode()


def parsed(line: bytes, labels: Collection[str]) -> Record:
    """Read a line; one of another tool may lack what only `line_of` writes.

    It is complete only if all ``labels`` are annotated: it may say that some are not.
    """
    record = json.loads(line)
    is_skipped = record.get("answer", "accept") != "accept"
    annotated = frozenset[str]()
    if record.get("complete", True):
        said = record.get("annotated")
        annotated = frozenset(labels if said is None else said)
    is_complete = annotated.issuperset(labels)
    status: Status = "skipped" if is_skipped else "complete" if is_complete else "partial"
    text, names = str(record["text"]), record["entities"]
    marks = [Mark(int(e["start"]), int(e["end"]), str(e["label"])) for e in names]
    has_right_offsets = not any(
        offset_problem(text, RawMention(mark.start, mark.end, mark.label, name.get("text")))
        for name, mark in zip(names, marks, strict=True)
    )
    picked = record.get("picked")
    reason = picked if picked in REASONS else "order"
    version = int(record.get("version", 1))
    answer = Answer(
        status, tuple(marks), version, reason, frozenset() if is_complete else annotated
    )
    return Record(line, text, record.get("source"), answer, has_right_offsets)


def is_cut(line: bytes) -> bool:
    """Whether the line is the beginning of an answer; a file of something else has another one."""
    if not line or line[: len(_BEGINNING)] != _BEGINNING[: len(line)]:
        return False
    try:
        json.loads(line)
    except ValueError:
        return True
    return False
