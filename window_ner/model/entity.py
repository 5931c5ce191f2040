"""A name in a text."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from window_ner.data.pieces import TypedTexts
from window_ner.data.tag_schemes import Span
from window_ner.data.tokenizer import TokenizedText
from window_ner.nn.arrays import Floats

Source = Literal["model", "list"]


class Entity(NamedTuple):
    """A name in a text.

    It is a named tuple because a frozen dataclass takes four times as long to make.

    Attributes
    ----------
    text
        The mention: ``text[start:end]`` of the text in which it was found.
    label
        Its label, like PER.
    start, end
        Offsets of its first character and of the one after its last.
    score
        The model's probability of exactly this span with this label; 1.0 for a name of a list.
    start_token, end_token
        Numbers of its first token in the text, and of the one after its last.
    source
        Whether the model or a list of names found it.
    """

    text: str
    label: str
    start: int
    end: int
    score: float
    start_token: int
    end_token: int
    source: Source = "model"

    def as_dict(self, *, with_source: bool = False) -> dict[str, Any]:
        """Return the entity as plain data, without its tokens."""
        found = {
            "text": self.text,
            "label": self.label,
            "start": self.start,
            "end": self.end,
            "score": self.score,
        }
        return {**found, "source": self.source} if with_source else found


def entities_of_spans(
    texts: Sequence[str],
    tokenized: Sequence[TokenizedText],
    spans: Iterable[Span],
    probabilities: Iterable[float],
) -> list[list[Entity]]:
    """Turn spans over the tokens of all texts into entities of each text; spans are in order."""
    found: list[list[Entity]] = [[] for _ in texts]
    first = end = 0  # the tokens of the document
    documents = zip(texts, tokenized, found, strict=True)
    for (start, stop, label), probability in zip(spans, probabilities, strict=True):
        while start >= end:
            text, tokens, entities = next(documents)
            first, end = end, end + len(tokens.tokens)
        places = start - first, stop - first
        begins, ends = tokens.place(*places)
        entities.append(Entity(text[begins:ends], label, begins, ends, probability, *places))
    return found


def entities_of_tokens(
    texts: Sequence[str], tokens: TypedTexts, spans: Sequence[Span], probabilities: Floats
) -> list[list[Entity]]:
    """Turn spans over the tokens of all texts into entities of each text; spans are in order."""
    found: list[list[Entity]] = [[] for _ in texts]
    if not spans:
        return found
    starts, stops, labels = zip(*spans, strict=True)
    first, last = np.array(starts), np.array(stops)
    ends_of_texts = tokens.tokens.cumsum()
    which = ends_of_texts.searchsorted(first, side="right")
    before = (ends_of_texts - tokens.tokens).take(which)  # the tokens of earlier texts
    places = which, tokens.starts[first], tokens.ends[last - 1], first - before, last - before
    columns = (column.tolist() for column in (*places, probabilities))
    for label, i, begin, end, start_token, end_token, score in zip(labels, *columns, strict=True):
        mention = texts[i][begin:end]
        found[i].append(Entity(mention, label, begin, end, score, start_token, end_token))
    return found
