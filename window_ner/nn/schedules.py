"""Learning-rate schedules: the factor that multiplies the learning rate at each step.

A decay reduces the multiplier from 1 at the start of training to its final value at the end, as a
function of the progress from 0 to 1. So its settings do not depend on the number of steps. A
warm-up may come before the decay: it raises the multiplier in equal steps from nearly 0 to 1, while
the optimiser collects its first averages (Goyal et al., 2017).

Steps are counted from 0. Any step after the end has the final multiplier.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import cos, exp, floor, inf, log, pi
from typing import Any


def constant(progress: float) -> float:
    """Keep the multiplier at 1."""
    return 1.0


def step_decay(progress: float, drops: int = 3, factor: float = 0.5) -> float:
    """Multiply by a factor at equal intervals: with 3 drops, after 1/4, 2/4 and 3/4 of training."""
    return float(factor) ** min(drops, floor(progress * (drops + 1)))


def inverse_time(progress: float, final: float = 0.1) -> float:
    """1 / (1 + k · progress), where k = 1/final − 1 makes it end at the final multiplier.

    This is the 1/t decay of Robbins & Monro (1951): slow enough to reach any optimum, and fast
    enough to converge.
    """
    return 1 / (1 + (1 / final - 1) * progress)


def exponential(progress: float, final: float = 0.01) -> float:
    """e^(−k · progress), where k = −log final makes it end at the final multiplier."""
    return exp(log(final) * progress)


def cosine(progress: float, final: float = 0.0) -> float:
    """Follow half a cosine wave: slow, fast, slow (Loshchilov & Hutter, 2017, eq. 5)."""
    return final + (1 - final) * (1 + cos(pi * progress)) / 2


def linear(progress: float, final: float = 0.0) -> float:
    """Decrease in a straight line."""
    return 1 + (final - 1) * progress


DECAYS: dict[str, Callable[..., float]] = {
    "constant": constant,
    "step": step_decay,
    "inverse-time": inverse_time,
    "exponential": exponential,
    "cosine": cosine,
    "linear": linear,
}


@dataclass(frozen=True)
class DecaySchedule:
    """A decay over the steps that remain after the warm-up."""

    decay: Callable[[float], float]
    total_steps: int
    warmup_steps: int = 0

    def __call__(self, step: int) -> float:
        """Return the multiplier of this step."""
        if step < self.warmup_steps:
            return _warm_up(step, self.warmup_steps)
        steps_left = self.total_steps - self.warmup_steps
        return self.decay(min(1.0, (step - self.warmup_steps) / steps_left))


@dataclass
class ReduceOnPlateau:
    """Multiply the rate by a factor whenever the score has stopped rising.

    Unlike the decays, this schedule depends on the dev score: call ``observe`` with each score
    (higher is better). After ``patience`` scores in a row without a new best score, the multiplier
    falls and the count restarts.
    """

    factor: float = 0.5
    patience: int = 2
    warmup_steps: int = 0

    multiplier: float = field(default=1.0, init=False)
    best: float = field(default=-inf, init=False)
    observed_since_best: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        _check_limits(factor=self.factor, patience=self.patience)

    def __call__(self, step: int) -> float:
        """Return the multiplier of this step."""
        return self.multiplier * _warm_up(step, self.warmup_steps)

    def observe(self, score: float) -> None:
        """Record a dev score, and reduce the multiplier if the score has stopped rising."""
        if score > self.best:
            self.best, self.observed_since_best = float(score), 0
            return
        self.observed_since_best += 1
        if self.observed_since_best >= self.patience:
            self.multiplier *= self.factor
            self.observed_since_best = 0


SCHEDULES: dict[str, Callable[..., Any]] = {**DECAYS, "reduce-on-plateau": ReduceOnPlateau}


def make_schedule(
    name: str, total_steps: int, warmup_steps: int = 0, /, **settings: Any
) -> DecaySchedule | ReduceOnPlateau:
    """Build the schedule with this name.

    Parameters
    ----------
    name : str
        A key of SCHEDULES.
    total_steps : int
        The number of steps of the training, including the warm-up.
    warmup_steps : int
    **settings
        drops, factor (step); final (inverse-time, exponential, cosine, linear); factor, patience
        (reduce-on-plateau).

    Returns
    -------
    schedule
        ``schedule(step)`` returns the multiplier of the learning rate.

    Raises
    ------
    ValueError
        If the schedule or a setting is unknown (the message lists the known ones), if the value of
        a setting is out of range, or if the warm-up does not end before the training.
    """
    if name not in SCHEDULES:
        raise ValueError(f"unknown schedule {name!r}; known: {', '.join(SCHEDULES)}")
    if not 0 <= warmup_steps < total_steps:
        raise ValueError(f"{warmup_steps} warm-up steps do not fit {total_steps} steps in total")
    accepted = inspect.signature(SCHEDULES[name]).parameters.keys() - {"progress", "warmup_steps"}
    for setting in settings:
        if setting not in accepted:
            listed = ", ".join(sorted(accepted)) or "none"
            raise ValueError(f"unknown setting {setting!r} of {name}; known: {listed}")
    _check_limits(**settings)
    if name not in DECAYS:
        return ReduceOnPlateau(warmup_steps=warmup_steps, **settings)
    if name in ("inverse-time", "exponential") and settings.get("final") == 0:
        raise ValueError(f"{name} never reaches 0: final must be above 0")
    return DecaySchedule(partial(DECAYS[name], **settings), total_steps, warmup_steps)


def _warm_up(step: int, warmup_steps: int) -> float:
    """Rise from 1 / (warmup_steps + 1) at step 0 to 1 at step warmup_steps, then stay at 1."""
    return min(1.0, (step + 1) / (warmup_steps + 1))


def _check_limits(**settings: float) -> None:
    limits = {"final": (0, 1), "factor": (0, 1), "drops": (1, inf), "patience": (1, inf)}
    for name, value in settings.items():
        lowest, highest = limits[name]
        if not lowest <= value <= highest:
            expected = f"{lowest} or more" if highest == inf else f"from {lowest} to {highest}"
            raise ValueError(f"{name} must be {expected}, not {value}")
