"""CoNLL column files <-> documents of sentences.

One token a line, its columns parted by tabs or spaces, the tag last; an empty line after a
sentence; a line that starts with ``-DOCSTART-`` before a document.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from window_ner.data.tag_schemes import (
    SCHEMES,
    Scheme,
    detect_scheme,
    first_misfit,
    spans_of,
    split_tag,
    tags_of,
)
from window_ner.data.text import read_text
from window_ner.errors import InputError

DOCUMENT_START = "-DOCSTART-"
_MAX_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and their tags, always IOB2; ``columns`` are those between token and tag."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class Document:
    """The sentences that belong together."""

    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Corpus:
    """The documents of one file.

    ``has_documents`` is False where the file marks none; all sentences are then in one document,
    which means nothing. ``scheme`` is what the file is written in; ``repaired`` counts the
    sentences that do not follow it and were read as conlleval reads them.
    """

    documents: tuple[Document, ...]
    scheme: Scheme = "IOB2"
    has_documents: bool = True
    repaired: int = 0
    name: str = field(default="", compare=False)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in order."""
        return tuple(s for document in self.documents for s in document.sentences)

    @property
    def units(self) -> tuple[Document, ...]:
        """The documents; where the file marks none, each sentence is one."""
        if self.has_documents:
            return self.documents
        return tuple(Document((sentence,)) for sentence in self.sentences)

    @property
    def token_count(self) -> int:
        """The number of tokens."""
        return sum(len(s) for s in self.sentences)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, in alphabetical order."""
        return tuple(sorted({t[2:] for s in self.sentences for t in s.tags if t != "O"}))


def make_corpus(
    sentences: Iterable[Sequence[str]],
    tags: Iterable[Sequence[str]],
    documents: Iterable[int] | None = None,
    name: str = "in memory",
) -> Corpus:
    """Make a corpus of tokens and their tags, in the tag scheme that most sentences follow.

    Parameters
    ----------
    sentences, tags
        The tokens of each sentence, and as many tags. A sentence without tokens is left out.
    documents
        Sentences of each document; None if that is not known.
    name
        What messages call it.

    Raises
    ------
    InputError
        If the tokens, tags and documents do not fit each other, or one is not what it should be.
    """
    sentences, tags = list(sentences), list(tags)
    if len(sentences) != len(tags):
        raise InputError(f"{name}: {len(sentences)} sentences, but tags of {len(tags)}")
    for number, (tokens, of_tokens) in enumerate(zip(sentences, tags, strict=True)):
        try:
            _check_sentence(tokens, of_tokens)
        except ValueError as error:
            raise InputError(f"{name}: sentence {number}: {error}") from None
    sizes = [len(sentences)] if documents is None else list(documents)
    if min(sizes, default=0) < 0 or sum(sizes) != len(sentences):
        raise InputError(f"{name}: documents of {sum(sizes)} sentences, but {len(sentences)} there")
    scheme, repaired = detect_scheme(tags)
    made = iter(
        Sentence(tuple(tokens), tuple(tags_of(spans_of(of_tokens), len(tokens))))
        for tokens, of_tokens in zip(sentences, tags, strict=True)
    )
    parts = [tuple(s for s in islice(made, size) if len(s)) for size in sizes]
    whole = tuple(Document(part) for part in parts if part)
    return Corpus(whole, scheme, documents is not None, repaired, name)


def _check_sentence(tokens: Sequence[str], tags: Sequence[str]) -> None:
    for what in (tokens, tags):
        if isinstance(what, str) or not hasattr(what, "__len__"):
            raise ValueError(f"expected a list of tokens and one of tags, got {what!r}")
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens, but {len(tags)} tags")
    for cell in chain(tokens, tags):
        if not isinstance(cell, str):
            raise ValueError(f"{cell!r} is not a string")
    for tag in tags:
        split_tag(tag)


def read_conll(path: Path | str, scheme: Scheme | None = None) -> Corpus:
    """Read a CoNLL column file.

    Parameters
    ----------
    path
        UTF-8 text, with or without a byte order mark, Unix or Windows line ends; gzip by content.
    scheme
        The tag scheme. None detects it. A named scheme is held to: a tag that breaks it is an
        error. A detected one is not: what breaks it is read as conlleval reads it.

    Raises
    ------
    InputError
        If the file is missing, binary, not UTF-8, empty, or a line is not what it should be; the
        message names file and line.
    """
    path = Path(path)
    return parse_conll(read_text(path), scheme, name=str(path))


def parse_conll(text: str, scheme: Scheme | None = None, name: str = "text") -> Corpus:
    """Parse the text of a CoNLL column file; see `read_conll`."""
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"unknown tag scheme {scheme!r}; known: {', '.join(SCHEMES)}")
    blocks = list(_blocks(text, name))
    sentences = [block for block in blocks if block is not None]
    if not sentences:
        raise InputError(f"{name}: no sentence in it; expected lines like 'Paris B-LOC'")
    if scheme is None:
        scheme, repaired = detect_scheme(tags for _, _, tags, _ in sentences)
    else:
        repaired = 0
        for lines, _, tags, _ in sentences:
            if (misfit := first_misfit(tags, scheme)) is not None:
                raise InputError(
                    f"{name}:{lines[misfit]}: tag {tags[misfit]!r} cannot stand here in {scheme}; "
                    f"correct it, or leave the tag scheme to be detected"
                )

    documents: list[list[Sentence]] = [[]]
    for block in blocks:
        if block is None:
            if documents[-1]:
                documents.append([])
            continue
        _, tokens, tags, columns = block
        iob2 = tags_of(spans_of(tags), len(tags), "IOB2")
        documents[-1].append(Sentence(tuple(tokens), tuple(iob2), tuple(columns)))
    return Corpus(
        documents=tuple(Document(tuple(d)) for d in documents if d),
        scheme=scheme,
        has_documents=None in blocks,
        repaired=repaired,
        name=name,
    )


_Block = tuple[list[int], list[str], list[str], list[tuple[str, ...]]]


def _blocks(text: str, name: str) -> Iterator[_Block | None]:
    """Yield sentences as (line numbers, tokens, tags, other columns); None starts a document."""
    lines: list[int] = []
    rows: list[list[str]] = []

    def sentence() -> _Block:
        columns = [tuple(column) for column in zip(*rows, strict=True)]
        return lines, list(columns[0]), list(columns[-1]), columns[1:-1]

    stripped = [without_space(line) for line in text.split("\n")]
    plain = (line for line in stripped if line and not line.startswith(("#", DOCUMENT_START)))
    width = next((len(read_fields(line)) for line in plain), 0)  # of the first that is no comment
    for number, line in enumerate(stripped, 1):
        if not line or line.startswith(DOCUMENT_START):
            if rows:
                yield sentence()
                lines, rows = [], []
            if line:
                yield None
            continue
        fields = read_fields(line)
        if line.startswith("#") and not rows and not is_token(fields, width):
            continue
        check_fields(fields, width, f"{name}:{number}")
        width = len(fields)
        lines.append(number)
        rows.append(fields)
    if rows:
        yield sentence()


def without_space(line: str) -> str:
    """Return a line without what stands around its columns."""
    return line.rstrip("\r").strip(" \t")


def read_fields(line: str) -> list[str]:
    """Part a line into its columns: by tabs, if it has any."""
    if "\t" in line:
        return [cell.strip(" ") for cell in line.split("\t")]
    return re.split(" +", line)


def is_tag(cell: str) -> bool:
    """Tell a tag from what else a column may hold."""
    try:
        split_tag(cell)
    except ValueError:
        return False
    return True


def is_token(fields: list[str], width: int, tagged: bool = True) -> bool:
    """Tell the token '#' from a comment: it has the file's columns and ends in a tag."""
    if tagged and not is_tag(fields[-1]):
        return False
    return len(fields) == width if width else 2 <= len(fields) <= _MAX_COLUMNS


