"""The window network as a computational graph: s = U f(W x + b), x = [E[t−2]; …; E[t+2]].

This is the same network as `window_ner.nn.window_network`. That module is fast; here every step is
a node of the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.graph.node import Constant, Node, Parameter
from window_ner.nn.graph.operations import (
    activate,
    concatenate,
    logistic_loss,
    look_up,
    max_margin_loss,
    reshape,
    softmax_loss,
)
from window_ner.nn.graph.walk import Graph


@dataclass(frozen=True)
class WindowGraph:
    """The main nodes of a window network.

    Attributes
    ----------
    x : Node
        The windows (N, window·d), one per row.
    scores : Node
        s, (N, K).
    output : Node
        The loss, or the scores if there is no loss.
    """

    x: Node
    scores: Node
    output: Node

    @cached_property
    def graph(self) -> Graph:
        """All nodes up to the output; `window_network` lists their names."""
        return Graph(self.output)


class Layers:
    """The layers above x; all calls of `score` share the same parameter nodes.

    Parameters
    ----------
    hidden, U, activation, slopes
        As for `window_network`.
    """

    def __init__(
        self,
        hidden: Sequence[tuple[Floats, Floats]],
        U: Floats,
        activation: str,
        slopes: Sequence[Floats] = (),
    ) -> None:
        self.U, self.activation = Parameter(U, "U"), activation
        self.hidden = []
        for i, (W, b) in enumerate(hidden):
            number = str(i + 1) if len(hidden) > 1 else ""
            slope = Parameter(slopes[i], "a" + number) if slopes else None
            layer = number, Parameter(W, "W" + number), Parameter(b, "b" + number), slope
            self.hidden.append(layer)

    def score(self, x: Node, mark: str = "") -> Node:
        """Compute s (N, K) of the windows x, one per row; the mark is appended to node names."""
        h = x
        for number, W, b, slope in self.hidden:
            z = (h @ W.T + b).named("z" + number + mark)
            h = activate(z, self.activation, slope).named("h" + number + mark)
        return (h @ self.U.T).named("s" + mark)


def join_inputs(
    tables: Sequence[Node],
    rows: Sequence[Ints],
    flags: Floats | None = None,
    centre: Floats | None = None,
) -> Node:
    """Look up the tokens in each table and concatenate all features of a window.

    Parameters
    ----------
    tables : list of (V, d) nodes
    rows : list of (N, window) ints, or (N, window, k) if a token has k rows of a table
    flags : (N, window, F) floats, optional
        Features of each token that are not looked up.
    centre : (N, C) floats, optional
        Features of the centre word only.

    Returns
    -------
    x : (N, window·D + C) node
    """
    n, window = rows[0].shape[:2]
    parts = []
    for table, ids in zip(tables, rows, strict=True):
        vectors = look_up(table, ids)
        parts.append(vectors if ids.ndim == 2 else reshape(vectors, n, window, -1))
    if flags is not None:
        parts.append(Constant(flags, "flags"))
    tokens = parts[0] if len(parts) == 1 else concatenate(*parts)
    x = reshape(tokens, n, -1)
    return x if centre is None else concatenate(x, Constant(centre, "context"))


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
    """Build the graph of N windows, one per row: X (N, window·d), Z = X Wᵀ + b, S = f(Z) Uᵀ.

    The parameters are named "E", "W", "b", "U", and "a" for a slope; with several hidden layers
    "W1", "b1", "W2", …. The other nodes are named "x", "z", "h", "s", with the same numbers of
    layers. For corrupted windows they are "x_c", "z_c", "h_c", "s_c".

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
        The name of f in `window_ner.nn.activations`.
    loss : {"logistic", "max-margin", "softmax"}, optional
        Without a loss, the scores are the output.
    targets : array_like, for the logistic loss (N,) of 0 and 1, for softmax (N,) labels
    corrupted : (N, window) ints, for the max-margin loss
    slopes : list of (1,) floats
        The learned slope of each hidden layer's activation, if it has one.

    Raises
    ------
    ValueError
        If the loss or the activation is unknown, an argument that the loss needs is missing, a
        shape does not fit, or an id is not the index of a row of E.
    """
    table = Parameter(E, "E")
    layers = Layers(hidden, U, activation, slopes)

    def score(ids: Ints, mark: str = "") -> tuple[Node, Node]:
        x = join_inputs([table], [ids]).named("x" + mark)
        return x, layers.score(x, mark)

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
            f"cannot compute the loss {loss!r}; known losses and the arguments they need: "
            "logistic (targets), softmax (targets), max-margin (corrupted)"
        )
    return WindowGraph(x, s, output)
