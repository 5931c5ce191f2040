"""A corpus in memory: documents of sentences, each with its tokens and tags."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from window_ner.data.tag_schemes import (
    Scheme,
    detect_scheme,
    spans_of,
    split_tag,
    tags_of,
)
from window_ner.errors import InputError


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and their IOB2 tags; ``columns`` are the other columns, between token and tag."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class Document:
    """The sentences of one document.

    ``annotated`` are the labels that it annotates; None is all of them. Where it does not annotate
    PER, a token with the tag O may be in the name of a person (a partially annotated document).
    """

    sentences: tuple[Sentence, ...]
    annotated: frozenset[str] | None = None

    @property
    def token_count(self) -> int:
        """The number of tokens."""
        return sum(map(len, self.sentences))

    def split(self) -> "tuple[Document, ...]":
        """Return a document for each sentence."""
        return tuple(replace(self, sentences=(sentence,)) for sentence in self.sentences)


@dataclass(frozen=True)
class Corpus:
    """The documents of a file, or of several.

    ``has_documents`` is False if the file marks no documents; then all sentences are in one
    document. ``scheme`` is the tag scheme of the file. ``repaired`` is the number of sentences that
    do not follow the scheme and were read as conlleval reads them. ``notes`` say what else a reader
    changed, and ``annotation_notes`` which labels are not annotated.
    """

    documents: tuple[Document, ...]
    scheme: Scheme = "IOB2"
    has_documents: bool = True
    repaired: int = 0
    name: str = field(default="", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    annotation_notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in order."""
        return tuple(s for document in self.documents for s in document.sentences)

    @property
    def units(self) -> tuple[Document, ...]:
        """The documents; if the file marks no documents, each sentence is a document."""
        if self.has_documents:
            return self.documents
        return single_sentences(self.documents)

    @property
    def tokens(self) -> list[str]:
        """The tokens of all sentences in order."""
        return [token for sentence in self.sentences for token in sentence.tokens]

    @property
    def token_count(self) -> int:
        """The number of tokens."""
        return sum(document.token_count for document in self.documents)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, in alphabetical order."""
        return tuple(sorted({t[2:] for s in self.sentences for t in s.tags if t != "O"}))

    def annotating(self, labels: Iterable[str] | None) -> "Corpus":
        """Return the corpus as one that annotates these labels only; None is all labels."""
        annotated = None if labels is None else frozenset(labels)
        documents = tuple(replace(d, annotated=annotated) for d in self.documents)
        return replace(self, documents=documents, annotation_notes=())

    def annotating_at_most(self, labels: Iterable[str]) -> "Corpus":
        """Return the corpus with those of its annotated labels only that are among these."""
        chosen = frozenset(labels)
        documents = tuple(
            replace(d, annotated=chosen if d.annotated is None else chosen & d.annotated)
            for d in self.documents
        )
        return replace(self, documents=documents)


def single_sentences(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Return a document for each sentence of the documents."""
    return tuple(one for document in documents for one in document.split())


def without_names(corpus: Corpus) -> Corpus:
    """Return the corpus with the tag O for every token."""
    documents = (
        replace(d, sentences=tuple(replace(s, tags=("O",) * len(s)) for s in d.sentences))
        for d in corpus.documents
    )
    return replace(corpus, documents=tuple(documents)).annotating(None)


def join_corpora(corpora: Sequence[Corpus]) -> Corpus:
    """Put corpora one after another; a corpus that marks no documents gives its sentences.

    The columns between token and tag are kept only if all corpora have equally many.
    """
    if len(corpora) == 1:
        return corpora[0]
    widths = {len(s.columns) for corpus in corpora for s in corpus.sentences}
    documents = (d for corpus in corpora for d in corpus.units)
    if len(widths) > 1:
        documents = (
            replace(d, sentences=tuple(replace(s, columns=()) for s in d.sentences))
            for d in documents
        )
    return Corpus(
        tuple(documents),
        corpora[0].scheme,
        any(corpus.has_documents for corpus in corpora),
        sum(corpus.repaired for corpus in corpora),
        " + ".join(corpus.name for corpus in corpora),
        tuple(note for corpus in corpora for note in corpus.notes),
        tuple(note for corpus in corpora for note in corpus.annotation_notes),
    )


def make_corpus(
    sentences: Iterable[Sequence[str]],
    tags: Iterable[Sequence[str]],
    documents: Iterable[int] | None = None,
    name: str = "in memory",
) -> Corpus:
    """Make a corpus from tokens and tags; the tag scheme is the one that most sentences follow.

    Parameters
    ----------
    sentences, tags
        The tokens and the tags of each sentence. Sentences without tokens are left out.
    documents
        The number of sentences of each document; None if unknown.
    name
        The name of the corpus in messages.

    Raises
    ------
    InputError
        If the numbers of tokens, tags and documents do not match, or a token or tag is invalid.
    """
    sentences, tags = list(sentences), list(tags)
    if len(sentences) != len(tags):
        raise InputError(f"{name}: {len(sentences)} sentences, but tags for {len(tags)}")
    for number, (tokens, of_tokens) in enumerate(zip(sentences, tags, strict=True)):
        try:
            _check_sentence(tokens, of_tokens)
        except ValueError as error:
            raise InputError(f"{name}: sentence {number}: {error}") from None
    sizes = [len(sentences)] if documents is None else list(documents)
    if min(sizes, default=0) < 0 or sum(sizes) != len(sentences):
        raise InputError(
            f"{name}: the documents have {sum(sizes)} sentences, but there are {len(sentences)}"
        )
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
            raise ValueError(f"expected a list of tokens and a list of tags, got {what!r}")
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens, but {len(tags)} tags")
    for cell in chain(tokens, tags):
        if not isinstance(cell, str):
            raise ValueError(f"{cell!r} is not a string")
    for tag in tags:
        split_tag(tag)
