"""Trains the stages, each once, and what they need before them."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.pretrained.corpora import FINE_FILES, dev_corpora, read_marked
from benchmarks.pretrained.finishing import finished, halfway, mean_of_weights
from benchmarks.pretrained.stages import (
    CHOOSING,
    FOR_FINE_LABELS,
    MANY,
    SETTLED,
    SOME,
    STAGES,
    VECTORS,
    Stage,
    training_data,
)
from window_ner.data.word_vectors import load_word_vectors
from window_ner.model.about import Epoch
from window_ner.model.fine_labels import FineLabels
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model, save_model
from window_ner.storage.model_folder import stored_files
from window_ner.training.checkpoint import CHECKPOINT
from window_ner.training.job import Job, new_job, resumed_job
from window_ner.training.plan import Progress


@dataclass(frozen=True)
class Workshop:
    """Where the corpora are and the models go, and the random seed."""

    corpora: Path
    models: Path
    seed: int = 1

    def english(self) -> Model:
        """Return the bundled model before its tables are rounded; its word vectors are."""
        folder = self.models / "rounded"
        if not stored_files(folder):
            mean = mean_of_weights([self.trained(SOME), self.trained(MANY)])
            vectors = load_word_vectors(str(self.corpora / VECTORS))
            save_model(finished(mean, vectors), folder, small=True)
        return halfway(load_model(folder), self.trained(SETTLED))

    def with_fine_labels(self, folder: Path, name: str) -> Model:
        """Teach the fine labels to the model of a folder, which has this name."""
        base, output = load_model(folder), self.models / f"{name}-fine"

        def job(resume: bool) -> Job:
            train, dev = map(read_marked, FINE_FILES)
            # Dev chooses nothing, because the last epoch is kept; to score all of it takes minutes.
            dev = replace(dev, documents=dev.documents[::8])
            if resume:
                return resumed_job(output, train=[train], dev=[dev], init=folder)
            plan = {"train": [train], "dev": [dev], "changes": FOR_FINE_LABELS, "seed": self.seed}
            return new_job("few", init=folder, **plan).writing_to(output)

        fine = trained_once(output, job)
        labels = FineLabels.of_training(fine.about.labels, base.scorer, fine.scorer)
        return replace(base, fine_labels=labels)

    def trained(self, stage: Stage) -> Model:
        """Return the model of a stage; train it, and what it needs, if it is not there yet."""
        return trained_once(self.models / stage.name, partial(self._job, stage))

    def _job(self, stage: Stage, resume: bool) -> Job:
        output = self.models / stage.name
        if stage.start in STAGES:
            self.trained(STAGES[stage.start])
        init = self.models / stage.start if stage.start else None
        data = training_data(stage, self.corpora)
        every = dev_corpora(self.corpora)
        dev = [every[name] for name in CHOOSING]
        if resume:
            return resumed_job(output, train=data, dev=dev, init=init)
        return new_job(
            "english",
            init=init,
            train=data,
            dev=dev,
            vectors=[self.corpora / stage.vectors] if stage.vectors else (),
            changes=stage.changes,
            seed=self.seed,
        ).writing_to(output)


def trained_once(output: Path, job: Callable[[bool], Job]) -> Model:
    """Return the model of a folder; train it, or go on with its training, if it is not there.

    ``job`` makes the job; its argument is whether to go on with an interrupted training.
    """
    files = stored_files(output)
    if files and CHECKPOINT not in files:
        return load_model(output)
    return carry_out(job(bool(files)), output.name)


def carry_out(job: Job, name: str) -> Model:
    """Train, and print a line an epoch."""

    def report(epoch: Epoch) -> None:
        figures = f"dev {100 * epoch.dev:.2f}, {epoch.seconds:.0f} s"
        print(f"{name}: epoch {epoch.epoch}: {figures}", file=sys.stderr, flush=True)

    model = job.carry_out(Progress(epoch=report)).model
    if model.about.interrupted:
        sys.exit("interrupted; the same command goes on")
    return model
