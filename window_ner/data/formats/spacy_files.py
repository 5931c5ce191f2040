"""Reads corpora that spaCy stored: files of a ``DocBin``, which end in ``.spacy``."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from window_ner.data.corpus import Corpus, make_corpus
from window_ner.data.formats.mentions import checked_label
from window_ner.data.formats.notes import TWO_SENTENCES, UNKNOWN_ENTITIES, Notes
from window_ner.errors import InputError, reason

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

SUFFIX = ".spacy"


def read_spacy(path: Path | str) -> Corpus:
    """Read a ``.spacy`` file: each of its documents, split into sentences if spaCy did that.

    A sentence does not end within an entity: every entity stays one name.
    Tokens of white space are left out. A document with a token whose entity is unknown may have
    more names than it shows, as a text that is not completely annotated.

    Raises
    ------
    InputError
        If spaCy is not installed, the file is missing or damaged, or it has no entities.
    """
    try:
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    except ModuleNotFoundError:
        raise InputError(f"{path}: needs spaCy: pip install 'window-ner[spacy]'") from None
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from None
    try:
        docs = list(DocBin().from_bytes(data).get_docs(Vocab()))
    except Exception:  # whatever zlib, msgpack and spaCy raise
        raise InputError(f"{path}: is damaged, or spaCy did not write it") from None
    sentences: list[list[str]] = []
    tags: list[list[str]] = []
    sizes, annotated, notes = [], [], Notes()
    for number, doc in enumerate(docs, 1):
        before, place = len(sentences), f"{path}: document {number}"
        for tokens, of_tokens in _sentences(doc, place, notes):
            sentences.append(tokens)
            tags.append(of_tokens)
        sizes.append(len(sentences) - before)
        if sizes[-1]:  # a document without tokens is left out
            annotated.append(_annotated_labels(doc, place, notes))
    if not sentences:
        raise InputError(f"{path}: no document in it")
    if not any(doc.ents for doc in docs):
        raise InputError(f"{path}: its documents have no entities (doc.ents)")
    corpus = make_corpus(sentences, tags, sizes, name=str(path))
    documents = tuple(
        replace(document, annotated=labels)
        for document, labels in zip(corpus.documents, annotated, strict=True)
    )
    return replace(corpus, documents=documents, notes=notes.as_lines())


def _annotated_labels(doc: "Doc", place: str, notes: Notes) -> frozenset[str] | None:
    """Return no label for a document with a token whose entity is unknown, else None, for all."""
    if doc.has_annotation("ENT_IOB", require_complete=True):
        return None
    notes.add(UNKNOWN_ENTITIES, place)
    return frozenset()


def _sentences(doc: "Doc", place: str, notes: Notes) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the tokens and the IOB2 tags of each sentence that has a token."""
    entity_at = {
        token: number
        for number, entity in enumerate(doc.ents)
        for token in range(entity.start, entity.end)
    }
    labels = [checked_label(entity.label_, place, notes) for entity in doc.ents]
    for sentence in _without_split_entities(doc, place, notes):
        tokens, tags, previous = [], [], None
        for token in sentence:
            if token.text.isspace():
                continue
            entity = entity_at.get(token.i)
            inside = "I" if entity == previous else "B"
            tokens.append(token.text)
            tags.append("O" if entity is None else f"{inside}-{labels[entity]}")
            previous = entity
        if tokens:
            yield tokens, tags


def _without_split_entities(doc: "Doc", place: str, notes: Notes) -> "Iterator[Span]":
    """Yield the sentences that spaCy has set; those that share an entity are one."""
    starts = {s.start for s in doc.sents} if doc.has_annotation("SENT_START") else {0}
    for entity in doc.ents:
        if inside := starts.intersection(range(entity.start + 1, entity.end)):
            starts -= inside
            notes.add(TWO_SENTENCES, place, entity.text)
    for start, end in pairwise([*sorted(starts), len(doc)]):
        yield doc[start:end]
