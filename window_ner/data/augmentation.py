"""Copies of the training data in other spellings: lower case, capitals, headlines, loose sentences.

A network that has only seen well-kept newspaper text relies on its capitals: on text in lower case
it finds a third of the names. A share of the documents again, spelt otherwise, teaches it not to,
and costs no more than the time to go through them.
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
    """Append copies of some documents, drawn anew for each spelling.

    Every other copy, and all ``loose_sentences``, are taken apart into documents of one sentence,
    as that is what people often ask about. Where the corpus marks no documents, every sentence is
    one already.
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
            copies += [Document((s,)) for s in sentences] if apart else [Document(sentences)]
    if not copies:
        return corpus
    return replace(corpus, documents=(*documents, *copies), has_documents=True)
