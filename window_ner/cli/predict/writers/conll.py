"""CoNLL columns."""

from collections.abc import Iterable, Iterator
from itertools import islice

from window_ner.cli.predict.documents import Answer, InputFormat
from window_ner.cli.predict.writers.writer import Writer


class ConllWriter(Writer):
    """Writes a line for each token with its IOB2 tag; all other columns of the input are kept."""

    def body(self, answers: Iterable[Answer]) -> str:
        return "".join(map(self.document, answers))  # also the lines after the last sentence

    def document(self, answer: Answer) -> str:
        from window_ner.data.tag_schemes import Span, tags_of

        document, tokenized, entities = answer
        assert tokenized is not None  # this format asks for them
        spans = (Span(e.start_token, e.end_token, e.label) for e in entities)
        tags = tags_of(spans, len(tokenized.tokens))
        if document.columns is not None:
            return document.columns.with_tags(tags)
        mark = "" if document.kind is InputFormat.LINES else "-DOCSTART- O\n\n"
        lines = (f"{token} {tag}\n" for token, tag in zip(tokenized.tokens, tags, strict=True))
        return mark + "".join(_sentences(lines, tokenized.sentence_lengths))


def _sentences(lines: Iterator[str], lengths: Iterable[int]) -> Iterator[str]:
    """Put an empty line after each sentence."""
    for length in lengths:
        yield from islice(lines, length)
        yield "\n"
