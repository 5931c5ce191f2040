"""A network as a list of layers, as in "Deep Learning from Scratch 2" (Saitoh, 2018).

Each layer has ``params`` and ``grads``, two lists in the same order. ``forward`` keeps what
``backward`` will need. ``backward`` takes the gradient of the loss with respect to the output of
the layer, writes the gradients of the parameters into ``grads``, in place, and returns the gradient
with respect to the input.

As in the book, W is (in, out), so that ``x @ W`` needs no transposition: it is the transpose of the
W of `window_ner.nn.window_network`. The tests hold the two, and `window_ner.nn.graph`, together.
"""

from typing import Protocol

import numpy as np

from window_ner.nn.arrays import Floats, Ints


class Layer(Protocol):
    """The attributes and methods of every layer."""

    params: list[Floats]
    grads: list[Floats]

    def forward(self, x: Floats) -> Floats:
        """Compute the output (N, out) of the input (N, in)."""

    def backward(self, dout: Floats) -> Floats:
        """Turn ∂J/∂out (N, out) into ∂J/∂x (N, in); fill ``grads``."""


class MatMul:
    """out = x W."""

    def __init__(self, W: Floats) -> None:
        self.params = [W]
        self.grads = [np.zeros_like(W)]

    def forward(self, x: Floats) -> Floats:
        (W,) = self.params
        self.x = x
        return x @ W

    def backward(self, dout: Floats) -> Floats:
        (W,) = self.params
        dx = dout @ W.T
        dW = self.x.T @ dout
        self.grads[0][...] = dW  # in place: `TwoLayerNet.grads` has the same array
        return dx


class Affine:
    """out = x W + b."""

    def __init__(self, W: Floats, b: Floats) -> None:
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x: Floats) -> Floats:
        W, b = self.params
        self.x = x
        return x @ W + b

    def backward(self, dout: Floats) -> Floats:
        W, _ = self.params
        dx = dout @ W.T
        dW = self.x.T @ dout
        db = dout.sum(axis=0)  # b was added to each row, so its gradient is the sum of theirs
        self.grads[0][...] = dW
        self.grads[1][...] = db
        return dx


class Sigmoid:
    """out = 1 / (1 + e^-x)."""

    def __init__(self) -> None:
        self.params: list[Floats] = []
        self.grads: list[Floats] = []

    def forward(self, x: Floats) -> Floats:
        self.out: Floats = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Floats) -> Floats:
        return dout * self.out * (1 - self.out)


class SoftmaxWithLoss:
    """Softmax, and the mean cross-entropy of the right classes."""

    def __init__(self) -> None:
        self.params: list[Floats] = []
        self.grads: list[Floats] = []

    def forward(self, x: Floats, t: Ints) -> float:
        """Compute the loss of the scores x (N, K); t are one-hot rows (N, K) or indices (N,)."""
        self.t = t.argmax(axis=1) if t.shape == x.shape else t
        x = x - x.max(axis=1, keepdims=True)  # cancels in y, and nothing overflows
        exp = np.exp(x)
        total = exp.sum(axis=1, keepdims=True)
        self.y = exp / total
        right = x[np.arange(len(x)), self.t]
        return float((np.log(total)[:, 0] - right).mean())  # -log y, also where y is rounded to 0

    def backward(self, dout: float = 1.0) -> Floats:
        """Return ∂J/∂x = (y - t) / N, with t as one-hot rows, times dout."""
        dx: Floats = self.y.copy()
        dx[np.arange(len(dx)), self.t] -= 1
        dx *= dout / len(dx)
        return dx


class TwoLayerNet:
    """Affine, sigmoid, affine; softmax with cross-entropy on top.

    Parameters
    ----------
    input_size, hidden_size, output_size
        The length of an input, and the numbers of hidden units and of classes.
    rng
        Draws W1 and W2 from N(0, 1 / in); the biases start at 0. (The book draws from N(0, 0.01²).)
    """

    def __init__(
        self, input_size: int, hidden_size: int, output_size: int, rng: "np.random.Generator"
    ) -> None:
        W1 = rng.normal(0, input_size**-0.5, (input_size, hidden_size))
        W2 = rng.normal(0, hidden_size**-0.5, (hidden_size, output_size))
        self.layers: list[Layer] = [
            Affine(W1, np.zeros(hidden_size)),
            Sigmoid(),
            Affine(W2, np.zeros(output_size)),
        ]
        self.loss_layer = SoftmaxWithLoss()
        # The arrays themselves, not copies: an optimiser that changes them changes the layers.
        self.params = [param for layer in self.layers for param in layer.params]
        self.grads = [grad for layer in self.layers for grad in layer.grads]

    def predict(self, x: Floats) -> Floats:
        """Compute the scores (N, K) of the inputs (N, in)."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x: Floats, t: Ints) -> float:
        """Compute the loss."""
        return self.loss_layer.forward(self.predict(x), t)

    def backward(self, dout: float = 1.0) -> Floats:
        """Fill ``grads``, and return ∂J/∂x (N, in), from which the word vectors learn."""
        dx = self.loss_layer.backward(dout)
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        return dx


class SGD:
    """Stochastic gradient descent: W ← W - lr ∂J/∂W."""

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def update(self, params: list[Floats], grads: list[Floats]) -> None:
        """Take a step, in place."""
        for i in range(len(params)):
            params[i] -= self.lr * grads[i]
