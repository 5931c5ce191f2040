"""The checkpoint in the output folder, from which an interrupted training continues.

After every epoch, the folder contains the best model so far. With two passes, it contains only the
first pass until the second has finished its first epoch.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.feature_files import feature_files
from window_ner.errors import InputError
from window_ner.model.about import Decision, Epoch
from window_ner.model.model import Model
from window_ner.model.scorer import Scorer
from window_ner.model.second_pass import second_pass_inputs
from window_ner.model.stored_model import model_from
from window_ner.nn.arrays import Floats
from window_ner.nn.tables import MovedVectors
from window_ner.settings.tables import Settings
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes
from window_ner.storage.model_folder import read_model_folder
from window_ner.training.encoded_split import EncodedSplit
from window_ner.training.first_pass import FirstPass
from window_ner.training.saving import save_or_rescue
from window_ner.training.trainer import Trainer
from window_ner.training.trainer_state import TrainerState

CHECKPOINT = "checkpoint.safetensors"
RNG_STATE = "checkpoint-rng.json"
CENTRE = "centre"
"""The name of the array with the first pass's results for the training data."""

DATA = "data"
"""The name of the array with the checksum of the training data."""

_OTHER_RUN = "the checkpoint is not of a run with these settings and data"


@dataclass
class Best:
    """The best epoch so far: its dev score, and the trained parameters after it."""

    score: float = -1.0
    epoch: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, epoch: Epoch, result: Scorer, frozen: frozenset[str]) -> "Best":
        """Copy the trained parameters after an epoch; if E is averaged, only the trained rows."""
        parameters = {
            name: replace(p, values=np.array(p.values)) if isinstance(p, MovedVectors) else p.copy()
            for name, p in result.parameters.items()
            if name not in frozen
        }
        return cls(epoch.dev, epoch.epoch, parameters)

    def put_into(self, scorer: Scorer) -> Scorer:
        """Return a scorer with these parameters; the table E of the trainer itself is changed."""
        parameters: dict[str, Any] = {**scorer.parameters, **self.parameters}
        if isinstance(moved := parameters["E"], MovedVectors):
            E = np.asarray(moved.E)
            E[moved.rows] = moved.values
            parameters["E"] = E
        return scorer.with_parameters(parameters)


@dataclass(frozen=True)
class Checkpoint:
    """Where an interrupted run stopped: the best model so far, and the state of the trainer.

    Attributes
    ----------
    best
        The best model so far.
    arrays
        The state of the trainer, and the results of the first pass.
    rng
        The state of the random generator.
    """

    best: Model
    arrays: dict[str, Floats]
    rng: dict[str, Any]

    @property
    def decision(self) -> Decision:
        """The fine-tuning decision of the run."""
        decision = self.best.about.fine_tuning
        assert decision is not None  # checked by `load_checkpoint`
        return decision

    def check(self, model: Model, train: EncodedSplit, *, with_dev: bool) -> None:
        """Check that a model and its training data are those of the interrupted run.

        Raises
        ------
        InputError
            If the words, features or tags of the model are different, a word or a tag of the data
            is, or only one of the two runs has a dev split.
        """
        best = self.best
        if (
            best.encoder.vocabulary != model.encoder.vocabulary
            or feature_files(best.encoder.features) != feature_files(model.encoder.features)
            or best.objective.tags != model.objective.tags
        ):
            raise InputError(f"{_OTHER_RUN}; is the corpus the same as when it began?")
        if with_dev == (best.about.cross_validated is not None):
            raise InputError("the interrupted training needs its dev split, or none if it had none")
        if not np.array_equal(self.arrays.get(DATA, train.checksum), train.checksum):
            raise InputError(f"{_OTHER_RUN}; the corpus has changed since it began")

    @property
    def in_first_pass(self) -> bool:
        """Whether the run stopped before the second pass had finished an epoch."""
        return self.best.about.goal is not None

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.best.about.goal or self.best.about.settings

    def first_pass(self, train: EncodedSplit, model: Model) -> FirstPass:
        """Return the first pass, with its results for the training data so far.

        Raises
        ------
        InputError
            If it belongs to another run.
        """
        scorer = self.best.scorer if self.in_first_pass else self.best.first_pass
        centre = self.arrays.get(CENTRE)
        inputs = second_pass_inputs(model.objective.outputs)
        complete = len(train.text)
        if scorer is None or centre is None or centre.ndim != 2 or centre.shape[1] != inputs:
            raise InputError(f"{_OTHER_RUN}; it lacks the results of the first pass")
        if len(centre) > complete or (len(centre) < complete and not self.in_first_pass):
            raise InputError(f"{_OTHER_RUN}; its first pass read another text")
        return FirstPass(scorer, centre)

    def restore(self, run: Trainer, *, last: bool = False) -> Best:
        """Give a new trainer the state in which this run stopped; return the best epoch.

        With ``last``, the last epoch counts as the best.

        Raises
        ------
        InputError
            If the checkpoint belongs to another run.
        """
        try:
            own = {name: a for name, a in self.arrays.items() if name not in (CENTRE, DATA)}
            run.load_state(TrainerState.from_arrays(own))
            run.rng.bit_generator.state = self.rng
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise InputError(f"{_OTHER_RUN} ({error})") from None
        history = self.best.history
        for epoch in history:
            run.observe(epoch.dev)
        winner = history[-1] if last else max(history, key=lambda epoch: epoch.dev)
        parameters = self.best.scorer.parameters
        trained = {name: np.asarray(p) for name, p in parameters.items() if name not in run.frozen}
        return Best(winner.dev, winner.epoch, trained)


