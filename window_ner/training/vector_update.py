"""How the word vectors move when they are trained: between frozen and free."""

import numpy as np

from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.row_gradient import RowGradient
from window_ner.settings.tables import FineTuningSettings


class VectorUpdate:
    """How the word vectors move when they are trained: between frozen and free.

    With η the learning rate of the step and g = ∂J/∂E[w] of the mini-batch, plain gradient descent
    does E[w] ← E[w] - η g. Four settings of [fine_tuning] change that, alone or together::

        vector_rate = ρ       E[w] ← E[w] - ρ η g: the vectors have a learning rate of their own
        pull = λ              E[w] ← E[w] - η (g + λ (E[w] - E₀[w])): they are drawn to where they
                              started, by the gradient of λ/2 · ‖E[w] - E₀[w]‖² that J gains
        min_count = k         E[w] ← E[w] - [w is seen k times or more in training] η g
        unfreeze_after = n    E[w] ← E[w] - [n epochs are over] η g: first W, b and U settle;
                              a short training waits for half of its epochs at most

    Other optimisers put their own direction in the place of the gradient.

    Parameters
    ----------
    settings
        See above.
    E
        (V, d) the word vectors before the training.
    rows
        (N,) the row of E of each token of the training data.
    epochs
        How many the training takes.
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
        """Tell whether the vectors still wait in that epoch, counted from 0."""
        return epoch < self.first_epoch

    def __call__(self, E: Floats, gradient: RowGradient) -> tuple[float, RowGradient]:
        """Turn ∂J/∂E into the gradient to follow, and tell what the loss gains by the pull.

        Only words of the mini-batch are pulled: the others have no g to balance it. With
        r = E[w] - E₀[w], the loss gains λ/2 · Σ ‖r‖² over them, whose gradient is λ r.
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
