"""Optimisers: how to update the parameters from their gradients."""

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from window_ner.nn.arrays import Floats
from window_ner.nn.optimizer import Optimizer


@dataclass
class SGD(Optimizer):
    """Gradient descent on mini-batches: θ ← θ − η g."""

    def _update(
        self, parameter: Floats, gradient: Floats, learning_rate: float, *memories: Floats
    ) -> None:
        parameter -= learning_rate * gradient


@dataclass
class Momentum(Optimizer):
    """SGD with momentum, as of a heavy ball: v ← μ v − η g, θ ← θ + v (Polyak, 1964)."""

    memory_names: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: float = 0.9

    def __post_init__(self) -> None:
        _check_fractions(momentum=self.momentum)

    def _update(
        self, parameter: Floats, gradient: Floats, learning_rate: float, *memories: Floats
    ) -> None:
        (velocity,) = memories
        velocity *= self.momentum
        velocity -= learning_rate * gradient
        parameter += velocity


@dataclass
class Adagrad(Optimizer):
    """Adapt the rate of each element to its past gradients: n ← n + g², θ ← θ − η g / (√n + ε).

    Rare words have few gradients and keep a large rate, which they need (Duchi et al., 2011).
    """

    memory_names: ClassVar[tuple[str, ...]] = ("squares",)

    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_epsilon(self.epsilon)

    def _update(
        self, parameter: Floats, gradient: Floats, learning_rate: float, *memories: Floats
    ) -> None:
        (squares,) = memories
        scratch = np.multiply(gradient, gradient, out=np.empty_like(parameter))
        squares += scratch
        _descend(parameter, gradient, squares, learning_rate, epsilon=self.epsilon, scratch=scratch)


@dataclass
class RMSprop(Optimizer):
    """Adagrad with moving averages: n ← ρ n + (1 − ρ) g², θ ← θ − η g / (√n + ε) (Hinton, 2012)."""

    memory_names: ClassVar[tuple[str, ...]] = ("squares",)

    decay: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_fractions(decay=self.decay)
        _check_epsilon(self.epsilon)

    def _update(
        self, parameter: Floats, gradient: Floats, learning_rate: float, *memories: Floats
    ) -> None:
        (squares,) = memories
        scratch = np.empty_like(parameter)
        _update_average(squares, self.decay, np.multiply(gradient, gradient, out=scratch), scratch)
        _descend(parameter, gradient, squares, learning_rate, epsilon=self.epsilon, scratch=scratch)


@dataclass
class Adam(Optimizer):
    """Momentum and RMSprop together, corrected for their bias towards 0 (Kingma & Ba, 2015).

    With the moments m ← β₁ m + (1 − β₁) g and n ← β₂ n + (1 − β₂) g², the t-th step is
    θ ← θ − η_t m / (√n + ε), where η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ). This is the efficient order of
    computation from section 2 of the paper.

    t counts the steps of the optimiser, not the steps of a row. So if a row gets its first gradient
    late in training, its first step is not corrected: it is (1 − β₁) / √(1 − β₂), about 3 times the
    learning rate.
    """

    memory_names: ClassVar[tuple[str, ...]] = ("first_moment", "second_moment")

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_fractions(beta1=self.beta1, beta2=self.beta2)
        _check_epsilon(self.epsilon)

    def _update(
        self, parameter: Floats, gradient: Floats, learning_rate: float, *memories: Floats
    ) -> None:
        first, second = memories
        scratch = np.empty_like(parameter)
        _update_average(first, self.beta1, gradient, scratch)
        _update_average(second, self.beta2, np.multiply(gradient, gradient, out=scratch), scratch)
        bias1 = 1 - self.beta1**self.steps_taken
        bias2 = 1 - self.beta2**self.steps_taken
        rate = learning_rate * bias2**0.5 / bias1
        _descend(parameter, first, second, rate, epsilon=self.epsilon, scratch=scratch)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
}


def make_optimizer(name: str, /, **settings: float) -> Optimizer:
    """Build the optimiser with this name and these settings.

    Raises
    ------
    ValueError
        If the optimiser or a setting is unknown (the message lists the known ones), or if the value
        of a setting is out of range.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer {name!r}; known: {', '.join(OPTIMIZERS)}")
    known = [setting.name for setting in fields(OPTIMIZERS[name]) if setting.init]
    for setting in settings:
        if setting not in known:
            listed = ", ".join(known) or "none"
            raise ValueError(f"unknown setting {setting!r} of {name}; known: {listed}")
    return OPTIMIZERS[name](**settings)


def _update_average(average: Floats, decay: float, value: Floats, scratch: Floats) -> None:
    """Average ← decay · average + (1 − decay) · value, in place; overwrites the scratch array."""
    np.multiply(value, 1 - decay, out=scratch)
    average *= decay
    average += scratch


def _descend(
    parameter: Floats,
    direction: Floats,
    squares: Floats,
    learning_rate: float,
    *,
    epsilon: float,
    scratch: Floats,
) -> None:
    """θ ← θ − η · direction / (√squares + ε), in place; overwrites the scratch array."""
    np.sqrt(squares, out=scratch)
    scratch += epsilon
    np.divide(direction, scratch, out=scratch)
    scratch *= learning_rate
    parameter -= scratch


def _check_epsilon(epsilon: float) -> None:
    if not epsilon > 0:  # where all gradients were 0, the direction 0 is divided by it
        raise ValueError(f"epsilon must be above 0, not {epsilon}")


def _check_fractions(**settings: float) -> None:
    for name, value in settings.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {value}")
