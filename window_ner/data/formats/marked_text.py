"""Text with the names in brackets, as people type it, like ``Take [aspirin | DRUG] daily``.

``predict`` writes the same format, with a score after the label, when its output is no terminal.
"""

import re
from collections.abc import Iterable, Iterator

from window_ner.data.formats.annotated_text import AnnotatedText
from window_ner.data.formats.mentions import RawMention, checked_mentions
from window_ner.data.formats.notes import Notes
from window_ner.errors import InputError

EXAMPLE = "[Paris | LOC]"

_MARK = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_BROKEN = re.compile(r"\[[^\]]*\||\|[^\[]*\]")
_SCORE = re.compile(r"[01]\.\d+")


def has_mark(text: str) -> bool:
    """Whether a text has a name in brackets with a label."""
    return _MARK.search(text) is not None


def marked_lines(lines: Iterable[tuple[str, str]], notes: Notes) -> Iterator[AnnotatedText]:
    """Read each line as a text; a line is given as its place and its characters."""
    for place, line in lines:
        yield parse_marks(line, place, notes)


def parse_marks(line: str, place: str, notes: Notes) -> AnnotatedText:
    """Take the marks out of a text.

    Brackets without a bar are part of the text.

    Raises
    ------
    InputError
        If a mark is not closed, has more than one bar, is in another mark, or has no name or label.
    """
    pieces: list[str] = []
    mentions = []
    length = position = 0
    for mark in _MARK.finditer(line):
        name, label = mark[1].strip(), mark[2].split()
        if not name or not label:
            raise InputError(f"{place}: {mark[0]!r} has no {'label' if name else 'name'}")
        if len(label) > 1 and _SCORE.fullmatch(label[-1]):
            label.pop()
        between = line[position : mark.start()]
        pieces += [_plain(between, place), name]
        start = length + len(between)
        length, position = start + len(name), mark.end()
        mentions.append(RawMention(start, length, " ".join(label)))
    text = "".join([*pieces, _plain(line[position:], place)])
    return AnnotatedText(text, checked_mentions(text, mentions, place, notes), place)


def _plain(piece: str, place: str) -> str:
    """Return the text between marks, and refuse parts of a mark in it."""
    if broken := _BROKEN.search(piece):
        raise InputError(
            f"{place}: {broken[0]!r} is not a complete mark; write {EXAMPLE}, with one bar, and no "
            "mark within another"
        )
    return piece
