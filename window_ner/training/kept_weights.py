"""The weights that stay as they are while a model learns new labels and keeps its old ones.

The model of the old labels scores a tag by ``s = U h``, with ``h = f(W x + b)``. The training adds
hidden units h' to h, and tags to s::

    s_old = U_old h                    as before
    s_new = U_new h + U'_new h'        learned, as are W' and b' of h'

So only a name of a new label can take the place of an old name; nothing else is forgotten. Without
new units, the new labels would have to do with what h shows, which was learned for the old ones.

Source: Rusu et al., "Progressive neural networks", 2016.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from window_ner.model.scorer import Scorer
from window_ner.nn.arrays import Floats
from window_ner.training.start import TAG_AXES, Start


class KeptWeights:
    """Sets the weights of the kept labels back to what they are now.

    Parameters
    ----------
    scorer
        The scorer before the training.
    start
        The trained weights in it, and the labels that are kept.

    Attributes
    ----------
    whole
        The parameters of which every weight stays. Word vectors are not among them: whether they
        are trained is decided in `window_ner.training.fine_tuning`.
    """

    def __init__(self, scorer: Scorer, start: Start) -> None:
        learned = start.learned or ()
        tags = np.array([i for i, t in enumerate(scorer.objective.tags) if t[2:] not in learned])
        partly = {name: np.ix_(*[tags] * len(axes)) for name, axes in TAG_AXES.items()}
        units: Any = slice(start.trained_units)
        partly |= dict.fromkeys(start.grown, units)
        parameters = scorer.parameters
        self.whole = frozenset(parameters.keys() - partly.keys() - {"E", "temperature"})
        self._places = {name: place for name, place in partly.items() if name in parameters}
        self._weights = {n: parameters[n][place].copy() for n, place in self._places.items()}

    def restore(self, parameters: Mapping[str, Floats]) -> None:
        """Set the weights back, in place; called after each step."""
        for name, place in self._places.items():
            parameters[name][place] = self._weights[name]


def kept_weights(scorer: Scorer, start: Start | None) -> KeptWeights | None:
    """Return the weights to keep; None for a training that trains all."""
    return None if start is None or start.learned is None else KeptWeights(scorer, start)
