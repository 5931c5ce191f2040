"""A sentence to annotate, and what a person says about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from window_ner.data.corpus import Sentence
from window_ner.data.tag_schemes import Span, tags_of
from window_ner.data.tokenizer import TokenizedText, tokenize

Status = Literal["complete", "partial", "skipped"]
STATUSES: tuple[Status, ...] = ("complete", "partial", "skipped")
"""All names of the sentence are marked; only some are; the sentence was left out."""

REASONS = ("teach", "random", "order", "review")
"""Why a sentence is shown: see `Answer.picked`."""


@dataclass(frozen=True)
class Mark:
    """A marked name: characters ``start`` to ``end`` of the sentence."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Item:
    """A sentence to annotate.

    Attributes
    ----------
    number
        Its number among the sentences of the input.
    text
        The sentence.
    source
        Where it comes from: the file, the number of the document in it, and the first character
        in that. No other sentence has the same.
    """

    number: int
    text: str
    source: dict[str, Any]

    @cached_property
    def tokenized(self) -> TokenizedText:
        """Its tokens."""
        return tokenize(self.text)


@dataclass(frozen=True)
class Answer:
    """What a person said about a sentence.

    Attributes
    ----------
    version
        How often the sentence was answered.
    picked
        Why it was shown first: it teaches most, was drawn at random, was next in order, or is
        reviewed. One of `REASONS`.
    annotated
        Of a partial answer, the labels whose names are all marked: it was complete before there
        were other labels.
    """

    status: Status
    marks: tuple[Mark, ...]
    version: int
    picked: str
    annotated: frozenset[str] = frozenset()


class Example(NamedTuple):
    """An answered sentence, for a model to learn from.

    Attributes
    ----------
    is_complete
        Whether all names in it are marked.
    is_random
        Whether it was shown by chance or in order, and not because a model found it hard.
    annotated
        If it is not complete, the labels whose names are all marked.
    """

    number: int
    sentence: Sentence
    is_complete: bool
    is_random: bool
    annotated: frozenset[str] = frozenset()


def tagged(item: Item, marks: Iterable[Mark]) -> Sentence:
    """Return a sentence as tokens with IOB2 tags."""
    tokens = item.tokenized
    first = {start: i for i, start in enumerate(tokens.starts)}
    last = {end: i + 1 for i, end in enumerate(tokens.ends)}
    spans = [Span(first[mark.start], last[mark.end], mark.label) for mark in marks]
    return Sentence(tuple(tokens.tokens), tuple(tags_of(spans, len(tokens.tokens))))


def marks_of(item: Item, spans: Iterable[Span]) -> list[Mark]:
    """Turn spans of tokens of a sentence into marks."""
    starts, ends = item.tokenized.starts, item.tokenized.ends
    return [Mark(starts[start], ends[end - 1], label) for start, end, label in spans]


def sentences_of(text: str, source: dict[str, Any], first: int) -> Iterator[Item]:
    """Cut a text into the sentences to annotate, numbered from ``first`` on."""
    tokenized = tokenize(text)
    begin = 0
    for number, length in enumerate(tokenized.sentence_lengths, first):
        start, end = tokenized.starts[begin], tokenized.ends[begin + length - 1]
        begin += length
        yield Item(number, text[start:end], {**source, "start": start})
