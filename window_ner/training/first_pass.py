"""Trains the first of two passes, and applies it to training data that it was not trained on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.model.model import Model
from window_ner.model.scorer import Scorer
from window_ner.model.second_pass import second_pass_inputs
from window_ner.nn.arrays import Floats
from window_ner.nn.tables import MovedVectors
from window_ner.training.encoded_split import encode_split
from window_ner.training.folds import joined
from window_ner.training.new_model import draw_scorer
from window_ner.training.start import Start
from window_ner.training.trainer import Trainer

Report = Callable[[str, float, float], None]
"""Called with a name for what is trained, the fraction of the epoch done, and the mean loss."""


@dataclass(frozen=True)
class FirstPass:
    """The first of two passes, and its results for the training data.

    Attributes
    ----------
    scorer
        The network and objective trained on all folds.
    centre
        (N, C) the inputs of the second pass for each token of the folds, in order. For each fold
        they come from a network that was trained on the other folds. While these networks are
        being trained, the array has only the folds that are done.
    """

    scorer: Scorer
    centre: Floats


def first_pass_scorer(model: Model, start: Start | None, rng: np.random.Generator) -> Scorer:
    """Draw the weights of a first pass, or take those of ``start``; the word vectors are a copy."""
    settings = model.about.settings.for_first_pass()
    E = np.array(model.network.parameters["E"])
    if start is None:
        return draw_scorer(settings.network, E, model.encoder, model.about.labels, rng)
    return start.draw(settings.network, E, model.encoder, rng)


@dataclass(frozen=True)
class FirstPassTraining:
    """The training of the first pass.

    Attributes
    ----------
    model
        An untrained model: every first pass starts from its word vectors.
    folds
        The training data in parts.
    frozen
        Parameters that are not trained.
    seed
        Random seed.
    start
        The trained weights that each network starts from; None draws the weights at random.
    report
        Called during the training.
    """

    model: Model
    folds: Sequence[Corpus]
    frozen: frozenset[str]
    seed: int
    start: Start | None = None
    report: Report = lambda what, done, loss: None

    def steps(self, begun: FirstPass | None = None) -> Iterator[FirstPass]:
        """Train one network after the other; yield the state after each, to continue from.

        The first network is trained on all folds. Each of the others is trained on all folds but
        one, and applied to that one. The last state is complete. If ``begun`` is complete, nothing
        is yielded.

        Parameters
        ----------
        begun
            The last state of an interrupted training with the same data, settings and seed.
        """
        first = begun
        if first is None:
            inputs = second_pass_inputs(self.model.objective.outputs)
            nothing = np.zeros((0, inputs), dtype=np.float32)
            first = FirstPass(self._trained_on(joined(self.folds), 0), nothing)
            yield first
        ends = accumulate(fold.token_count for fold in self.folds)
        done = len(first.centre)
        for number, (fold, end) in enumerate(zip(self.folds, ends, strict=True), 1):
            if end > done:
                others = [other for other in self.folds if other is not fold]
                scorer = self._trained_on(joined(others), number)
                centre = replace(self.model, first_pass=scorer).encode_corpus(fold).centre
                assert centre is not None
                first = replace(first, centre=np.concatenate([first.centre, centre]))
                yield first

    def _trained_on(self, corpus: Corpus, number: int) -> Scorer:
        """Train network ``number`` on a corpus."""
        model, settings = self.model, self.model.about.settings.for_first_pass()
        rng = np.random.default_rng([self.seed, 5, number])
        E: Any = model.network.parameters["E"]
        scorer = first_pass_scorer(model, self.start, rng)
        epochs = settings.training.epochs
        run = Trainer(
            scorer,
            encode_split(model, corpus),
            settings,
            frozen=self.frozen,
            rng=rng,
            epochs=epochs,
        )
        name = f"first pass {number + 1}/{len(self.folds) + 1}"
        for epoch in range(1, epochs + 1):
            run.epoch(partial(self.report, f"{name}, epoch {epoch}"))
        result = run.result()
        if "E" not in self.frozen:  # its own rows alone: the others are the same in E
            rows = run.trained_rows["E"]
            E = MovedVectors(E, rows, result.network.parameters["E"].take(rows, axis=0))
        return result.with_parameters({**result.parameters, "E": E})
