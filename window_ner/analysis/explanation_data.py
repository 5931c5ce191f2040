"""An explanation as plain data, for JSON: each node of the graph with its values and gradients."""

from typing import Any

import numpy as np

from window_ner.analysis.explanation import Explanation
from window_ner.nn.arrays import Floats
from window_ner.nn.graph import Node
from window_ner.nn.graph.formulas import formula
from window_ner.nn.row_gradient import Gradient, RowGradient

_WHOLE = 64
"""Arrays of at most this many numbers are given in full."""


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """Return what each word adds to the score, and every node of the graph, in order."""
    return {**explained_parts(explanation), "nodes": _nodes(explanation)}


def explained_parts(explanation: Explanation) -> dict[str, Any]:
    """Return the score and what each word adds to it, without the graph."""
    shapley, guess = explanation.shapley, explanation.gradient_times_input
    context = {"shapley": shapley.context, "gradient_times_input": guess.context}
    return {
        "word": explanation.centre,
        "tag": explanation.tag,
        "decided": explanation.decided,
        "score": explanation.score,
        "empty_score": explanation.empty_score,
        "sampling_error": explanation.sampling_error,
        "window": _window(explanation),
        "context": None if shapley.context is None else context,
    }


def _window(explanation: Explanation) -> list[dict[str, Any]]:
    """List the words of the window and what each adds to the score."""
    shapley, guess = explanation.shapley.words, explanation.gradient_times_input.words
    return [
        {"word": word, "shapley": fair, "gradient_times_input": first_order}
        for word, fair, first_order in zip(
            explanation.words, shapley.tolist(), guess.tolist(), strict=True
        )
    ]


def _nodes(explanation: Explanation) -> list[dict[str, Any]]:
    """List the nodes of the graph; the inputs of a node come before it."""
    order = explanation.nodes.graph.order
    number = {node: i for i, node in enumerate(order)}
    return [
        {
            "id": number[node],
            "symbol": node.symbol,
            "name": node.name,
            "formula": formula(node),
            "inputs": [number[source] for source in node.inputs],
            "shape": list(node.value.shape),
            "value": _array(node.value),
            "upstream": _gradient(explanation, node, node.upstream),
            "local": [_array(local) for local in node.local],
            "downstream": [
                _gradient(explanation, source, gradient)
                for source, gradient in zip(node.inputs, node.downstream, strict=True)
            ],
        }
        for node in order
    ]


def _gradient(
    explanation: Explanation, node: Node, gradient: Gradient | None
) -> dict[str, Any] | None:
    if not isinstance(gradient, RowGradient):
        return None if gradient is None else _array(gradient)
    rows = [explanation.row_name(node.name, row) for row in gradient.rows.tolist()]
    return {"rows": rows, **_array(gradient.values)}


def _array(array: Floats) -> dict[str, Any]:
    """Return a small array as nested lists, a large one as its length and its first numbers."""
    summary = {"shape": list(array.shape), "norm": float(np.linalg.norm(array))}
    if array.size <= _WHOLE:
        return {**summary, "values": array.tolist()}
    return {**summary, "first": array.ravel()[:8].tolist()}
