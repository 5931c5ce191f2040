"""A pull towards the weights that a training starts from, so that little is forgotten.

Let θ₀ be the weights before the training, λ the strength of the pull, and η the learning rate of
the step. After each step of the optimiser,

    θ ← θ − η λ (θ − θ₀)

This is a step along the gradient of λ/2 · ‖θ − θ₀‖², which replaces the decay towards 0 (L2-SP: Li,
Grandvalet and Davoine, "Explicit inductive bias for transfer learning", ICML 2018). It is a step of
its own, as in AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019):
Adam divides each gradient by its size, so a pull in the gradient would be lost where it is needed,
at the weights that only noise moves.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from window_ner.model.about import About
from window_ner.model.scorer import Scorer
from window_ner.nn.arrays import Floats
from window_ner.training.start import TAG_AXES, Start


class PullToStart:
    """Pulls weights back to where they are now.

    Word vectors are not pulled (`fine_tuning.pull` does that), and neither are the weights of new
    tags, which have no trained start.

    Parameters
    ----------
    scorer
        The scorer before the training.
    kept
        The tags with trained weights.
    strength
        λ.
    """

    def __init__(self, scorer: Scorer, kept: Sequence[str], strength: float) -> None:
        self.strength = strength
        tags = np.array([i for i, tag in enumerate(scorer.objective.tags) if tag in kept])
        parameters = {n: p for n, p in scorer.parameters.items() if n not in ("E", "temperature")}
        self.places = {
            name: np.ix_(*[tags] * len(TAG_AXES[name])) if name in TAG_AXES else ...
            for name in parameters
        }
        self.start = {name: p[self.places[name]].copy() for name, p in parameters.items()}

    def step(self, parameters: Mapping[str, Floats], learning_rate: float) -> None:
        """Pull the parameters, in place."""
        part = min(1.0, learning_rate * self.strength)
        for name, start in self.start.items():
            place = self.places[name]
            parameters[name][place] -= part * (parameters[name][place] - start)


def pull_to_start(scorer: Scorer, about: About, start: Start | None) -> PullToStart | None:
    """Return the pull of a training that keeps labels; None for other trainings."""
    strength = about.settings.start.l2_start
    if start is None or not (about.keeps_labels and strength):
        return None
    return PullToStart(scorer, start.scorer.objective.tags, strength)
