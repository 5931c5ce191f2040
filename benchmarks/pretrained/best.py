"""Train `best` on CoNLL-2003 from the corpora: first `general`, then two passes that start from it.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.pretrained.best --seed 1

A model that is already in the folder ``--models`` is not trained again.
"""

import argparse
from pathlib import Path

from benchmarks.pretrained.corpora import CONLL, DEV, TRAIN, corpora_folder
from benchmarks.pretrained.stages import Workshop, carry_out
from window_ner.training.job import new_job


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    folder = corpora_folder()
    Workshop(folder, options.models).trained("general")
    job = new_job(
        "best",
        init=options.models / "general",
        train=[folder / file for file in TRAIN[CONLL]],
        dev=folder / DEV[CONLL],
        seed=options.seed,
    )
    carry_out(job.writing_to(options.models / f"best-{options.seed}"), f"best {options.seed}")


if __name__ == "__main__":
    main()
