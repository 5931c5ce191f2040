"""Why a window has its score: its computational graph, and what each word adds to the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from window_ner.data.vocabulary import SPECIAL_WORDS
from window_ner.data.windows import window_positions
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats
from window_ner.nn.graph import Node
from window_ner.nn.graph.node import Parameter
from window_ner.nn.graph.window_network import Layers, WindowGraph, join_inputs
from window_ner.nn.window_network import WindowBatch, WindowNetwork


@dataclass(frozen=True)
class Explanation:
    """One score of one window, with everything it was computed from.

    Attributes
    ----------
    words
        The words of the window; None is the padding beyond the sentence's edge.
    tag
        The tag whose score it is; None for a model of one score.
    decided
        The tag that the model gives the centre word.
    score
        s.
    nodes
        The graph, walked forward and backward from s.
    contributions
        Of each word of the window, Σ xᵢ · ∂s/∂xᵢ over its part of x.
    context
        The same of what x holds beside the words; None if there is nothing.
    row_names
        Table -> what its rows stand for, from row 2 on.
    """

    words: tuple[str | None, ...]
    tag: str | None
    decided: str
    score: float
    nodes: WindowGraph
    contributions: Floats
    context: float | None
    row_names: dict[str, Sequence[str]]

    @property
    def centre(self) -> str:
        """The word that the window is about."""
        return str(self.words[len(self.words) // 2])

    @property
    def word_width(self) -> int:
        """Count the numbers of x that are a word's."""
        return _word_width(self.nodes, len(self.words))

    def node(self, name: str) -> Node:
        """Return the node of that name."""
        return next(node for node in self.nodes.graph.order if node.name == name)

    def row_name(self, table: str, row: int) -> str:
        """Say what a row of a table stands for."""
        if row < len(SPECIAL_WORDS):
            return SPECIAL_WORDS[row]
        return self.row_names[table][row - len(SPECIAL_WORDS)]


def explain(
    model: Model,
    sentences: Sequence[Sequence[str]],
    word: str | None = None,
    tag: str | None = None,
) -> Explanation:
    """Explain the score of one word of a text.

    What a word adds, Σ xᵢ · ∂s/∂xᵢ ("gradient times input"), is how much the score would lose, to
    first order, if the word's vector shrank to nothing. The contributions of a linear model add up
    to its score but for the biases; those of a network are true near the window only.

    Parameters
    ----------
    model
        The model.
    sentences
        The tokens of the text.
    word
        One of them; of those that are equal the one that is most of a name. Unless given, the one
        of all words that is most of a name.
    tag
        Whose score is explained, of a model with one score a tag; unless given, the decided one's.

    Raises
    ------
    InputError
        If the text has no word, not this one, or the model does not have the tag.
    """
    words = list(chain.from_iterable(sentences))
    if not words:
        raise InputError("the text has no word")
    scored = model.scored(model.encode([tokens for tokens in sentences if tokens]))
    text, scores, objective = scored.text, scored.scores, scored.objective
    nameness = scores[:, 0] if scores.shape[1] == 1 else scores[:, 1:].max(axis=1) - scores[:, 0]
    places = [i for i, w in enumerate(words) if word in (None, w)]
    if not places:
        raise InputError(f"no word {word!r} in the text; its words: {', '.join(words)}")
    token = max(places, key=lambda i: nameness[i])
    decided = objective.tags[scored.decisions[token]]
    output = None
    if objective.outputs > 1:
        tag = tag or decided
        if tag not in objective.tags:
            raise InputError(f"no tag {tag!r}; the model's tags: {', '.join(objective.tags)}")
        output = objective.tags.index(tag)
    elif tag is not None:
        raise InputError("--tag: this model has one score, name or not, and none for each tag")

    nodes = score_graph(model.network, text.windows(np.array([token])), output)
    nodes.graph.backward()
    per_word, context = contributions(nodes, model.network.window)
    return Explanation(
        _window(words, text.lengths.tolist(), token, model.network.window),
        tag,
        decided,
        float(nodes.scores.value.item()),
        nodes,
        per_word,
        context,
        {"E": model.encoder.vocabulary.words, **model.encoder.features.keys},
    )


def score_graph(
    network: WindowNetwork, batch: WindowBatch, output: int | None = None
) -> WindowGraph:
    """Build the graph of the scores of N windows whose places are not shared.

    The scores are all K, or the one of that number; then "U" is that row of it.
    """
    parameters, size = network.parameters, network.window
    n = len(next(iter(batch.rows.values()))) // size
    tables = [Parameter(np.asarray(parameters[name]), name) for name in batch.rows]
    rows = [ids.reshape(n, size, *ids.shape[1:]) for ids in batch.rows.values()]
    flags = None if batch.flags is None else batch.flags.reshape(n, size, -1)
    x = join_inputs(tables, rows, flags, batch.centre).named("x")
    hidden = [(parameters["W" + layer], parameters["b" + layer]) for layer in network.layers]
    slopes = [parameters["a" + layer] for layer in network.layers if "a" + layer in parameters]
    U = parameters["U"] if output is None else parameters["U"][output : output + 1]
    s = Layers(hidden, U, network.activation.name, slopes).score(x)
    return WindowGraph(x, s, s)


def contributions(nodes: WindowGraph, window: int) -> tuple[Floats, float | None]:
    """Sum xᵢ · ∂s/∂xᵢ over each word's part of the x of one window, and over what is left."""
    x = nodes.x.value[0]
    gradient = np.asarray(nodes.x.upstream)[0]
    width = _word_width(nodes, window)
    words, rest = np.split(x * gradient, [window * width])
    return words.reshape(window, width).sum(axis=1), float(rest.sum()) if rest.size else None


def _word_width(nodes: WindowGraph, window: int) -> int:
    """Count the numbers that x holds for each word."""
    joined = nodes.x
    if joined.symbol == "[;]":  # the words' numbers, then those of the centre word alone
        joined = joined.inputs[0]
    return int(joined.value.shape[1]) // window


def _window(words: list[str], lengths: list[int], token: int, size: int) -> tuple[str | None, ...]:
    """List the words around a token of its sentence."""
    positions, padded_length = window_positions(np.array(lengths), size)
    row: list[str | None] = [None] * padded_length
    for place, word in zip(positions[:, size // 2].tolist(), words, strict=True):
        row[place] = word
    return tuple(row[place] for place in positions[token].tolist())
