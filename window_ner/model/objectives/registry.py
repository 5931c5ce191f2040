"""The objectives by name."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.model.objectives.base import Objective

if TYPE_CHECKING:
    from window_ner.data.corpus import Sentence

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


def gold_spans(objective: Objective, sentences: "Sequence[Sentence]") -> list[Span]:
    """Return the true spans of a corpus, without labels if the objective has none.

    Spans with a label that the objective does not have are kept: they count as missed.
    """
    if objective.outputs > 1:
        labels = sorted({tag[2:] for s in sentences for tag in s.tags} - {""})
        objective = make_objective("softmax", labels)
    lengths = np.array([len(s) for s in sentences])
    return objective.spans(objective.targets(sentences), lengths)
