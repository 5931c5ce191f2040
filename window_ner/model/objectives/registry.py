"""The objectives by name."""

from collections.abc import Sequence
from importlib import import_module

from window_ner.model.objectives.base import Objective

OBJECTIVES = {
    "logistic": ("one_score", "Logistic"),
    "max-margin": ("one_score", "MaxMargin"),
    "softmax": ("softmax", "Softmax"),
    "crf": ("crf", "Crf"),
}
"""Name -> the module beside this one and its class. A module is imported when it is needed."""


def make_objective(name: str, labels: Sequence[str], agreement: float = 0.0) -> Objective:
    """Return the objective of that name for a corpus with these labels; see `Objective`.

    Raises
    ------
    ValueError
        If there is no such objective; the message lists the known ones.
    """
    if name not in OBJECTIVES:
        raise ValueError(f"unknown loss {name!r}; known: {', '.join(OBJECTIVES)}")
    module, objective = OBJECTIVES[name]
    own: type[Objective] = getattr(
        import_module(f"window_ner.model.objectives.{module}"), objective
    )
    return own(labels, agreement)
