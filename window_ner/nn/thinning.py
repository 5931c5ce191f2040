"""Dropout with one mask for a mini-batch: each step trains a smaller network.

Dropout sets some hidden units to 0 and scales up those that remain (Srivastava et al., 2014). To
scale up units is to scale up the weights that read them: ``W (h / (1 - p)) = (W / (1 - p)) h``. If
all windows of a mini-batch drop the same units, the others form a smaller network, and nothing is
computed for those that are dropped. Let r be the units of a layer that remain, q those of the layer
below, and p the share of units that the layer below drops::

    W' = W[r, q] / (1 - p)                   b' = b[r]
    U' = U[:, q] / (1 - p)

    ∂J/∂W[r, q] = ∂J/∂W' / (1 - p)           ∂J/∂b[r] = ∂J/∂b'
    ∂J/∂U[:, q] = ∂J/∂U' / (1 - p)           all other gradients are 0

The first hidden layer reads all of x, so its weights are not scaled.

Source: Graham, Reizenstein and Robinson, "Efficient batchwise dropout training using submatrices",
2015.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.row_gradient import RowGradient, dense
from window_ner.nn.window_network import Gradients, Trace, WindowBatch, WindowNetwork


class Submatrix(NamedTuple):
    """The part of W, b or U that remains.

    Attributes
    ----------
    rows, columns
        Those that remain; b has no columns.
    scale
        What W or U is multiplied by, 1 / (1 - p); b is not scaled.
    """

    rows: Ints
    columns: Ints | slice
    scale: float

    def forward(self, weights: Floats) -> Floats:
        """Return the part of the weights that remains, scaled up."""
        rows = weights[self.rows]
        return rows if rows.ndim == 1 else rows[:, self.columns] * self.scale

    def backward(self, gradient: Floats, weights: Floats) -> Floats:
        """Return the gradient of all weights from that of the part."""
        rows = gradient
        if weights.ndim > 1:
            rows = np.zeros((len(gradient), weights.shape[1]), weights.dtype)
            rows[:, self.columns] = gradient * self.scale
        return dense(RowGradient(self.rows, rows), weights.shape)


class ThinnedNetwork(WindowNetwork):
    """A network without some of its hidden units, for one mini-batch.

    It copies the weights that remain, so each mini-batch needs a new one. `backward` returns
    gradients with the shapes of the whole network's weights.

    Parameters
    ----------
    network
        The whole network.
    dropped
        The share of the hidden units to drop in each layer, rounded to a number of units; at least
        one unit remains.
    rng
        Draws the units.
    """

    def __init__(self, network: WindowNetwork, dropped: float, rng: "np.random.Generator") -> None:
        self._whole = network.parameters
        self._parts: dict[str, Submatrix] = {}
        below: Ints | slice = slice(None)
        scale = 1.0
        for layer in network.layers:
            units = len(self._whole["b" + layer])
            count = max(units - round(dropped * units), 1)
            remaining = np.sort(rng.permutation(units)[:count])
            part = Submatrix(remaining, below, scale)
            self._parts |= {"W" + layer: part, "b" + layer: part}
            below, scale = remaining, units / count
        self._parts["U"] = Submatrix(np.arange(len(self._whole["U"])), below, scale)
        parts = {name: part.forward(self._whole[name]) for name, part in self._parts.items()}
        super().__init__({**self._whole, **parts}, network.window, network.activation.name)

    def backward(
        self, ds: Floats, batch: WindowBatch, trace: Trace, frozen: Collection[str] = ()
    ) -> Gradients:
        """Compute the gradients for the whole network; see `WindowNetwork.backward`."""
        gradients = super().backward(ds, batch, trace, frozen)
        for name, part in self._parts.items():
            if name in gradients:
                gradients[name] = part.backward(np.asarray(gradients[name]), self._whole[name])
        return gradients
