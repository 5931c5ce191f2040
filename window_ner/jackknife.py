"""The first of two passes: trained, and asked about training data that it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from window_ner.data.conll import Corpus
from window_ner.errors import InputError
from window_ner.model import WindowNetwork
from window_ner.nn.arrays import Floats
from window_ner.settings import Settings
from window_ner.tagger import Tagger
from window_ner.trainer import Trainer, example
from window_ner.untrained import draw_network

Report = Callable[[str, float, float], None]


def folds_of(corpus: Corpus, folds: int) -> list[Corpus]:
    """Deal the documents out into so many corpora, or the sentences where none are marked.

    0 leaves the corpus as it is.

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
            f"{corpus.name}: {len(documents)} documents cannot be dealt out into "
            f"second_pass.folds = {folds}"
        )
    return [
        replace(corpus, documents=documents[fold::folds], has_documents=True)
        for fold in range(folds)
    ]


def joined(folds: Sequence[Corpus]) -> Corpus:
    """Put the documents of folds one after another."""
    if len(folds) == 1:
        return folds[0]
    return replace(folds[0], documents=tuple(d for fold in folds for d in fold.documents))


def train_first_pass(
    tagger: Tagger,
    settings: Settings,
    folds: Sequence[Corpus],
    *,
    frozen: frozenset[str],
    seed: int,
    report: Report,
) -> tuple[WindowNetwork, Floats]:
    """Train the first pass of an untrained tagger.

    Parameters
    ----------
    tagger
        Its word vectors are where every first pass starts from.
    settings
        Those of the whole tagger.
    folds
        The training data in parts.
    frozen
        Parameters that are not trained.
    seed
        Of all that is random.
    report
        Is told what is being trained, the fraction of its epoch that is done, and the mean loss.

    Returns
    -------
    first_pass
        The network trained on all folds.
    centre
        (N, C) what the second pass gets with each token of the folds, one after another: said by
        networks that were trained on the other folds.
    """
    settings = settings.for_first_pass()
    epochs = settings.training.epochs

    def trained_on(corpus: Corpus, number: int) -> WindowNetwork:
        rng = np.random.default_rng([seed, 5, number])
        table = tagger.network.parameters["E"].copy()
        network = draw_network(settings.network, table, tagger.encoder, tagger.objective, rng)
        data = example(replace(tagger, first_pass=None), corpus)
        run = Trainer(
            network,
            tagger.objective,
            data,
            settings.training,
            frozen=frozen,
            rng=rng,
            epochs=epochs,
            fine_tuning=settings.fine_tuning,
        )
        for epoch in range(1, epochs + 1):
            run.epoch(partial(report, f"first pass {number + 1}/{len(folds) + 1}, epoch {epoch}"))
        return run.result()

    centres = []
    for held_out, fold in enumerate(folds):
        others = [other for i, other in enumerate(folds) if i != held_out]
        reader = replace(tagger, first_pass=trained_on(joined(others), held_out))
        centre = reader.encode_corpus(fold).centre
        assert centre is not None
        centres.append(centre)
    first_pass = trained_on(joined(folds), len(folds))
    return first_pass, np.concatenate(centres)
