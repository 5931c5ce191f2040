"""Compare a loop with a matrix product: the same forward pass, window by window and all at once.

Prints the table in docs/neural-networks.md:

    python -m benchmarks.loops
"""

import timeit
from dataclasses import dataclass

import numpy as np

from window_ner.nn.arrays import Floats
from window_ner.nn.threads import blas_threads


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


def in_a_loop(W: Floats, b: Floats, windows: list[Floats]) -> list[Floats]:
    """Compute h = tanh(W x + b) for one window after another."""
    return [np.tanh(W @ x + b) for x in windows]


def at_once(W: Floats, b: Floats, X: Floats) -> Floats:
    """Compute H = tanh(X Wᵀ + b) for all windows; each row is a window."""
    return np.tanh(X @ W.T + b)


def measure(case: Case, seconds: float = 0.3) -> tuple[float, float]:
    """Return the microseconds of the loop and of the matrix product, each the best of five runs."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(case.units, case.inputs)).astype(np.float32)
    b = rng.normal(size=case.units).astype(np.float32)
    X = rng.normal(size=(case.windows, case.inputs)).astype(np.float32)
    windows = list(X)
    if not np.allclose(in_a_loop(W, b, windows), at_once(W, b, X), atol=1e-4):
        raise AssertionError("the loop and the matrix product do not agree")
    best = []
    with blas_threads(1):  # or a product waits for a thread that gets no core
        for call in (lambda: in_a_loop(W, b, windows), lambda: at_once(W, b, X)):
            timer = timeit.Timer(call)
            times = max(1, int(seconds / 5 / max(timer.timeit(1), 1e-6)))
            best.append(min(timer.repeat(5, times)) / times * 1e6)
    return best[0], best[1]


def table(seconds: float = 0.3) -> str:
    lines = ["| `tanh(W x + b)` | W | loop | matrix product | ratio |", "|---|---|--:|--:|--:|"]
    for case in CASES:
        loop, matrix = measure(case, seconds)
        lines.append(
            f"| {case.name} | {case.units} × {case.inputs} | {loop:,.0f} µs | {matrix:,.0f} µs "
            f"| {loop / matrix:.0f}× |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
