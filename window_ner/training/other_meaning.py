"""Finds labels that mean one thing in a model and another in a corpus."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from window_ner.data.corpus import Corpus
from window_ner.data.tag_schemes import Span
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.training.plan import Plan

_DOCUMENTS = 500
"""Documents of the corpus that the model reads."""

_FEWEST = 3
"""Fewer disagreements than this are no sign of another meaning."""

_SHOWN = 3


def check_kept_labels(plan: Plan, note: Callable[[str], None]) -> None:
    """Check a training that keeps labels; ``note`` gets a sentence for each doubtful label.

    Raises
    ------
    InputError
        If the training has two passes.
    """
    if plan.base is None or not plan.base.keep_labels:
        return
    if plan.settings.second_pass.folds:
        raise InputError(
            "a training that keeps the labels of a model has one pass; set second_pass.folds to 0, "
            "or leave out keep_labels"
        )
    for message in labels_of_other_meaning(plan.base.model, plan.train):
        note(message)


def labels_of_other_meaning(model: Model, corpus: Corpus) -> list[str]:
    """Compare the names of a corpus with those that a model finds there.

    Returns
    -------
    A sentence, with examples, for each shared label that they disagree on more often than not.
    Names that overlap and have the same label count as agreement: models often miss the exact end
    of a name.
    """
    shared = sorted({*model.about.labels} & {*corpus.labels})
    if not shared:
        return []
    some = replace(corpus, documents=tuple(islice(corpus.units, _DOCUMENTS)))
    found = model.annotated_labels(some).among(model.scored(model.encode_corpus(some)).spans)
    true = model.gold_spans(some.sentences)
    tokens = some.tokens
    messages = (_compare(label, found, true, tokens) for label in shared)
    return [message for message in messages if message]


def _compare(
    label: str, found: Sequence[Span], true: Sequence[Span], tokens: Sequence[str]
) -> str | None:
    """Say how the names with a label differ; None if they agree on half of them or more."""
    of_model, of_corpus = ([s for s in spans if s.label == label] for spans in (found, true))
    only_model, only_corpus = _without(of_model, of_corpus), _without(of_corpus, of_model)
    disagreed, every = len(only_model) + len(only_corpus), len(of_corpus) + len(only_model)
    if disagreed < _FEWEST or 2 * disagreed <= every:
        return None
    examples = Counter(
        f"{' '.join(tokens[span.start : span.end])!r} ({label} only in {where})"
        for spans, where in ((only_corpus, "the corpus"), (only_model, "the model"))
        for span in spans
    )
    shown = ", ".join(example for example, _ in examples.most_common(_SHOWN))
    return (
        f"{label}: the model and your corpus disagree on {disagreed} of {every} names: {shown}; "
        f"if {label} means something else in your corpus, give it another name there"
    )


def _without(spans: Sequence[Span], others: Iterable[Span]) -> list[Span]:
    """Return the spans that share no token with any of the others."""
    covered = {token for other in others for token in range(other.start, other.end)}
    return [span for span in spans if covered.isdisjoint(range(span.start, span.end))]
