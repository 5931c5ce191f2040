"""Copies of training data: in other spellings, as single sentences, and with other names.

A network trained on edited newspaper text relies on capital letters: on text in lower case it finds
a third of the names. Training on copies of some documents in other spellings teaches it not to rely
on them. This costs only the time to train on the copies.

With few sentences, each name occurs in one place. In a copy, names of the same label take each
other's place, so that the network learns what is around a name (mention replacement; Dai and Adel,
"An analysis of simple data augmentation for named entity recognition", COLING 2020).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.tag_schemes import Span, spans_of, tags_of
from window_ner.settings.tables import AugmentationSettings

_SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower_case": str.lower,
    "upper_case": str.upper,
    "title_case": lambda word: word[:1].upper() + word[1:],
    "loose_sentences": str,
}


def augment(corpus: Corpus, settings: AugmentationSettings, rng: np.random.Generator) -> Corpus:
    """Append copies of documents: some in each spelling, drawn at random, and all with other names.

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
    for _ in range(settings.swap_names):
        copies += swapped_names(documents, rng)
    if not copies:
        return corpus
    return replace(corpus, documents=(*documents, *copies), has_documents=True)


def swapped_names(documents: Sequence[Document], rng: np.random.Generator) -> list[Document]:
    """Copy the documents with each name replaced by one of the same label, drawn at random."""
    names: dict[str, list[list[tuple[str, ...]]]] = {}
    for document in documents:
        for sentence in document.sentences:
            for start, end, label in spans_of(sentence.tags):
                names.setdefault(label, []).append(_rows(sentence)[start:end])
    return [
        replace(document, sentences=tuple(_swapped(s, names, rng) for s in document.sentences))
        for document in documents
    ]


def _swapped(
    sentence: Sentence,
    names: Mapping[str, Sequence[list[tuple[str, ...]]]],
    rng: np.random.Generator,
) -> Sentence:
    """Replace the names of a sentence; a name brings its other columns along."""
    old = _rows(sentence)
    rows: list[tuple[str, ...]] = []
    spans: list[Span] = []
    end = 0
    for span in spans_of(sentence.tags):
        rows += old[end : span.start]
        others = names[span.label]
        name = others[int(rng.integers(len(others)))]
        spans.append(Span(len(rows), len(rows) + len(name), span.label))
        rows += name
        end = span.end
    rows += old[end:]
    tokens, *columns = zip(*rows, strict=True)
    return Sentence(tokens, tuple(tags_of(spans, len(tokens))), tuple(columns))


def _rows(sentence: Sentence) -> list[tuple[str, ...]]:
    """Return each token with its other columns."""
    return list(zip(sentence.tokens, *sentence.columns, strict=True))
