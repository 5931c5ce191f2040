"""From documents to answers: the part of ``predict`` between reading and writing."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from window_ner.cli.predict.documents import Answer, Document
from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.data.name_list import NameList
    from window_ner.data.tokenizer import TokenizedText
    from window_ner.model.entity import Entity
    from window_ner.model.tagger import Tagger

EntityStep: TypeAlias = "Callable[[Document, TokenizedText, list[Entity]], list[Entity]]"
"""Removes entities of a document or adds others; they stay sorted from left to right."""


@dataclass(frozen=True)
class Finder:
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
    """

    tagger: "Tagger"
    pretokenized: bool = False
    steps: Sequence[EntityStep] = ()
    names: "NameList | None" = None

    def answers(self, documents: Sequence[Document]) -> list[Answer]:
        """Find the entities in a batch of documents.

        documents -> tokens -> encoded -> scores -> spans -> entities -> entities after the steps
        """
        from window_ner.model.entity import entities_of_spans
        from window_ner.model.listed_names import add_listed

        texts = [document.text for document in documents]
        tokenized = [self._tokens(document) for document in documents]
        sentences = [tokens for each in tokenized for tokens in each.sentences]
        lengths = [len(each.sentence_lengths) for each in tokenized]
        scored = self.tagger.read(sentences, lengths, _columns(documents))  # encoded, then scored
        spans = scored.spans
        probabilities = scored.probabilities(spans).tolist()
        found = entities_of_spans(texts, tokenized, spans, probabilities)
        if self.names is not None:
            found = add_listed(texts, tokenized, found, self.names)
        for step in self.steps:
            found = list(map(step, documents, tokenized, found))
        return list(map(Answer, documents, tokenized, found))

    def _tokens(self, document: Document) -> "TokenizedText":
        from window_ner.data.tokenizer import split_at_spaces, tokenize

        if document.columns is not None:
            return document.columns.tokenized
        return split_at_spaces(document.text) if self.pretokenized else tokenize(document.text)


def _columns(documents: Sequence[Document]) -> "list[list[tuple[str, ...]]] | None":
    """Return the columns of each sentence of CoNLL files; None if there is no such file."""
    return [c for d in documents if d.columns is not None for c in d.columns.columns] or None


@dataclass(frozen=True)
class KeepScores:
    """Keeps entities with at least this probability, rounded to four decimals as printed."""

    least: float

    def __call__(
        self, document: Document, tokenized: "TokenizedText", entities: "list[Entity]"
    ) -> "list[Entity]":
        return [entity for entity in entities if round(entity.score, 4) >= self.least]


@dataclass(frozen=True)
class KeepLabels:
    """Keeps entities with these labels."""

    labels: Collection[str]

    def __call__(
        self, document: Document, tokenized: "TokenizedText", entities: "list[Entity]"
    ) -> "list[Entity]":
        return [entity for entity in entities if entity.label in self.labels]


def known_labels(tagger: "Tagger", names: "NameList | None") -> list[str]:
    """Return the labels of a model, then those that only a list of names has."""
    own = tagger.labels
    return [*own, *(label for label in (names.labels if names else ()) if label not in own)]


def chosen_labels(listed: str, known: Sequence[str]) -> list[str]:
    """Read a comma-separated list of labels.

    Parameters
    ----------
    known
        The labels of the model and of the list of names.

    Raises
    ------
    InputError
        If a label is unknown; the message lists the known ones.
    """
    labels = [label for part in listed.split(",") if (label := part.strip())]
    unknown = [label for label in labels if label not in known]
    if unknown or not labels:
        told = ", ".join(unknown) or f"{listed!r}"
        raise InputError(f"--labels: there is no label {told}; there are {', '.join(known)}")
    return labels
