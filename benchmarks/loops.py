"""Why matrices and not loops: the same forward pass, a number at a time, a window, all at once.

Prints the table in docs/matrices.md:

    python -m benchmarks.loops

BLAS works on one thread here, whatever the environment says, and each round measures all ways right
after one another: other work on the computer slows them all, and the ratios hold.
"""

import math
import statistics
import timeit
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from window_ner.nn.arrays import Floats
from window_ner.nn.threads import blas_threads

ROUNDS = 7
NUMBERS_IN_PURE_PYTHON = 20_000
"""Loops over single numbers are slow: they see as many windows as make so many products."""


@dataclass(frozen=True)
class Case:
    name: str
    units: int
    inputs: int
    windows: int


CASES = (
    Case("the lecture's example", units=5, inputs=300, windows=500),
    Case("the lecture's network, a mini-batch", units=8, inputs=250, windows=64),
    Case("the lecture's network, 1,000 windows", units=8, inputs=250, windows=1000),
)


def by_numbers(W: list[list[float]], b: list[float], X: list[list[float]]) -> list[list[float]]:
    """Compute h = tanh(W x + b) with loops over windows, units and inputs."""
    scores = []
    for x in X:
        h = []
        for row, bias in zip(W, b, strict=True):
            z = bias
            for weight, value in zip(row, x, strict=True):
                z += weight * value
            h.append(math.tanh(z))
        scores.append(h)
    return scores


def in_a_loop(W: Floats, b: Floats, windows: list[Floats]) -> list[Floats]:
    """Compute h = tanh(W x + b) for one window after another."""
    return [np.tanh(W @ x + b) for x in windows]


def at_once(W: Floats, b: Floats, X: Floats) -> Floats:
    """Compute H = tanh(X Wᵀ + b) for all windows; each row is a window."""
    return np.tanh(X @ W.T + b)


def measure(case: Case, seconds: float = 0.3) -> list[list[float]]:
    """Return, for each round, the microseconds of the three ways."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(case.units, case.inputs)).astype(np.float32)
    b = rng.normal(size=case.units).astype(np.float32)
    X = rng.normal(size=(case.windows, case.inputs)).astype(np.float32)
    windows = list(X)
    few = max(1, min(case.windows, NUMBERS_IN_PURE_PYTHON // W.size))
    as_lists = W.tolist(), b.tolist(), X[:few].tolist()
    for way in (in_a_loop(W, b, windows)[:few], by_numbers(*as_lists)):
        if not np.allclose(way, at_once(W, b, X[:few]), atol=1e-4):
            raise AssertionError("the loops and the matrix product do not agree")
    ways: list[tuple[Callable[[], object], float]] = [
        (lambda: by_numbers(*as_lists), case.windows / few),
        (lambda: in_a_loop(W, b, windows), 1),
        (lambda: at_once(W, b, X), 1),
    ]
    with blas_threads(1):
        rounds = []
        for _ in range(ROUNDS):
            rounds.append([_microseconds(call, seconds / ROUNDS) * times for call, times in ways])
    return rounds


def _microseconds(call: Callable[[], object], seconds: float) -> float:
    """Return the time of the fastest of some calls, which take about so many seconds."""
    timer = timeit.Timer(call)
    calls = max(1, int(seconds / 3 / max(timer.timeit(1), 1e-6)))
    return min(timer.repeat(3, calls)) / calls * 1e6


def table(seconds: float = 1.0) -> str:
    lines = [
        "| `tanh(W x + b)` | W | numbers | windows | matrix product | numbers | windows |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for case in CASES:
        rounds = measure(case, seconds)
        times = [statistics.median(column) for column in zip(*rounds, strict=True)]
        ratios = [statistics.median(r[way] / r[2] for r in rounds) for way in (0, 1)]
        cells = [f"{time:,.0f} µs" for time in times] + [f"{ratio:,.0f}×" for ratio in ratios]
        lines.append(f"| {case.name} | {case.units} × {case.inputs} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
