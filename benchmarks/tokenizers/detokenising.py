"""Turn the tokens of a document back into text."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

Span = tuple[int, int]
Spans = tuple[list[Span], list[Span]]  # of the tokens, of the sentences

_ATTACHED = re.compile(r"[,.;:?!%)\]/]|\.\.+|'(?:s|re|ve|ll|m|d)|n't", re.IGNORECASE)
_STOPS = {".", "?", "!", "..", "...", "...."}
_QUOTES = {'"', "'"}


class Piece(NamedTuple):
    token: str
    space_before: bool
    opens_quotation: bool


def put_spacing_back(sentences: Iterable[Sequence[str]]) -> list[list[Piece]]:
    """Determine for each token of a document whether there was white space before it."""
    rows: list[list[Piece]] = []
    quoting: set[str] = set()
    previous, glue = "", False
    for sentence in sentences:
        row = []
        for i, token in enumerate(sentence):
            following = sentence[i + 1] if i + 1 < len(sentence) else ""
            space, glue, opens = not glue, False, False
            if token in _QUOTES and (token in quoting or token == '"' or previous[-1:] not in "sz"):
                opens = i == 0 or token not in quoting
                if opens and i and not following:
                    opens = previous in _STOPS
                quoting = quoting | {token} if opens else quoting - {token}
                glue, space = opens, space and opens
            elif token in _QUOTES or _ATTACHED.fullmatch(token):
                glue, space = token == "/", False
            elif token in {"(", "["} or (token.endswith("$") and following[:1].isdigit()):
                glue = True
            row.append(Piece(token, space, opens))
            previous = token
        rows.append(row)
    for row, following_row in pairwise(rows):
        if len(row) > 1 and row[-1].opens_quotation:  # the corpus contains: said . " | We do not
            following_row.insert(0, row.pop())
    return rows


def detokenise(sentences: Iterable[Sequence[str]], *, paragraphs: bool) -> tuple[str, Spans]:
    """Convert a document to text; return it with the spans of its tokens and sentences.

    With `paragraphs`, there is a blank line after the headline and around every line that is not
    prose (byline, dateline, row of a table). Without, everything is joined by spaces.
    """
    text, tokens, bounds = "", [], []
    rows = put_spacing_back(sentences)
    prose = [row[-1].token in _STOPS | _QUOTES for row in rows]
    for i, row in enumerate(rows):
        own_line = paragraphs and i > 0 and not (i > 1 and prose[i] and prose[i - 1])
        for j, piece in enumerate(row):
            if text:
                text += "\n\n" if own_line and j == 0 else " " * piece.space_before
            tokens.append((len(text), len(text) + len(piece.token)))
            text += piece.token
        bounds.append((tokens[-len(row)][0], len(text)))
    return text, (tokens, bounds)
