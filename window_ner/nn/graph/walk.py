"""Walk a graph: forward in topological order, backward in reverse, each node once each way."""

from __future__ import annotations

from collections import Counter

import numpy as np

from window_ner.nn.graph.node import Node, Operations, Parameter, dense
from window_ner.nn.row_gradient import Gradient, RowGradient, row_gradient


class Graph:
    """All nodes that an output was computed from.

    Nodes compute their values as they are made, so that a new graph may go backward at once.

    Attributes
    ----------
    output : Node
        L, the node whose gradients are wanted.
    order : tuple of Node
        Each node once, after its inputs; the output is the last.
    """

    def __init__(self, output: Node) -> None:
        self.output = output
        self.order = topological_order(output)

    def forward(self) -> None:
        """Compute all values again from those of the leaves, to which others may be assigned."""
        for node in self.order:
            node.forward()

    def backward(self) -> None:
        """Compute ∂L/∂value of every node; of an output that is an array, L is the sum.

        In reverse order a node's turn comes after that of all nodes that read it. By then the
        gradients from all of them have arrived, and their sum is its upstream gradient.
        """
        for node in self.order:
            node.upstream = None
        self.output.upstream = np.ones_like(self.output.value)
        for node in reversed(self.order):
            node.backward()
            for source, gradient in zip(node.inputs, node.downstream, strict=True):
                source.upstream = _add(source.upstream, gradient, source.value.shape)

    def gradients(self) -> dict[str, Gradient]:
        """Return ∂L/∂parameter of each parameter that has a name, after the backward walk."""
        return {
            node.name: node.upstream
            for node in self.order
            if isinstance(node, Parameter) and node.name and node.upstream is not None
        }

    def operations(self) -> Operations:
        """Count what both walks compute, after the backward one: all nodes, and sums of branches.

        What counts as one is said at `window_ner.nn.graph.node.Operations`.
        """
        counts = [node.operations() for node in self.order]
        readers = Counter(source for node in self.order for source in node.inputs)
        sums = sum(
            (times - 1) * node.value.size
            for node, times in readers.items()
            if not isinstance(node.upstream, RowGradient)  # a look-up has counted its sums
        )
        return Operations(sum(c.forward for c in counts), sum(c.backward for c in counts) + sums)


def topological_order(output: Node) -> tuple[Node, ...]:
    """Put inputs before what is computed from them: depth first, leaving a node after its inputs.

    A stack of our own, so that the depth of a graph is not limited by that of Python's.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(output, False)]
    while stack:
        node, inputs_are_done = stack.pop()
        if inputs_are_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((source, False) for source in reversed(node.inputs))
    return tuple(order)


def _add(arrived: Gradient | None, gradient: Gradient, shape: tuple[int, ...]) -> Gradient:
    """Sum the gradients of two branches; rows stay rows as long as both are."""
    if arrived is None:
        return gradient
    if isinstance(arrived, RowGradient) and isinstance(gradient, RowGradient):
        rows = np.concatenate([arrived.rows, gradient.rows])
        return row_gradient(rows, np.concatenate([arrived.values, gradient.values]))
    return np.asarray(dense(arrived, shape) + dense(gradient, shape))
