"""How a node of a graph was computed, in the signs of a formula."""

from window_ner.nn.graph.node import Node


def formula(node: Node) -> str:
    """Write how a node was computed from its inputs: ``x @ Wᵀ + b``."""
    names = [node_name(source) for source in node.inputs]
    if not names:
        return node.symbol
    if node.symbol in ("@", "+", "×"):
        return f" {node.symbol} ".join(names)
    if node.symbol == "ᵀ":
        return f"{names[0]}ᵀ"
    if node.symbol == "[;]":
        return f"[{'; '.join(names)}]"
    return f"{node.symbol}({', '.join(names)})"


def node_name(node: Node) -> str:
    """Return the name of a node, or its formula if it has no name."""
    return node.name or formula(node)
