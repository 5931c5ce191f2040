"""Makes training data from texts and a list of names: what is on the list is annotated.

A list is never complete. If all else were O, the model would learn to miss every name that is not
on the list. If nothing else were O, it would never learn what is no name. So a model that knows
names of other kinds reads the texts, and a text is one of three:

- Each name that the model finds there is on the list, or has a token in common with one that is:
  the text is annotated completely, and O is O.
- The model finds other names too: they may be of the list's kind. The names of the list are
  annotated, and the rest is unknown (a partially annotated text).
- The same, without a name of the list: there is nothing to learn, and the text is left out.

`python -m benchmarks.listed_texts` measures it.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

from window_ner.data.corpus import Corpus, Document, join_corpora
from window_ner.data.formats.reading import read_texts
from window_ner.data.name_list import NameList, refuse_no_list
from window_ner.data.sources import Splits, as_list
from window_ner.data.tag_schemes import Span, tags_of
from window_ner.data.tokenizer import TokenizedText
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.training.plan import Base

_MEASURED = "without a dev split of annotated text, F1 is measured against the list of names"


def listed_corpus(
    texts: Splits, names: NameList, base: Base | None, *, has_dev: bool = False
) -> Corpus:
    """Read the texts of a training on a list of names, and annotate them.

    Without a dev split, a note says what F1 is measured against.

    Raises
    ------
    InputError
        If there is no model to start from, its labels are to be kept, there is no text, or no name
        of the list is in the texts.
    """
    refuse_no_list(names)
    if base is None:
        raise InputError(
            "training on a list of names needs a model to start from, which tells where other "
            "names may be; name one (--from), such as english"
        )
    if base.keep_labels:
        raise InputError(
            "a list of names cannot be learned with the labels of the model kept: train without "
            "keep_labels, tag texts with the result, and train on these with keep_labels"
        )
    if not as_list(texts):
        raise InputError("a list of names needs texts to find them in; give them (--train)")
    parts = [t if isinstance(t, Corpus) else read_texts(t) for t in as_list(texts)]
    corpus = annotate_by_list(join_corpora(parts), names, base.model)
    return corpus if has_dev else replace(corpus, notes=(*corpus.notes, _MEASURED))


def annotate_by_list(texts: Corpus, names: NameList, model: Model) -> Corpus:
    """Annotate texts with a list of names.

    Parameters
    ----------
    texts
        The texts, a document each; their own annotation is not used.
    names
        The names and their labels.
    model
        A model that finds names of any kind.

    Raises
    ------
    InputError
        If no name of the list is in the texts.
    """
    documents = texts.units
    listed = names.find_all([_tokenized(document) for document in documents])
    if not any(listed):
        raise InputError(f"{texts.name}: no name of the list is in it; use other texts, or names")
    found = _found(replace(texts, documents=documents, has_documents=True), model)
    made = [
        _annotated(document, spans, is_complete=_covers(spans, of_model))
        for document, spans, of_model in zip(documents, listed, found, strict=True)
        if spans or not of_model
    ]
    note = (
        f"{sum(map(bool, listed)):,} of {len(documents):,} texts have names of the list; "
        f"{sum(d.annotated is not None for d in made):,} of these may have other names too, and "
        f"{len(documents) - len(made):,} texts that may have other names only are left out"
    )
    return Corpus(tuple(made), name=texts.name, notes=(*texts.notes, note))


def _tokenized(document: Document) -> TokenizedText:
    tokens = [token for sentence in document.sentences for token in sentence.tokens]
    return TokenizedText(tokens, [0] * len(tokens), [len(s) for s in document.sentences])


def _found(texts: Corpus, model: Model) -> Iterator[list[Span]]:
    """Yield the names that the model finds in each document."""
    spans = model.scored(model.encode_corpus(texts)).spans
    sizes = (document.token_count for document in texts.documents)
    start = place = 0
    for end in accumulate(sizes):
        inside = []
        while place < len(spans) and spans[place].start < end:
            span = spans[place]
            inside.append(Span(span.start - start, span.end - start, span.label))
            place += 1
        yield inside
        start = end


def _covers(listed: list[Span], found: list[Span]) -> bool:
    """Whether each name of the model shares a token with a name of the list."""
    known = {token for span in listed for token in range(span.start, span.end)}
    return all(not known.isdisjoint(range(span.start, span.end)) for span in found)


def _annotated(document: Document, spans: list[Span], *, is_complete: bool) -> Document:
    """Give a document the names of the list; if it may have others, it annotates no label."""
    tags = iter(tags_of(spans, document.token_count))
    sentences = (replace(s, tags=tuple(next(tags) for _ in s.tokens)) for s in document.sentences)
    return Document(tuple(sentences), None if is_complete else frozenset())
