"""CoNLL columns as they come, to be given other tags: all else stays as it is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from window_ner.data.conll import (
    DOCUMENT_START,
    check_fields,
    is_tag,
    is_token,
    read_fields,
    without_space,
)
from window_ner.data.tokenizer import TokenizedText


@dataclass(slots=True)
class ColumnDocument:
    """A document of a CoNLL file, its tags taken off.

    Attributes
    ----------
    lines
        As they stand in the file; of a token's line, only what is before the tag.
    token_lines
        Which of them have a token.
    sentences
        The tokens of each sentence.
    columns
        Those of each sentence between token and tag.
    """

    lines: list[str] = field(default_factory=list)
    token_lines: list[int] = field(default_factory=list)
    sentences: list[list[str]] = field(default_factory=list)
    columns: list[list[tuple[str, ...]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The tokens with a space between them, and a line for each sentence."""
        return "\n".join(map(" ".join, self.sentences))

    @property
    def tokenized(self) -> TokenizedText:
        """Where the tokens are in `text`."""
        tokens = [token for sentence in self.sentences for token in sentence]
        ends = [end - 1 for end in accumulate(len(token) + 1 for token in tokens)]
        starts = [end - len(token) for end, token in zip(ends, tokens, strict=True)]
        return TokenizedText(tokens, starts, ends, [len(s) for s in self.sentences])

    def with_tags(self, tags: Sequence[str]) -> str:
        """Return the lines with these tags, one for each token."""
        lines = self.lines.copy()
        for line, tag in zip(self.token_lines, tags, strict=True):
            lines[line] += tag
        return "".join(f"{line}\n" for line in lines)


def stream_documents(chunks: Iterable[list[str]], name: str) -> Iterator[list[ColumnDocument]]:
    """Parse the lines of a CoNLL file; yield the documents that each chunk of them completes.

    A file that does not begin with the mark of a document marks none: each sentence is one then,
    until a mark comes. If the last column of the first token is no tag, there are no tags yet: one
    column, of tokens, is enough.

    Raises
    ------
    InputError
        If a line is not what it should be.
    """
    parser = _Parser(name)
    for lines in chunks:
        yield from parser.documents(lines)
    yield from parser.last_documents()


class _Parser:
    """What is known of a file so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = 0  # of the line
        self.width = 0  # columns of a token's line, once there was one
        self.tagged = True
        self.marked = False  # whether a document began with a mark
        self.head: list[str] = []  # lines before the first that must be a token's
        self.document = ColumnDocument()
        self.rows: list[list[str]] = []  # of the sentence

    def documents(self, lines: list[str]) -> Iterator[list[ColumnDocument]]:
        if not self.width:
            self.head += lines
            if not self._find_shape():
                return
            lines, self.head = self.head, []
        if complete := [document for line in lines for document in self._take(line)]:
            yield complete

    def last_documents(self) -> Iterator[list[ColumnDocument]]:
        complete = [document for line in self.head for document in self._take(line)]
        self._end_sentence()
        if self.document.lines:
            complete.append(self.document)
        if complete:
            yield complete

    def _find_shape(self) -> bool:
        """Learn from the first token's line how all of them are; a comment might be none."""
        for line in map(without_space, self.head):
            if line and not line.startswith(("#", DOCUMENT_START)):
                fields = read_fields(line)
                self.width = len(fields)
                self.tagged = len(fields) > 1 and is_tag(fields[-1])
                return True
        return False

    def _take(self, line: str) -> Iterator[ColumnDocument]:
        """Add a line; yield the document that is complete by it."""
        self.number += 1
        line = line.rstrip("\r")
        bare = without_space(line)
        if not bare:
            self.document.lines.append("")
            ends = self._end_sentence() and not self.marked
            if ends:
                yield self._next_document()
            return
        if bare.startswith(DOCUMENT_START):
            self._end_sentence()
            if self.document.sentences or self.marked:
                yield self._next_document()
            self.marked = True
            self.document.lines.append(line)
            return
        fields = read_fields(bare)
        if bare.startswith("#") and not self.rows and not is_token(fields, self.width, self.tagged):
            self.document.lines.append(line)
            return
        check_fields(fields, self.width, f"{self.name}:{self.number}", tagged=self.tagged)
        self.rows.append(fields)
        self.document.token_lines.append(len(self.document.lines))
        self.document.lines.append(_before_tag(line, fields, self.tagged))

    def _end_sentence(self) -> bool:
        """Add the sentence to its document; return whether there was one."""
        if not self.rows:
            return False
        last = -1 if self.tagged else None
        columns = [tuple(column) for column in zip(*self.rows, strict=True)]
        self.document.sentences.append(list(columns[0]))
        self.document.columns.append(columns[1:last])
        self.rows = []
        return True

    def _next_document(self) -> ColumnDocument:
        document, self.document = self.document, ColumnDocument()
        return document


def _before_tag(line: str, fields: list[str], tagged: bool) -> str:
    """Take the tag off a token's line; what parts it from the rest stays, or is put there."""
    line = line.rstrip(" \t")
    if tagged:
        return line.removesuffix(fields[-1])
    return line + ("\t" if "\t" in line else " ")
