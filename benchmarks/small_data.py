"""Measure which config learns typed names best from how much data, and whether to fine-tune.

The first sentences of eng.train are the training data, a tenth of them is held out to choose the
epoch, and eng.testa is scored. It prints the table in docs/configs.md:

    python -m benchmarks.small_data --sentences 100 1000 10000

WINDOW_NER_CORPORA names the folder of CoNLL-2003.
"""

import argparse
import time
from dataclasses import replace

import window_ner
from benchmarks.pretrained.corpora import corpora_folder
from window_ner.data.corpus import Corpus, Document

CONFIGS = ("fast", "tagger")
MODES = ("off", "on")


def first_sentences(corpus: Corpus, count: int) -> Corpus:
    """Take the first documents that have so many sentences; the last one is cut."""
    documents: list[Document] = []
    for document in corpus.documents:
        if count <= 0:
            break
        documents.append(replace(document, sentences=document.sentences[:count]))
        count -= len(document.sentences)
    return Corpus(tuple(documents), name=f"{corpus.name}, its beginning")


def row(train: Corpus, test: Corpus, seeds: int) -> list[str]:
    """Train each config in each mode; return the mean F1 and the mean processor time of each."""
    cells = []
    for config in CONFIGS:
        for mode in MODES:
            scores, started = [], time.process_time()
            for seed in range(1, seeds + 1):
                tagger = window_ner.train(
                    config, train=train, fine_tune=mode, settings={"max_sentences": 0}, seed=seed
                )
                scores.append(window_ner.evaluate(tagger, test)["span"]["f1"])
            seconds = (time.process_time() - started) / seeds
            cells.append(f"{100 * sum(scores) / seeds:.1f} ({seconds:.0f} s)")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sentences", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    folder = corpora_folder()
    corpus, test = (
        window_ner.read_conll(folder / "conll2003" / name) for name in ("eng.train", "eng.testa")
    )
    modes = {"off": "frozen", "on": "fine-tuned"}
    heads = [f"{config}, {modes[mode]}" for config in CONFIGS for mode in MODES]
    print(f"| sentences | {' | '.join(heads)} |\n| ---: |{' ---: |' * len(heads)}")
    for count in options.sentences:
        cells = row(first_sentences(corpus, count), test, options.seeds)
        print(f"| {count:,} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
