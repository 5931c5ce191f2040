"""Check gradients against central differences.

Moving a parameter a little in both directions gives an estimate of its derivative:
∂J/∂θ ≈ (J(θ + ε) − J(θ − ε)) / 2ε, with an error of order ε². This takes two forward passes for
each number. It is far too slow for training, but it does not depend on any derivation.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.random import Generator

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.row_gradient import Gradient, RowGradient, dense

_UNTOUCHED_ENTRIES = 10


@dataclass(frozen=True)
class GradientCheck:
    """The result of the check of one parameter.

    Attributes
    ----------
    name : str
    shape : tuple of int
        The shape of the parameter.
    checked : int
        The number of entries that were measured.
    max_relative_error : float
        The largest relative error of these entries; NaN if a gradient or the loss is NaN.
    passed : bool
        Whether the largest error is below the tolerance.
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    max_relative_error: float
    passed: bool

    @property
    def entries(self) -> int:
        """The number of entries of the parameter."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Difference:
    """How the loss changes with one entry of a parameter: measured in two ways, and derived.

    Attributes
    ----------
    index : tuple of int
        Where the entry stands in the parameter.
    value : float
        θ, the entry itself.
    loss_above : float
        J(θ + h).
    one_sided : float
        (J(θ + h) − J(θ)) / h, with an error of order h.
    central : float
        (J(θ + h) − J(θ − h)) / 2h, with an error of order h².
    derived : float
        What backpropagation says.
    """

    index: tuple[int, ...]
    value: float
    loss_above: float
    one_sided: float
    central: float
    derived: float


def differences(
    loss: Callable[[], float],
    parameter: Floats,
    gradient: Gradient,
    step: float = 1e-4,
    max_entries: int | None = None,
) -> list[Difference]:
    """Move the entries of a parameter one after another, each by a step up and a step down.

    Parameters
    ----------
    loss : callable
        Computes the loss from the current parameters. It must not be random.
    parameter : float64 array
        The array that the loss reads, not a copy. Each entry is changed in place and then restored.
    gradient : floats of the parameter's shape, or a RowGradient
        The gradient to compare with.
    step : float
        h.
    max_entries : int, optional
        How many entries to move, from the first on; None moves all.

    Returns
    -------
    list of Difference
        One for each entry that was moved, in the order of the array.
    """
    gradient = dense(gradient, parameter.shape)
    here, found = loss(), []
    for index in islice(np.ndindex(parameter.shape), max_entries):
        value = parameter[index]
        parameter[index] = value + step
        above = loss()
        parameter[index] = value - step
        below = loss()
        parameter[index] = value
        one_sided, central = (above - here) / step, (above - below) / (2 * step)
        derived = float(gradient[index])
        found.append(Difference(index, float(value), above, one_sided, central, derived))
    return found


def check_gradients(
    loss: Callable[[], float],
    parameters: Mapping[str, Floats],
    gradients: Mapping[str, Gradient | float],
    *,
    rng: Generator,
    max_entries: int | None = 200,
    step: float = 1e-5,
    tolerance: float = 1e-6,
) -> list[GradientCheck]:
    """Compare gradients with central differences.

    The relative error between a gradient a and its measurement n is |a − n| / max(|a| + |n|,
    floor). The floor allows for rounding: the loss J has a rounding error of about 2⁻⁵²·|J|, so n
    has an error of about 2⁻⁵²·|J| / step, and a gradient must not fail because of that. The floor
    is ten times this error, divided by the tolerance. With the defaults and a loss of 1, gradients
    smaller than 2·10⁻⁴ are in effect compared by absolute error, with a tolerance of 2·10⁻¹⁰.

    Near a kink (ReLU at 0, a margin that is just met) the difference quotient is neither of the two
    slopes, so a correct gradient fails the check. Kinks are rare: try other random numbers before
    you doubt the derivation, and avoid weights of exactly 0.

    Parameters
    ----------
    loss : callable
        Computes the loss from the current parameters. It must not be random.
    parameters : name -> float64 array
        The arrays that the loss reads, not copies. Each entry is changed in place and then
        restored.
    gradients : name -> floats of the same shape, or a RowGradient
        The gradients to check; parameters without a gradient are not checked. For a RowGradient,
        the entries of its rows are checked, and a few entries of other rows, whose gradient must
        be 0.
    rng : Generator
        Chooses the entries of an array that has more than max_entries entries.
    max_entries : int, optional
        The largest number of entries to check in each array; None checks all entries.
    step : float
        ε in the formula at the top of this module.
    tolerance : float

    Returns
    -------
    list of GradientCheck
        One for each gradient, in their order.

    Raises
    ------
    TypeError
        If a parameter is not float64: float32 rounds too coarsely to measure differences.
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
    """Measure ∂J/∂θ for the entry at this flat index; the entry is restored afterwards."""
    value = parameter.flat[entry]
    # θ ± ε is rounded, so divide by the true distance between the two numbers.
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
    gradient: Gradient | float, parameter: Floats, rng: Generator, max_entries: int | None
) -> tuple[Ints, Floats]:
    """Choose flat indices of the parameter; return them and the gradient at each of them."""
    if not isinstance(gradient, RowGradient):
        entries = _sample(parameter.size, max_entries, rng)
        return entries, np.asarray(gradient, np.float64).ravel()[entries]
    width = parameter.shape[1]
    touched = _sample(gradient.values.size, max_entries, rng)
    untouched_rows = np.setdiff1d(np.arange(len(parameter)), gradient.rows)
    few = None if max_entries is None else _UNTOUCHED_ENTRIES
    untouched = _sample(untouched_rows.size * width, few, rng)
    rows = np.append(gradient.rows[touched // width], untouched_rows[untouched // width])
    columns = np.append(touched, untouched) % width
    given = np.append(gradient.values.ravel()[touched], np.zeros(len(untouched)))
    return rows * width + columns, given


def _sample(size: int, max_entries: int | None, rng: Generator) -> Ints:
    if max_entries is None or size <= max_entries:
        return np.arange(size)
    return rng.choice(size, max_entries, replace=False)


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
