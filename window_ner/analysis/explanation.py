"""Why a window has its score: its computational graph, and what each word adds to the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from numbers import Integral

import numpy as np

from window_ner.analysis.shapley import shapley_values
from window_ner.analysis.window_game import average_word, window_game
from window_ner.data.vocabulary import SPECIAL_WORDS
from window_ner.data.windows import window_positions
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats
from window_ner.nn.graph import Node
from window_ner.nn.graph.node import Parameter
from window_ner.nn.graph.window_network import Layers, WindowGraph, join_inputs
from window_ner.nn.window_network import WindowBatch, WindowNetwork

_LISTED = 20
"""The most words of a text that an error lists."""


@dataclass(frozen=True)
class Parts:
    """What each part of x adds to the score.

    Attributes
    ----------
    words
        (window,) the part of each word.
    context
        The part of the inputs about the centre word alone; None if there are none.
    """

    words: Floats
    context: float | None

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return float(self.words.sum()) + (self.context or 0.0)

    def as_list(self) -> list[float]:
        """List the parts of the words, then that of the context if there is one."""
        return [*self.words.tolist(), *([] if self.context is None else [self.context])]


@dataclass(frozen=True, repr=False)
class Explanation:
    """One score of one window, with everything from which it was computed.

    Attributes
    ----------
    words
        The words of the window; None stands for padding beyond the sentence's edge.
    tag
        The tag whose score is explained; None for a model with one score.
    decided
        The tag that the model gives the centre word.
    score
        The score s.
    empty_score
        The score of the window with an average word in place of each of its words.
    shapley
        The Shapley value of each part, 0 for padding; their sum is ``score - empty_score``.
    sampling_error
        The largest standard error of a Shapley value; 0 if they are exact.
    gradient_times_input
        Σ xᵢ · ∂s/∂xᵢ of each part; their sum need not be the score.
    nodes
        The nodes of the graph, with values and with gradients of s.
    row_names
        Table -> the names of its rows, from row 2 on.
    """

    words: tuple[str | None, ...]
    tag: str | None
    decided: str
    score: float
    empty_score: float
    shapley: Parts
    sampling_error: float
    gradient_times_input: Parts
    nodes: WindowGraph
    row_names: dict[str, Sequence[str]]

    def __repr__(self) -> str:
        from window_ner.analysis.verdict import verdict

        return verdict(self)

    def _repr_svg_(self) -> str:
        """Return the picture that a notebook shows."""
        from window_ner.analysis.picture import svg

        return svg(self)

    @property
    def centre(self) -> str:
        """The word in the centre of the window."""
        return str(self.words[len(self.words) // 2])

    @property
    def word_width(self) -> int:
        """The number of inputs in x for each word."""
        return _word_width(self.nodes, len(self.words))

    def node(self, name: str) -> Node:
        """Return the node of that name."""
        return next(node for node in self.nodes.graph.order if node.name == name)

    def row_name(self, table: str, row: int) -> str:
        """Return the name of a row of a table."""
        if row < len(SPECIAL_WORDS):
            return SPECIAL_WORDS[row]
        return self.row_names[table][row - len(SPECIAL_WORDS)]


def explain(
    model: Model,
    sentences: Sequence[Sequence[str]],
    word: str | int | None = None,
    tag: str | None = None,
) -> Explanation:
    """Explain the score of one word of a text.

    There are two answers to "what does each word add?". Shapley values replace words by an average
    word, in every combination, and add up to the score; see `window_ner.analysis.shapley`. Gradient
    times input, Σ xᵢ · ∂s/∂xᵢ, is a first-order estimate of how much the score would fall if the
    word's vector became 0. It is exact for a linear model. But f is curved or has a kink, so the
    slope at this window says little about points far from it.

    For a model with one score a tag, s is the tag's own score, the last node of the graph: before
    other mentions of the name raise it (the agreement), and before the CRF compares it with other
    tags and words.

    Parameters
    ----------
    model
        The model.
    sentences
        The tokens of the text.
    word
        The word to explain; if the text has it more than once, the place most likely to be in a
        name. An integer is the number of its token in the text. By default, the word of the text
        most likely to be in a name.
    tag
        The tag whose score to explain, for a model with one score a tag; by default, the decided
        tag.

    Raises
    ------
    InputError
        If the text has no word, or not this word, or the model does not have the tag.
    """
    words = list(chain.from_iterable(sentences))
    if not words:
        raise InputError('the text has no word to explain; give one like "Museums in Paris."')
    scored = model.scored(model.encode([tokens for tokens in sentences if tokens]))
    text, objective, network = scored.text, scored.objective, model.network
    token = _choose_token(words, scored.scores, word)
    decided = objective.tags[scored.decisions[token]]
    if objective.outputs > 1:
        tag = tag or decided
    output = _output(objective.tags, objective.outputs, tag)

    batch = text.windows(np.array([token]))
    nodes = score_graph(network, batch, output)
    nodes.graph.backward()
    window = _window(words, text.lengths.tolist(), token, network.window)
    places = [place for place, at_place in enumerate(window) if at_place is not None]
    game, players = window_game(network, batch, places, average_word(model), output)
    shapley = shapley_values(game, players, np.random.default_rng(0))
    return Explanation(
        words=window,
        tag=tag,
        decided=decided,
        score=shapley.everyone,
        empty_score=shapley.nobody,
        shapley=_parts(shapley.values, places, network.window),
        sampling_error=float(shapley.errors.max()),
        gradient_times_input=gradient_times_input(nodes, network.window),
        nodes=nodes,
        row_names={"E": model.encoder.vocabulary.words, **model.encoder.features.keys},
    )


def _choose_token(words: Sequence[str], scores: Floats, word: str | int | None) -> int:
    """Find the word to explain: of all its places, the one most likely to be in a name."""
    if isinstance(word, Integral) and not isinstance(word, bool):
        if not 0 <= word < len(words):
            raise InputError(f"there is no word number {word}; the text has {len(words)}")
        return word
    places = [i for i, w in enumerate(words) if word in (None, w)]
    if not places:
        listed = ", ".join([*words[:_LISTED], *(["…"] if len(words) > _LISTED else [])])
        raise InputError(f"no word {word!r} in the text; its words: {listed}")
    nameness = scores[:, 0] if scores.shape[1] == 1 else scores[:, 1:].max(axis=1) - scores[:, 0]
    return max(places, key=lambda i: nameness[i])


def _output(tags: Sequence[str], outputs: int, tag: str | None) -> int:
    """Return the number of the score of a tag; a model with one score takes no tag."""
    if tag is None:
        return 0
    if outputs == 1:
        raise InputError(f"no tag {tag!r:.60}; this model has one score, name or not")
    if tag not in tags:
        raise InputError(f"no tag {tag!r:.60}; the model's tags: {', '.join(tags)}")
    return tags.index(tag)


def _parts(values: Floats, places: Sequence[int], window: int) -> Parts:
    """Assign the players' values to the words of the window and to the context."""
    words = np.zeros(window)
    words[list(places)] = values[: len(places)]
    return Parts(words, float(values[-1]) if len(values) > len(places) else None)


