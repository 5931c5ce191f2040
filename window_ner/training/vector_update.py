"""How word vectors are fine-tuned: several ways between frozen and free."""

import numpy as np

from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.row_gradient import RowGradient
from window_ner.settings.tables import FineTuningSettings


class VectorUpdate:
    """How word vectors are fine-tuned: several ways between frozen and free.

    Let η be the learning rate of the step, and g = ∂J/∂E[w] of the mini-batch. Plain gradient
    descent does E[w] ← E[w] - η g. Four settings of [fine_tuning] change that, alone or together::

        vector_rate = ρ       E[w] ← E[w] - ρ η g: the vectors have their own learning rate
        pull = λ              E[w] ← E[w] - η (g + λ (E[w] - E₀[w])): they are pulled back to their
                              start, by the gradient of λ/2 · ‖E[w] - E₀[w]‖², which is added to J
        min_count = k         E[w] ← E[w] - [w is seen k times or more in training] η g
        unfreeze_after = n    E[w] ← E[w] - [n epochs are over] η g: W, b and U are trained first;
                              a short training waits for at most half of its epochs

    Other optimisers use their own direction in place of the gradient.

    Parameters
    ----------
    settings
        The settings above.
    E
        (V, d) the word vectors before the training.
    rows
        (N,) the row of E of each token of the training data.
    epochs
        Number of epochs of the training.
    """

    def __init__(self, settings: FineTuningSettings, E: Floats, rows: Ints, epochs: int) -> None:
        self.rate = settings.vector_rate
        self.first_epoch = min(settings.unfreeze_after, epochs // 2)
        self.pull = settings.pull
        found, counts = np.unique(rows, return_counts=True)
        self.rare = found[(counts < settings.min_count) & (found != PADDING)]
        self.trained = np.union1d(found, [PADDING, UNKNOWN])
        self.start = E.take(self.trained, axis=0) if self.pull else E[:0]

    def frozen_in(self, epoch: int) -> bool:
        """Return whether the vectors are still frozen in an epoch, counted from 0."""
        return epoch < self.first_epoch

    def __call__(self, E: Floats, gradient: RowGradient) -> tuple[float, RowGradient]:
        """Return what the pull adds to the loss, and the gradient to follow.

        Only words of the mini-batch are pulled, because only they have a g to balance the pull.
        With r = E[w] - E₀[w], the pull adds λ/2 · Σ ‖r‖² over them, whose gradient is λ r.
        """
        if len(self.rare):
            kept = ~np.isin(gradient.rows, self.rare, assume_unique=True)
            gradient = RowGradient(gradient.rows[kept], gradient.values[kept])
        if not self.pull:
            return 0.0, gradient
        places = np.searchsorted(self.trained, gradient.rows)
        r = E.take(gradient.rows, axis=0) - self.start.take(places, axis=0)
        penalty = self.pull / 2 * float(np.vdot(r, r))
        return penalty, RowGradient(gradient.rows, gradient.values + self.pull * r)