def save_first_pass(
    first: FirstPass, train: EncodedSplit, model: Model, output: Path | None
) -> Model:
    """Make a model of the first pass alone and write it; the second pass will replace it."""
    settings = model.about.settings
    about = replace(
        model.about, settings=settings.for_first_pass(), goal=settings, interrupted=True
    )
    alone = replace(model, scorer=first.scorer, first_pass=None, about=about)
    if output:
        arrays = {CENTRE: first.centre, DATA: np.array(train.checksum)}
        state = {CHECKPOINT: arrays_to_bytes(arrays), RNG_STATE: b"{}"}
        save_or_rescue(alone, output, state, durable=False)
    return alone


def save_checkpoint(run: Trainer, model: Model, best: Best, output: Path) -> None:
    """Write the best model so far, and the state after the last epoch, to continue from."""
    scorer = model.scorer.with_parameters({**model.scorer.parameters, **best.parameters})
    rng = json.dumps(run.rng.bit_generator.state).encode()
    arrays = {**run.state().as_arrays(), DATA: np.array(run.train.checksum)}
    if run.train.text.centre is not None:  # the results of the first pass take long to compute
        arrays[CENTRE] = run.train.text.centre
    checkpoint = {CHECKPOINT: arrays_to_bytes(arrays), RNG_STATE: rng}
    about = replace(model.about, best_epoch=best.epoch, interrupted=True)
    model = replace(model, scorer=scorer, about=about)
    save_or_rescue(model, output, checkpoint, durable=False)


def checkpoint_files(folder: Path) -> dict[str, bytes]:
    """Return the files that `save_checkpoint` added to a model folder."""
    files = read_model_folder(folder)
    return {name: files[name] for name in (CHECKPOINT, RNG_STATE)}


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read the checkpoint of an interrupted training from its output folder.

    Raises
    ------
    InputError
        If the folder is not a model, a file is damaged, or there is nothing to resume.
    """
    files = read_model_folder(folder)
    if CHECKPOINT not in files or RNG_STATE not in files:
        raise InputError(f"{folder}: nothing to resume, its training is complete")
    arrays = arrays_from_bytes(files.pop(CHECKPOINT), f"{folder}/{CHECKPOINT}")
    try:
        rng = json.loads(files[RNG_STATE])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{folder}/{RNG_STATE}: is damaged ({error})") from None
    best = model_from(files, folder)
    about = best.about
    begun = best.history or about.goal
    if not begun or about.fine_tuning is None or about.seed is None or not about.windows:
        raise InputError(f"{folder}: nothing to resume, no training wrote its settings.json")
    if about.goal and about.goal.for_first_pass() != about.settings:
        raise InputError(f"{folder}/settings.json: its first pass belongs to another training")
    return Checkpoint(best, arrays, rng)
