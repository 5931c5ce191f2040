"""Are the gradients right? Measure them, and compare.

The derivative is what the loss does when a parameter is moved a little to either side:
∂J/∂θ ≈ (J(θ + ε) − J(θ − ε)) / 2ε, with an error of order ε². Two forward passes for each number:
far too slow to learn by, and independent of every derivation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.row_gradient import Gradient, RowGradient

_UNTOUCHED_ENTRIES = 10


@dataclass(frozen=True)
class GradientCheck:
    """What the check of one parameter found.

    Attributes
    ----------
    name : str
    shape : tuple of int
        Of the parameter.
    checked : int
        How many of its entries were measured.
    max_relative_error : float
        The largest among them; NaN if a gradient or the loss was.
    passed : bool
        Whether it is below the tolerance.
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    max_relative_error: float
    passed: bool


def check_gradients(
    loss: Callable[[], float],
    parameters: Mapping[str, Floats],
    gradients: Mapping[str, Gradient | float],
    *,
    rng: Generator,
    max_entries: int = 200,
    step: float = 1e-5,
    tolerance: float = 1e-6,
) -> list[GradientCheck]:
    """Compare gradients with central differences.

    The relative error of a gradient a to its measurement n is |a − n| / max(|a| + |n|, floor). The
    floor stands for what cannot be measured: a loss J is known to about 2⁻⁵²·|J|, so n to about
    2⁻⁵²·|J| / step, and a gradient must not fail for that. It is ten times as much, divided by the
    tolerance; with the defaults and a loss of 1, gradients smaller than 2·10⁻⁴ are in effect
    compared absolutely, to 2·10⁻¹⁰.

    A parameter within a step of a kink (ReLU at 0, a margin just met) has a difference quotient
    that is neither of its two slopes, and fails though its gradient is right. Kinks are rare:
    draw other numbers before you doubt the derivation, and stay away from weights of exactly 0.

    Parameters
    ----------
    loss : callable
        Computes the loss anew from the parameters, with nothing random in it.
    parameters : name -> float64 array
        The very arrays that the loss reads. Each entry is moved in place, and put back.
    gradients : name -> floats of the same shape, or a RowGradient
        The gradients to check; parameters without one are left out. Of a RowGradient, the touched
        rows are checked, and a few entries of other rows, which must not matter to the loss.
    rng : Generator
        Picks the entries of an array that has more than max_entries.
    max_entries : int
    step : float
        ε above.
    tolerance : float

    Returns
    -------
    list of GradientCheck
        One for each gradient, in their order.

    Raises
    ------
    TypeError
        If a parameter is not of float64: differences drown in the rounding of float32.
    ValueError
        If a gradient has no parameter or another shape than its parameter.
    """
    for name, gradient in gradients.items():
        _check_fit(name, gradient, parameters)
    floor = 10 * float(np.finfo(np.float64).eps) * max(abs(loss()), 1.0) / step / tolerance
    checks = []
    for name, gradient in gradients.items():
        parameter = parameters[name]
        entries, given = _pick_entries(gradient, parameter, rng, max_entries)
        measured = np.array([_slope(loss, parameter, entry, step) for entry in entries])
        errors = np.abs(given - measured) / np.maximum(np.abs(given) + np.abs(measured), floor)
        worst = float(errors.max(initial=0.0))
        checks.append(GradientCheck(name, parameter.shape, len(entries), worst, worst < tolerance))
    return checks


def _slope(loss: Callable[[], float], parameter: Floats, entry: int, step: float) -> float:
    """Measure ∂J/∂θ of the entry at that flat index, and leave it as it was."""
    value = parameter.flat[entry]
    # θ ± ε is rounded to a number near θ: it is the true distance that counts.
    above, below = value + step, value - step
    try:
        parameter.flat[entry] = above
        loss_above = loss()
        parameter.flat[entry] = below
        loss_below = loss()
    finally:
        parameter.flat[entry] = value
    return float((loss_above - loss_below) / (above - below))


def _pick_entries(
    gradient: Gradient | float, parameter: Floats, rng: Generator, max_entries: int
) -> tuple[Ints, Floats]:
    """Return flat indices of the parameter, and the gradient at each."""
    if not isinstance(gradient, RowGradient):
        entries = _sample(parameter.size, max_entries, rng)
        return entries, np.asarray(gradient, np.float64).ravel()[entries]
    width = parameter.shape[1]
    touched = _sample(gradient.values.size, max_entries, rng)
    untouched_rows = np.setdiff1d(np.arange(len(parameter)), gradient.rows)
    untouched = _sample(untouched_rows.size * width, _UNTOUCHED_ENTRIES, rng)
    rows = np.append(gradient.rows[touched // width], untouched_rows[untouched // width])
    columns = np.append(touched, untouched) % width
    given = np.append(gradient.values.ravel()[touched], np.zeros(len(untouched)))
    return rows * width + columns, given


def _sample(size: int, max_entries: int, rng: Generator) -> Ints:
    return np.arange(size) if size <= max_entries else rng.choice(size, max_entries, replace=False)


def _check_fit(name: str, gradient: Gradient | float, parameters: Mapping[str, Floats]) -> None:
    if name not in parameters:
        raise ValueError(f"no parameter {name!r}; known: {', '.join(parameters)}")
    parameter = parameters[name]
    if parameter.dtype != np.float64:
        raise TypeError(f"gradients can be checked in float64 only; {name} is {parameter.dtype}")
    if isinstance(gradient, RowGradient):
        shape, expected = gradient.values.shape, (len(gradient.rows), *parameter.shape[1:])
    else:
        shape, expected = np.shape(gradient), parameter.shape
    if shape != expected:
        raise ValueError(f"{name}: expected a gradient of shape {expected}, got {shape}")
