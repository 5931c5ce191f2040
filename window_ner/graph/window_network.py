"""The window network as a computational graph: s = U f(W x + b), x = [E[t−2]; …; E[t+2]].

The same network as `window_ner.model`, which is fused and fast; here every step is a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from window_ner.graph.node import Node, Parameter
from window_ner.graph.operations import (
    activate,
    logistic_loss,
    look_up,
    max_margin_loss,
    reshape,
    softmax_loss,
)
from window_ner.graph.walk import Graph
from window_ner.nn.arrays import Floats, Ints


@dataclass(frozen=True)
class WindowGraph:
    """The nodes of a window network that one would ask about.

    Attributes
    ----------
    x : Node
        The windows (N, window·d), one a row.
    scores : Node
        s, (N, K).
    output : Node
        The loss; the scores if no loss was asked for.
    """

    x: Node
    scores: Node
    output: Node

    @cached_property
    def graph(self) -> Graph:
        """All nodes up to the output; its nodes have the names said at `window_network`."""
        return Graph(self.output)


def window_network(
    E: Floats,
    ids: Ints,
    hidden: Sequence[tuple[Floats, Floats]],
    U: Floats,
    activation: str = "tanh",
    *,
    loss: str | None = None,
    targets: ArrayLike | None = None,
    corrupted: Ints | None = None,
    slopes: Sequence[Floats] = (),
) -> WindowGraph:
    """Build the graph of N windows, one a row: X (N, window·d), Z = X Wᵀ + b, S = f(Z) Uᵀ.

    The parameters are named "E", "W", "b", "U", and "a" for a slope; of several hidden layers
    "W1", "b1", "W2", …. The nodes between are "x", "z", "h", "s", with the same numbers, and those
    of corrupted windows "x_c", "z_c", "h_c", "s_c".

    Parameters
    ----------
    E : (V, d) floats
        The word vectors.
    ids : (N, window) ints
        The words of each window.
    hidden : list of (W, b)
        For each hidden layer, W (H, in) and b (H,).
    U : (K, H) floats
    activation : str
        f, by its name in `window_ner.nn.activations`.
    loss : {"logistic", "max-margin", "softmax"}, optional
        Unless given, the scores are the output.
    targets : array_like, for the logistic loss (N,) of 0 and 1, for softmax (N,) labels
    corrupted : (N, window) ints, for the max-margin loss
    slopes : list of (1,) floats
        The learned slope of each hidden layer's activation, if it has one.

    Raises
    ------
    ValueError
        If the loss or the activation is unknown, what the loss needs is missing, a shape does not
        fit, or an id is not that of a row of E.
    """
    table, output_weights = Parameter(E, "E"), Parameter(U, "U")
    layers = []
    for i, (weights, biases) in enumerate(hidden):
        number = str(i + 1) if len(hidden) > 1 else ""
        slope = Parameter(slopes[i], "a" + number) if slopes else None
        W, b = Parameter(weights, "W" + number), Parameter(biases, "b" + number)
        layers.append((number, W, b, slope))

    def score(ids: Ints, mark: str = "") -> tuple[Node, Node]:
        x = h = reshape(look_up(table, ids), len(ids), -1).named("x" + mark)
        for number, W, b, slope in layers:
            z = (h @ W.T + b).named("z" + number + mark)
            h = activate(z, activation, slope).named("h" + number + mark)
        return x, (h @ output_weights.T).named("s" + mark)

    x, s = score(ids)
    if loss is None:
        output = s
    elif loss == "logistic" and targets is not None:
        output = logistic_loss(s, np.reshape(targets, s.value.shape)).named("loss")
    elif loss == "softmax" and targets is not None:
        output = softmax_loss(s, targets).named("loss")
    elif loss == "max-margin" and corrupted is not None:
        output = max_margin_loss(s, score(corrupted, "_c")[1]).named("loss")
    else:
        raise ValueError(
            f"cannot compute the loss {loss!r}; known, each with what it needs: "
            "logistic (targets), softmax (targets), max-margin (corrupted)"
        )
    return WindowGraph(x, s, output)
