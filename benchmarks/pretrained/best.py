"""Train `best` on CoNLL-2003 from the corpora: first `general`, then two passes that start from it.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.pretrained.best --seed 1

A model that is already in the folder ``--models`` is not trained again, and a training that was
interrupted goes on. With ``--with-dev``, a further model is trained on the dev split, too, for
those who want the last tenth: it is the one after the last epoch, and has the temperature of
`best`, because no data is left to choose them on.
"""

import argparse
from pathlib import Path
from typing import Any

from benchmarks.pretrained.corpora import CONLL, DEV, TRAIN, corpora_folder
from benchmarks.pretrained.stages import GENERAL
from benchmarks.pretrained.workshop import Workshop, trained_once
from window_ner.model.model import Model
from window_ner.model.stored_model import save_model
from window_ner.training.job import Job, new_job, resumed_job


def trained(output: Path, **plan: Any) -> Model:
    """Return `best` in a folder; train it by this plan, if it is not there."""

    def job(resume: bool) -> Job:
        return resumed_job(output) if resume else new_job("best", **plan).writing_to(output)

    return trained_once(output, job)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--with-dev", action="store_true", help="train a model on dev, too")
    options = parser.parse_args()
    folder, models, seed = corpora_folder(), options.models, options.seed
    Workshop(folder, models).trained(GENERAL)
    init, train, dev = models / "general", folder / TRAIN[CONLL][0], folder / DEV[CONLL]
    output = models / f"best-{seed}"
    best = trained(output, init=init, train=train, dev=dev, seed=seed)
    if options.with_dev:
        output = models / f"best-with-dev-{seed}"
        last = {"keep": "last"}  # its score on dev means nothing
        plan = {"init": init, "train": [train, dev], "dev": dev, "changes": last, "seed": seed}
        model = trained(output, **plan)
        objective = model.objective.with_temperature(best.objective.temperature)
        save_model(model.with_objective(objective), output)


if __name__ == "__main__":
    main()
