"""From documents to answers: the part of ``predict`` between reading and writing."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from window_ner.cli.predict.documents import Answer, Document
from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.data.name_list import NameList
    from window_ner.data.tokenizer import TokenizedText
    from window_ner.model.entity import Entity
    from window_ner.model.tagger import Tagger

EntityStep: TypeAlias = "Callable[[Document, list[Entity]], list[Entity]]"
"""Removes entities of a document or adds others; they stay sorted from left to right."""


class Finder(NamedTuple):
    """Finds the entities in batches of documents.

    Parameters
    ----------
    tagger
        The tagger.
    pretokenized
        Whether the input is already tokenized: white space between tokens, one sentence a line.
    steps
        Steps that change the entities of the tagger, in order.
    names
        A list of names that are found exactly.
    with_tokens
        Whether answers have the tokens. Without them, raw text is split faster.
    """

    tagger: "Tagger"
    pretokenized: bool = False
    steps: Sequence[EntityStep] = ()
    names: "NameList | None" = None
    with_tokens: bool = False

    def answers(self, documents: Sequence[Document]) -> list[Answer]:
        """Find the entities in a batch of documents.

        documents -> tokens -> encoded -> scores -> spans -> entities -> entities after the steps
        """
        texts = [document.text for document in documents]
        tokenized: list[TokenizedText | None] = [None] * len(documents)
        if self.with_tokens or any(document.columns is not None for document in documents):
            tokens = list(map(self._tokens, documents))
            found = self.tagger.entities_in(texts, tokens, _columns(documents), self.names)
            tokenized[:] = tokens
        else:
            pretokenized, names = self.pretokenized, self.names
            found = self.tagger.entities_of(texts, pretokenized=pretokenized, names=names)
        entities: list[list[Entity]] = list(found)
        for step in self.steps:
            entities = list(map(step, documents, entities))
        return list(map(Answer, documents, tokenized, entities))

    def _tokens(self, document: Document) -> "TokenizedText":
        from window_ner.data.tokenizer import split_at_spaces, tokenize

        if document.columns is not None:
            return document.columns.tokenized
        return split_at_spaces(document.text) if self.pretokenized else tokenize(document.text)


def _columns(documents: Sequence[Document]) -> "list[list[tuple[str, ...]]] | None":
    """Return the columns of each sentence of CoNLL files; None if there is no such file."""
    return [c for d in documents if d.columns is not None for c in d.columns.columns] or None


def keep_scores(document: Document, entities: "list[Entity]", *, least: float) -> "list[Entity]":
    """Keep entities with at least this probability, rounded to four decimals as printed."""
    return [entity for entity in entities if round(entity.score, 4) >= least]


def keep_labels(
    document: Document, entities: "list[Entity]", *, labels: Collection[str]
) -> "list[Entity]":
    """Keep entities with these labels."""
    return [entity for entity in entities if entity.label in labels]


def listed_labels(value: str) -> list[str]:
    """Split the value of ``--labels``, like ``PER, ORG``, at its commas.

    Raises
    ------
    InputError
        If it has no label.
    """
    labels = [label for part in value.split(",") if (label := part.strip())]
    if not labels:
        raise InputError(f"--labels: {value!r} names no label; give labels like PER,ORG")
    return labels


def chosen_labels(
    listed: str | None, tagger: "Tagger", names: "NameList | None"
) -> tuple[str, ...] | None:
    """Read the value of ``--labels``, a comma-separated list; None if it is not given.

    Raises
    ------
    InputError
        If neither the model nor the list of names has one of the labels, or no label is listed.
    """
    if listed is None:
        return None
    labels = listed_labels(listed)
    from window_ner.model.entity import check_labels

    check_labels(labels, [*tagger.labels, *(names.labels if names else ())], "--labels")
    return tuple(labels)
