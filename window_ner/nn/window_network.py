"""The window network: the equations of the forward pass and their gradients.

For one window of ``size`` tokens, with the centre word t between its neighbours::

    v_t = [E[word]; other features of the token]             (D)
    x   = [v_{t-2}; v_{t-1}; v_t; v_{t+1}; v_{t+2}]          (size·D)    D = d in the lecture
          the tagger appends features of the centre word only, such as the mean vector of its
          document; they are constants and have no gradient
    z   = W x + b                                            (H)
    h   = f(z)                                               (H)
    s   = U h                                                (K)         K = 1 in the lecture

The backward pass, where δ = ∂J/∂z is the error signal::

    ∂J/∂U = ∂J/∂s hᵀ                                         (K × H)
    ∂J/∂h = Uᵀ ∂J/∂s                                         (H)
    δ     = ∂J/∂h ∘ f'(z)                                    (H)
    ∂J/∂W = δ xᵀ        ∂J/∂b = δ                            (H × size·D), (H)
    ∂J/∂x = Wᵀ δ                                             (size·D)
    ∂J/∂E[w] = the sum of the slices of ∂J/∂x at the positions of word w    (d)

In a mini-batch each row is one window, so ``W x`` becomes ``X Wᵀ``, and the sums over the batch are
matrix products. With several hidden layers, h of one layer is x of the next; with none, s = U x,
which is a logistic regression.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from window_ner.nn.activations import get_activation
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.initializers import get_initializer
from window_ner.nn.row_gradient import RowGradient, row_gradient

Gradients = dict[str, Floats | RowGradient]


class WindowBatch(NamedTuple):
    """The input of the network: N windows over M places (tokens, and the padding between them).

    Attributes
    ----------
    rows
        For each table, by the name of its parameter, the rows to look up at each place: (M,), or
        (M, k) if a token has k rows of this table.
    windows
        (N, size) the places of each window; None if the windows follow one another in the places,
        so that M = N · size.
    flags
        (M, F) features of each place that are used as they are, without a table.
    centre
        (N, C) features of the centre word of each window.
    """

    rows: Mapping[str, Ints]
    windows: Ints | None = None
    flags: Floats | None = None
    centre: Floats | None = None


class Dropout(NamedTuple):
    """Drop inputs and hidden units at random in training, and scale up the rest.

    `inputs` and `hidden` are the probabilities to drop (Srivastava et al., 2014).
    """

    inputs: float
    hidden: float
    rng: "np.random.Generator"

    def mask(self, shape: tuple[int, ...], probability: float, dtype: DTypeLike) -> Floats | None:
        """Draw the factors to multiply by: 0 where dropped, 1 / (1 - probability) elsewhere.

        It draws random bytes, which is five times faster than random floats. So the probability is
        rounded to a multiple of 1/256.
        """
        dropped = min(round(256 * probability), 255)
        if not dropped:
            return None
        drawn = np.frombuffer(self.rng.bytes(math.prod(shape)), dtype=np.uint8).reshape(shape)
        return np.multiply(drawn >= dropped, 256 / (256 - dropped), dtype=dtype)


@dataclass(eq=False)
class Trace:
    """What the forward pass stores for the backward pass, so that nothing is computed twice."""

    inputs: list[Floats] = field(default_factory=list)  # x of each layer, then the input of U
    z: list[Floats] = field(default_factory=list)  # or h, if the gradient does not need z
    h: list[Floats] = field(default_factory=list)
    masks: list[Floats | None] = field(default_factory=list)  # dropout on the inputs of each layer


class WindowNetwork:
    """The network and its parameters.

    Parameters
    ----------
    parameters
        By name: the tables (``E`` (V, d) and other tables named in a batch's ``rows``), ``W``
        (H, in) and ``b`` (H,) of the hidden layer, or ``W1``, ``b1``, ``W2``, … of several layers,
        or none at all, and ``U`` (K, H), without a hidden layer (K, in). A learned slope of the
        activation is ``a``, ``a1``, … (1,).
    window
        The number of tokens of a window.
    activation
        The name of f.
    """

    def __init__(self, parameters: dict[str, Floats], window: int, activation: str) -> None:
        self.parameters = parameters
        self.window = window
        self.activation = get_activation(activation)
        depth = sum(name[0] == "W" for name in parameters)
        self.layers = [str(i) for i in range(1, depth + 1)] if depth > 1 else [""] * depth

    def forward(self, batch: WindowBatch, dropout: Dropout | None = None) -> tuple[Floats, Trace]:
        """Score N windows; return the scores (N, K) and the trace that `backward` needs."""
        trace = Trace()
        x = self.inputs(batch)
        for i, layer in enumerate(self.layers):
            x = _drop(x, dropout, "hidden" if i else "inputs", trace)
            W, b = self.parameters["W" + layer], self.parameters["b" + layer]
            z = x @ W.T
            z += b
            in_place = None if self.activation.needs_z else z
            h = self.activation.forward(z, self.slope(layer), out=in_place)
            trace.inputs.append(x)
            trace.z.append(z)
            trace.h.append(h)
            x = h
        x = _drop(x, dropout, "hidden" if self.layers else "inputs", trace)
        trace.inputs.append(x)
        return x @ self.parameters["U"].T, trace

    def backward(
        self, ds: Floats, batch: WindowBatch, trace: Trace, frozen: Collection[str] = ()
    ) -> Gradients:
        """Compute the gradients of all parameters that are not frozen, from ds = ∂J/∂s (N, K).

        The arrays of the trace are overwritten.
        """
        gradients: Gradients = {"U": ds.T @ trace.inputs[-1]}
        delta, weights = ds, self.parameters["U"]  # of the layer above
        for i in range(len(self.layers) - 1, -1, -1):
            layer, z, h = self.layers[i], trace.z[i], trace.h[i]
            dh = _inputs_backward(delta, weights, trace.masks[i + 1])
            delta = self.activation.backward(dh, h, z, self.slope(layer), out=h)
            weights = self.parameters["W" + layer]
            gradients["W" + layer] = delta.T @ trace.inputs[i]
            gradients["b" + layer] = np.ones(len(delta), delta.dtype) @ delta  # sum of the rows
            if self.activation.slope_backward:
                slope = self.activation.slope_backward(dh, z)
                gradients["a" + layer] = np.array([slope], dtype=z.dtype)
        trained = [name for name in batch.rows if name not in frozen]
        if trained:
            columns = self._columns(batch, trained)
            dx = _inputs_backward(delta, weights, trace.masks[0], columns)
            gradients.update(self._tables_backward(dx, batch, trained))
        return {name: g for name, g in gradients.items() if name not in frozen}

    def inputs(self, batch: WindowBatch) -> Floats:
        """Look the tokens up and concatenate the windows: x, (N, size·D + C)."""
        tokens = self.token_vectors(batch)
        if batch.windows is None:
            x = tokens.reshape(len(tokens) // self.window, -1)
        else:
            x = tokens.take(batch.windows, axis=0).reshape(len(batch.windows), -1)
        return x if batch.centre is None else np.concatenate([x, batch.centre], axis=1)

    def token_vectors(self, batch: WindowBatch) -> Floats:
        """Look up the vectors and features of each place: v, (M, D)."""
        parts = [_look_up(self.parameters[table], rows) for table, rows in batch.rows.items()]
        if batch.flags is not None:
            parts.append(batch.flags)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _columns(self, batch: WindowBatch, tables: Collection[str]) -> Ints | slice:
        """Return the columns of x that need ∂J/∂x: those of the tables that are trained.

        If all tables are trained, it is a slice, which copies nothing; it has the flags too, whose
        gradient is not used. Otherwise it is an array. A training for new labels keeps its word
        vectors, which are half of its inputs.
        """
        flags = 0 if batch.flags is None else batch.flags.shape[1]
        widths = {name: self._width(name, rows) for name, rows in batch.rows.items()}
        D = sum(widths.values()) + flags
        if len(tables) == len(widths):
            return slice(0, self.window * D)
        of_token = np.concatenate([np.full(widths[name], name in tables) for name in widths])
        starts = D * np.arange(self.window)[:, np.newaxis]
        return (starts + np.flatnonzero(of_token)).ravel()

    def _tables_backward(
        self, dx: Floats, batch: WindowBatch, tables: Collection[str]
    ) -> Gradients:
        """Add up ∂J/∂x over the windows of each token, then over the tokens of each table row.

        ``dx`` (N, size·D') has the columns of these tables, and maybe of flags after them.
        """
        if batch.windows is None:
            dtokens = dx.reshape(len(dx) * self.window, -1)
        else:
            dwindows = dx.reshape(len(dx), self.window, -1)
            places = len(next(iter(batch.rows.values())))
            dtokens = np.zeros((places, dwindows.shape[2]), dtype=dx.dtype)
            for p in range(self.window):  # a place occurs at most once at each window position
                dtokens[batch.windows[:, p]] += dwindows[:, p]
        gradients: Gradients = {}
        column = 0
        for table in tables:
            rows, width = batch.rows[table], self._width(table, batch.rows[table])
            upstream = dtokens[:, column : column + width].reshape(
                -1, self.parameters[table].shape[1]
            )
            gradients[table] = row_gradient(rows.ravel(), upstream)
            column += width
        return gradients

    def _width(self, table: str, rows: Ints) -> int:
        """Return how many values of a token come from a table."""
        return int(self.parameters[table].shape[1] * math.prod(rows.shape[1:]))

    @property
    def weights(self) -> tuple[str, ...]:
        """The names of the weight matrices, W of each layer and U: what weight decay is for."""
        return (*("W" + layer for layer in self.layers), "U")

    @property
    def first_hidden(self) -> int:
        """The number of units of the first hidden layer; there must be one."""
        return len(self.parameters["b" + self.layers[0]])

    def slope(self, layer: str) -> float | None:
        """Return the learned slope of a layer's activation; None if it has no learned slope."""
        return float(self.parameters["a" + layer][0]) if "a" + layer in self.parameters else None

    def astype(self, dtype: DTypeLike) -> "WindowNetwork":
        """Copy the network with another dtype: float32 for training, float64 to check gradients."""
        return self.with_parameters({name: p.astype(dtype) for name, p in self.parameters.items()})

    def with_parameters(self, parameters: Mapping[str, Floats]) -> "WindowNetwork":
        """Return the network with other numbers; names that it does not have are left out."""
        own = {name: parameters[name] for name in self.parameters}
        return WindowNetwork(own, self.window, self.activation.name)


def make_layers(
    inputs: int,
    hidden: Collection[int],
    outputs: int,
    *,
    activation: str,
    initializer: str,
    rng: "np.random.Generator",
) -> dict[str, Floats]:
    """Create initial W, b (and a learned slope) for each hidden layer, and U (`WindowNetwork`)."""
    draw = get_initializer(initializer)
    slope = get_activation(activation).learned_slope
    parameters: dict[str, Floats] = {}
    for i, units in enumerate(hidden, 1):
        layer = str(i) if len(hidden) > 1 else ""
        parameters["W" + layer] = draw((units, inputs), rng, np.float32)
        parameters["b" + layer] = np.zeros(units, dtype=np.float32)
        if slope is not None:
            parameters["a" + layer] = np.array([slope], dtype=np.float32)
        inputs = units
    parameters["U"] = draw((outputs, inputs), rng, np.float32)
    return parameters


def _look_up(table: Floats, rows: Ints) -> Floats:
    """Return E[rows] with the k vectors of a token side by side: (M,) or (M, k) -> (M, k·d)."""
    return table.take(rows.ravel(), axis=0).reshape(len(rows), -1)


def _drop(x: Floats, dropout: Dropout | None, kind: str, trace: Trace) -> Floats:
    mask = None
    if dropout is not None:
        mask = dropout.mask(x.shape, getattr(dropout, kind), x.dtype)
    trace.masks.append(mask)
    return x if mask is None else x * mask


def _inputs_backward(
    delta: Floats, weights: Floats, mask: Floats | None, columns: Ints | slice = slice(None)
) -> Floats:
    """Return the gradient of some inputs of a layer: delta W, 0 where an input was dropped."""
    dx = delta @ weights[:, columns]
    if mask is not None:
        dx *= mask[:, columns]
    return dx
