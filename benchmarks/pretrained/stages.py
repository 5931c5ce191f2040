"""The trainings that lead to the bundled model, one after another.

`general` learns from all corpora but CoNLL-2003 and CrossNER. So `best` can start from it, which cuts
CoNLL-2003 into folds that no earlier training may have seen, and so can the measurements on CrossNER.
`english` goes on with all corpora.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.newswire import every_other_rejoined
from benchmarks.pretrained.corpora import CONLL, CROSSNER, TRAIN, dev_corpora, training_corpus
from window_ner.api import Job, new_job, resumed_job
from window_ner.data.corpus import Corpus
from window_ner.model.about import Epoch
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.storage.model_folder import stored_files
from window_ner.training.checkpoint import CHECKPOINT
from window_ner.training.plan import Progress


@dataclass(frozen=True)
class Stage:
    """A training on several corpora.

    Attributes
    ----------
    name
        The name of its model folder.
    corpora
        Corpus -> how often it is read in an epoch. Small ones are read twice, else the large ones
        decide alone.
    changes
        Changes to configs/english.toml.
    start
        The stage whose model it starts from; None draws the weights at random.
    """

    name: str
    corpora: Mapping[str, int]
    changes: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None


GENERAL = Stage("general", {name: 1 for name in TRAIN if name not in (CONLL, CROSSNER)})
ENGLISH = Stage(
    "english",
    {**dict.fromkeys(TRAIN, 1), CONLL: 2, CROSSNER: 2, "tweebank": 2, "wnut17": 2},
    {"epochs": 5, "learning_rate": 1.5e-3},
    GENERAL.name,
)
STAGES = {stage.name: stage for stage in (GENERAL, ENGLISH)}

LABELS = frozenset(("LOC", "MISC", "ORG", "PER"))


def trained(stage: Stage, models: Path, corpora: Path, seed: int) -> Tagger:
    """Return the model of a stage; train it, and what it starts from, if it is not there yet.

    Parameters
    ----------
    stage
        The stage.
    models
        The folder of the models. A training that was interrupted goes on.
    corpora
        The folder of the corpora.
    seed
        Random seed.
    """
    output = models / stage.name
    files = stored_files(output)
    if files and CHECKPOINT not in files:
        return Tagger(load_model(output))
    start = trained(STAGES[stage.start], models, corpora, seed) if stage.start else None
    data = training_data(stage, corpora)
    dev = list(dev_corpora(corpora).values())
    if files:
        job = resumed_job(output, train=data, dev=dev, init=start)
    else:
        job = new_job(
            "english", init=start, train=data, dev=dev, changes=stage.changes, seed=seed
        ).writing_to(output)
    return _carry_out(job, stage.name)


def training_data(stage: Stage, folder: Path) -> list[Corpus]:
    """Read the corpora of a stage; say which labels each annotates."""
    read = []
    for name, times in stage.corpora.items():
        corpus = training_corpus(name, folder)
        if name != CONLL:  # its tokens are split as ours are
            corpus = every_other_rejoined(corpus)
        if set(corpus.labels) != LABELS:
            corpus = corpus.annotating(corpus.labels)
        read += [corpus] * times
    return read


def _carry_out(job: Job, name: str) -> Tagger:
    def report(epoch: Epoch) -> None:
        figures = f"dev {100 * epoch.dev:.2f}, {epoch.seconds:.0f} s"
        print(f"{name}: epoch {epoch.epoch}: {figures}", file=sys.stderr, flush=True)

    return job.carry_out(Progress(epoch=report))