def check_fields(fields: list[str], width: int, where: str, *, tagged: bool = True) -> None:
    """Check a token's line.

    Parameters
    ----------
    width
        Columns of the lines before it, if there are any.
    tagged
        Whether the last column is the tag.

    Raises
    ------
    InputError
        If it has other columns, or its token is empty, or its tag is none.
    """
    least = 1 + tagged
    found = f"{where}: {len(fields)} column{'s' * (len(fields) != 1)}"
    if not least <= len(fields) <= _MAX_COLUMNS:
        raise InputError(
            f"{found}, expected {least} to {_MAX_COLUMNS}: the token first"
            f"{', the tag last' * tagged}"
        )
    if width and len(fields) != width:
        raise InputError(f"{found} where the lines before have {width}")
    if not fields[0].strip():
        raise InputError(f"{where}: the token is empty")
    if tagged:
        try:
            split_tag(fields[-1])
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None


def format_conll(
    documents: Iterable[Document], scheme: Scheme = "IOB2", *, mark_documents: bool = True
) -> str:
    """Write documents as CoNLL columns, so that `parse_conll` reads them back.

    The columns are parted by spaces; by tabs if one of them has a space in it or is empty.

    Raises
    ------
    ValueError
        If a token or column has a tab, a line end, or a space at its edge; if a token is blank or
        would be read as the start of a document; if a sentence has not a tag for each token.
    """
    documents = list(documents)
    separator = " "
    for sentence in (s for document in documents for s in document.sentences):
        for token in sentence.tokens:
            if not token.strip() or token.startswith(DOCUMENT_START):
                raise ValueError(f"{token!r} cannot stand in a CoNLL column as a token")
        for cell in chain(sentence.tokens, *sentence.columns):
            if cell != cell.strip(" ") or any(c in cell for c in "\t\n\r"):
                raise ValueError(f"{cell!r} cannot stand in a CoNLL column")
            if not cell or " " in cell:
                separator = "\t"
    lines: list[str] = []
    for document in documents:
        if mark_documents:
            width = len(document.sentences[0].columns) if document.sentences else 0
            lines += [separator.join([DOCUMENT_START, *["-X-"] * width, "O"]), ""]
        for s in document.sentences:
            tags = s.tags if scheme == "IOB2" else tags_of(spans_of(s.tags), len(s), scheme)
            lines += [separator.join(r) for r in zip(s.tokens, *s.columns, tags, strict=True)]
            lines.append("")
    return "\n".join(lines) + "\n" if lines else ""
