"""The forward and backward pass through a graph, each node once in (reverse) topological order."""

from __future__ import annotations

from collections import Counter

import numpy as np

from window_ner.nn.graph.node import Node, Operations, Parameter
from window_ner.nn.row_gradient import Gradient, RowGradient, dense, row_gradient


class Graph:
    """All nodes that an output was computed from.

    Nodes compute their values when they are created, so `backward` can be called on a new graph
    without calling `forward` first.

    Attributes
    ----------
    output : Node
        L, the node whose gradients are needed.
    order : tuple of Node
        Each node once, after its inputs; the output comes last.
    """

    def __init__(self, output: Node) -> None:
        self.output = output
        self.order = topological_order(output)

    def forward(self) -> None:
        """Compute all values again, after new values were assigned to leaves."""
        for node in self.order:
            node.forward()

    def backward(self) -> None:
        """Compute ∂L/∂value for every node; if the output is an array, L is the sum of it.

        In reverse order a node comes after all nodes that use its value. By then the gradients from
        all of them have been added up, and their sum is its upstream gradient.
        """
        for node in self.order:
            node.upstream = None
        self.output.upstream = np.ones_like(self.output.value)
        for node in reversed(self.order):
            node.backward()
            for source, gradient in zip(node.inputs, node.downstream, strict=True):
                source.upstream = _add(source.upstream, gradient, source.value.shape)

    def gradients(self) -> dict[str, Gradient]:
        """Return ∂L/∂parameter of each parameter that has a name, after the backward pass."""
        return {
            node.name: node.upstream
            for node in self.order
            if isinstance(node, Parameter) and node.name and node.upstream is not None
        }

    def operations(self) -> Operations:
        """Count the operations of both passes, after the backward pass.

        The count includes the sums of gradients that come from several nodes. See
        `window_ner.nn.graph.node.Operations` for what counts as an operation.
        """
        counts = [node.operations() for node in self.order]
        readers = Counter(source for node in self.order for source in node.inputs)
        sums = sum(
            (times - 1) * node.value.size
            for node, times in readers.items()
            if not isinstance(node.upstream, RowGradient)  # the look-up counts its own sums
        )
        return Operations(sum(c.forward for c in counts), sum(c.backward for c in counts) + sums)


def topological_order(output: Node) -> tuple[Node, ...]:
    """Order the nodes so that the inputs of a node come before it, by depth-first search.

    It uses a list as its stack, so that Python's recursion limit does not limit the graph's depth.
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
    """Add the gradients of two branches; the sum of two RowGradients is a RowGradient."""
    if arrived is None:
        return gradient
    if isinstance(arrived, RowGradient) and isinstance(gradient, RowGradient):
        rows = np.concatenate([arrived.rows, gradient.rows])
        return row_gradient(rows, np.concatenate([arrived.values, gradient.values]))
    return np.asarray(dense(arrived, shape) + dense(gradient, shape))
