"""What an explanation says, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from window_ner.analysis.explanation import Explanation


_STRAIGHT_TO_0 = ("relu", "leaky-relu", "prelu")
"""Activations with h = f'(z) z, so that s = Σ xᵢ · ∂s/∂xᵢ + Σ bᵢ · ∂s/∂bᵢ."""


def verdict(explanation: Explanation) -> str:
    """Describe the decision and its score in one line."""
    score = f"s = {explanation.score:.3f}"
    if explanation.tag is None:
        yes = explanation.decided != "O"
        return f"{explanation.centre}: {score}, {'part of a name' if yes else 'not part of a name'}"
    decided = "" if explanation.tag == explanation.decided else f"; decided: {explanation.decided}"
    return f"{explanation.centre}: {score} for {explanation.tag}{decided}"


def why_not(explanation: Explanation) -> str:
    """Say why gradient times input does not add up to the score, or that it does."""
    f = activation(explanation)
    if f is None:
        return "the score: without a hidden layer it is linear"
    if f in _STRAIGHT_TO_0:
        biases = explanation.score - explanation.gradient_times_input.total
        return f"not the score: the biases are left out, which add {biases:+.3f}"
    shape = "has corners" if f == "hard-tanh" else "is curved"
    return f"not the score: {f} {shape}, so a slope holds for small changes only"


def activation(explanation: Explanation) -> str | None:
    """Name the activation of the hidden layers, if there are any."""
    order = explanation.nodes.graph.order
    return next((node.symbol for node in order if (node.name or "")[:1] == "h"), None)
