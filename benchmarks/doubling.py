"""Measure what the next doubling of a small corpus gains, compared with the last one.

Trains on 12, 25, 50, … sentences of each CrossNER domain, for the same number of steps, and scores
the first half of its dev split. Prints F1, and how well "the next doubling gains SHARE of what the
last one gained" predicts it; the constants of window_ner/training/learning_curve.py are from here:

    python -m benchmarks.doubling --from MODEL politics music ai science literature

MODEL should not have been trained on CrossNER; without it, the config fast starts from scratch.
WINDOW_NER_CORPORA names the folder of the corpora.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import window_ner
from benchmarks.pretrained.corpora import corpora_folder
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus

SIZES = (12, 25, 50, 100, 200)
STEPS, BATCH = 200, 8


def every(corpus: Corpus, count: int) -> Corpus:
    """Take so many sentences at even distances."""
    units = corpus.units[:: len(corpus.units) // count][:count]
    return replace(corpus, documents=units, has_documents=True)


def curve(domain: str, folder: Path, start: str | None) -> list[float]:
    """Return F1 for each size that the domain has."""
    train, dev = (read_conll(folder / f"{domain}.{split}.conll") for split in ("train", "dev"))
    half = replace(dev, documents=dev.units[: len(dev.units) // 2], has_documents=True)
    scores = []
    for size in SIZES:
        if size <= len(train.sentences):
            epochs = max(1, round(STEPS / -(-size // BATCH)))
            changes = {"epochs": epochs, "keep": "last", "batch_size": BATCH, "min_batches": 0}
            tagger = window_ner.train(
                "tagger" if start else "fast",
                init=start,
                train=every(train, size),
                dev=replace(half, documents=half.documents[:3]),  # the last epoch is kept
                settings={**changes, "warmup_steps": 20},
            )
            scores.append(window_ner.evaluate(tagger, half)["span"]["f1"])
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("domains", nargs="+")
    parser.add_argument("--from", dest="start", metavar="MODEL")
    options = parser.parse_args()
    folder = corpora_folder()
    last, following = [], []
    print("| domain | " + " | ".join(map(str, SIZES)) + " |")
    print("| --- |" + " ---: |" * len(SIZES))
    for domain in options.domains:
        f1 = 100 * np.array(curve(domain, folder / "crossner", options.start))
        cells = [f"{score:.1f}" for score in f1] + [""] * (len(SIZES) - len(f1))
        print(f"| {domain} | " + " | ".join(cells) + " |", flush=True)
        gains = np.diff(f1)
        last += gains[:-1].tolist()
        following += gains[1:].tolist()
    share = np.dot(last, following) / np.dot(last, last)
    error = np.sqrt(np.mean((np.array(following) - share * np.array(last)) ** 2))
    print(f"\nshare {share:.2f}, error {error:.1f} points")


if __name__ == "__main__":
    main()
