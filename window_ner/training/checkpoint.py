"""What an interrupted training leaves in its output folder, to go on from.

The folder is a model after every epoch, the best so far. Of two passes, it is the first alone until
the second has been through its first epoch.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from window_ner.errors import InputError
from window_ner.model.files import load_tagger
from window_ner.model.second_pass import second_pass_inputs
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import LARGEST, Floats, check_numbers
from window_ner.settings.tables import Settings
from window_ner.settings.toml import settings_from
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes
from window_ner.storage.model_folder import read_model_folder
from window_ner.training.fine_tuning import Decision, TrialScores
from window_ner.training.first_pass import FirstPass
from window_ner.training.saving import save_or_rescue
from window_ner.training.trainer import Example, Trainer

CHECKPOINT = "checkpoint.safetensors"
RNG_STATE = "checkpoint-rng.json"
CENTRE = "centre"
GOAL = "goal"
"""Of what a model says of itself: the settings of the training that is only at its first pass."""


@dataclass
class Best:
    """The best epoch so far: its dev score, and the trained parameters as they were then."""

    score: float = -1.0
    epoch: int = 0
    parameters: dict[str, Floats] = field(default_factory=dict)


_OTHER_RUN = "the checkpoint is not of a run with these settings and data"


@dataclass(frozen=True)
class Checkpoint:
    """Where an interrupted run stopped: the best model so far, and the state of the trainer."""

    best: Tagger
    state: dict[str, Floats]
    rng: dict[str, Any]

    @property
    def decision(self) -> Decision:
        """The fine-tuning decision of the run."""
        stored = self.best.about["fine_tuning"]
        trials = {name: TrialScores(**scores) for name, scores in stored["trials"].items()}
        return Decision(**{**stored, "trials": trials})

    def check(self, tagger: Tagger) -> None:
        """Hold the run that is to go on against the one that stopped.

        Raises
        ------
        InputError
            If it has not the same words, forms, tags or parameters.
        """
        best = self.best
        if (
            best.encoder.vocabulary != tagger.encoder.vocabulary
            or best.encoder.features.as_dict() != tagger.encoder.features.as_dict()
            or best.objective.tags != tagger.objective.tags
        ):
            raise InputError(f"{_OTHER_RUN}; is the corpus the same as when it began?")

    @property
    def in_first_pass(self) -> bool:
        """Whether the second pass had not yet been through an epoch."""
        return GOAL in self.best.about

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        about = self.best.about
        return settings_from(about.get(GOAL, about["settings"]), where="checkpoint")

    def first_pass(self, train: Example, tagger: Tagger) -> FirstPass:
        """Return the first pass, and what it said of the training data so far.

        Raises
        ------
        InputError
            If it is that of another run.
        """
        network = self.best.network if self.in_first_pass else self.best.first_pass
        centre = self.state.get(CENTRE)
        inputs = second_pass_inputs(tagger.objective.outputs)
        complete = len(train.text)
        if network is None or centre is None or centre.ndim != 2 or centre.shape[1] != inputs:
            raise InputError(f"{_OTHER_RUN}; it lacks what the first pass said")
        if len(centre) > complete or (len(centre) < complete and not self.in_first_pass):
            raise InputError(f"{_OTHER_RUN}; its first pass read another text")
        return FirstPass(network, centre)

    def restore(self, run: Trainer, tagger: Tagger, best: Best) -> None:
        """Bring a fresh run to where this one stopped.

        Raises
        ------
        InputError
            If it is the checkpoint of another run.
        """
        try:
            for name, array in self.state.items():
                if array.ndim:
                    check_numbers(array, name)
                elif not 0 <= array < LARGEST:
                    raise ValueError(f"{name} is {array}")
            run.load_state({name: a for name, a in self.state.items() if name != CENTRE})
            run.rng.bit_generator.state = self.rng
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise InputError(f"{_OTHER_RUN} ({error})") from None
        tagger.history[:] = self.best.history
        tagger.about.pop("interrupted", None)
        for record in tagger.history:
            run.observe(record["dev"])
        winner = max(tagger.history, key=lambda record: record["dev"])
        best.score, best.epoch = winner["dev"], winner["epoch"]
        best.parameters = {
            name: p for name, p in self.best.network.parameters.items() if name not in run.frozen
        }


def save_first_pass(
    first: FirstPass, tagger: Tagger, settings: Settings, output: Path | None
) -> Tagger:
    """Make a tagger of the first pass, for the time until there is a second, and write it."""
    about = tagger.about | {
        "settings": settings.for_first_pass().as_dict(),
        GOAL: settings.as_dict(),
        "interrupted": True,
    }
    alone = replace(tagger, network=first.network, first_pass=None, about=about)
    if output:
        state = {CHECKPOINT: arrays_to_bytes({CENTRE: first.centre}), RNG_STATE: b"{}"}
        save_or_rescue(alone, output, state, durable=False)
    return alone


def save_checkpoint(run: Trainer, tagger: Tagger, best: Best, output: Path) -> None:
    """Write the best model so far, and what it takes to go on from the last epoch."""
    network = tagger.network.with_parameters({**tagger.network.parameters, **best.parameters})
    rng = json.dumps(run.rng.bit_generator.state).encode()
    state = run.state()
    if run.train.text.centre is not None:  # what the first pass says takes long to find out
        state[CENTRE] = run.train.text.centre
    checkpoint = {CHECKPOINT: arrays_to_bytes(state), RNG_STATE: rng}
    save_or_rescue(replace(tagger, network=network), output, checkpoint, durable=False)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read what an interrupted training left in its output folder.

    Raises
    ------
    InputError
        If the folder is no model, or its training is complete.
    """
    files = read_model_folder(folder)
    if CHECKPOINT not in files or RNG_STATE not in files:
        raise InputError(f"{folder}: nothing to resume, its training is complete")
    state = arrays_from_bytes(files[CHECKPOINT], f"{folder}/{CHECKPOINT}")
    try:
        rng = json.loads(files[RNG_STATE])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{folder}/{RNG_STATE}: is damaged ({error})") from None
    best = load_tagger(folder)
    begun = best.history or GOAL in best.about
    if not begun or not {"fine_tuning", "seed", "windows"} <= best.about.keys():
        raise InputError(f"{folder}: nothing to resume, no training wrote its settings.json")
    checkpoint = Checkpoint(best, state, rng)
    if checkpoint.in_first_pass:
        own = settings_from(best.about["settings"], where=str(folder))
        if checkpoint.settings.for_first_pass() != own:
            raise InputError(f"{folder}/settings.json: its first pass is of another training")
    return checkpoint
