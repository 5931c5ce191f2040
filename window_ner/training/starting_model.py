"""Makes the model that a training begins with: a new one, or a trained one that goes on."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from window_ner.data.corpus import Corpus
from window_ner.data.corpus_checks import refuse_no_names
from window_ner.data.word_vectors import WordVectors, load_word_vectors
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.training.continued_model import continued_model
from window_ner.training.estimated_vectors import estimated_vectors
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan
from window_ner.training.start import Start

_INSTEAD = "glove-6b-50d"
"""Vectors that those of new words are estimated from, if those of the model are not at hand."""


def load_vectors(plan: Plan, note: Callable[[str], None]) -> Sequence[WordVectors]:
    """Load the word vectors; a training that starts from a model can do without them."""
    try:
        return plan.load_vectors(note)
    except InputError as error:
        if plan.base is None:
            raise
        why = str(error)
    try:
        others = load_word_vectors(_INSTEAD, note)
    except InputError:
        note(f"words that the model does not know stay unknown: {why}")
        return []
    note(f"vectors of new words are estimated from {_INSTEAD}: {why}")
    return [estimated_vectors(plan.base.model, others, plan.train.tokens)]


def starting_model(
    plan: Plan, corpus: Corpus, vectors: Sequence[WordVectors]
) -> tuple[Model, Start | None]:
    """Make the model, and the trained weights that it starts from, if any.

    ``corpus`` is the training data of the plan, with the copies of `augment`.
    """
    base, start = plan.base, None
    if base is None:
        model = untrained_model(plan.settings, corpus, vectors, seed=plan.seed)
    else:
        refuse_no_names(corpus)
        start = Start.from_model(
            base.model,
            corpus,
            plan.labels,
            keep_labels=base.keep_labels,
            settings=plan.settings.start,
        )
        model = continued_model(
            base.model, plan.settings, corpus, vectors, start=start, seed=plan.seed
        )
    about = replace(
        model.about,
        corpus=plan.files,
        config=plan.config,
        windows=plan.train.token_count,
        started_from=(base.name or "") if base else None,
        keeps_labels=base is not None and base.keep_labels,
    )
    return replace(model, about=about), start
