"""An explanation as text: each node of the graph, then a bar for each word."""

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from window_ner.analysis.explanation import Explanation
    from window_ner.nn.arrays import Floats
    from window_ner.nn.graph import Node
    from window_ner.nn.row_gradient import Gradient


PADDING_MARK = "·"
"""What stands for a place beyond the edge of the sentence."""


def formula(node: "Node") -> str:
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


def node_name(node: "Node") -> str:
    """Return the name of a node; of one without a name, how it was computed."""
    return node.name or formula(node)


def write_text(stream: TextIO, explanation: "Explanation") -> None:
    """Print the nodes from the score down to the words, then a bar for each word."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)

    def line(*parts: tuple[str, str]) -> None:
        console.print(Text.assemble(*parts))

    line((f"{verdict(explanation)}\n", "bold"))
    for node in reversed(explanation.nodes.graph.order):
        is_formula = node.name and node.inputs
        shape = " × ".join(map(str, node.value.shape))
        line(
            (node_name(node), "bold cyan"),
            (f" = {formula(node)}" if is_formula else "", "cyan"),
            (f"   {shape}{'' if node.inputs else ' ' + node.symbol}", "dim"),
        )
        line(("  value       ", "dim"), (_summary(node.value), ""))
        if node.upstream is not None:
            line(("  upstream    ", "dim"), (_gradient(explanation, node, node.upstream), ""))
        for title, gradients in (("local", node.local), ("downstream", node.downstream)):
            for source, gradient in zip(node.inputs, gradients, strict=False):
                line(
                    (f"  {title:<12}", "dim"),
                    (f"{node_name(source)}: ", "cyan"),
                    (_gradient(explanation, source, gradient), ""),
                )
                title = ""  # noqa: PLW2901 (said once)
    line(("\nWhat each word adds to the score, Σ xᵢ · ∂s/∂xᵢ", "bold"))
    rows = [*zip(_shown(explanation), explanation.contributions.tolist(), strict=True)]
    if explanation.context is not None:
        rows.append(("(context)", explanation.context))
    widest = max(len(name) for name, _ in rows)
    largest = max(abs(amount) for _, amount in rows) or 1.0
    for name, amount in rows:
        left, right = _bars(amount / largest)
        line(
            (f"  {name:<{widest}} {amount:+8.3f}  ", ""),
            (left, "red"),
            ("│", "dim"),
            (right, "blue"),
        )


def verdict(explanation: "Explanation") -> str:
    """Say in a line what was decided, and by which score."""
    score = f"s = {explanation.score:.3f}"
    if explanation.tag is None:
        yes = explanation.decided != "O"
        return f"{explanation.centre}: {score}, {'part of a name' if yes else 'not part of a name'}"
    decided = "" if explanation.tag == explanation.decided else f"; decided: {explanation.decided}"
    return f"{explanation.centre}: {score} for {explanation.tag}{decided}"


def _shown(explanation: "Explanation") -> list[str]:
    words = [PADDING_MARK if word is None else word for word in explanation.words]
    middle = len(words) // 2
    return [f"[{word}]" if i == middle else word for i, word in enumerate(words)]


def _bars(fraction: float, width: int = 20) -> tuple[str, str]:
    """Draw a bar to the left of an axis or to its right."""
    eighths = round(abs(fraction) * width * 8)
    whole, part = divmod(eighths, 8)
    if fraction >= 0:
        return " " * width, "█" * whole + " ▏▎▍▌▋▊▉"[part].strip()
    # Of the left part of a cell there is no block but the half one.
    return f"{'▐' * (part >= 4) + '█' * whole:>{width}}", ""


def _gradient(explanation: "Explanation", node: "Node", gradient: "Gradient") -> str:
    """Summarise a gradient; that of a table by the rows that have one."""
    from window_ner.nn.row_gradient import RowGradient

    if not isinstance(gradient, RowGradient):
        return _summary(gradient)
    rows = [
        f"{explanation.row_name(node.name, row)} {_summary(values, few=1)}"
        for row, values in zip(gradient.rows.tolist(), gradient.values, strict=True)
    ]
    return f"0 but for {len(rows)} rows: {', '.join(rows)}"


def _summary(array: "Floats", few: int = 8) -> str:
    """Show a small array in full, of a large one the length and a few numbers."""
    import numpy as np

    if array.size <= few:
        return " ".join(f"{number:.4g}" for number in array.ravel().tolist())
    norm = f"‖{np.linalg.norm(array):.3g}‖"
    if array.size and array.min() == array.max():
        return f"all {array.flat[0]:.4g}"
    numbers = [f"{number:.3g}" for number in array.ravel()[: few // 2].tolist()]
    return " ".join([norm, *numbers, "…"] if numbers else [norm])
