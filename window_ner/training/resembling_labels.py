"""Which label of a trained model a new label should begin as: the one found most in its names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus, Document
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats

_SENTENCES = 2_000
"""Sentences with names in which a model looks for labels that resemble the new ones."""


def resembling_labels(base: Model, corpus: Corpus, labels: Sequence[str]) -> dict[str, str]:
    """Choose for each new label the label of a model that it begins as.

    It is the label, or fine label, that is most probable in the names of the new one. A label of
    the model is not chosen if it stays, because the new one would take its names. If the model has
    fine labels, a label is not chosen for two new ones either: of persons who are writers and
    persons who are singers, it knows no difference.

    Parameters
    ----------
    base
        The trained model.
    corpus
        Sentences with names of the new labels.
    labels
        The labels of the new model, of which some may stay.

    Returns
    -------
    New label -> label of the model, without those in whose names the model finds nothing.
    """
    new = [label for label in labels if label not in base.about.labels]
    if not new or not base.about.labels:
        return {}
    sentences = [s for s in corpus.sentences if any(tag != "O" for tag in s.tags)]
    few = replace(corpus, documents=(Document(tuple(sentences[:_SENTENCES])),), has_documents=False)
    true = [tag[2:] for s in few.sentences for tag in s.tags]
    text, fine = base.encode_corpus(few), base.fine_labels
    old = _most_probable(base.scored(text).marginals(), base.objective.tags, true, new)
    like = {label: known for label, (known, _) in old.items() if known not in labels}
    if fine is not None:
        chosen = Counter(like.values())
        probabilities = fine.probabilities(base.scorer, text)
        for label, (known, mass) in _most_probable(probabilities, fine.tags, true, new).items():
            if label not in like or chosen[like[label]] > 1 or mass > old[label][1]:
                like[label] = known
    return like


def _most_probable(
    marginals: Floats, tags: Sequence[str], true: Sequence[str], new: Sequence[str]
) -> dict[str, tuple[str, float]]:
    """Return the most probable known label in the names of each new one, and its probability.

    Parameters
    ----------
    marginals
        (N, K) the probability of each tag at each token.
    tags
        The K tags.
    true
        The new label of each token, or the empty string.
    new
        The new labels.

    Returns
    -------
    New label -> known label, and the sum of its probabilities over the tokens of the names.
    """
    known = sorted({tag[2:] for tag in tags} - {""})
    of_label = np.array([[tag[2:] == label for label in known] for tag in tags])
    found = marginals @ of_label
    sums = {label: found[np.array(true) == label].sum(axis=0) for label in new}
    return {
        label: (known[int(mass.argmax())], float(mass.max()))
        for label, mass in sums.items()
        if mass.any()
    }
