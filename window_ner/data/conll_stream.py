"""Read CoNLL columns as a stream and replace the tags; everything else stays unchanged."""

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
    """A document of a CoNLL file without its tags.

    Attributes
    ----------
    lines
        The lines of the file; a line with a token stops before the tag.
    token_lines
        The indices of the lines with a token.
    sentences
        The tokens of each sentence.
    columns
        The columns of each sentence between token and tag.
    """

    lines: list[str] = field(default_factory=list)
    token_lines: list[int] = field(default_factory=list)
    sentences: list[list[str]] = field(default_factory=list)
    columns: list[list[tuple[str, ...]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The sentences, one per line, with a space between tokens."""
        return "\n".join(map(" ".join, self.sentences))

    @property
    def tokenized(self) -> TokenizedText:
        """The tokens with their offsets in `text`."""
        tokens = [token for sentence in self.sentences for token in sentence]
        starts = list(accumulate((len(token) + 1 for token in tokens), initial=0))[:-1]
        return TokenizedText(tokens, starts, [len(s) for s in self.sentences])

    def with_tags(self, tags: Sequence[str]) -> str:
        """Return the lines with these tags, one for each token."""
        lines = self.lines.copy()
        for line, tag in zip(self.token_lines, tags, strict=True):
            lines[line] += tag
        return "".join(f"{line}\n" for line in lines)


def stream_documents(chunks: Iterable[list[str]], name: str) -> Iterator[list[ColumnDocument]]:
    """Parse the lines of a CoNLL file; for each chunk of lines, yield the documents it completes.

    If the file does not begin with ``-DOCSTART-``, each sentence is a document until the first such
    line. If the last column of the first token is not a tag, the file has no tags, and one column
    of tokens is enough.

    Raises
    ------
    InputError
        If a line is invalid.
    """
    parser = _Parser(name)
    for lines in chunks:
        yield from parser.documents(lines)
    yield from parser.last_documents()


class _Parser:
    """The state of reading one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.number = 0  # the current line
        self.width = 0  # the number of columns; 0 before the first token
        self.tagged = True
        self.marked = False  # whether there was a -DOCSTART- line
        self.head: list[str] = []  # lines before the first token
        self.document = ColumnDocument()
        self.rows: list[list[str]] = []  # the columns of the current sentence

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
        """Find the number of columns from the first line that is certainly a token."""
        for line in map(without_space, self.head):
            if line and not line.startswith(("#", DOCUMENT_START)):
                fields = read_fields(line)
                self.width = len(fields)
                self.tagged = len(fields) > 1 and is_tag(fields[-1])
                return True
        return False

    def _take(self, line: str) -> Iterator[ColumnDocument]:
        """Add a line; yield the document that it completes, if any."""
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
        """Add the current sentence to its document; return whether there was a sentence."""
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
    """Remove the tag from a token's line; keep the separator before it, or add one."""
    line = line.rstrip(" \t")
    if tagged:
        return line.removesuffix(fields[-1])
    return line + ("\t" if "\t" in line else " ")
