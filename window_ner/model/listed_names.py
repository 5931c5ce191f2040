"""Combines the names of a list with those that a model finds; the list wins where they overlap."""

from collections.abc import Sequence

from window_ner.data.name_list import NameList, refuse_no_list
from window_ner.data.tokenizer import TokenizedText
from window_ner.model.entity import Entity


def add_listed(
    texts: Sequence[str],
    tokenized: Sequence[TokenizedText],
    found: Sequence[list[Entity]],
    names: NameList,
) -> list[list[Entity]]:
    """Add the names of a list to the entities that a model found in texts; see `combine`."""
    refuse_no_list(names)
    together = []
    spans_of_all = names.find_all(tokenized)
    for text, tokens, entities, spans in zip(texts, tokenized, found, spans_of_all, strict=True):
        listed = []
        for start, end, label in spans:
            place = tokens.place(start, end)
            mention = text[place[0] : place[1]]
            listed.append(Entity(mention, label, *place, 1.0, start, end, "list"))
        together.append(combine(entities, listed))
    return together


def combine(entities: list[Entity], listed: list[Entity]) -> list[Entity]:
    """Return the names of the list, and the model's entities that share no token with them.

    Both lists are of the same text and sorted by position; so is the result.
    """
    together: list[Entity] = []
    i, count = 0, len(entities)
    for entity in listed:
        while i < count and entities[i].end_token <= entity.start_token:
            together.append(entities[i])
            i += 1
        together.append(entity)
        while i < count and entities[i].start_token < entity.end_token:
            i += 1
    return together + entities[i:]
