"""How good a model without a dev split is, by cross-validation, and whether more data would help.

It is part of the file settings.json of a model folder.
"""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from window_ner.model.stored_values import is_count, is_number, require

_require = partial(require, what="cross_validated")


@dataclass(frozen=True)
class LearningCurve:
    """F1 by the number of training sentences, and what twice as many should bring.

    Attributes
    ----------
    sentences, f1
        The sizes of the training data, and the F1 that models have after training on them.
    gain, low, high
        By how much F1 should rise with twice the sentences of the last point; its 95 % interval.
    """

    sentences: tuple[int, ...]
    f1: tuple[float, ...]
    gain: float
    low: float
    high: float

    @classmethod
    def from_json(cls, stored: Any) -> "LearningCurve":
        """Read what `dataclasses.asdict` returned; raise ValueError if it is something else."""
        _require(isinstance(stored, dict) and stored.keys() == cls.__dataclass_fields__.keys())
        sizes, f1 = stored["sentences"], stored["f1"]
        _require(isinstance(sizes, list | tuple) and isinstance(f1, list | tuple))
        _require(len(sizes) == len(f1) and all(map(is_count, sizes)))
        _require(all(map(is_number, (*f1, stored["gain"], stored["low"], stored["high"]))))
        return cls(tuple(sizes), tuple(f1), stored["gain"], stored["low"], stored["high"])

    def __str__(self) -> str:
        points = (
            f"with {size} sentences {100 * f1:.0f}"
            for size, f1 in zip(self.sentences, self.f1, strict=True)
        )
        possible = 1 - self.f1[-1] if self.f1 else 1.0  # the extrapolation knows no upper limit
        capped = [min(value, possible) for value in (self.low, self.high, self.gain)]
        low, high, expected = (str(round(100 * value)) for value in capped)
        if capped[-1] < 0.005:
            gain = f"twice as many may bring nothing ({low} to {high})"
        elif self.low <= 0:
            gain = f"twice as many may bring {expected} more, or nothing ({low} to {high})"
        else:
            gain = f"twice as many should bring about {expected} more ({low} to {high})"
        return f"{', '.join(points)}: {gain}"


@dataclass(frozen=True)
class CrossValidated:
    """The result of a cross-validation; the model itself was then trained on all sentences.

    Attributes
    ----------
    folds, sentences
        The number of folds, and of the sentences in all of them.
    epochs
        The number of epochs to train the model for.
    scores
        F1 after each epoch, over all words and over unseen words; the folds together.
    f1, low, high
        F1 after ``epochs`` epochs, and its 95 % interval.
    temperature
        The temperature of the scores of names.
    curve
        The learning curve; None if there is none.
    """

    folds: int
    sentences: int
    epochs: int
    scores: tuple[tuple[float, float], ...]
    f1: float
    low: float
    high: float
    temperature: float
    curve: LearningCurve | None = None

    @classmethod
    def from_json(cls, stored: Any) -> "CrossValidated":
        """Read what `dataclasses.asdict` returned; raise ValueError if it is something else."""
        _require(isinstance(stored, dict) and stored.keys() == cls.__dataclass_fields__.keys())
        _require(all(is_count(stored[name]) for name in ("folds", "sentences", "epochs")))
        _require(all(is_number(stored[name]) for name in ("f1", "low", "high", "temperature")))
        _require(stored["temperature"] > 0)
        scores, curve = stored["scores"], stored["curve"]
        _require(isinstance(scores, list | tuple) and 1 <= stored["epochs"] <= len(scores))
        for pair in scores:
            _require(isinstance(pair, list | tuple) and len(pair) == 2)
            _require(all(map(is_number, pair)))
        told = {
            "scores": tuple((float(everywhere), float(unseen)) for everywhere, unseen in scores),
            "curve": None if curve is None else LearningCurve.from_json(curve),
        }
        return cls(**{**stored, **told})

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        f1, low, high = (f"{100 * value:.0f}" for value in (self.f1, self.low, self.high))
        return (
            f"F1 about {f1} ({low} to {high}), by {self.folds}-fold cross-validation of "
            f"{self.sentences} sentences"
        )
