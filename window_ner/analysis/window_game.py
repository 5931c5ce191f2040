"""A window as a game: the score of the network when some words of the window are removed.

The players are the words of the window. There is one more player if the network has inputs about
the centre word alone, such as the mean vector of its document. Padding beyond the sentence's edge
is not a player: it is not a word, and always stays.

A removed word is replaced by the average word, so that the window is still like those of the
training. docs/explanation.md compares this with other replacements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from window_ner.analysis.shapley import Game
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.word_types import Booleans
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats
from window_ner.nn.window_network import WindowBatch, WindowNetwork

AVERAGED_WORDS = 1_000
"""How many words of the training data are averaged: the first in the vocabulary, which has the
order of the word vectors, by frequency."""


@dataclass(frozen=True)
class Replacement:
    """The inputs of the network that replace those of removed players.

    Attributes
    ----------
    words
        (D,) the vector in place of any word, or (window, D) one for each place of the window.
    centre
        (C,) the inputs about the centre word alone; None if there are none.
    """

    words: Floats
    centre: Floats | None


def average_word(model: Model) -> Replacement:
    """Average the inputs for the most frequent words of the training data.

    The inputs about the centre word alone are those of a document with these words.
    """
    rows = np.flatnonzero(model.seen)
    rows = rows[rows > UNKNOWN][:AVERAGED_WORDS]
    words = [model.encoder.vocabulary.word(row) for row in rows.tolist()] or [""]
    text = model.encode([words])
    vectors = model.network.token_vectors(WindowBatch(text.rows, flags=text.flags))
    centre = text.windows(np.array([0])).centre
    return Replacement(vectors.mean(axis=0), None if centre is None else centre[0])


def window_game(
    network: WindowNetwork,
    batch: WindowBatch,
    places: Sequence[int],
    absent: Replacement,
    output: int = 0,
) -> tuple[Game, int]:
    """Make the game of one window.

    Parameters
    ----------
    network
        The network; it is evaluated in float64.
    batch
        The window.
    places
        The places of its words; the others are padding.
    absent
        The replacement for removed players.
    output
        The number of the score, of K, that is the value of the game.

    Returns
    -------
    game
        Subsets (N, players) -> scores (N,). The players are the places in order, then the inputs
        about the centre word alone, if there are any.
    players
        Number of players.
    """
    vectors = network.token_vectors(batch)
    vectors = np.vstack([vectors, np.broadcast_to(absent.words, vectors.shape)])
    small = _with_one_table(network, vectors, output)
    own = np.arange(network.window)

    def game(subsets: Booleans) -> Floats:
        present = np.ones((len(subsets), network.window), dtype=bool)
        present[:, list(places)] = subsets[:, : len(places)]
        rows = np.where(present, own, network.window + own)
        centre = None
        if batch.centre is not None and absent.centre is not None:
            centre = np.where(subsets[:, -1:], batch.centre, absent.centre)
        return small.forward(WindowBatch({"tokens": rows.ravel()}, centre=centre))[0][:, 0]

    return game, len(places) + (batch.centre is not None)


def _with_one_table(network: WindowNetwork, vectors: Floats, output: int) -> WindowNetwork:
    """Make a network with one output that looks up whole token vectors: (M, D)."""
    layers = {
        kind + layer: network.parameters[kind + layer]
        for layer in network.layers
        for kind in "Wba"
        if kind + layer in network.parameters
    }
    U = network.parameters["U"][output : output + 1]
    parameters = {"tokens": vectors, **layers, "U": U}
    small = WindowNetwork(parameters, network.window, network.activation.name)
    return small.astype(np.float64)
