"""The objectives by name."""

from collections.abc import Sequence

from window_ner.model.objectives.base import Objective
from window_ner.model.objectives.crf import Crf
from window_ner.model.objectives.one_score import Logistic, MaxMargin
from window_ner.model.objectives.softmax import Softmax

OBJECTIVES: dict[str, type[Objective]] = {
    "logistic": Logistic,
    "max-margin": MaxMargin,
    "softmax": Softmax,
    "crf": Crf,
}


def make_objective(name: str, labels: Sequence[str]) -> Objective:
    """Return the objective of that name for a corpus with these labels.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are.
    """
    if name not in OBJECTIVES:
        raise ValueError(f"unknown loss {name!r}; known: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](labels)
