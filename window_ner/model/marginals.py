"""The probability of each IOB2 tag at each token, whatever a model's own tags are."""

import numpy as np

from window_ner.model.objectives.base import Objective
from window_ner.nn.arrays import Floats, Ints


def iob2_tags(objective: Objective) -> list[str]:
    """Name the IOB2 tags that a model can give: O, then B and I of each label."""
    labels = dict.fromkeys(tag[2:] for tag in objective.tags if tag != "O")
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def iob2_marginals(objective: Objective, marginals: Floats, lengths: Ints) -> Floats:
    """Turn a model's marginals into those of the tags that `iob2_tags` names.

    Parameters
    ----------
    marginals
        (N, K) what the objective's ``marginals`` returns.
    lengths
        (B,) tokens of each sentence.

    Returns
    -------
    (N, 2L + 1), L being the number of labels; each row sums to 1.
    """
    if objective.outputs == 1:  # a name's token begins it where the token before is of no name
        p = marginals[:, 0]
        before = np.zeros_like(p)
        before[1:] = p[:-1]
        before[np.cumsum(lengths[:-1])] = 0
        return np.stack([1 - p, p * (1 - before), p * before], axis=1)
    column = {tag: marginals[:, number] for number, tag in enumerate(objective.tags)}
    labels = [tag[2:] for tag in iob2_tags(objective)[1::2]]
    begins = [column[f"B-{label}"] + column[f"S-{label}"] for label in labels]
    inside = [column[f"I-{label}"] + column[f"E-{label}"] for label in labels]
    pairs = [p for pair in zip(begins, inside, strict=True) for p in pair]
    return np.stack([column["O"], *pairs], axis=1)
