"""Mini-batch gradient descent: from a batch to a step, from steps to an epoch."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.tag_schemes import Span
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING, EncodedSentences
from window_ner.errors import InputError
from window_ner.model.objectives.base import Objective
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.losses import l2
from window_ner.nn.optimizers import Optimizer, make_optimizer
from window_ner.nn.row_gradient import RowGradient
from window_ner.nn.schedules import ReduceOnPlateau, make_schedule
from window_ner.nn.window_network import Dropout, Gradients, WindowNetwork
from window_ner.settings.tables import FineTuningSettings, TrainingSettings
from window_ner.training.vector_update import VectorUpdate


@dataclass(frozen=True)
class Example:
    """A split, encoded: its tokens, their targets, its true spans, and which words are unseen."""

    text: EncodedSentences
    targets: Ints
    spans: list[Span]
    unseen: Ints


def example(tagger: Tagger, corpus: Corpus) -> Example:
    """Encode a split for a tagger."""
    text = tagger.encode_corpus(corpus)
    return Example(
        text,
        tagger.objective.targets(corpus.sentences),
        tagger.gold_spans(corpus.sentences),
        tagger.unseen(text),
    )


class Trainer:
    """Mini-batch gradient descent on one network, an epoch at a time.

    Everything that it needs to go on where it stopped is in `state`.
    """

    def __init__(
        self,
        network: WindowNetwork,
        objective: Objective,
        train: Example,
        settings: TrainingSettings,
        *,
        frozen: frozenset[str],
        rng: np.random.Generator,
        epochs: int,
        fine_tuning: FineTuningSettings | None = None,
    ) -> None:
        self.network, self.objective, self.train = network, objective, train
        self.settings, self.frozen, self.rng = settings, frozen, rng
        self.optimizer: Optimizer = make_optimizer(
            settings.optimizer, **settings.optimizer_settings
        )
        self.batch_size = self._choose_batch_size()
        self.steps_per_epoch = len(self._plan(np.random.default_rng(0)))
        steps = epochs * self.steps_per_epoch
        self.schedule = make_schedule(
            settings.schedule,
            steps,
            min(settings.warmup_steps, steps // 5),
            **settings.schedule_settings,
        )
        self.steps = 0
        self.average: dict[str, Floats] = {}
        self.vector_update = VectorUpdate(
            fine_tuning or FineTuningSettings(),
            network.parameters["E"],
            train.text.rows["E"],
            epochs,
        )

    def _choose_batch_size(self) -> int:
        """Cut an epoch into as many mini-batches as it should have, where that makes them smaller.

        A hundred sentences in batches of 32 are 4 steps, in which hardly anything is learnt.
        """
        size, least = self.settings.batch_size, self.settings.min_batches
        if not size or not least:
            return size
        train = self.train
        (whole,) = self.objective.plan(train.text, train.targets, 0, np.random.default_rng(0))
        return max(1, min(size, len(whole) // least))

    def _plan(self, rng: np.random.Generator) -> list[Ints]:
        train = self.train
        return self.objective.plan(train.text, train.targets, self.batch_size, rng)

    def epoch(self, report: Callable[[float, float], None] = lambda done, loss: None) -> float:
        """Go through the training data once; return the mean loss of its mini-batches.

        Raises
        ------
        InputError
            If the training diverges.
        """
        plan = self._plan(self.rng)
        total = 0.0
        for i, chosen in enumerate(plan, 1):
            total += self.step(chosen)
            report(i / len(plan), total / i)
        return total / len(plan)

    def step(self, chosen: Ints) -> float:
        """Learn from one mini-batch; return its loss."""
        loss, gradients = self.gradients(chosen)
        rate = self.settings.learning_rate * self.schedule(self.steps)
        rates = dict.fromkeys(gradients, rate)
        if "E" in rates:
            rates["E"] *= self.vector_update.rate
        self.optimizer.step(self.network.parameters, gradients, rates)
        self.steps += 1
        if self.settings.average and self.steps % self.settings.average_every == 0:
            self._take_average()
        return loss

    def gradients(self, chosen: Ints) -> tuple[float, Gradients]:
        """Compute the loss of a mini-batch, and how it changes with each parameter."""
        settings, parameters = self.settings, self.network.parameters
        dropout = None
        if settings.dropout_inputs or settings.dropout_hidden:
            dropout = Dropout(settings.dropout_inputs, settings.dropout_hidden, self.rng)
        batch = self.objective.batch(self.train.text, self.train.targets, chosen)
        scores, trace = self.network.forward(batch.windows, dropout)
        if not math.isfinite(np.vdot(scores, scores)):  # nor is it if one score is not
            raise InputError(
                f"the training diverged, a score of step {self.steps + 1} is not finite; "
                "try a smaller learning_rate"
            )
        loss, ds, gradients = self.objective.loss(scores, batch, parameters)
        frozen = self.frozen
        if self.vector_update.frozen_in(self.steps // self.steps_per_epoch):
            frozen |= {"E"}
        gradients.update(self.network.backward(ds, batch.windows, trace, frozen))
        if "E" in gradients:
            gradient = cast(RowGradient, gradients["E"])
            penalty, gradients["E"] = self.vector_update(parameters["E"], gradient)
            loss += penalty
        if settings.l2:
            for name in gradients:
                if name[0] in "WU":
                    penalty, decay = l2(parameters[name], settings.l2)
                    loss += penalty
                    gradients[name] = cast(Floats, gradients[name]) + decay
        return loss, gradients

    def _take_average(self) -> None:
        """Move the average towards the weights (Polyak & Juditsky, 1992; here exponential).

        The young average forgets faster, or the random weights of the start would stay in it.
        """
        taken = self.steps // self.settings.average_every
        stay = min(self.settings.average, taken / (taken + 10))
        for name, weights in self.network.parameters.items():
            if name in self.frozen:
                continue
            rows = self._trained_rows.get(name)
            now = weights if rows is None else weights.take(rows, axis=0)
            if name not in self.average:
                self.average[name] = now.copy()
            else:
                self.average[name] += (1 - stay) * (now - self.average[name])

    def result(self) -> WindowNetwork:
        """Return the network that the training has come to: the average, if one is taken."""
        if not self.average:
            return self.network
        parameters = dict(self.network.parameters)
        for name, average in self.average.items():
            whole = parameters[name].copy()
            whole[self._trained_rows.get(name, ...)] = average
            parameters[name] = whole
        return self.network.with_parameters(parameters)

    def observe(self, score: float) -> None:
        """Tell a schedule that waits for it how good the last epoch was."""
        if isinstance(self.schedule, ReduceOnPlateau):
            self.schedule.observe(score)

    def state(self) -> dict[str, Floats]:
        """Return all that changes in training, by name; tables cut to the rows that are trained."""
        arrays = {f"parameters/{n}": p for n, p in self.network.parameters.items()}
        arrays |= {f"optimizer/{n}": a for n, a in self.optimizer.state().items()}
        state = {
            name: array[self._trained_rows.get(_parameter(name), ...)]
            for name, array in arrays.items()
            if _parameter(name) not in self.frozen
        }
        state |= {f"average/{n}": a for n, a in self.average.items()}
        return {**state, "steps": np.array(self.steps)}

    def load_state(self, state: dict[str, Floats]) -> None:
        """Take up what `state` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is the state of another network or optimiser.
        """
        own = {name: p.shape for name, p in self.state().items() if name[:11] == "parameters/"}
        if not own.keys() <= state.keys():
            raise ValueError("it lacks parameters")
        optimizer_state = {}
        for name, array in state.items():
            kind, _, rest = name.partition("/")
            whose = _parameter(name)
            if array.ndim and array.shape != own[f"parameters/{whose}"]:
                raise ValueError(f"{name} is of the shape {array.shape}")
            rows = self._trained_rows.get(whose)
            if kind == "parameters":
                self.network.parameters[rest][rows if rows is not None else ...] = array
            elif kind == "average":
                self.average[rest] = array.copy()
            elif kind == "optimizer":
                whole = array
                if rows is not None:
                    whole = np.zeros_like(self.network.parameters[whose])
                    whole[rows] = array
                optimizer_state[rest] = whole
        self.optimizer.load_state(optimizer_state)
        self.steps = int(state["steps"])

    @cached_property
    def _trained_rows(self) -> dict[str, Ints]:
        """Table -> the rows that training can touch; the word vectors have many others."""
        rows = self.train.text.rows
        return {table: np.union1d(found, [PADDING, UNKNOWN]) for table, found in rows.items()}


def _parameter(name: str) -> str:
    """Return the parameter in the name of a state's array: E in optimizer/E.first_moment."""
    return name.partition("/")[2].partition(".")[0]
