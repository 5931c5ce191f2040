"""Random initial weights.

A weight matrix has the shape (fan_out, fan_in): W maps a vector of fan_in numbers to a vector of
fan_out numbers. The weights must differ, or all hidden units would learn the same. Their variance
is chosen so that signals neither vanish nor explode on their way through the layers.

The numbers are drawn in float64 and then rounded, so that a float32 and a float64 network with the
same seed start with the same weights.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from window_ner.nn.arrays import Floats

Initializer = Callable[[tuple[int, int], "np.random.Generator", DTypeLike], Floats]


def small_uniform(
    shape: tuple[int, int],
    rng: "np.random.Generator",
    dtype: DTypeLike = np.float32,
    bound: float = 0.05,
) -> Floats:
    """Draw from U(−bound, bound), with the same bound for any shape."""
    return rng.uniform(-bound, bound, shape).astype(dtype)


def xavier_uniform(
    shape: tuple[int, int], rng: "np.random.Generator", dtype: DTypeLike = np.float32
) -> Floats:
    """Draw from U(−r, r) with r = √(6 / (fan_in + fan_out)).

    The variance r²/3 = 2 / (fan_in + fan_out) is a compromise between 1/fan_in, which preserves the
    size of the forward signal, and 1/fan_out, which preserves the size of the gradients (Glorot &
    Bengio, 2010, eq. 12 and 16). It suits tanh and similar activations.
    """
    fan_out, fan_in = shape
    return small_uniform(shape, rng, dtype, bound=np.sqrt(6 / (fan_in + fan_out)))


def xavier_normal(
    shape: tuple[int, int], rng: "np.random.Generator", dtype: DTypeLike = np.float32
) -> Floats:
    """Draw from N(0, 2 / (fan_in + fan_out)): the same variance, but normally distributed."""
    fan_out, fan_in = shape
    return rng.normal(0, np.sqrt(2 / (fan_in + fan_out)), shape).astype(dtype)


def he_normal(
    shape: tuple[int, int], rng: "np.random.Generator", dtype: DTypeLike = np.float32
) -> Floats:
    """Draw from N(0, 2 / fan_in), for ReLU and its variants (He et al., 2015, eq. 10).

    ReLU sets half of the signal to 0, so the variance 1/fan_in is doubled to preserve its size.
    """
    _, fan_in = shape
    return rng.normal(0, np.sqrt(2 / fan_in), shape).astype(dtype)


INITIALIZERS: dict[str, Initializer] = {
    "small-uniform": small_uniform,
    "xavier-uniform": xavier_uniform,
    "xavier-normal": xavier_normal,
    "he": he_normal,
}


def get_initializer(name: str) -> Initializer:
    """Return the initialiser with this name.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known names.
    """
    if name not in INITIALIZERS:
        raise ValueError(f"unknown initializer {name!r}; known: {', '.join(INITIALIZERS)}")
    return INITIALIZERS[name]
