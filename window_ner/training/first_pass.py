"""The first of two passes: trained, and asked about training data that it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.errors import InputError
from window_ner.model.second_pass import second_pass_inputs
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats
from window_ner.nn.window_network import WindowNetwork
from window_ner.settings.tables import Settings
from window_ner.training.new_model import draw_network
from window_ner.training.trainer import Trainer, example

Report = Callable[[str, float, float], None]


@dataclass(frozen=True)
class FirstPass:
    """The first of two passes, and what it says of the training data.

    Attributes
    ----------
    network
        Trained on all folds.
    centre
        (N, C) what the second pass gets with each token of the folds, one after another: said by
        networks that were trained on the other folds. While these are being trained, that of the
        folds so far.
    """

    network: WindowNetwork
    centre: Floats


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
    begun: FirstPass | None = None,
    keep: Callable[[FirstPass], None] = lambda first: None,
) -> FirstPass:
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
    begun
        What an interrupted call with the same arguments has kept.
    keep
        Is given what there is to go on from, after each network.
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

    if begun is None:
        inputs = second_pass_inputs(tagger.objective.outputs)
        begun = FirstPass(trained_on(joined(folds), 0), np.zeros((0, inputs), dtype=np.float32))
        keep(begun)
    first = begun
    ends = accumulate(fold.token_count for fold in folds)
    for number, (fold, end) in enumerate(zip(folds, ends, strict=True), 1):
        if end <= len(begun.centre):
            continue
        others = [other for other in folds if other is not fold]
        reader = replace(tagger, first_pass=trained_on(joined(others), number))
        centre = reader.encode_corpus(fold).centre
        assert centre is not None
        first = replace(first, centre=np.concatenate([first.centre, centre]))
        keep(first)
    return first
