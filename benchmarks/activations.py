"""What an activation function costs, forward and backward, against ReLU.

Prints the table in docs/neural-networks.md:

    python -m benchmarks.activations

Each round measures all of them right after one another; the table has the median of the rounds.
"""

import statistics
import timeit

import numpy as np

from window_ner.nn.activations import ACTIVATIONS, Activation

ROUNDS = 7
SHAPE = 64, 800  # a mini-batch and a wide hidden layer: it stays in the cache


def measure(activation: Activation, seconds: float) -> tuple[float, float]:
    """Return the nanoseconds that a number takes, forward and backward."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=SHAPE).astype(np.float32)
    dh, out = rng.normal(size=SHAPE).astype(np.float32), np.empty_like(z)
    h = activation.forward(z)
    times = []
    for call in (
        lambda: activation.forward(z, out=out),
        lambda: activation.backward(dh, h, z, out=out),
    ):
        timer = timeit.Timer(call)
        calls = max(1, int(seconds / 6 / max(timer.timeit(1), 1e-6)))
        times.append(min(timer.repeat(3, calls)) / calls / z.size * 1e9)
    return times[0], times[1]


def table(seconds: float = 0.2) -> str:
    rounds = [
        {name: measure(activation, seconds) for name, activation in ACTIVATIONS.items()}
        for _ in range(ROUNDS)
    ]
    lines = [
        "| activation | forward | backward | forward, ReLU = 1 | backward, ReLU = 1 |",
        "| --- | --: | --: | --: | --: |",
    ]
    for name in ACTIVATIONS:
        times = [statistics.median(r[name][way] for r in rounds) for way in (0, 1)]
        ratios = [
            statistics.median(r[name][way] / r["relu"][way] for r in rounds) for way in (0, 1)
        ]
        cells = [f"{time:.2f} ns" for time in times] + [f"{ratio:.1f}" for ratio in ratios]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
