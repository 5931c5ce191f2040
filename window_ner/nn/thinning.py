"""Dropout with one mask for a mini-batch: each step trains a smaller network.

Dropout trains a *thinned* network, in which some hidden units are missing, and scales up those that
stay (Srivastava et al., 2014). If all windows of a mini-batch share the thinned network, nothing
is computed for the missing units. Let ``kept`` be the units of a layer that stay, ``below`` those
of the layer below it, and p the share of units that is dropped::

    W' = W[kept, below] / (1 - p)            b' = b[kept]
    ∂J/∂W[kept, below] = ∂J/∂W' / (1 - p)    ∂J/∂b[kept] = ∂J/∂b'    0 elsewhere

U is like W, with all of its rows; the first layer has all of its inputs, and is not scaled.

Source: Graham, Reizenstein and Robinson, "Efficient batchwise dropout training using submatrices",
2015.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import Gradients, Trace, WindowBatch, WindowNetwork


class Submatrix(NamedTuple):
    """The part of a weight matrix or of a bias that a thinned network has.

    Attributes
    ----------
    rows, columns
        What stays; of a bias, the columns are not used.
    scale
        What the weights are multiplied by.
    """

    rows: Ints | slice
    columns: Ints | slice
    scale: float

    def forward(self, weights: Floats) -> Floats:
        """Return the part of the weights that stays, scaled up."""
        if weights.ndim == 1:
            return weights[self.rows]
        return weights[self.rows][:, self.columns] * weights.dtype.type(self.scale)

    def backward(self, gradient: Floats, weights: Floats) -> Floats:
        """Return ∂J/∂weights: the gradient of the part, in its place, and 0 elsewhere."""
        whole = np.zeros_like(weights)
        if weights.ndim == 1:
            whole[self.rows] = gradient
        else:
            rows = np.zeros((len(gradient), weights.shape[1]), weights.dtype)
            rows[:, self.columns] = gradient * weights.dtype.type(self.scale)
            whole[self.rows] = rows
        return whole


class ThinnedNetwork(WindowNetwork):
    """A network without some of its hidden units, which are drawn at random.

    Its gradients are those of the whole network.

    Parameters
    ----------
    network
        The whole network.
    dropped
        The share of the hidden units of each layer to drop; one unit at least stays.
    rng
        Draws them.
    """

    def __init__(self, network: WindowNetwork, dropped: float, rng: "np.random.Generator") -> None:
        self._whole = network.parameters
        self._parts: dict[str, Submatrix] = {}
        below: Ints | slice = slice(None)
        scale = 1.0
        for layer in network.layers:
            units = len(network.parameters["b" + layer])
            stay = max(units - round(dropped * units), 1)
            kept = np.sort(rng.permutation(units)[:stay])
            part = Submatrix(kept, below, scale)
            self._parts |= {"W" + layer: part, "b" + layer: part}
            below, scale = kept, units / stay
        self._parts["U"] = Submatrix(slice(None), below, scale)
        parts = {name: part.forward(self._whole[name]) for name, part in self._parts.items()}
        super().__init__({**self._whole, **parts}, network.window, network.activation.name)

    def backward(
        self, ds: Floats, batch: WindowBatch, trace: Trace, frozen: Collection[str] = ()
    ) -> Gradients:
        """Compute the gradients of the whole network; see `WindowNetwork.backward`."""
        gradients = super().backward(ds, batch, trace, frozen)
        for name, part in self._parts.items():
            if name in gradients:
                gradients[name] = part.backward(np.asarray(gradients[name]), self._whole[name])
        return gradients
