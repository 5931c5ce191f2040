"""Activation functions, each beside its derivative.

With ``h = f(z)``, the chain rule turns the upstream gradient ``dh = ∂J/∂h`` into the downstream
one, ``dz = dh ∘ f'(z)``: an element-wise product with the local gradient, so ``dz`` has the shape
of ``z``. Where ``f'`` is a function of ``h``, it is computed from the ``h`` of the forward pass.

All functions have the same signature, so that a network can call any of them in the same way. A
function ignores the arguments that it does not need (``slope``, or one of ``h`` and ``z``). The
result is a new array with the dtype of ``z``. Some functions can write it to ``out`` instead, which
saves memory traffic. In the forward pass ``out`` may be ``z``, if the gradient does not need ``z``;
in the backward pass ``out`` may be ``h``. The formulas are those of the lecture notes (Stanford
CS224n, notes 3: "Neural networks, backpropagation"), except where a paper is named.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from window_ner.nn.arrays import Floats

LEAKY_SLOPE = 0.01
INITIAL_PRELU_SLOPE = 0.25


def logistic(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """σ(z) = 1 / (1 + e⁻ᶻ), from 0 to 1.

    The code computes e^-|z|, which is at most 1 and cannot overflow. For z < 0 it uses the equal
    form σ(z) = eᶻ / (1 + eᶻ).
    """
    e = np.exp(-np.abs(z))
    h: Floats = np.divide(np.where(z >= 0, z.dtype.type(1), e), 1 + e, out=out)
    return h


def logistic_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Multiply by σ'(z) = e⁻ᶻ / (1 + e⁻ᶻ)² = h (1 − h)."""
    dz: Floats = np.multiply(1 - h, h, out=out)
    dz *= dh
    return dz


def tanh(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ) = 2σ(2z) − 1, from −1 to 1."""
    h: Floats = np.tanh(z, out=out)
    return h


def tanh_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Multiply by tanh'(z) = 1 − tanh²(z) = 1 − h²."""
    dz: Floats = np.multiply(h, h, out=out)
    np.subtract(1, dz, out=dz)
    dz *= dh
    return dz


def hard_tanh(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Clip z to −1 … 1: a cheap approximation of tanh (Collobert et al., 2011)."""
    h: Floats = np.clip(z, -1, 1, out=out)
    return h


def hard_tanh_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Pass the gradient on where −1 ≤ z ≤ 1; it is 0 elsewhere."""
    dz: Floats = np.multiply(dh, np.abs(z) <= 1, out=out)
    return dz


def relu(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Max(0, z)."""
    h: Floats = np.maximum(z, 0, out=out)
    return h


def relu_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Pass the gradient on where z > 0, which is where h > 0; it is 0 elsewhere, also at z = 0."""
    dz: Floats = np.multiply(dh, h > 0, out=out)
    return dz


def leaky_relu(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Return z where z > 0 and slope · z elsewhere; the default slope is 0.01."""
    factor = LEAKY_SLOPE if slope is None else float(slope)
    h: Floats = np.where(z > 0, z, factor * z)
    return h


def leaky_relu_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Multiply by 1 where z > 0 and by the slope elsewhere.

    The test is on z, because with a negative slope h > 0 also where z < 0.
    """
    factor = LEAKY_SLOPE if slope is None else float(slope)
    dz: Floats = np.where(z > 0, dh, factor * dh)
    return dz


def prelu(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Leaky ReLU with a learned slope a, one for each layer (He et al., 2015, eq. 1)."""
    return leaky_relu(z, INITIAL_PRELU_SLOPE if slope is None else slope)


def prelu_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Multiply by 1 where z > 0 and by the slope elsewhere."""
    return leaky_relu_backward(dh, h, z, INITIAL_PRELU_SLOPE if slope is None else slope)


def prelu_slope_gradient(dh: Floats, z: Floats) -> float:
    """Compute ∂J/∂a of the layer's slope a: the sum of dh ∘ min(0, z), since ∂h/∂a = min(0, z)."""
    return float(np.vdot(dh, np.minimum(z, 0)))


class Forward(Protocol):
    """The call ``forward(z, slope, out) -> h``."""

    def __call__(
        self, z: Floats, slope: float | None = None, out: Floats | None = None
    ) -> Floats: ...


class Backward(Protocol):
    """The call ``backward(dh, h, z, slope, out) -> dz``."""

    def __call__(
        self,
        dh: Floats,
        h: Floats,
        z: Floats,
        slope: float | None = None,
        out: Floats | None = None,
    ) -> Floats: ...


class Activation(NamedTuple):
    """An activation function (non-linearity) and its gradient.

    Attributes
    ----------
    name : str
        The name used in configs.
    forward : callable
        ``forward(z, slope=None, out=None) -> h``, element by element.
    backward : callable
        ``backward(dh, h, z, slope=None, out=None) -> dz``.
    needs_z : bool
        Whether ``backward`` uses z, and not only h.
    learned_slope : float or None
        The initial value of a learned slope; None if the activation has no learned slope.
    slope_backward : callable or None
        ``slope_backward(dh, z) -> float``, the gradient of the learned slope.
    """

    name: str
    forward: Forward
    backward: Backward
    needs_z: bool = False
    learned_slope: float | None = None
    slope_backward: Callable[[Floats, Floats], float] | None = None


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("logistic", logistic, logistic_backward),
        Activation("tanh", tanh, tanh_backward),
        Activation("hard-tanh", hard_tanh, hard_tanh_backward, needs_z=True),
        Activation("relu", relu, relu_backward),
        Activation("leaky-relu", leaky_relu, leaky_relu_backward, needs_z=True),
        Activation(
            "prelu",
            prelu,
            prelu_backward,
            needs_z=True,
            learned_slope=INITIAL_PRELU_SLOPE,
            slope_backward=prelu_slope_gradient,
        ),
    )
}


def get_activation(name: str) -> Activation:
    """Return the activation with this name.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known names.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; known: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
