"""Would more sentences help? The gain from half of them to all predicts the gain of twice as many.

With a hundred sentences, F1 of a quarter of them is too noisy to say how fast the gains fall. So
that is taken from measurements on other corpora.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.evaluation.bootstrap import draw_f1, f1_of, interval
from window_ner.model.cross_validated import LearningCurve
from window_ner.nn.arrays import Ints

SHARE, ERROR = 0.5, 0.02
"""A doubling of the sentences gains about this share of what the doubling before it gained, and
this is the typical error of that prediction, as F1. benchmarks/doubling.py measures both."""


def half_of(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    """Draw half of the documents of a corpus, at least one."""
    units = corpus.units
    chosen = rng.permutation(len(units))[: max(1, round(len(units) / 2))]
    documents = tuple(units[i] for i in sorted(chosen.tolist()))
    return replace(corpus, documents=documents, has_documents=True)


def learning_curve(sizes: Sequence[int], counts: Ints, rng: np.random.Generator) -> LearningCurve:
    """Compare models of half of the sentences and of all, and extrapolate to twice as many.

    Parameters
    ----------
    sizes
        The numbers of training sentences: half, and all.
    counts
        (S, 2, 3) for each sentence that both were scored on, the numbers of right, predicted and
        true names.
    rng
        Draws sentences for the interval.
    """
    half, whole = f1_of(counts.sum(axis=0)).tolist()
    draws = draw_f1(counts, rng)
    gains = SHARE * (draws[:, 1] - draws[:, 0]) + rng.normal(0, ERROR, len(draws))
    low, high = interval(gains)
    return LearningCurve(tuple(sizes), (half, whole), SHARE * (whole - half), low, high)
