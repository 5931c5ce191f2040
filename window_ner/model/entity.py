"""A name in a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from window_ner.data.tag_schemes import Span
from window_ner.data.tokenizer import TokenizedText

Source = Literal["model", "list"]


@dataclass(frozen=True)
class Entity:
    """A name in a text.

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
    """Turn spans over the tokens of all texts into entities of each text."""
    ends = list(accumulate(len(t.tokens) for t in tokenized))
    found: list[list[Entity]] = [[] for _ in texts]
    document = 0
    for (first, last, label), probability in zip(spans, probabilities, strict=True):
        while first >= ends[document]:
            document += 1
        tokens, text = tokenized[document], texts[document]
        offset = ends[document] - len(tokens.tokens)
        places = first - offset, last - offset
        start, end = tokens.starts[places[0]], tokens.ends[places[1] - 1]
        entity = Entity(text[start:end], label, start, end, probability, *places)
        found[document].append(entity)
    return found
