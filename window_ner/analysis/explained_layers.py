"""The numbers that a picture of the network shows for one window, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from window_ner.nn.arrays import Floats

if TYPE_CHECKING:  # an explanation shows itself as a picture, which is drawn from these numbers
    from window_ner.analysis.explanation import Explanation


@dataclass(frozen=True)
class ExplainedLayers:
    """The values and gradients of one window; P parts of x, L hidden layers.

    Attributes
    ----------
    parts
        The part of x of each word, then that of the context if there is one.
    gradients
        ∂s/∂x in the same parts.
    names
        The names of the hidden layers: "" if there is one, "1", "2", … if there are more.
    h, delta
        The values of the units of each hidden layer, and δ = ∂s/∂z.
    from_words
        (H, P) what each part of x adds to each unit of the first layer: W times the part. Without a
        hidden layer, H is 1 and it is added to the score.
    upward
        For each hidden layer, what each of its units adds to each unit of the layer above it; the
        last one is (1, H), added to the score.
    """

    parts: list[Floats]
    gradients: list[Floats]
    names: list[str]
    h: list[Floats]
    delta: list[Floats]
    from_words: Floats
    upward: list[Floats]


def explained_layers(explanation: Explanation) -> ExplainedLayers:
    """Take the numbers of the layers from the graph of an explanation."""
    nodes = explanation.nodes
    x, window = nodes.x.value[0], len(explanation.words)
    gradient = np.asarray(nodes.x.upstream)[0]
    cuts = [explanation.word_width * (i + 1) for i in range(window)]
    if cuts[-1] == x.size:
        cuts.pop()
    parts = np.split(x, cuts)
    value = {node.name: node.value for node in nodes.graph.order}
    names = [""] if "W" in value else [str(i) for i in range(1, 99) if f"W{i}" in value]
    h = [value[f"h{name}"][0] for name in names]
    first, *above = [*(value[f"W{name}"] for name in names), value["U"]]
    split = np.split(first, cuts, axis=1)
    return ExplainedLayers(
        parts=parts,
        gradients=np.split(gradient, cuts),
        names=names,
        h=h,
        delta=[np.asarray(explanation.node(f"z{name}").upstream)[0] for name in names],
        from_words=np.stack([W @ part for W, part in zip(split, parts, strict=True)], axis=1),
        upward=[W * values for W, values in zip(above, h, strict=True)],
    )
