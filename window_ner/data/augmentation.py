"""Copies of training data in other spellings: lower case, capitals, title case, single sentences.

A network trained on edited newspaper text relies on capital letters: on text in lower case it finds
a third of the names. Training on copies of some documents in other spellings teaches it not to rely
on them. This costs only the time to train on the copies.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus, Document
from window_ner.settings.tables import AugmentationSettings

_SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower_case": str.lower,
    "upper_case": str.upper,
    "title_case": lambda word: word[:1].upper() + word[1:],
    "loose_sentences": str,
}


def augment(corpus: Corpus, settings: AugmentationSettings, rng: np.random.Generator) -> Corpus:
    """Append copies of some documents, drawn at random for each spelling.

    Every other copy, and every copy for ``loose_sentences``, is split into documents of one
    sentence, because users often tag single sentences. If the corpus marks no documents, every
    sentence is a document already.
    """
    documents = corpus.units
    copies: list[Document] = []
    for name, spell in _SPELLINGS.items():
        chosen = rng.permutation(len(documents))[: round(getattr(settings, name) * len(documents))]
        for i, number in enumerate(chosen.tolist()):
            sentences = tuple(
                replace(s, tokens=tuple(map(spell, s.tokens))) for s in documents[number].sentences
            )
            apart = name == "loose_sentences" or i % 2 == 1
            copy = replace(documents[number], sentences=sentences)
            copies += copy.split() if apart else [copy]
    if not copies:
        return corpus
    return replace(corpus, documents=(*documents, *copies), has_documents=True)
