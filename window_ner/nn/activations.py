"""Activation functions, each beside its derivative.

With ``h = f(z)``, the chain rule turns the upstream gradient ``dh = ∂J/∂h`` into the downstream
one, ``dz = dh ∘ f'(z)``: an element-wise product with the local gradient, so ``dz`` has the shape
of ``z``. Where ``f'`` can be read off ``h``, the forward pass has already paid for it.

All of them share one signature, so that a network calls any without asking which it has: what a
function has no use for (``slope``, or one of ``h`` and ``z``) it ignores. Every result is a new
array of the dtype of ``z``; but it may be written to ``out``, so that less leaves the cache: that
of the forward pass may be ``z``, if the gradient does not need it, and that of the gradient ``h``.
The formulas are those of the lecture notes (Stanford CS224n, notes 3: "Neural networks,
backpropagation"), except where a paper is named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from window_ner.nn.arrays import Floats

LEAKY_SLOPE = 0.01
INITIAL_PRELU_SLOPE = 0.25


def logistic(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """σ(z) = 1 / (1 + e⁻ᶻ), from 0 to 1.

    Only e^-|z| is ever taken, which is at most 1: below zero, σ(z) is written as eᶻ / (1 + eᶻ).
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
    """Clip z to −1 … 1: the shape of tanh without its price (Collobert et al., 2011)."""
    h: Floats = np.clip(z, -1, 1, out=out)
    return h


def hard_tanh_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Pass the gradient where −1 ≤ z ≤ 1, and stop it elsewhere."""
    dz: Floats = np.multiply(dh, np.abs(z) <= 1, out=out)
    return dz


def relu(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Max(0, z)."""
    h: Floats = np.maximum(z, 0, out=out)
    return h


def relu_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Pass the gradient where z > 0, which is where h > 0; at the kink take 0."""
    dz: Floats = np.multiply(dh, h > 0, out=out)
    return dz


def leaky_relu(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Take z where z > 0 and slope · z elsewhere; the slope is 0.01 unless given."""
    factor = LEAKY_SLOPE if slope is None else float(slope)
    h: Floats = np.where(z > 0, z, factor * z)
    return h


def leaky_relu_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Multiply by 1 where z > 0 and by the slope elsewhere (h > 0 fails if the slope is < 0)."""
    factor = LEAKY_SLOPE if slope is None else float(slope)
    dz: Floats = np.where(z > 0, dh, factor * dh)
    return dz


def prelu(z: Floats, slope: float | None = None, out: Floats | None = None) -> Floats:
    """Leaky ReLU whose slope a is learned, one for the layer (He et al., 2015, eq. 1)."""
    return leaky_relu(z, INITIAL_PRELU_SLOPE if slope is None else slope)


def prelu_backward(
    dh: Floats, h: Floats, z: Floats, slope: float | None = None, out: Floats | None = None
) -> Floats:
    """Multiply by 1 where z > 0 and by the slope elsewhere."""
    return leaky_relu_backward(dh, h, z, INITIAL_PRELU_SLOPE if slope is None else slope)


def prelu_slope_gradient(dh: Floats, z: Floats) -> float:
    """∂J/∂a of the shared slope a: since ∂h/∂a = min(0, z), the sum of dh ∘ min(0, z)."""
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


@dataclass(frozen=True)
class Activation:
    """A non-linearity and its gradient.

    Attributes
    ----------
    name : str
        As it is written in a config.
    forward : callable
        ``forward(z, slope=None, out=None) -> h``, element by element.
    backward : callable
        ``backward(dh, h, z, slope=None, out=None) -> dz``.
    needs_z : bool
        Whether it looks at z, and not at h alone.
    learned_slope : float or None
        Where a learned slope starts; None if there is nothing to learn.
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
    """Return the activation of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; known: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
