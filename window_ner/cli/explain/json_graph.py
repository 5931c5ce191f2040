"""An explanation as JSON: each node of the graph with its values and gradients."""

import json
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from window_ner.analysis.explanation import Explanation
    from window_ner.nn.arrays import Floats
    from window_ner.nn.graph import Node
    from window_ner.nn.row_gradient import Gradient
from window_ner.cli.explain.text import formula

_WHOLE = 64
"""So many numbers JSON shows in full."""


def write_json(stream: TextIO, explanation: "Explanation") -> None:
    """Write every node of the graph, in order, and what each word adds."""
    order = explanation.nodes.graph.order
    number = {node: i for i, node in enumerate(order)}
    nodes = [
        {
            "id": number[node],
            "symbol": node.symbol,
            "name": node.name,
            "formula": formula(node),
            "inputs": [number[source] for source in node.inputs],
            "shape": list(node.value.shape),
            "value": _array(node.value),
            "upstream": _json_gradient(explanation, node, node.upstream),
            "local": [_array(local) for local in node.local],
            "downstream": [
                _json_gradient(explanation, source, gradient)
                for source, gradient in zip(node.inputs, node.downstream, strict=True)
            ],
        }
        for node in order
    ]
    shapley, guess = explanation.shapley, explanation.gradient_times_input
    words = [
        {"word": word, "shapley": fair, "gradient_times_input": first_order}
        for word, fair, first_order in zip(
            explanation.words, shapley.words.tolist(), guess.words.tolist(), strict=True
        )
    ]
    context = {"shapley": shapley.context, "gradient_times_input": guess.context}
    report = {
        "word": explanation.centre,
        "tag": explanation.tag,
        "decided": explanation.decided,
        "score": explanation.score,
        "empty_score": explanation.empty_score,
        "sampling_error": explanation.sampling_error,
        "window": words,
        "context": None if shapley.context is None else context,
        "nodes": nodes,
    }
    json.dump(report, stream, indent=2, ensure_ascii=False)
    stream.write("\n")


def _json_gradient(
    explanation: "Explanation", node: "Node", gradient: "Gradient | None"
) -> dict[str, Any] | None:
    from window_ner.nn.row_gradient import RowGradient

    if not isinstance(gradient, RowGradient):
        return None if gradient is None else _array(gradient)
    rows = [explanation.row_name(node.name, row) for row in gradient.rows.tolist()]
    return {"rows": rows, **_array(gradient.values)}


def _array(array: "Floats") -> dict[str, Any]:
    """Put a small array as nested lists, of a large one the length and the first numbers."""
    import numpy as np

    summary = {"shape": list(array.shape), "norm": float(np.linalg.norm(array))}
    if array.size <= _WHOLE:
        return {**summary, "values": array.tolist()}
    return {**summary, "first": array.ravel()[:8].tolist()}
