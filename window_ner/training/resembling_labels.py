"""Which labels of a trained model a new label should begin as: those found in its names."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus, Document
from window_ner.model.model import Model
from window_ner.nn.arrays import Floats

_SENTENCES = 2_000
"""Sentences with names in which a model looks for labels that resemble the new ones."""

_LEAST = 0.3
"""A label is left out if it resembles the new one less than this share of the most similar."""

_WIDE = 0.25
"""The weight of the model's own labels beside fine ones, which are found less often, but say more.

From 10 sentences and in 8 epochs, F1 was 51.9 on the first halves of CrossNER and 74.8 on
CoNLL-2003 with other names of its labels; with a weight of 1, 49.5 and 80.6; with fine labels
alone, 51.7 and 72.3.
"""

_UNSEEN = 0.5
"""Added to the total: a label that was found in one token only proves little."""


def resembling_labels(
    base: Model, corpus: Corpus, labels: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Choose for each new label the labels of a model that it begins as, and how much of each.

    A new label begins as labels of the model, fine ones included. A label that stays is never
    chosen: the new one would take its names.

    A label resembles a new one by n · n / total. The model takes n tokens in the names of the new
    label for it, and total tokens in the names of all labels of the corpus. So if a corpus has the
    labels WRITER and PERSON, WRITER begins as `writer`; PERSON begins as `politician` and
    `athlete`, and not as `writer`, which is found more often in the names of WRITER. If the model
    has fine labels, its own labels count a quarter: PER is found in every person.

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
    New label -> {label of the model: part}, the largest part first; the parts add up to 1. A new
    label is left out if it has no names here, or if the model has no fine labels and one that stays
    resembles it much more than the others.
    """
    new = [label for label in labels if label not in base.about.labels]
    sentences = [s for s in corpus.sentences if any(tag != "O" for tag in s.tags)]
    if not new or not base.about.labels or not sentences:
        return {}
    some = tuple(sentences[:: -(-len(sentences) // _SENTENCES)])  # at even distances
    few = replace(corpus, documents=(Document(some),), has_documents=False)
    text, fine = base.encode_corpus(few), base.fine_labels
    known = list(base.about.labels)
    weight = np.ones(len(known))
    found = _of_labels(base.scored(text).marginals(), base.objective.tags, known)
    if fine is not None:  # an old label comes before a fine one of the same name
        finer = [label for label in fine.labels if label not in known]
        of_finer = _of_labels(fine.probabilities(base.scorer, text), fine.tags, finer)
        found = np.hstack([found, of_finer])
        weight = np.append(_WIDE * weight, np.ones(len(finer)))
        known += finer
    true = np.array([tag[2:] for s in few.sentences for tag in s.tags])
    tokens = {label: found[true == label].sum(axis=0) for label in labels}
    total = np.sum([*tokens.values()], axis=0) + _UNSEEN
    free = np.array([label not in base.about.labels or label not in labels for label in known])
    parts = {}
    for label in new:
        row = weight * tokens[label] ** 2 / total
        least = _LEAST * (row if fine is None else row[free]).max(initial=0)
        chosen = [i for i in np.argsort(-row) if free[i] and row[i] >= least and row[i] > 0]
        if chosen:
            parts[label] = {known[i]: float(row[i] / row[chosen].sum()) for i in chosen}
    return parts


def _of_labels(marginals: Floats, tags: Sequence[str], labels: Sequence[str]) -> Floats:
    """Add up the probabilities of the tags (N, K) of each label: (N, labels)."""
    sums: Floats = marginals @ np.array([[tag[2:] == label for label in labels] for tag in tags])
    return sums
