"""Divides a corpus into folds: parts that are each held out once while the others train."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from window_ner.data.corpus import Corpus, single_sentences
from window_ner.data.corpus_checks import refuse_no_names
from window_ner.errors import InputError


def folds_of(corpus: Corpus, folds: int) -> list[Corpus]:
    """Split the documents into ``folds`` corpora; without marked documents, split the sentences.

    0 returns the corpus as it is.

    Raises
    ------
    InputError
        If there are fewer documents than folds.
    """
    if not folds:
        return [corpus]
    documents = corpus.units
    if len(documents) < folds:
        raise InputError(
            f"{corpus.name}: {len(documents)} documents cannot be split into "
            f"second_pass.folds = {folds}"
        )
    return [
        replace(corpus, documents=documents[fold::folds], has_documents=True)
        for fold in range(folds)
    ]


def joined(folds: Sequence[Corpus]) -> Corpus:
    """Join the documents of the folds into one corpus."""
    if len(folds) == 1:
        return folds[0]
    return replace(folds[0], documents=tuple(d for fold in folds for d in fold.documents))


def balanced_folds(corpus: Corpus, folds: int) -> list[Corpus]:
    """Divide a small corpus into folds with about equally many names of each label.

    The documents are divided; if there are few of them, the sentences. From the rarest label on,
    each document goes to the fold that has the fewest documents with this label (iterative
    stratification: Sechidis et al., 2011). So a label of two documents is in two folds, and each of
    them can be learned from the other. With fewer documents than folds, there are fewer folds.

    Raises
    ------
    InputError
        If there are names in fewer than two sentences.
    """
    units, what = corpus.units, "document" if corpus.has_documents else "sentence"
    if len(units) < 2 * folds:
        units, what = single_sentences(units), "sentence"
    labels = [{tag[2:] for s in unit.sentences for tag in s.tags if tag != "O"} for unit in units]
    refuse_no_names(corpus)
    if sum(map(bool, labels)) < 2:
        raise InputError(
            f"{corpus.name}: only one {what} has names; a training without --dev needs at least "
            "two, and better fifty"
        )
    dealt: list[list[int]] = [[] for _ in range(min(folds, len(units)))]
    left = list(range(len(units)))
    while left:
        counts = Counter(label for unit in left for label in labels[unit])
        rarest = min(counts, key=lambda label: (counts[label], label), default=None)
        for unit in left:
            if rarest is None or rarest in labels[unit]:
                with_label = [sum(rarest in labels[u] for u in fold) for fold in dealt]
                sizes = [len(fold) for fold in dealt]
                dealt[min(range(len(dealt)), key=lambda f: (with_label[f], sizes[f]))].append(unit)
        left = [u for u in left if rarest is not None and rarest not in labels[u]]
    return [
        replace(corpus, documents=tuple(units[u] for u in sorted(fold)), has_documents=True)
        for fold in dealt
    ]


def labels_in_one(folds: Sequence[Corpus]) -> list[str]:
    """Return the labels that only one fold has; the other folds cannot teach them."""
    found = Counter(label for fold in folds for label in fold.labels)
    return sorted(label for label, times in found.items() if times == 1)
