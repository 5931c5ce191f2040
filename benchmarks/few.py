"""How good is a model of a hundred sentences? On CrossNER: five domains with labels of their own.

    python -m benchmarks.pretrained --stage general --output general  # once, 90 minutes
    python -m benchmarks.few --from general
    python -m benchmarks.few --from general --sizes 25,50,100
    python -m benchmarks.few --config tagger      # from scratch

Settings are chosen on the first half of each dev split; the second half is for the figure to quote.
The model to start from must not have seen these sentences; `general` has not, and is otherwise like
the bundled model. The training takes the last epoch. It sees only ten sentences of dev: a dev split
is scored after each epoch, and the seconds are to be those of the training.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import window_ner
from benchmarks.crossner import DOMAINS, f1, part, splits_of


def measure(domain: str, size: int, options: argparse.Namespace) -> tuple[float, float, float]:
    """Train on sentences of a domain; return F1 on both halves of dev, and the processor time."""
    train, first, second = splits_of(domain)
    train = part(train, 0, size or None)
    began = time.process_time()
    tagger = window_ner.train(
        options.config,
        init=options.start,
        train=train,
        dev=part(first, 0, 10),
        settings=["keep=last", *options.set],
        seed=options.seed,
    )
    seconds = time.process_time() - began
    return f1(tagger, first), f1(tagger, second), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="start", type=Path, help="the model to start from")
    parser.add_argument("--config", default="few")
    parser.add_argument("--sizes", default="0", help="numbers of sentences; 0 is all")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("| sentences | half of dev |", " | ".join(DOMAINS), "| mean | seconds |")
    print("| ---: | --- |" + " ---: |" * (len(DOMAINS) + 2))
    for size in map(int, options.sizes.split(",")):
        rows = np.array([measure(domain, size, options) for domain in DOMAINS])
        for half, name in enumerate(("first", "second")):
            figures = " | ".join(
                f"{figure:.1f}" for figure in [*rows[:, half], rows[:, half].mean()]
            )
            print(f"| {size or 'all'} | {name} | {figures} | {rows[:, 2].mean():.1f} |", flush=True)


if __name__ == "__main__":
    main()
