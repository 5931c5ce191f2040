"""The names of one text, and how they show themselves in a notebook and in a terminal."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from window_ner.model.entity import Entity

Piece: TypeAlias = tuple[str, Entity | None]
"""A part of a text, and its entity; None for text between names."""


def pieces(text: str, entities: Iterable[Entity]) -> Iterator[Piece]:
    """Cut a text into names and what is between them."""
    end = 0
    for entity in entities:
        yield text[end : entity.start], None
        yield entity.text, entity
        end = entity.end
    yield text[end:], None


class Entities(list[Entity]):
    """A list of the names of a text, from left to right.

    In a notebook, it shows the text with its names marked; in a terminal, a name a line.

    Attributes
    ----------
    of_text
        The text in which the names were found.
    """

    def __init__(self, entities: Iterable[Entity] = (), of_text: str = "") -> None:
        super().__init__(entities)
        self.of_text = of_text

    def __repr__(self) -> str:
        count = "1 name" if len(self) == 1 else f"{len(self) or 'no'} names"
        head = f"{count} in {_shortened(self.of_text)!r}"
        mentions = [repr(entity.text) for entity in self]
        width = max(map(len, mentions), default=0)
        label_width = max((len(entity.label) for entity in self), default=0)
        rows = (
            f"\n  {mention:<{width}}  {entity.label:<{label_width}}  {entity.score:.2f}  "
            f"[{entity.start}:{entity.end}]"
            for mention, entity in zip(mentions, self, strict=True)
        )
        return head + "".join(rows)

    def _repr_html_(self) -> str:
        """Return the text with its names marked, for a light or a dark page; text is escaped."""
        marked = "".join(map(_marked, pieces(self.of_text, self)))
        return (
            '<div dir="auto" style="white-space: pre-wrap; overflow-wrap: anywhere; '
            f'line-height: 1.9">{marked}</div>'
        )


_LENGTH = 60
"""The most characters of a text that are shown above its names in a terminal."""


def _shortened(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"


_COLOURS = {"PER": "66, 133, 244", "ORG": "171, 71, 188", "LOC": "67, 160, 71"}
"""Red, green and blue of a label. Its background lets the page, dark or light, shine through."""

_OTHER_COLOUR = "230, 150, 20"


def _marked(piece: Piece) -> str:
    from html import escape  # its table of entities takes time to import

    text, entity = piece
    if entity is None:
        return escape(text)
    colour = _COLOURS.get(entity.label, _OTHER_COLOUR)
    return (
        f'<mark dir="auto" style="background: rgba({colour}, 0.28); color: inherit; '
        f'border-radius: 4px; padding: 2px 4px">{escape(text)}'
        '<small style="opacity: 0.75; margin-inline-start: 5px; white-space: nowrap">'
        f"{escape(entity.label)} {entity.score:.2f}</small></mark>"
    )
