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
        The mention, which is ``text[start:end]`` of the text it was found in.
    label
        Its kind, like PER.
    start, end
        Characters of the text.
    score
        The model's probability for exactly this span with this label; 1.0 for a name of a list.
    start_token, end_token
        Tokens of the text, ``end_token`` being the one after the last.
    source
        What found it: the model, or a list of names.
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
    """Turn spans over the tokens of all texts into the entities of each text."""
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
