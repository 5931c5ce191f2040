"""Chooses the next sentence: the one that teaches the model most, or one at random.

A tenth is drawn at random always. Only on those is the measured F1 that of the whole text, because
the others are the sentences that the model finds hard.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats
from window_ner.web.annotate.answers import Item

Order = Literal["teach", "random", "order"]
ORDERS: tuple[Order, ...] = ("teach", "random", "order")

RANDOM_SHARE = 0.1
_LOOKED_AT = 500
"""Unanswered sentences that are scored, drawn at random: scoring takes a few milliseconds."""
RECENT = 30
"""The next sentence should be unlike this many answered last."""


@dataclass(frozen=True)
class Pick:
    """The next sentence and why: teach, random or order."""

    item: Item
    why: Order


def pick(
    order: Order,
    left: Sequence[Item],
    recent: Sequence[Item],
    tagger: Tagger | None,
    rng: np.random.Generator,
) -> Pick:
    """Choose one of the sentences that are left.

    Parameters
    ----------
    recent
        The sentences that were answered last.
    tagger
        The model; None if none has learnt anything yet, then the sentence is drawn at random.
    """
    if order == "order":
        return Pick(left[0], "order")
    if order == "random" or tagger is None or rng.random() < RANDOM_SHARE:
        return Pick(left[int(rng.integers(len(left)))], "random")
    looked_at = rng.permutation(len(left))[:_LOOKED_AT]
    items = [left[i] for i in looked_at]
    doubt = doubts(tagger, items)
    novelty = unlikeness(items, recent[-RECENT:])
    return Pick(items[int(np.argmax(doubt * novelty))], "teach")


def doubts(tagger: Tagger, items: Sequence[Item]) -> Floats:
    """Return how little the model trusts its tags of each sentence: -log p / √words (S,).

    A long sentence has more to be wrong about, and also takes longer to annotate.
    """
    sentences = [item.tokenized.tokens for item in items]
    logs = tagger.read(sentences, [1] * len(sentences)).sentence_log_probabilities()
    lengths = np.array([len(tokens) for tokens in sentences])
    return np.asarray(-logs / np.sqrt(lengths), dtype=np.float64)


def unlikeness(items: Sequence[Item], recent: Sequence[Item]) -> Floats:
    """Return how unlike each sentence is to the most similar recent one: (S,).

    1 if they have no word in common.
    """
    seen = [_words(item) for item in recent]
    result = np.ones(len(items))
    for i, item in enumerate(items):
        words = _words(item)
        alike = (len(words & other) / (len(words | other) or 1) for other in seen)
        result[i] = 1 - max(alike, default=0.0)
    return result


def _words(item: Item) -> set[str]:
    return {token.lower() for token in item.tokenized.tokens if len(token) > 2}


@dataclass(frozen=True)
class Disagreement:
    """A sentence where an annotation and a model that has not seen it disagree."""

    number: int
    missing: list[Span]
    extra: list[Span]
    share: float


def disagreements(
    gold: Mapping[int, Collection[Span]], held_out: dict[int, list[Span]]
) -> list[Disagreement]:
    """List the sentences where annotation and model disagree most, worst first.

    ``extra`` names are in the annotation only, ``missing`` ones were found by the model only.
    """
    found = []
    for number, annotated in gold.items():
        if number not in held_out:
            continue
        a, b = set(annotated), set(held_out[number])
        if a != b:
            share = len(a ^ b) / (len(a | b) or 1)
            found.append(Disagreement(number, sorted(b - a), sorted(a - b), share))
    return sorted(found, key=lambda d: (-d.share * len(d.missing + d.extra) ** 0.5, d.number))
