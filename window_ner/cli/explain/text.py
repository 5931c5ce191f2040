"""An explanation as text: each node of the graph, then a bar for each word."""

from typing import TYPE_CHECKING, TextIO

from window_ner.analysis.verdict import verdict, why_not
from window_ner.cli.output import new_console
from window_ner.nn.graph.formulas import formula, node_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from window_ner.analysis.explanation import Explanation, Parts
    from window_ner.nn.arrays import Floats
    from window_ner.nn.graph import Node
    from window_ner.nn.row_gradient import Gradient

PADDING_MARK = "·"
"""Shown in place of padding, beyond the edge of the sentence."""

_BAR_WIDTH = 20
"""Columns of the longest bar."""


def write_text(stream: TextIO, explanation: "Explanation") -> None:
    """Print the nodes from the score down to the words, then what each word adds, in two ways."""
    from rich.text import Text

    console = new_console(file=stream, highlight=False, soft_wrap=True)

    def line(*parts: tuple[str, str]) -> None:
        console.print(Text.assemble(*parts))

    line((f"{verdict(explanation)}\n", "bold"))
    for node in reversed(explanation.nodes.graph.order):
        for parts in _node_lines(explanation, node):
            line(*parts)
    shapley, guess = explanation.shapley, explanation.gradient_times_input
    line(
        ("\nWhat each word adds to the score: Shapley values", "bold"),
        (_sampling_error(explanation), ""),
    )
    line((_amount(explanation, "average words", explanation.empty_score), "dim"))
    for parts in _bar_lines(explanation, shapley):
        line(*parts)
    line((_amount(explanation, "= score", explanation.empty_score + shapley.total), "bold"))
    line(("\nA first-order estimate: gradient × input, Σ xᵢ · ∂s/∂xᵢ", "bold"))
    for parts in _bar_lines(explanation, guess):
        line(*parts)
    line((f"{_amount(explanation, 'sum', guess.total)}  {why_not(explanation)}", "dim"))


_Line = list[tuple[str, str]]
"""Pieces of a line of text, each with its style."""


def _node_lines(explanation: "Explanation", node: "Node") -> "Iterator[_Line]":
    """Show a node with its value, and its upstream, local and downstream gradients."""
    is_formula = node.name and node.inputs
    shape = " × ".join(map(str, node.value.shape))
    yield [
        (node_name(node), "bold cyan"),
        (f" = {formula(node)}" if is_formula else "", "cyan"),
        (f"   {shape}{'' if node.inputs else ' ' + node.symbol}", "dim"),
    ]
    yield [("  value       ", "dim"), (_summary(node.value), "")]
    if node.upstream is not None:
        yield [("  upstream    ", "dim"), (_gradient(explanation, node, node.upstream), "")]
    for title, gradients in (("local", node.local), ("downstream", node.downstream)):
        for source, gradient in zip(node.inputs, gradients, strict=False):
            yield [
                (f"  {title:<12}", "dim"),
                (f"{node_name(source)}: ", "cyan"),
                (_gradient(explanation, source, gradient), ""),
            ]
            title = ""  # noqa: PLW2901 - the title is printed once


def _bar_lines(explanation: "Explanation", parts: "Parts") -> "Iterator[_Line]":
    """Draw a bar for what each word adds, and the context if there is one."""
    amounts = parts.as_list()
    largest = max(map(abs, amounts)) or 1.0
    for name, amount in zip(_names(explanation), amounts, strict=True):
        left, right = _bars(amount / largest)
        yield [
            (f"{_amount(explanation, name, amount)}  ", ""),
            (left, "red"),
            ("│", "dim"),
            (right, "blue"),
        ]


def _sampling_error(explanation: "Explanation") -> str:
    error = explanation.sampling_error
    return f", estimated, standard error up to {error:.2g}" if error else ""


def _names(explanation: "Explanation") -> list[str]:
    words = [PADDING_MARK if word is None else word for word in explanation.words]
    middle = len(words) // 2
    words[middle] = f"[{words[middle]}]"
    return words if explanation.shapley.context is None else [*words, "(context)"]


def _amount(explanation: "Explanation", name: str, amount: float) -> str:
    """Write what a part adds, in columns: some characters take two of them, or none."""
    from rich.cells import cell_len, set_cell_size

    width = max(cell_len("average words"), *map(cell_len, _names(explanation)))
    return f"  {set_cell_size(name, width)} {amount:+8.3f}"


def _bars(fraction: float) -> tuple[str, str]:
    """Draw a bar to the left of an axis or to its right; a fraction of 1 is the longest."""
    eighths = round(abs(fraction) * _BAR_WIDTH * 8)
    whole, part = divmod(eighths, 8)
    if fraction >= 0:
        return " " * _BAR_WIDTH, "█" * whole + " ▏▎▍▌▋▊▉"[part].strip()
    # Of the blocks that begin at the right edge of a cell, only the half one exists.
    return f"{'▐' * (part >= 4) + '█' * whole:>{_BAR_WIDTH}}", ""


def _gradient(explanation: "Explanation", node: "Node", gradient: "Gradient") -> str:
    """Summarise a gradient; for a table, list the rows whose gradient is not 0."""
    from window_ner.nn.row_gradient import RowGradient

    if not isinstance(gradient, RowGradient):
        return _summary(gradient)
    rows = [
        f"{explanation.row_name(node.name, row)} {_summary(values, few=1)}"
        for row, values in zip(gradient.rows.tolist(), gradient.values, strict=True)
    ]
    return f"0 except in {len(rows)} rows: {', '.join(rows)}"


def _summary(array: "Floats", few: int = 8) -> str:
    """Show a small array in full, a large one by its length and a few numbers."""
    import numpy as np

    if array.size <= few:
        return " ".join(f"{number:.4g}" for number in array.ravel().tolist())
    norm = f"‖{np.linalg.norm(array):.3g}‖"
    if array.size and array.min() == array.max():
        return f"all {array.flat[0]:.4g}"
    numbers = [f"{number:.3g}" for number in array.ravel()[: few // 2].tolist()]
    return " ".join([norm, *numbers, "…"] if numbers else [norm])
