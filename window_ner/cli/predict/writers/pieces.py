"""A text cut into names and what is between them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from window_ner.model.entity import Entity

Piece: TypeAlias = "tuple[str, Entity | None]"
"""A part of a text, and its entity; None for text between names."""


def pieces(text: str, entities: "list[Entity]") -> Iterator[Piece]:
    """Cut a text into names and what is between them."""
    end = 0
    for entity in entities:
        yield text[end : entity.start], None
        yield entity.text, entity
        end = entity.end
    yield text[end:], None
