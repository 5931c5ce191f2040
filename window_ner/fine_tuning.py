"""The pitfall rule: freeze the word vectors, fine-tune them, or measure and decide.

Fine-tuning moves the vectors of the words in the training data and leaves the others where they
were: TV and telly move, television stays. With little data (the lecture: below about 100 thousand
examples) that hurts, with much (above a million) it helps; between, we try both.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from window_ner.config import FineTuningSettings
from window_ner.data.vocabulary import PADDING, UNKNOWN
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.optimizers import RowGradient


@dataclass(frozen=True)
class TrialScores:
    """What a short run scored on dev: F1 over all words, and over unseen ones."""

    all_words: float
    unseen_words: float


@dataclass(frozen=True)
class Decision:
    """Whether the word vectors are trained, why, and what the rule has to say against it."""

    fine_tune: bool
    reason: str
    warning: str = ""
    trials: dict[str, TrialScores] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the decision as it is stored in the model folder."""
        return asdict(self)


def decide(
    windows: int,
    settings: FineTuningSettings,
    trial: Callable[[bool], TrialScores],
    *,
    pretrained: bool = True,
) -> Decision:
    """Apply the rule.

    Parameters
    ----------
    windows
        How many windows the training data has.
    settings
        The mode, auto, on or off, and the bounds of the rule.
    trial
        ``trial(fine_tune)`` trains for a few epochs and scores on dev; called only where the rule
        leaves the choice open, and with the same seed for both.
    pretrained
        False if all word vectors are random: then there is nothing to keep, and all to learn.
    """
    if not pretrained:
        return _decide_random(windows, settings)
    below, above = windows < settings.freeze_below, windows > settings.tune_above
    if settings.mode != "auto":
        fine_tune = settings.mode == "on"
        warning = ""
        if fine_tune and below:
            warning = (
                f"{windows:,} windows are below the {settings.freeze_below:,} of the rule: "
                "fine-tuning may hurt on words that the training data lacks"
            )
        if not fine_tune and above:
            warning = (
                f"{windows:,} windows are above the {settings.tune_above:,} of the rule: "
                "fine-tuning would probably help"
            )
        return Decision(fine_tune, f"as told by fine-tune = {settings.mode}", warning)
    if below:
        reason = f"{windows:,} windows are below the rule's {settings.freeze_below:,}: frozen"
        return Decision(False, reason)
    if above:
        reason = f"{windows:,} windows are above the rule's {settings.tune_above:,}: fine-tuned"
        return Decision(True, reason)

    frozen, tuned = trial(False), trial(True)
    fine_tune = tuned.all_words > frozen.all_words
    winner, better, other = (
        ("fine-tuned", tuned, frozen) if fine_tune else ("frozen", frozen, tuned)
    )
    reason = (
        f"{windows:,} windows are between the rule's bounds; {winner} wins "
        f"{100 * better.all_words:.1f} to {100 * other.all_words:.1f} on dev, "
        f"{100 * better.unseen_words:.1f} to {100 * other.unseen_words:.1f} on unseen words"
    )
    return Decision(fine_tune, reason, trials={"frozen": frozen, "fine-tuned": tuned})


def _decide_random(windows: int, settings: FineTuningSettings) -> Decision:
    if settings.mode == "off":
        warning = "random word vectors that are not trained say nothing about the words"
        return Decision(False, f"as told by fine-tune = {settings.mode}", warning)
    warning = ""
    if windows < settings.tune_above:
        warning = (
            f"{windows:,} windows are below the {settings.tune_above:,} of the rule: "
            "pretrained word vectors would probably be better than random ones"
        )
    return Decision(True, "random word vectors are there to be learned", warning)


class VectorUpdate:
    """How the word vectors move when they are trained: between frozen and free.

    Four ways, each a setting of [fine_tuning], to be combined at will::

        vector_rate      E <- E - vector_rate · η · ∂J/∂E: a learning rate of their own
        pull             J' = J + pull/2 · Σ ‖E[w] - E₀[w]‖², where E₀ is where they started
        min_count        E[w] moves only if w is seen at least so often in training
        unfreeze_after   E moves only after so many epochs, when W, b and U have settled

    Parameters
    ----------
    settings
        See above.
    E
        (V, d) the word vectors before the training.
    rows
        (N,) the row of E of each token of the training data.
    """

    def __init__(self, settings: FineTuningSettings, E: Floats, rows: Ints) -> None:
        self.settings = settings
        self.rows = np.union1d(rows, [PADDING, UNKNOWN])
        counts = np.bincount(rows, minlength=len(E))
        self.frequent = counts >= settings.min_count
        self.frequent[PADDING] = True  # it stands at every edge of a sentence
        self.start = E.take(self.rows, axis=0) if settings.pull else None

    def frozen_in(self, epoch: int) -> bool:
        """Tell whether the vectors still wait in that epoch, counted from 0."""
        return epoch < self.settings.unfreeze_after

    def __call__(self, E: Floats, gradient: RowGradient) -> tuple[float, RowGradient]:
        """Turn ∂J/∂E of a mini-batch into the gradient to follow; also return what J gains by it.

        The pull is on the words of the mini-batch, as the others have no gradient to balance it:
        with r = E[w] - E₀[w], ∂(pull/2 · ‖r‖²)/∂E[w] = pull · r.
        """
        rows, values = gradient.rows, gradient.values
        if self.settings.min_count > 1:
            kept = self.frequent[rows]
            rows, values = rows[kept], values[kept]
        if self.start is None:
            return 0.0, RowGradient(rows, values)
        r = E.take(rows, axis=0) - self.start.take(np.searchsorted(self.rows, rows), axis=0)
        penalty = self.settings.pull / 2 * float(np.vdot(r, r))
        return penalty, RowGradient(rows, values + self.settings.pull * r)
