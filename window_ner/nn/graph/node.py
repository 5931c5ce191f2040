"""A node of the computational graph, and the arithmetic that Python has operators for.

A node holds an array and knows how it was computed. In the forward pass an operation computes its
value from the values of its inputs. In the backward pass it receives its *upstream* gradient
∂L/∂value and computes a *downstream* gradient for each input: the upstream gradient times the
*local* gradient ∂value/∂input. That is the chain rule. Every gradient has the shape of the array
that it belongs to. A node knows its inputs only; `walk.py` goes through the whole graph.

Sources: CS231n, "Backpropagation, Intuitions"; CS224n, lecture 3 and its notes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from window_ner.nn.arrays import Floats
from window_ner.nn.row_gradient import Gradient, dense


class Operations(NamedTuple):
    """The number of floating point operations of the forward pass and of the backward pass.

    +, −, ×, ÷, a comparison, or a function of one number such as exp counts as one operation.
    Moving, copying and transposing count as none.
    """

    forward: int
    backward: int


class Node:
    """An array, and the gradient of the graph's output with respect to it.

    Attributes
    ----------
    name : str
        The name of the value, such as "W" or "z"; may be empty.
    symbol : str
        The symbol of the operation that computed the value.
    inputs : tuple of Node
        The nodes that the value is computed from; empty for a leaf.
    value : floats
    upstream : floats of the value's shape, RowGradient, or None before a backward pass
        ∂L/∂value, where L is the output of the graph.
    local : tuple of floats
        ∂value/∂input for each input, which the chain rule multiplies by; empty for operations
        that only move or add numbers.
    downstream : tuple of floats or RowGradient
        For each input, the part of ∂L/∂input that comes through this node.
    """

    __array_ufunc__ = None  # `array @ node` must call the node's operator, not NumPy's
    symbol = ""
    inputs: tuple[Node, ...] = ()
    upstream: Gradient | None = None
    local: tuple[Floats, ...] = ()
    downstream: tuple[Gradient, ...] = ()

    def __init__(self, value: ArrayLike, name: str = "", like: Node | None = None) -> None:
        """Keep an array of floats as it is; convert numbers and integers to the dtype of `like`."""
        array = np.asarray(value)
        if isinstance(value, int | float) or array.dtype.kind != "f":
            array = array.astype(like.value.dtype if like else np.float64)
        self.value: Floats = array
        self.name = name

    def forward(self) -> None:
        """Compute the value from the inputs; a leaf has no inputs and keeps its value."""

    def backward(self) -> None:
        """Compute the local and the downstream gradients from the upstream gradient."""

    def operations(self) -> Operations:
        """Count the floating point operations of `forward` and of `backward`."""
        return Operations(0, 0)

    def named(self, name: str) -> Self:
        """Give the node a name and return it: ``z = (x @ W.T + b).named("z")``."""
        self.name = name
        return self

    def __repr__(self) -> str:
        return f"<{self.symbol} {self.name or 'node'} {self.value.shape}>"

    def __add__(self, other: Input) -> Node:
        return add(self, other)

    def __radd__(self, other: ArrayLike) -> Node:
        return add(other, self)

    def __sub__(self, other: Input) -> Node:
        return add(self, negate(other) if isinstance(other, Node) else np.negative(other))

    def __rsub__(self, other: ArrayLike) -> Node:
        return add(other, negate(self))

    def __mul__(self, other: Input) -> Node:
        return multiply(self, other)

    def __rmul__(self, other: ArrayLike) -> Node:
        return multiply(other, self)

    def __matmul__(self, other: Input) -> Node:
        return matmul(self, other)

    def __rmatmul__(self, other: ArrayLike) -> Node:
        return matmul(other, self)

    def __neg__(self) -> Node:
        return negate(self)

    @property
    def T(self) -> Node:  # noqa: N802 - as in NumPy
        """The transpose."""
        return transpose(self)


Input = Node | ArrayLike


class Parameter(Node):
    """A leaf whose gradient is needed: a weight, or an input to explain."""

    symbol = "parameter"


class Constant(Node):
    """A leaf whose gradient is not needed, such as the 1 in 1 / (1 + e⁻ᶻ)."""

    symbol = "constant"


class Operation(Node):
    """A node that is computed: when it is created, and again in every forward pass.

    Parameters
    ----------
    symbol : str
    inputs : sequence of Node or array_like
        Numbers and arrays become constants.
    forward : callable
        ``forward(*inputs) -> value``.
    local : callable, optional
        ``local(value, *inputs)`` returns a list with ∂value/∂input for each input.
    backward : callable, optional
        ``backward(upstream, *inputs)`` returns a list with ∂L/∂input for each input. The default
        is upstream × local, element by element.
    count : callable, optional
        ``count(value, *inputs)`` returns the number of operations forward and backward. The
        default is none.
    """

    def __init__(
        self,
        symbol: str,
        inputs: Sequence[Input],
        forward: Callable[..., Any],
        local: Callable[..., Sequence[Floats]] = lambda *_: [],
        *,
        backward: Callable[..., Sequence[Gradient]] | None = None,
        count: Callable[..., tuple[int, int]] = lambda *_: (0, 0),
    ) -> None:
        like = next((node for node in inputs if isinstance(node, Node)), None)
        self.inputs = tuple(n if isinstance(n, Node) else Constant(n, like=like) for n in inputs)
        self.symbol = symbol
        self._forward, self._local, self._count = forward, local, count
        self._backward = backward
        super().__init__(forward(*self._values()))

    def forward(self) -> None:
        """Compute the value from the inputs."""
        self.value = np.asarray(self._forward(*self._values()))

    def backward(self) -> None:
        """Compute the local gradients and, from them, the downstream gradients."""
        if self.upstream is None:
            raise ValueError(f"{self} has no upstream gradient: call Graph(output).backward()")
        self.local = tuple(self._local(self.value, *self._values()))
        upstream = dense(self.upstream, self.value.shape)
        # A node that kept its own method would be freed by the garbage collector alone, too late.
        backward = self._backward or self._chain_rule
        self.downstream = tuple(backward(upstream, *self._values()))

    def operations(self) -> Operations:
        """Count the floating point operations of `forward` and of `backward`."""
        return Operations(*self._count(self.value, *self._values()))

    def _values(self) -> tuple[Floats, ...]:
        return tuple(node.value for node in self.inputs)

    def _chain_rule(self, upstream: Floats, *values: Floats) -> list[Floats]:
        pairs = zip(self.local, values, strict=True)
        return [sum_to_shape(upstream * local, value.shape) for local, value in pairs]


def sum_to_shape(gradient: Floats, shape: tuple[int, ...]) -> Floats:
    """Undo broadcasting: a number that was copied gets the sum of the gradients of its copies."""
    ahead = gradient.ndim - len(shape)
    stretched = [ahead + i for i, size in enumerate(shape) if size == 1]
    return np.asarray(gradient.sum((*range(ahead), *stretched))).reshape(shape)


def per_number(forward: int, backward: int) -> Callable[..., tuple[int, int]]:
    """Return a count of the operations: `forward` and `backward` are for each number of the arrays.

    The numbers are those of the largest array; `backward` counts once for each input. An input that
    was broadcast adds one operation for each number that is summed away from its gradient.
    """

    def count(*arrays: Floats) -> tuple[int, int]:
        n = max(array.size for array in arrays)
        return forward * n, sum(backward * n + n - array.size for array in arrays[1:])

    return count


def add(a: Input, b: Input) -> Node:
    """Add: both inputs get the upstream gradient unchanged."""
    return Operation(
        "+",
        [a, b],
        lambda a, b: a + b,
        lambda _, a, b: [np.ones_like(a), np.ones_like(b)],
        count=per_number(1, 0),
    )


def negate(a: Input) -> Node:
    """Multiply by −1; the gradient is multiplied by −1 too."""
    return Operation(
        "×−1", [a], lambda a: -a, lambda _, a: [-np.ones_like(a)], count=per_number(1, 1)
    )


def multiply(a: Input, b: Input) -> Node:
    """Multiply element by element: the local gradient of each factor is the other factor."""
    return Operation(
        "×", [a, b], lambda a, b: a * b, lambda _, a, b: [b, a], count=per_number(1, 1)
    )


def matmul(a: Input, b: Input) -> Node:
    """Multiply matrices or vectors: (m, k) @ (k, n) takes 2mkn operations, and twice that backward.

    C_ij = Σ_k A_ik B_kj, so ∂L/∂A_ik = Σ_j ∂L/∂C_ij B_kj, which is dA = dC Bᵀ; likewise dB = Aᵀ dC.
    As for numbers, the gradient of each factor is a product with the other factor, here transposed.
    """

    def forward(a: Floats, b: Floats) -> Floats:
        if not (1 <= a.ndim <= 2 and 1 <= b.ndim <= 2):
            raise ValueError(f"@ takes vectors and matrices, not {a.shape} and {b.shape}")
        return np.asarray(a @ b)

    def backward(upstream: Floats, a: Floats, b: Floats) -> list[Floats]:
        rows, columns = np.atleast_2d(a), b.reshape(len(b), -1)  # vectors: a is a row, b a column
        dc = upstream.reshape(len(rows), columns.shape[1])
        return [(dc @ columns.T).reshape(a.shape), (rows.T @ dc).reshape(b.shape)]

    return Operation(
        "@",
        [a, b],
        forward,
        lambda _, a, b: [b, a],
        backward=backward,
        count=lambda c, a, b: (2 * c.size * len(b), 4 * c.size * len(b)),
    )


def transpose(a: Node) -> Node:
    """Transpose; the gradient is transposed too."""
    return Operation("ᵀ", [a], np.transpose, backward=lambda upstream, _: [upstream.T])
