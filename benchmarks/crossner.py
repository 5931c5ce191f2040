"""CrossNER for benchmarks: five domains with labels of their own, and the F1 of names in them.

Settings are chosen on the first half of each dev split; the second half is for the figure to quote.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmarks.pretrained.corpora import corpora_folder
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus, Document
from window_ner.data.tag_schemes import Span, spans_of
from window_ner.evaluation.scores import span_scores
from window_ner.model.tagger import Tagger

DOMAINS = ("politics", "science", "music", "literature", "ai")


def part(corpus: Corpus, start: int | None, stop: int | None) -> Corpus:
    """Return some sentences of a corpus."""
    documents = (Document(corpus.sentences[start:stop]),)
    return replace(corpus, documents=documents, has_documents=False)


def splits_of(domain: str) -> tuple[Corpus, Corpus, Corpus]:
    """Read a domain: train, and the first and the second half of dev."""
    folder = corpora_folder() / "crossner"
    train, dev = (read_conll(folder / f"{domain}.{split}.conll") for split in ("train", "dev"))
    middle = len(dev.sentences) // 2
    return train, part(dev, 0, middle), part(dev, middle, None)


def f1(tagger: Tagger, corpus: Corpus) -> float:
    """Return the F1 of the names that a tagger finds in a corpus."""
    found = tagger.read_corpus(corpus).spans
    return 100 * span_scores(found, tagger.model.gold_spans(corpus.sentences))[""].f1


def all_spans(tags: Iterable[Sequence[str]]) -> list[Span]:
    """Return the names of consecutive sentences; tokens are numbered over all of them."""
    found, first = [], 0
    for sentence in tags:
        found += [Span(first + s.start, first + s.end, s.label) for s in spans_of(sentence)]
        first += len(sentence)
    return found
