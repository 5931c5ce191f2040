"""The trainings that lead to the bundled model, one after another.

    broad     all corpora, with word vectors of 100 dimensions, from random weights
    some      goes on from `broad`; reads the news more often, and what we wrote: the everyday
              sentences three times, the sample and the sentences with fine labels once. The fine
              labels are read as PER, ORG, LOC and MISC
    many      goes on from `broad`; reads the everyday sentences eight times, the sample twice, the
              sentences with fine labels once
    rounded   the mean of the weights of `some` and `many`, with more words, as it is stored; the
              places of a name in a document agree
    settled   goes on from `rounded`, whose word vectors stay, so that the other weights learn what
              the rounding changed
    english   the mean of the weights of `rounded` and `settled`, with the words of `rounded`

    fine      goes on from `english`, whose weights stay: further hidden units and rows of U learn
              fine labels, for trainings that start from it (window_ner/model/fine_labels.py)

    free      the corpora without restrictions on commercial use, from random weights; it is not
              part of the others, and shows what the rest is worth

    general   what `english` would be if it had seen neither CoNLL-2003 nor CrossNER; goes on from
              `general-broad`. `best` starts from it and cuts CoNLL-2003 into folds that no earlier
              training may have seen; learning from few sentences is measured with CrossNER

`some`, `many` and `settled` drop the same hidden units for a whole mini-batch (`BY_BATCH`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.newswire import every_other_rejoined
from benchmarks.pretrained.corpora import (
    CONLL,
    CROSSNER,
    EVERYDAY,
    FINE,
    NEWSWIRE,
    OURS,
    SAMPLE,
    TRAIN,
    training_corpus,
)
from window_ner.data.corpus import Corpus

LABELS = frozenset(("LOC", "MISC", "ORG", "PER"))

CHOOSING = (CONLL, NEWSWIRE, "wikineural", "wnut17", CROSSNER, "tweebank")
"""The dev splits that choose the best epoch: those that annotate all labels."""


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
    vectors
        A file of word vectors, in the folder of the corpora; None: those of the config.
    """

    name: str
    corpora: Mapping[str, int]
    changes: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None
    vectors: str | None = None


AGREEMENT = 2
"""Of the finished models. The epochs of the stages that lead to `english` are chosen without it."""

VECTORS = "../vectors/glove.6B.100d.txt.gz"
"""In the folder of the corpora."""

CORPORA = {name: 1 for name in TRAIN if name not in OURS}
WEIGHTED = {**CORPORA, CONLL: 2, CROSSNER: 2, "tweebank": 2, "wnut17": 2}
GENERAL_BROAD = Stage(
    "general-broad",
    {name: 1 for name in CORPORA if name not in (CONLL, CROSSNER)},
    vectors=VECTORS,
)
BROAD = Stage("broad", WEIGHTED, vectors=VECTORS)
_LATER = {"epochs": 3, "learning_rate": 1.2e-3, "vector_rate": 0.5, "upper_case": 0.08}
BY_BATCH = {"dropout_by_batch": True}
"""Makes an epoch a third shorter. In the stages that go on from `broad`, the mean F1 of six dev
splits was 78.0 and 78.1 with it, in two trainings, and 78.0 without it; with it in `broad` too, it
was 77.7."""
SOME = Stage(
    "some",
    {**WEIGHTED, CONLL: 4, NEWSWIRE: 2, EVERYDAY: 3, FINE: 1, SAMPLE: 1},
    {**_LATER, **BY_BATCH, "upper_case": 0.1},
    start="broad",
)
MANY = Stage(
    "many",
    {**WEIGHTED, EVERYDAY: 8, FINE: 1, SAMPLE: 2},
    {**_LATER, **BY_BATCH},
    start="broad",
)
GENERAL = Stage(
    "general",
    {**GENERAL_BROAD.corpora, "tweebank": 2, "wnut17": 2, EVERYDAY: 3, FINE: 1, SAMPLE: 1},
    {**_LATER, "epochs": 2},
    start="general-broad",
)
SETTLED = Stage(
    "settled",
    {**WEIGHTED, CONLL: 3, NEWSWIRE: 2, EVERYDAY: 6, FINE: 1, SAMPLE: 2},
    {**BY_BATCH, "epochs": 1, "learning_rate": 4e-4, "upper_case": 0.1, "fine_tuning.mode": "off"},
    start="rounded",
)
FREE = Stage(
    "free",
    {"wnut17": 2, "btc": 1, CROSSNER: 2, "ewt": 1, SAMPLE: 2, EVERYDAY: 3, FINE: 1},
    {"epochs": 6, "agreement": AGREEMENT},
    vectors=BROAD.vectors,
)
FOR_FINE_LABELS = {
    "start.freeze": True,
    "start.new_units": 300,
    "fine_tuning.mode": "off",
    "epochs": 3,
    "learning_rate": 2e-3,
    "batch_size": 32,
    "augmentation.swap_names": 0,
    "dropout_by_batch": False,
    "keep": "last",
}
"""Changes to configs/few.toml for the fine labels."""

STAGES = {stage.name: stage for stage in (GENERAL_BROAD, GENERAL, BROAD, SOME, MANY, FREE)}


def training_data(stage: Stage, folder: Path) -> list[Corpus]:
    """Read the corpora of a stage, each with the labels that it annotates."""
    return [_read(name, folder) for name, times in stage.corpora.items() for _ in range(times)]


@cache  # the stages read the same corpora
def _read(name: str, folder: Path) -> Corpus:
    corpus = training_corpus(name, folder)
    if name != CONLL:  # its tokens are split as ours are
        corpus = every_other_rejoined(corpus)
    if set(corpus.labels) != LABELS:
        corpus = corpus.annotating(corpus.labels)
    return corpus
