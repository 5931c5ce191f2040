"""How much an F1 varies by chance: the bootstrap over sentences (Efron, 1979).

The sentences of a test are a sample, and another sample would give another F1. So sentences are
drawn from the sample again and again, with replacement; the F1 of these draws varies about as much.
"""

import numpy as np

from window_ner.nn.arrays import Floats, Ints

DRAWS = 2_000


def draw_f1(counts: Ints, rng: np.random.Generator, draws: int = DRAWS) -> Floats:
    """Return the F1 of each draw of sentences.

    Parameters
    ----------
    counts
        (S, …, 3) for each sentence, the numbers of right, predicted and true names. Further axes
        between are other results for the same sentences: each draw takes the same sentences for
        all of them, so that they can be compared.
    rng
        Draws the sentences.
    draws
        D, the number of draws.

    Returns
    -------
    (D, …) F1 between 0 and 1.
    """
    sentences = len(counts)
    times = rng.multinomial(sentences, np.full(sentences, 1 / sentences), size=draws)
    return f1_of(np.tensordot(times, counts, axes=1))


def f1_of(counts: Ints) -> Floats:
    """Return F1 from the numbers of right, predicted and true names: (…, 3) -> (…); 0 / 0 is 0."""
    right, predicted, true = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    f1: Floats = 2 * right / np.maximum(predicted + true, 1)
    return f1


def interval(values: Floats) -> tuple[float, float]:
    """Return the bounds of the middle 95 % of the values."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
