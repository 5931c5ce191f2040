"""CoNLL columns."""

from collections.abc import Iterable, Iterator
from itertools import islice

from window_ner.cli.predict.documents import Answer, Document, InputFormat
from window_ner.cli.predict.writers.writer import Writer
from window_ner.errors import InputError


class ConllWriter(Writer):
    """Writes a line for each token with its IOB2 tag; all other columns of the input are kept.

    With ``several`` files, it checks that all have the same number of columns: in one file, readers
    of CoNLL columns expect that.
    """

    def __init__(self, several: bool = False) -> None:
        self.is_stateless = not several
        self._first: tuple[int, str] | None = None

    def body(self, answers: Iterable[Answer]) -> str:
        return "".join(map(self.document, answers))  # also the lines after the last sentence

    def document(self, answer: Answer) -> str:
        from window_ner.data.tag_schemes import Span, tags_of

        document, tokenized, entities = answer
        assert tokenized is not None  # this format asks for them
        if not self.is_stateless and tokenized.tokens:
            self._check_width(document)
        spans = (Span(e.start_token, e.end_token, e.label) for e in entities)
        tags = tags_of(spans, len(tokenized.tokens))
        if document.columns is not None:
            return document.columns.with_tags(tags)
        mark = "" if document.kind is InputFormat.LINES else "-DOCSTART- O\n\n"
        lines = (f"{token} {tag}\n" for token, tag in zip(tokenized.tokens, tags, strict=True))
        return mark + "".join(_sentences(lines, tokenized.sentence_lengths))

    def _check_width(self, document: Document) -> None:
        """Refuse a file whose number of columns is not that of the first."""
        width = len(document.columns.columns[0]) + 2 if document.columns is not None else 2
        if self._first is None:
            self._first = width, document.file
        first, file = self._first
        if width != first:
            raise InputError(
                f"{document.file}: would have {width} columns, and {file} has {first}, which "
                "cannot be in one CoNLL file; write each to an output of its own"
            )


def _sentences(lines: Iterator[str], lengths: Iterable[int]) -> Iterator[str]:
    """Put an empty line after each sentence."""
    for length in lengths:
        yield from islice(lines, length)
        yield "\n"
