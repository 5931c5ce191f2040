"""Check the gradients of the network that a config describes, from the loss to the word vectors."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from window_ner.data.corpus import Corpus, Document
from window_ner.data.random_vectors import random_word_vectors
from window_ner.errors import InputError
from window_ner.model.objectives.base import Batch
from window_ner.nn.gradient_check import (
    Difference,
    GradientCheck,
    check_gradients,
    differences,
)
from window_ner.nn.row_gradient import Gradient, RowGradient
from window_ner.nn.window_network import Gradients
from window_ner.settings.tables import FineTuningSettings, Settings
from window_ner.training.encoded_split import encode_split
from window_ner.training.new_model import draw_scorer, untrained_model
from window_ner.training.trainer import Trainer

DIMENSION, UNITS = 10, 20
"""The dimension of the word vectors, and the largest size of a hidden layer. More would be slow and
would not improve the check, because each unit adds a chance that a step crosses a kink."""
SENTENCES, WINDOWS = 3, 12
"""The size of the data for the check."""
BROKEN_BY = 1.01
"""The factor that makes a gradient wrong."""
TABLE_STEP = 1e-4
"""The step of `difference_table`."""
STEPS = (1e-5, 1e-6, 1e-7)
SMALL, SAMPLE = 2_000, 200
"""Every entry of a network of at most so many numbers is measured; of each array of a larger one,
so many. The table of `difference_table` measures the first ones."""


@dataclass(frozen=True)
class DifferenceTable:
    """A parameter's entries, one after another: see `window_ner.nn.gradient_check.differences`.

    Attributes
    ----------
    name
        Of the parameter.
    step
        h.
    loss
        J, with no entry moved.
    differences
        One for each entry that was moved, from the first on.
    entries
        How many the parameter has.
    numbers
        How many the whole network learns.
    """

    name: str
    step: float
    loss: float
    differences: tuple[Difference, ...]
    entries: int
    numbers: int

    @property
    def one_sided_error(self) -> float:
        """The largest distance of a one-sided quotient to the derived gradient."""
        return max(abs(d.one_sided - d.derived) for d in self.differences)

    @property
    def central_error(self) -> float:
        """The largest distance of a central quotient to the derived gradient."""
        return max(abs(d.central - d.derived) for d in self.differences)


def check_config(
    settings: Settings,
    corpus: Corpus,
    *,
    seed: int = 1,
    broken: str | None = None,
    max_entries: int | None = None,
    every: bool = False,
) -> list[GradientCheck]:
    """Check the gradients of a training with these settings, in float64.

    The network has the settings' structure, but it is small and has random initial weights. Its
    input is a few sentences of the corpus, with random word vectors that are fine-tuned. The loss
    is the loss of the training, with weight decay and with dropout; the dropout masks stay fixed.
    Each window has a mask of its own, also for a config with ``dropout_by_batch``: otherwise the
    weights of the units that are dropped would have no gradient to check.

    Parameters
    ----------
    settings
        See `window_ner.settings.tables`.
    corpus
        The corpus to take the sentences from.
    seed
        Random seed for the weights, the word vectors, and the choice of entries of large arrays.
    broken
        A parameter whose gradient is made 1 % too large, to see whether the check finds it.
    max_entries
        The largest number of entries to measure in each array. None means `SAMPLE`, or all entries
        if the network is `SMALL`.
    every
        Measure all entries, however many there are.

    Returns
    -------
    list of GradientCheck
        One for each parameter, from the loss down to the word vectors.

    Raises
    ------
    InputError
        If there is no parameter with the name ``broken``; the message lists the known names.
    """
    network = _SmallNetwork(settings, corpus, seed)
    gradients = network.gradients(broken)
    if max_entries is None:
        max_entries = _most_entries(network.numbers(gradients), every)

    def check(name: str, step: float) -> GradientCheck:
        (result,) = check_gradients(
            network.loss,
            network.parameters,
            {name: gradients[name]},
            rng=np.random.default_rng([seed, 3]),
            max_entries=max_entries,
            step=step,
        )
        return result

    return [_first_passed(check(name, step) for step in STEPS) for name in gradients]


def difference_table(
    settings: Settings,
    corpus: Corpus,
    *,
    seed: int = 1,
    broken: str | None = None,
    name: str | None = None,
    step: float = TABLE_STEP,
    every: bool = False,
) -> DifferenceTable:
    """Measure a parameter's gradient on the network of `check_config`, one entry after another.

    Parameters
    ----------
    settings, corpus, seed, broken, every
        As for `check_config`.
    name
        The parameter; None takes the W of the first layer.
    step
        h.

    Raises
    ------
    InputError
        If there is no parameter by that name; the message lists those there are.
    """
    network = _SmallNetwork(settings, corpus, seed)
    gradients = network.gradients(broken)
    name = name or next((known for known in ("W", "W1") if known in gradients), "U")
    if name not in gradients:
        raise InputError(f"no parameter {name!r} to show; known: {', '.join(gradients)}")
    parameter, numbers = network.parameters[name], network.numbers(gradients)
    most = _most_entries(numbers, every)
    found = differences(network.loss, parameter, gradients[name], step, most)
    return DifferenceTable(name, step, network.loss(), tuple(found), parameter.size, numbers)


def _most_entries(numbers: int, every: bool) -> int | None:
    """Return how many entries of an array are measured, in a network of so many numbers."""
    return None if every or numbers <= SMALL else SAMPLE


class _SmallNetwork:
    """The network of a config, made small, with a mini-batch to learn from."""

    def __init__(self, settings: Settings, corpus: Corpus, seed: int) -> None:
        self._trainer, self._batch = _small_trainer(settings, corpus, seed)
        self._random_state = self._trainer.rng.bit_generator.state
        self.parameters = self._trainer.parameters
        self._tables = frozenset(self._trainer.train.text.rows)

    def loss(self) -> float:
        """Return the loss alone, for which no gradient of a table needs to be added up."""
        self._trainer.frozen = self._tables
        try:
            return self._loss_and_gradients()[0]
        finally:
            self._trainer.frozen = frozenset()

    def gradients(self, broken: str | None = None) -> Gradients:
        """Return the derived gradients, one of them broken if that is asked for."""
        gradients = self._loss_and_gradients()[1]
        if broken is not None:
            if broken not in gradients:
                raise InputError(f"no parameter {broken!r} to break; known: {', '.join(gradients)}")
            gradients[broken] = _break(gradients[broken])
        return gradients

    def numbers(self, gradients: Mapping[str, Gradient]) -> int:
        """Count the entries of the parameters that have a gradient."""
        return sum(math.prod(self.parameters[name].shape) for name in gradients)

    def _loss_and_gradients(self) -> tuple[float, Gradients]:
        self._trainer.rng.bit_generator.state = self._random_state  # for the same dropout masks
        return self._trainer.gradients(self._batch)


def _first_passed(checks: Iterator[GradientCheck]) -> GradientCheck:
    """Return the first check that passed, or the last check.

    A correct gradient fails if a step crosses a kink, such as that of ReLU at 0, because the
    difference quotient is then neither of the two slopes. A shorter step rarely crosses a kink,
    while a wrong gradient fails with every step.
    """
    for check in checks:
        if check.passed:
            break
    return check


def _small_trainer(settings: Settings, corpus: Corpus, seed: int) -> tuple[Trainer, Batch]:
    """Build a trainer in float64 and choose a mini-batch for it."""
    hidden = tuple(min(units, UNITS) for units in settings.network.hidden)
    settings = replace(
        settings,
        network=replace(settings.network, hidden=hidden),
        training=replace(settings.training, dropout_by_batch=False),
    )
    few = _few_sentences(corpus)
    vectors = random_word_vectors(f"random-{DIMENSION}d", few.tokens, seed)
    model = untrained_model(settings, few, [vectors], seed=seed)
    if settings.second_pass.folds:  # what a first pass says must be there, whatever it is
        table, labels = model.network.parameters["E"].copy(), model.about.labels
        first, rng = settings.for_first_pass().network, np.random.default_rng([seed, 5])
        first_pass = draw_scorer(first, table, model.encoder, labels, rng)
        model = replace(model, first_pass=first_pass)
    train = encode_split(model, few)
    scorer, rng = model.scorer.astype(np.float64), np.random.default_rng([seed, 4])
    network = scorer.network
    for layer in network.layers:  # with biases of 0, units whose inputs are all 0 are at a kink
        network.parameters["b" + layer] += rng.normal(0, 0.1, len(network.parameters["b" + layer]))
    trainer = Trainer(
        scorer,
        train,
        replace(settings, fine_tuning=FineTuningSettings()),
        frozen=frozenset(),
        rng=np.random.default_rng(seed),
        epochs=10_000,  # longer than any warm-up
    )
    plan = model.objective.plan(train.text, train.targets, WINDOWS, np.random.default_rng(seed))
    return trainer, trainer.batch(plan[0])


def _few_sentences(corpus: Corpus) -> Corpus:
    """Choose a few sentences of medium length that contain a name."""
    named = [s for s in corpus.sentences if any(tag != "O" for tag in s.tags)]
    few = sorted(named, key=len)[len(named) // 3 :][:SENTENCES]
    return Corpus((Document(tuple(few)),), name=corpus.name, has_documents=True)


def _break(gradient: Gradient) -> Gradient:
    if isinstance(gradient, RowGradient):
        return RowGradient(gradient.rows, gradient.values * BROKEN_BY)
    return gradient * BROKEN_BY
