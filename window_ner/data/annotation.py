"""Which labels a corpus annotates: if it does not annotate MISC, O may be O or MISC there.

A file says it in a comment before its first sentence,

    # annotates: LOC ORG PER

or by what occurs in it: of several files of a split, a file without any MISC does not annotate
MISC if another file does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.tag_schemes import Span
from window_ner.errors import listed


def find_annotated(corpora: Sequence[Corpus], labels: Iterable[str] = ()) -> list[Corpus]:
    """Return the corpora with the labels that each annotates, and a note if these are not all.

    A label that never occurs in a corpus is not annotated there, if another corpus has it. A corpus
    that says which labels it annotates is believed.

    Parameters
    ----------
    labels
        Other labels of the model.
    """
    known = {*labels}.union(*(corpus.labels for corpus in corpora), *map(_declared, corpora))
    return [_with_note(_by_what_occurs(corpus, known), known) for corpus in corpora]


def _declared(corpus: Corpus) -> frozenset[str]:
    return frozenset().union(*(d.annotated for d in corpus.documents if d.annotated is not None))


def _by_what_occurs(corpus: Corpus, known: set[str]) -> Corpus:
    is_declared = any(d.annotated is not None for d in corpus.documents)
    if is_declared or known <= set(corpus.labels):
        return corpus
    return corpus.annotating(corpus.labels)


def _with_note(corpus: Corpus, known: set[str]) -> Corpus:
    """Add one line on the labels that are not annotated."""
    sets = [d.annotated for d in corpus.documents if d.annotated is not None]
    missing = sorted(known - frozenset.intersection(*sets)) if sets else []
    if not missing:
        return corpus
    shown = listed(missing)
    name = Path(corpus.name).name
    where = "" if len(sets) == len(corpus.documents) else " everywhere"
    which = "one of them" if missing[1:] else shown
    note = f"{name} does not annotate {shown}{where}: O may be {which} there"
    return replace(corpus, annotation_notes=(note,))


@dataclass(frozen=True)
class AnnotatedLabels:
    """The labels that each document of a split annotates.

    Attributes
    ----------
    sizes
        The number of tokens of each document.
    labels
        The labels that each document annotates; None is all of them.
    """

    sizes: tuple[int, ...] = ()
    labels: tuple[frozenset[str] | None, ...] = ()

    @classmethod
    def of(cls, corpus: Corpus) -> "AnnotatedLabels":
        """Return those of a corpus."""
        documents = corpus.documents
        return cls(tuple(d.token_count for d in documents), tuple(d.annotated for d in documents))

    def among(self, spans: Sequence[Span]) -> list[Span]:
        """Return the spans with a label that their document annotates.

        Nothing says whether the others are right, so they are not scored.
        """
        if all(labels is None for labels in self.labels):
            return list(spans)
        starts = [span.start for span in spans]
        document = np.cumsum(self.sizes).searchsorted(starts, side="right").tolist()
        labels = [self.labels[i] for i in document]
        pairs = zip(spans, labels, strict=True)
        return [span for span, known in pairs if known is None or span.label in known]
