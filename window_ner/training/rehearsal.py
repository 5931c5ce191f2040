"""Text in which a model rehearses the labels that it keeps, while it learns new ones.

The sentences of a new label are about one subject. They do not show how a newspaper is to be read,
and what is not shown is forgotten: the model finds the new label in news, too. So a training that
keeps labels also reads some sentences of the bundled sample corpus, without their annotation: a
token may have any of the kept labels there, but no new one. So a sentence that contains one of the
new names is left out.

This is pseudo-rehearsal (Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal",
Connection Science, 1995) with real text.
"""

from collections.abc import Collection, Iterable
from functools import cache

import numpy as np

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus, Document, Sentence, join_corpora, without_names
from window_ner.data.tag_schemes import spans_of
from window_ner.model.about import About
from window_ner.storage.resources import resource_folder

_SHORTEST = 4
"""Tokens of the shortest sentence: shorter ones are mostly datelines and results."""


def with_rehearsal(corpus: Corpus, about: About, kept: Collection[str]) -> Corpus:
    """Add the sentences to rehearse to the training data of a model that keeps labels.

    A corpus that annotates all labels is returned as it is: nothing is kept by rehearsing. So is
    one for a model that reads further columns, which the sample corpus lacks.

    Parameters
    ----------
    corpus
        The training data.
    about
        What the model is, with the number of sentences to rehearse.
    kept
        The labels of the model that the training starts from.
    """
    settings = about.settings
    count = settings.start.rehearsal
    has_open_labels = any(document.annotated is not None for document in corpus.documents)
    if not (about.keeps_labels and count and has_open_labels) or settings.features.columns:
        return corpus
    new = [label for label in about.labels if label not in kept]
    documents = (Document((s,), frozenset(new)) for s in rehearsed(corpus.sentences, count))
    return join_corpora([corpus, Corpus(tuple(documents))])


def rehearsed(sentences: Iterable[Sentence], count: int) -> list[Sentence]:
    """Choose sentences of the sample corpus, evenly over its documents, without their annotation.

    Sentences that contain a name of ``sentences`` are left out.
    """
    names = {
        tuple(map(str.lower, s.tokens[start:end]))
        for s in sentences
        for start, end, _ in spans_of(s.tags)
    }
    free = [s for s in _sample() if not _contains(s, names)]
    chosen = np.linspace(0, len(free) - 1, min(count, len(free))).round().astype(int)
    return [free[i] for i in chosen]


@cache
def _sample() -> tuple[Sentence, ...]:
    corpus = without_names(read_conll(resource_folder("data/sample") / "train.conll"))
    return tuple(s for s in corpus.sentences if len(s) >= _SHORTEST)


def _contains(sentence: Sentence, names: Collection[tuple[str, ...]]) -> bool:
    words = tuple(map(str.lower, sentence.tokens))
    lengths = {len(name) for name in names}
    return any(
        words[start : start + length] in names
        for length in lengths
        for start in range(len(words) - length + 1)
    )
