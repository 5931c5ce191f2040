"""What ``predict`` writes: names found in documents, for people or for programs."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, TextIO, TypeAlias

from window_ner.cli.output import visible
from window_ner.cli.predict.reading import Document, WholeFile

if TYPE_CHECKING:
    from window_ner.data.encoder import Columns
    from window_ner.data.tokenizer import TokenizedText
    from window_ner.model.entity import Entity
    from window_ner.model.tagger import Tagger
from window_ner.cli.predict.pieces import pieces


class Format(StrEnum):
    """How entities are printed."""

    PRETTY = "pretty"
    JSON = "json"
    JSONL = "jsonl"
    CONLL = "conll"
    HTML = "html"


Batches = Iterable[Sequence[Document]]


Tags = list[str]


Found: TypeAlias = "tuple[Document, str, list[Entity]]"
"""A document, its text, and the names in it."""


@dataclass(frozen=True)
class Finder:
    """Finds the names in documents of any kind; what has a score below ``min_score`` is none."""

    tagger: "Tagger"
    pretokenized: bool = False
    min_score: float = 0.0

    def find(self, documents: Sequence[Document]) -> Iterator[Found]:
        """Yield each document with the names in it, in order."""
        texts, tokenized, columns = self._tokens_of(documents)
        found = zip(documents, texts, self._entities(texts, tokenized, columns), strict=True)
        # What stands behind the last sentence of a CoNLL file is no document.
        return (f for f in found if f[1] or isinstance(f[0], str | WholeFile))

    def tag(
        self, documents: Sequence[Document]
    ) -> "Iterator[tuple[Document, TokenizedText, Tags]]":
        """Yield each document with its tokens and their IOB2 tags, in order."""
        texts, tokenized, columns = self._tokens_of(documents)
        if self.min_score > 0:
            entities = self._entities(texts, tokenized, columns)
            tags = list(map(_iob2, entities, tokenized))
        else:
            tags = self.tagger.tags_in(tokenized, columns)
        return zip(documents, tokenized, tags, strict=True)

    def _entities(
        self, texts: list[str], tokenized: "list[TokenizedText]", columns: "Columns | None"
    ) -> "list[list[Entity]]":
        found = self.tagger.entities_in(texts, tokenized, columns)
        if self.min_score > 0:
            return [[e for e in entities if e.score >= self.min_score] for entities in found]
        return found

    def _tokens_of(
        self, documents: Sequence[Document]
    ) -> "tuple[list[str], list[TokenizedText], Columns | None]":
        """Return the texts of documents, their tokens, and the columns of each sentence if any."""
        from window_ner.data.tokenizer import split_at_spaces, tokenize

        parted = split_at_spaces if self.pretokenized else tokenize
        texts: list[str] = []
        tokenized: list[TokenizedText] = []
        columns: list[list[tuple[str, ...]]] = []
        for document in documents:
            text = document if isinstance(document, str) else document.text
            texts.append(text)
            if isinstance(document, str | WholeFile):
                tokenized.append(parted(text))
            else:
                tokenized.append(document.tokenized)
                columns += document.columns
        return texts, tokenized, columns or None


def _iob2(entities: "list[Entity]", tokenized: "TokenizedText") -> Tags:
    from window_ner.data.tag_schemes import Span, tags_of

    spans = (Span(e.start_token, e.end_token, e.label) for e in entities)
    return tags_of(spans, len(tokenized.tokens))


def write_json(stream: TextIO, finder: Finder, batches: Batches) -> None:
    """Write a list with one object for each document."""
    encode = json.JSONEncoder(indent=2, ensure_ascii=False).encode
    before = "["
    for documents in batches:
        for found in finder.find(documents):
            indented = encode(as_dict(*found)).replace("\n", "\n  ")  # in strings there is none
            stream.write(f"{before}\n  {indented}")
            before = ","
        stream.flush()
    stream.write("\n]\n" if before == "," else "[]\n")


def write_jsonl(stream: TextIO, finder: Finder, batches: Batches) -> None:
    """Write a line with an object for each document."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for documents in batches:
        for found in finder.find(documents):
            stream.write(encode(as_dict(*found)) + "\n")
        stream.flush()


def as_dict(document: Document, text: str, entities: "list[Entity]") -> dict[str, object]:
    """Return as plain data what was found; of a whole file, with its name."""
    found: dict[str, object] = {"file": document.name} if isinstance(document, WholeFile) else {}
    return {**found, "text": text, "entities": [entity.as_dict() for entity in entities]}


def write_conll(stream: TextIO, finder: Finder, batches: Batches) -> None:
    """Write a line for each token; of columns, all but the tags stays as it was."""
    for documents in batches:
        for document, tokenized, tags in finder.tag(documents):
            if isinstance(document, str | WholeFile):
                if isinstance(document, WholeFile):
                    stream.write("-DOCSTART- O\n\n")
                of_tokens = zip(tokenized.tokens, tags, strict=True)
                for length in tokenized.sentence_lengths:
                    stream.writelines(f"{t} {tag}\n" for t, tag in islice(of_tokens, length))
                    stream.write("\n")
            else:
                stream.write(document.with_tags(tags))
        stream.flush()


_COLOURS = {"PER": "blue", "ORG": "magenta", "LOC": "green", "MISC": "yellow"}


def write_pretty(stream: TextIO, finder: Finder, batches: Batches) -> None:
    """Highlight the names; without colours, put them in brackets."""
    write = _in_brackets(stream)
    if (stream.isatty() or "FORCE_COLOR" in os.environ) and not os.environ.get("NO_COLOR"):
        write = _in_colours(stream) or write
    for documents in batches:
        for _, text, entities in finder.find(documents):
            shown = pieces(text, entities)
            if stream.isatty():
                shown = ((visible(piece), entity) for piece, entity in shown)
            write(shown)
        stream.flush()


Show: TypeAlias = "Callable[[Iterator[tuple[str, Entity | None]]], None]"


def _in_brackets(stream: TextIO) -> Show:
    def write(shown: "Iterator[tuple[str, Entity | None]]") -> None:
        for piece, entity in shown:
            stream.write(f"[{piece} | {entity.label} {entity.score:.2f}]" if entity else piece)
        stream.write("\n")

    return write


def _in_colours(stream: TextIO) -> "Show | None":
    """Return None if the terminal has none."""
    from rich.console import Console  # takes as long as to tag a thousand sentences
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    if console.color_system is None:
        return None

    def write(shown: "Iterator[tuple[str, Entity | None]]") -> None:
        line = Text()
        for piece, entity in shown:
            colour = _COLOURS.get(entity.label, "cyan") if entity else ""
            line.append(piece, style=f"bold {colour}" if entity else "")
            if entity:
                line.append(f" {entity.label} {entity.score:.2f}", style=f"dim {colour}")
        console.print(line)

    return write


def write_html(stream: TextIO, finder: Finder, batches: Batches) -> None:
    """Write one page."""
    from window_ner.cli.predict.html import write_page

    found = (answer for documents in batches for answer in finder.find(documents))
    write_page(
        stream,
        (
            (document.name if isinstance(document, WholeFile) else "", text, entities)
            for document, text, entities in found
        ),
    )


Writer = Callable[[TextIO, Finder, Batches], None]


WRITERS: dict[Format, Writer] = {
    Format.PRETTY: write_pretty,
    Format.JSON: write_json,
    Format.JSONL: write_jsonl,
    Format.CONLL: write_conll,
    Format.HTML: write_html,
}
