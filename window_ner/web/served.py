"""The models that a server offers, and what it does with each: find names, explain a word."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from window_ner.analysis.explained_layers import explained_layers
from window_ner.analysis.explanation import Explanation, explain
from window_ner.analysis.explanation_data import explained_parts
from window_ner.data.tokenizer import TokenizedText, tokenize
from window_ner.errors import InputError
from window_ner.model.entity import Entity
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats

_MOST_LINES = 120
"""The most lines that the picture of the network draws between two layers."""


class Found(NamedTuple):
    """A text with its tokens and the names in it."""

    text: str
    tokenized: TokenizedText
    entities: list[Entity]


class Question(NamedTuple):
    """The word of a text to explain: the one at character ``start``, or the likeliest name."""

    text: str
    start: int | None
    tag: str | None


@dataclass(frozen=True)
class Export:
    """A file format for downloads.

    Attributes
    ----------
    media_type
        The type of the file, as browsers name it.
    write
        Turns a text with its names into the content of the file.
    """

    media_type: str
    write: Callable[[Found], str]


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model under its name."""

    name: str
    tagger: Tagger

    def find(self, texts: Sequence[str]) -> list[Found]:
        """Find the names in a batch of texts."""
        tokenized = [tokenize(text) for text in texts]
        entities = self.tagger.entities_in(texts, tokenized)
        return [Found(*each) for each in zip(texts, tokenized, entities, strict=True)]

    def explain(self, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Explain a word of each text: what each word of its window adds, and the network."""
        return [self._explain(question) for question in questions]

    def _explain(self, question: Question) -> dict[str, Any]:
        text, start, tag = question
        tokenized = tokenize(text)
        sentences = tokenized.sentences
        number = None if start is None else _token_at(tokenized, start)
        found = explain(self.tagger.model, sentences, number, tag)
        answer = {**explained_parts(found), "network": _network(found)}
        if number is not None:
            answer["start"], answer["end"] = tokenized.starts[number], tokenized.ends[number]
            every = [row for rows in self.tagger.marginals(sentences) for row in rows]
            answer["probabilities"] = {tag: round(p, 4) for tag, p in every[number].items()}
        return answer

    def describe(self) -> dict[str, Any]:
        """Describe the model for ``/api/models``."""
        model = self.tagger.model
        settings = model.about.settings.network
        has_tags = model.objective.outputs > 1
        return {
            "name": self.name,
            "labels": self.tagger.labels,
            "tags": list(model.objective.tags) if has_tags else [],
            "window": model.network.window,
            "hidden": list(settings.hidden),
        }


def _token_at(tokenized: TokenizedText, start: int) -> int:
    """Return the number of the token that contains a character, or of the one before it."""
    number = bisect_right(tokenized.starts, start) - 1
    if number < 0 or start > tokenized.ends[-1]:
        raise InputError(f"no word at character {start}")
    return number


def _network(explanation: Explanation) -> dict[str, Any]:
    """Return the values and gradients of the network, and the strongest lines between layers."""
    layers = explained_layers(explanation)
    deltas = [*layers.delta, np.ones(1)]
    arriving = [layers.from_words, *layers.upward]
    return {
        "words": [
            {"x": _rounded(x), "gradient": _rounded(gradient)}
            for x, gradient in zip(layers.parts, layers.gradients, strict=True)
        ],
        "hidden": [
            {
                "name": f"h{name}",
                "activation": explanation.node(f"h{name}").symbol,
                "h": _rounded(h),
                "delta": _rounded(delta),
            }
            for name, h, delta in zip(layers.names, layers.h, layers.delta, strict=True)
        ],
        "lines": [_strongest(flows, delta) for flows, delta in zip(arriving, deltas, strict=True)],
    }


def _strongest(flows: Floats, delta: Floats) -> list[list[float]]:
    """Return the lines that add most to the score: [from, to, what it passes on].

    Parameters
    ----------
    flows
        (above, below) what each unit passes on to each unit above it.
    delta
        (above,) the slope of the score at the units above.
    """
    reached = np.abs(flows * delta[:, None]).ravel()
    best = np.argsort(-reached, kind="stable")[:_MOST_LINES]
    lines = zip(*np.unravel_index(best[reached[best] > 0], flows.shape), strict=True)
    return [[int(i), int(j), round(float(flows[j, i]), 5)] for j, i in lines]


def _rounded(array: Floats) -> list[float]:
    return [round(number, 5) for number in array.tolist()]


def choose_model(models: Mapping[str, ServedModel], name: str | None) -> ServedModel:
    """Return the model of that name, or the first one.

    Raises
    ------
    InputError
        If there is no model of that name.
    """
    if name is None:
        return next(iter(models.values()))
    if name not in models:
        raise InputError(f"there is no model {name!r:.60}; there are {', '.join(models)}")
    return models[name]
