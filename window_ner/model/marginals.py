"""The probability of each IOB2 tag at each token, for models with any tags."""

import numpy as np

from window_ner.model.objectives.base import Objective
from window_ner.nn.arrays import Floats, Ints


def iob2_tags(objective: Objective) -> list[str]:
    """List the IOB2 tags that a model can predict: O, then B and I of each label."""
    labels = dict.fromkeys(tag[2:] for tag in objective.tags if tag != "O")
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def iob2_marginals(objective: Objective, marginals: Floats, lengths: Ints) -> Floats:
    """Turn a model's marginals into those of the tags that `iob2_tags` lists.

    Parameters
    ----------
    marginals
        (N, K) the result of the objective's ``marginals``.
    lengths
        (B,) number of tokens of each sentence.

    Returns
    -------
    (N, 2L + 1) for L labels; each row sums to 1.
    """
    if objective.outputs == 1:  # a name begins where the token before is in no name
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