def score_graph(
    network: WindowNetwork, batch: WindowBatch, output: int | None = None
) -> WindowGraph:
    """Build the graph of the scores of N windows; the batch has separate rows for each window.

    With ``output``, the graph has only the score of that number, and "U" is that row of U.
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


def gradient_times_input(nodes: WindowGraph, window: int) -> Parts:
    """Sum xᵢ · ∂s/∂xᵢ over each word's part of x of one window, and over the remaining part."""
    x = nodes.x.value[0]
    gradient = np.asarray(nodes.x.upstream)[0]
    width = _word_width(nodes, window)
    words, rest = np.split(x * gradient, [window * width])
    per_word = words.reshape(window, width).sum(axis=1)
    return Parts(per_word, float(rest.sum()) if rest.size else None)


def _word_width(nodes: WindowGraph, window: int) -> int:
    """Return the number of inputs in x for each word."""
    joined = nodes.x
    if joined.symbol == "[;]":  # the words' numbers, then those of the centre word alone
        joined = joined.inputs[0]
    return int(joined.value.shape[1]) // window


def _window(words: list[str], lengths: list[int], token: int, size: int) -> tuple[str | None, ...]:
    """Return the words of the window around a token of its sentence."""
    positions, padded_length = window_positions(np.array(lengths), size)
    row: list[str | None] = [None] * padded_length
    for place, word in zip(positions[:, size // 2].tolist(), words, strict=True):
        row[place] = word
    return tuple(row[place] for place in positions[token].tolist())
