"""Learning rates around 0.001: the lecture's network after five epochs, for each of them.

Prints the table in docs/neural-networks.md, in about a minute:

    python -m benchmarks.rates
"""

from collections.abc import Sequence

import numpy as np

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.word_vectors import WordVectors, load_word_vectors
from window_ner.errors import InputError
from window_ner.nn.losses import logistic_loss
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.encoded_split import encode_split
from window_ner.training.new_model import untrained_model
from window_ner.training.trainer import Trainer

RATES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1.0, 10.0)
OPTIMIZERS = ("adam", "sgd")
EPOCHS = 5


def losses(
    changes: Sequence[str], train: Corpus, dev: Corpus, vectors: Sequence[WordVectors]
) -> tuple[float, float]:
    """Train the lecture's network at a constant rate; return its loss on train and on dev."""
    settings = load_config("lecture", ["l2=0", "schedule=constant", *changes])
    model = untrained_model(settings, train, vectors)
    splits = [encode_split(model, corpus) for corpus in (train, dev)]
    run = Trainer(
        model.scorer,
        splits[0],
        settings,
        frozen=frozenset({"E"}),
        rng=np.random.default_rng(1),
        epochs=EPOCHS,
    )
    try:
        for _ in range(EPOCHS):
            run.epoch()
    except InputError:  # it diverged
        return np.inf, np.inf
    found = []
    for split in splits:
        windows = split.text.windows(np.arange(len(split.targets)))
        scores, _ = model.network.forward(windows)
        found.append(logistic_loss(scores[:, 0], split.targets)[0])
    return found[0], found[1]


def table(
    train: Corpus,
    dev: Corpus,
    vectors: Sequence[WordVectors],
    rates: Sequence[float] = RATES,
) -> str:
    heads = [f"{name}: {split}" for name in OPTIMIZERS for split in ("train", "dev")]
    lines = [f"| rate | {' | '.join(heads)} |", "| --: |" + " --: |" * len(heads)]
    for rate in rates:
        cells = [
            f"{loss:.3f}"
            for name in OPTIMIZERS
            for loss in losses([f"optimizer={name}", f"learning_rate={rate}"], train, dev, vectors)
        ]
        lines.append(f"| {rate:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sample = resource_folder("data/sample")
    splits = [read_conll(sample / f"{name}.conll") for name in ("train", "dev")]
    print(table(*splits, [load_word_vectors("glove-6b-50d")]))
