"""Mini-batch gradient descent: a step for each mini-batch, many steps for an epoch."""

from collections.abc import Callable
from functools import cached_property
from itertools import chain
from typing import Any, cast

import numpy as np

from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING
from window_ner.model.objectives.base import Batch
from window_ner.model.scorer import Scorer
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.losses import l2
from window_ner.nn.optimizers import make_optimizer
from window_ner.nn.row_gradient import RowGradient
from window_ner.nn.schedules import ReduceOnPlateau, make_schedule
from window_ner.nn.tables import MovedVectors, Table
from window_ner.nn.thinning import ThinnedNetwork
from window_ner.nn.window_network import Dropout, Gradients
from window_ner.settings.tables import Settings
from window_ner.training.divergence import check_scores, check_weights
from window_ner.training.encoded_split import EncodedSplit
from window_ner.training.kept_weights import KeptWeights
from window_ner.training.trainer_state import TrainerState
from window_ner.training.vector_update import VectorUpdate


def frozen_parameters(fine_tune: bool, kept: KeptWeights | None = None) -> frozenset[str]:
    """Return the names of the parameters that are not trained."""
    whole: frozenset[str] = kept.whole if kept else frozenset()
    return whole if fine_tune else whole | {"E"}


class Trainer:
    """Mini-batch gradient descent on one network, an epoch at a time.

    Parameters
    ----------
    scorer
        The network and its objective; their arrays are changed in place, but a stored table E is
        copied.
    train
        The encoded training data.
    settings
        The settings of the run; only ``training`` and ``fine_tuning`` are used.
    frozen
        Parameters that are not trained.
    rng
        Draws the mini-batches and the dropout.
    epochs
        Number of epochs of the learning-rate schedule.
    kept
        The weights that stay as they are; None trains all that are not frozen.
    """

    def __init__(
        self,
        scorer: Scorer,
        train: EncodedSplit,
        settings: Settings,
        *,
        frozen: frozenset[str],
        rng: np.random.Generator,
        epochs: int,
        kept: KeptWeights | None = None,
    ) -> None:
        if isinstance(E := scorer.parameters["E"], Table):
            scorer = scorer.with_parameters({**scorer.parameters, "E": np.asarray(E)})
        self.kept = kept
        self.scorer, self.train, self.frozen, self.rng = scorer, train, frozen, rng
        self.settings = settings.training
        self.parameters = scorer.parameters  # the arrays of the network and of the objective
        self.optimizer = make_optimizer(self.settings.optimizer, **self.settings.optimizer_settings)
        self.batch_size = self._choose_batch_size()
        self.steps_per_epoch = len(self._plan(np.random.default_rng(0), self.batch_size))
        steps = epochs * self.steps_per_epoch
        self.schedule = make_schedule(
            self.settings.schedule,
            steps,
            min(self.settings.warmup_steps, steps // 5),
            **self.settings.schedule_settings,
        )
        self.steps = 0
        self.average: dict[str, Floats] = {}
        self.vector_update = VectorUpdate(
            settings.fine_tuning, self.parameters["E"], train.text.rows["E"], epochs
        )

    def _choose_batch_size(self) -> int:
        """Choose smaller mini-batches if an epoch would have fewer than ``min_batches``.

        A hundred sentences in batches of 32 are only 4 steps, too few to learn much.
        """
        size, least = self.settings.batch_size, self.settings.min_batches
        if not size or not least:
            return size
        (whole,) = self._plan(np.random.default_rng(0), 0)
        return max(1, min(size, len(whole) // least))

    def _plan(self, rng: np.random.Generator, batch_size: int) -> list[Ints]:
        train = self.train
        return self.scorer.objective.plan(train.text, train.targets, batch_size, rng)

    def epoch(self, report: Callable[[float, float], None] = lambda done, loss: None) -> float:
        """Go through the training data once; return the mean loss of its mini-batches.

        Raises
        ------
        InputError
            If the training diverges.
        """
        plan = self._plan(self.rng, self.batch_size)
        total = 0.0
        for i, chosen in enumerate(plan, 1):
            total += self.step(chosen)
            report(i / len(plan), total / i)
        check_weights(self._trained_parameters(), self.steps)
        return total / len(plan)

    @np.errstate(over="ignore", invalid="ignore")  # `epoch` reports a training that diverges
    def step(self, chosen: Ints) -> float:
        """Learn from one mini-batch; return its loss."""
        loss, gradients = self.gradients(self.batch(chosen))
        rate = self.settings.learning_rate * self.schedule(self.steps)
        rates = dict.fromkeys(gradients, rate)
        if "E" in rates:
            rates["E"] *= self.vector_update.rate
        self.optimizer.step(self.parameters, gradients, rates)
        if self.kept:
            self.kept.restore(self.parameters)
        self.steps += 1
        if self.settings.average and self.steps % self.settings.average_every == 0:
            self._take_average()
        return loss

    def batch(self, chosen: Ints) -> Batch:
        """Make the mini-batch of these sentences, or windows, of the training data."""
        return self.scorer.objective.batch(self.train.text, self.train.goals, chosen)

    def gradients(self, batch: Batch) -> tuple[float, Gradients]:
        """Compute the loss of a mini-batch, and how it changes with each parameter."""
        settings, network = self.settings, self.scorer.network
        hidden = settings.dropout_hidden
        if hidden and settings.dropout_by_batch:
            network, hidden = ThinnedNetwork(network, hidden, self.rng), 0.0
        dropout = Dropout(settings.dropout_inputs, hidden, self.rng)
        scores, trace = network.forward(batch.windows, dropout)
        check_scores(scores, self.steps + 1)
        loss, ds, gradients = self.scorer.objective.loss(scores, batch)
        frozen = self.frozen
        if self.vector_update.frozen_in(self.steps // self.steps_per_epoch):
            frozen |= {"E"}
        gradients.update(network.backward(ds, batch.windows, trace, frozen))
        if "E" in gradients:
            gradient = cast(RowGradient, gradients["E"])
            penalty, gradients["E"] = self.vector_update(self.parameters["E"], gradient)
            loss += penalty
        if settings.l2:
            for name in filter(gradients.__contains__, network.weights):
                penalty, decay = l2(self.parameters[name], settings.l2)
                loss += penalty
                gradients[name] = cast(Floats, gradients[name]) + decay
        return loss, gradients

    def _take_average(self) -> None:
        """Move the average towards the weights (Polyak & Juditsky, 1992; here exponential).

        In the first steps it moves faster, so that the random initial weights do not stay in it.
        """
        taken = self.steps // self.settings.average_every
        stay = min(self.settings.average, taken / (taken + 10))
        for name, weights in self.parameters.items():
            if name in self.frozen:
                continue
            rows = self.trained_rows.get(name)
            now = weights if rows is None else weights.take(rows, axis=0)
            if name not in self.average:
                self.average[name] = now.copy()
            else:
                self.average[name] += (1 - stay) * (now - self.average[name])

    def result(self) -> Scorer:
        """Return the trained scorer, with the average of the weights if the settings ask for it."""
        if not self.average:
            return self.scorer
        parameters: dict[str, Any] = dict(self.parameters)
        for name, average in self.average.items():
            if name == "E":  # a copy of all word vectors would be hundreds of megabytes
                parameters[name] = MovedVectors(
                    self.parameters[name], self.trained_rows[name], average
                )
                continue
            whole = parameters[name].copy()
            whole[self.trained_rows.get(name, ...)] = average
            parameters[name] = whole
        return self.scorer.with_parameters(parameters)

    def observe(self, score: float) -> None:
        """Give the dev score of the last epoch to a schedule that depends on it."""
        if isinstance(self.schedule, ReduceOnPlateau):
            self.schedule.observe(score)

    def state(self) -> TrainerState:
        """Return everything that changes in training; of tables, only the trained rows."""
        rows = self.trained_rows
        return TrainerState(
            parameters=self._trained_parameters(),
            optimizer={
                name: array[rows.get(_parameter(name), ...)]
                for name, array in self.optimizer.state().items()
                if _parameter(name) not in self.frozen
            },
            average=dict(self.average),
            steps=self.steps,
        )

    def _trained_parameters(self) -> dict[str, Floats]:
        """Return the parameters that are trained; of tables, only the trained rows."""
        rows = self.trained_rows
        return {
            name: p[rows.get(name, ...)]
            for name, p in self.parameters.items()
            if name not in self.frozen
        }

    def load_state(self, state: TrainerState) -> None:
        """Restore a state that `state` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the state belongs to another network or optimiser.
        """
        self._check_shapes(state)
        rows = self.trained_rows
        for name, array in state.parameters.items():
            self.parameters[name][rows.get(name, ...)] = array
        self.average |= {name: array.copy() for name, array in state.average.items()}
        memories = {}
        for name, array in state.optimizer.items():
            memories[name] = array
            if (whose := _parameter(name)) in rows:
                memories[name] = np.zeros_like(self.parameters[whose])
                memories[name][rows[whose]] = array
        self.optimizer.load_state(memories)
        self.steps = state.steps

    def _check_shapes(self, state: TrainerState) -> None:
        """Refuse the state of another network."""
        shapes = {name: p.shape for name, p in self.state().parameters.items()}
        if not shapes.keys() <= state.parameters.keys():
            raise ValueError("it lacks parameters")
        every = (state.parameters, state.average, state.optimizer)
        for name, array in chain.from_iterable(arrays.items() for arrays in every):
            if array.ndim and array.shape != shapes[_parameter(name)]:
                raise ValueError(f"{name} is of the shape {array.shape}")

    @cached_property
    def trained_rows(self) -> dict[str, Ints]:
        """Return the rows of each table that training can change; word vectors have many others."""
        rows = self.train.text.rows
        return {table: np.union1d(found, [PADDING, UNKNOWN]) for table, found in rows.items()}


def _parameter(name: str) -> str:
    """Return the parameter that an array of the optimiser belongs to: E for ``E.first_moment``."""
    return name.partition(".")[0]
