"""The operations that Python has no operator for, each beside its local gradient.

Sources: CS231n, "Backpropagation, Intuitions" (the gates); CS224n, notes 3 (the losses).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from window_ner.nn.activations import get_activation, logistic
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.graph.node import Input, Node, Operation, per_number
from window_ner.nn.row_gradient import row_gradient


def exp(x: Node) -> Node:
    """eˣ is its own derivative."""
    return Operation("exp", [x], np.exp, lambda e, x: [e], count=per_number(1, 1))


def reciprocal(x: Node) -> Node:
    """1/x has the derivative −1/x²."""
    return Operation("1/x", [x], lambda x: 1 / x, lambda r, x: [-r * r], count=per_number(1, 3))


def maximum(a: Input, b: Input) -> Node:
    """max(a, b): the gradient goes to the larger input, or to a if both are equal."""
    return Operation(
        "max",
        [a, b],
        np.maximum,
        lambda _, a, b: [(a >= b).astype(a.dtype), (a < b).astype(b.dtype)],
        count=per_number(1, 2),
    )


def activate(z: Node, activation: str, slope: Node | None = None) -> Node:
    """f(z), where f is the activation with this name in `window_ner.nn.activations`.

    "prelu" has a learned slope, a node of one number: h = slope · z where z < 0, so
    ∂h/∂slope = min(z, 0).
    """
    f = get_activation(activation)

    def local(h: Floats, z: Floats, *slope: Floats) -> list[Floats]:
        dz = f.backward(np.ones_like(z), h, z, slope[0].item() if slope else None)
        return [dz, *(np.minimum(z, 0) for _ in slope)]

    return Operation(
        activation,
        [z] if slope is None else [z, slope],
        lambda z, *slope: f.forward(z, slope[0].item() if slope else None),
        local,
        count=per_number(1, 2),
    )


def squared_norm(x: Node) -> Node:
    """‖x‖² = Σ xᵢ² has the gradient 2x."""
    return Operation(
        "‖·‖²", [x], lambda x: np.sum(x * x), lambda _, x: [2 * x], count=per_number(2, 2)
    )


def branch(x: Node) -> Node:
    """x, to be used in several places: the gradients of all of them are added.

    The backward pass adds them for every node. This operation makes the branching visible.
    """
    return Operation("branch", [x], lambda x: x, backward=lambda upstream, x: [upstream])


def repeat(x: Node, times: int, axis: int = 0) -> Node:
    """Copy x along a new axis: the gradient is summed along this axis."""
    return Operation(
        "repeat",
        [x],
        lambda x: np.repeat(np.expand_dims(x, axis), times, axis),
        backward=lambda upstream, x: [upstream.sum(axis)],
        count=per_number(0, 0),
    )


def sum_over(x: Node, axis: int | tuple[int, ...] | None = None) -> Node:
    """Sum along one axis, several, or all: the gradient is repeated along them."""
    axes = tuple(range(x.value.ndim)) if axis is None else axis
    return Operation(
        "Σ",
        [x],
        lambda x: np.sum(x, axes),
        backward=lambda upstream, x: [np.broadcast_to(np.expand_dims(upstream, axes), x.shape)],
        count=per_number(1, 0),
    )


def reshape(x: Node, *shape: int) -> Node:
    """Change the shape of x; the gradient gets the old shape."""
    return Operation(
        "reshape",
        [x],
        lambda x: x.reshape(shape),
        backward=lambda upstream, x: [upstream.reshape(x.shape)],
    )


def concatenate(*parts: Node, axis: int = -1) -> Node:
    """Concatenate the parts, [a; b; …]: each part gets its piece of the gradient."""

    def backward(upstream: Floats, *parts: Floats) -> list[Floats]:
        ends = np.cumsum([part.shape[axis] for part in parts])
        return np.split(upstream, ends[:-1], axis)

    return Operation("[;]", parts, lambda *parts: np.concatenate(parts, axis), backward=backward)


def look_up(table: Node, ids: Ints) -> Node:
    """Look up rows of a table (V, d) by ids of any shape: only these rows have a gradient.

    Raises ValueError if an id is not the index of a row.
    """
    _check_below(len(table.value), ids)
    return Operation(
        "look-up",
        [table],
        lambda table: table[ids],
        backward=lambda upstream, table: [
            row_gradient(ids.reshape(-1), upstream.reshape(-1, table.shape[1]))
        ],
        count=lambda rows, table: (0, rows.size),  # backward adds each row to a sum
    )


def logistic_loss(scores: Node, targets: ArrayLike) -> Node:
    """−t log σ(s) − (1 − t) log (1 − σ(s)) = log (1 + eˢ) − t s, the mean over all scores.

    Its gradient is σ(s) − t, divided by the number of scores. The targets, 0 or 1, have the shape
    of the scores.
    """
    t = np.asarray(targets, scores.value.dtype)
    if t.shape != scores.value.shape:
        raise ValueError(f"targets of shape {t.shape} do not fit scores of {scores.value.shape}")
    return Operation(
        "logistic loss",
        [scores],
        lambda s: np.mean(np.logaddexp(0, s) - t * s),
        lambda _, s: [(logistic(s) - t) / s.size],
        count=per_number(6, 4),
    )


def max_margin_loss(scores: Node, corrupted: Node, margin: float = 1.0) -> Node:
    """max(0, margin − s + s_c), the mean over all pairs, built from single operations.

    The gradient of s is −1 and that of s_c is +1 where the margin is violated; else they are 0.
    """
    violation = maximum(0.0, margin - scores + corrupted)
    return sum_over(violation) * (1 / scores.value.size)


def softmax_loss(scores: Node, labels: ArrayLike) -> Node:
    """−Σₖ yₖ log pₖ with p = softmax(s), the mean over the N rows of s (N, K).

    Since log pₖ = sₖ − log Σⱼ exp sⱼ and Σₖ yₖ = 1, the gradient is the error (p − y) / N. The
    labels are class indices (N,), or y itself (N, K), such as one-hot rows.
    """
    classes, y = scores.value.shape[-1], np.asarray(labels)
    if y.ndim == 1:
        _check_below(classes, y)
        y = np.eye(classes)[y]
    y = y.astype(scores.value.dtype)
    if y.shape != scores.value.shape:
        raise ValueError(f"labels of shape {y.shape} do not fit scores of {scores.value.shape}")
    log_p = y

    def forward(s: Floats) -> Floats:
        nonlocal log_p
        shifted = s - s.max(axis=1, keepdims=True)  # does not change p, and prevents overflow
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return np.asarray(-(y * log_p).sum() / len(s))

    return Operation(
        "softmax loss",
        [scores],
        forward,
        lambda _, s: [(np.exp(log_p) - y) / len(s)],
        count=per_number(7, 4),
    )


def _check_below(size: int, ids: Ints) -> None:
    if ids.size and (ids.min() < 0 or ids.max() >= size):
        raise ValueError(f"expected ids from 0 to {size - 1}, got {ids.min()} to {ids.max()}")
