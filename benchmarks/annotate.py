"""How many sentences does `annotate` save by choosing them? A simulated annotator on CrossNER.

    python -m benchmarks.annotate --from models/general
    python -m benchmarks.annotate --from models/general --domains politics --seeds 1 --most 50

The train split of a domain and the first half of its dev split are the text to annotate, and their
gold names are the answers. At the sizes of the table and after five sentences, a model is trained
as the page trains it, and it chooses the next sentences as the page does; `random` draws them.
F1 is that on the second half of dev. The model to start from must not have seen these sentences:
`make best` trains models/general.
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

import window_ner
from benchmarks.crossner import f1, splits_of
from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.tokenizer import TokenizedText, split_at_spaces
from window_ner.model.tagger import Tagger
from window_ner.web.annotate.answers import Example, Item
from window_ner.web.annotate.learning import EVERY, retrain
from window_ner.web.annotate.picking import Order, pick

DOMAINS = ("literature", "music", "ai")
SIZES = (10, 20, 30, 50, 70, 100)
ORDERS: tuple[Order, ...] = ("random", "teach")


class GoldItem(Item):
    """A sentence to annotate with the tokens of the corpus, so that the gold names fit."""

    @cached_property
    def tokenized(self) -> TokenizedText:
        """Its tokens."""
        return split_at_spaces(self.text)


class Row(NamedTuple):
    """F1 with so many sentences, and the number of words and names in them."""

    f1: float
    words: int
    names: int


def simulate(
    start: Tagger,
    gold: Sequence[Sentence],
    dev: Corpus,
    order: Order,
    seed: int,
    sizes: Sequence[int],
) -> list[Row]:
    """Annotate sentences until the last size; measure at each size."""
    rng = np.random.default_rng(seed)
    left: list[Item] = [GoldItem(i, " ".join(each.tokens), {}) for i, each in enumerate(gold)]
    answered: list[Item] = []
    tagger, rows = None, []
    while len(answered) < sizes[-1]:
        item = pick(order, left, answered, tagger, rng).item
        left.remove(item)
        answered.append(item)
        count = len(answered)
        if count in sizes or (order == "teach" and count == EVERY):
            numbers = sorted(each.number for each in answered)
            sentences = [gold[number] for number in numbers]
            examples = [
                Example(number, each, is_complete=True, is_random=False)
                for number, each in zip(numbers, sentences, strict=True)
            ]
            tagger = retrain(start, examples)
        if count in sizes:
            tags = [tag for each in sentences for tag in each.tags]
            names = sum(tag.startswith("B-") for tag in tags)
            rows.append(Row(f1(tagger, dev), len(tags), names))
    return rows


def needed(sizes: Sequence[int], f1s: Sequence[float], wanted: float) -> float:
    """Return the number of sentences with this F1, on straight lines between the sizes."""
    best = np.maximum.accumulate(f1s)
    return float(np.interp(wanted, best, sizes, left=np.nan, right=np.nan))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="start", type=Path, required=True)
    parser.add_argument("--domains", default=",".join(DOMAINS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the last size")
    options = parser.parse_args()
    start = window_ner.load(options.start)
    sizes = [size for size in SIZES if size <= options.most]
    began = time.process_time()
    print("| order | |", " | ".join(map(str, sizes)), "|")
    print("| --- | --- |" + " ---: |" * len(sizes))
    runs: dict[Order, list[list[Row]]] = {order: [] for order in ORDERS}
    for seed in range(options.seeds):
        for domain in options.domains.split(","):
            gold, dev = text_and_dev(domain)
            for order in ORDERS:
                runs[order].append(simulate(start, gold, dev, order, seed, sizes))
                f1s = [row.f1 for row in runs[order][-1]]
                print_row(order, f"{domain}, seed {seed}", f1s, ".1f")
    means = {order: np.mean(runs[order], axis=0).T for order in ORDERS}
    for order in ORDERS:
        for name, figures in zip(Row._fields, means[order], strict=True):
            print_row(order, f"mean {name}", figures, ".1f" if name == "f1" else ",.0f")
    for size, wanted in zip(sizes, means["random"][0], strict=True):
        chosen = needed(sizes, means["teach"][0], wanted)
        print(f"F1 {wanted:.1f}: {size} sentences at random, {chosen:.0f} chosen")
    print(f"{(time.process_time() - began) / 60:.0f} minutes of processor time")


def print_row(order: str, name: str, figures: Iterable[float], form: str) -> None:
    cells = " | ".join(format(figure, form) for figure in figures)
    print(f"| {order} | {name} | {cells} |", flush=True)


def text_and_dev(domain: str) -> tuple[tuple[Sentence, ...], Corpus]:
    """Return the sentences to annotate, and the corpus to measure on."""
    train, first, second = splits_of(domain)
    return (*train.sentences, *first.sentences), second


if __name__ == "__main__":
    main()
