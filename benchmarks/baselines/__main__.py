"""Compare our window network with simpler models and with scikit-learn's network.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.baselines [--write docs/scores.md]

prints Markdown tables of token scores ("is this token part of a name?") on the sample corpus, and
on CoNLL-2003 if the corpora folder contains conll2003/eng.train and conll2003/eng.testa. With
--write it also writes the tables into the file, between <!-- baselines:begin --> and
<!-- baselines:end -->.

All models that learn get the same tokens, vocabulary, word vectors and windows as our network.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from benchmarks.baselines.models import FIXED, RANDOM, Fit, Task, is_name
from benchmarks.marks import around_marks, write_between_marks
from window_ner.data.conll import read_conll
from window_ner.data.sources import hold_out_dev
from window_ner.data.word_vectors import load_word_vectors
from window_ner.evaluation.scores import Scores, token_scores
from window_ner.nn.threads import blas_threads
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder

CORPORA_VARIABLE = "WINDOW_NER_CORPORA"
MARKS = "baselines"
SEEDS = (1, 2, 3)


class Run(NamedTuple):
    test: Scores
    unseen: Scores
    dev: Scores
    seconds: float
    remark: str


def measure(fit: Fit, task: Task, seed: int) -> Run:
    """Train and score a model. The seconds do not include loading the corpora and vectors."""
    started = time.process_time()  # counts our thread only, not other work of the machine
    fitted = fit(task, seed)
    seconds = time.process_time() - started
    predicted, gold = fitted.predict(task.test), is_name(task.test)
    return Run(
        test=token_scores(predicted, gold),
        unseen=token_scores(predicted, gold, task.unseen),
        dev=token_scores(fitted.predict(task.dev), is_name(task.dev)),
        seconds=seconds,
        remark=fitted.remark,
    )


def table(
    task: Task,
    *,
    seeds: Sequence[int] = SEEDS,
    tell: Callable[[str], None] = lambda row: None,
) -> str:
    """Measure all models on a task and return the Markdown table; calls `tell` with each row."""
    lines = [
        "| model | F1 | precision | recall | F1 on unseen words | F1 on dev | seconds to train |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    jobs = [(name, fit, seeds[:1]) for name, fit in FIXED.items()]
    jobs += [(name, fit, seeds) for name, fit in RANDOM.items()]
    for name, fit, its_seeds in jobs:
        lines.append(_row(name, [measure(fit, task, seed) for seed in its_seeds]))
        tell(lines[-1])
    return "\n".join(lines)


def _row(name: str, runs: Sequence[Run]) -> str:
    remarks = " / ".join(dict.fromkeys(run.remark for run in runs if run.remark))
    cells = [
        f"{name} ({remarks})" if remarks else name,
        _percent([run.test.f1 for run in runs]),
        _percent([run.test.precision for run in runs]),
        _percent([run.test.recall for run in runs]),
        _percent([run.unseen.f1 for run in runs]),
        _percent([run.dev.f1 for run in runs]),
        f"{mean(run.seconds for run in runs):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _percent(fractions: Sequence[float]) -> str:
    """Format the mean, and half the range if there are several fractions."""
    text = f"{100 * mean(fractions):.1f}"
    return f"{text} ± {50 * (max(fractions) - min(fractions)):.1f}" if fractions[1:] else text


def _describe(task: Task) -> str:
    unseen, gold = task.unseen, is_name(task.test)
    return (
        f"Trained on {task.train.token_count:,} tokens. "
        f"Scored on {task.test.token_count:,} tokens, {gold.sum():,} of them in names; "
        f"{unseen.sum():,} are unseen words, {(unseen & gold).sum():,} of them in names."
    )


NOTES = f"""\
Scores are percent of tokens. For networks they are the mean of {len(SEEDS)} seeds ± half the range.
"Ours" is the `lecture` config (window 5, 50-d GloVe, 8 tanh units, logistic loss), unless the row
says otherwise. Except for the capitalisation rules, no model distinguishes upper from lower case.
Unseen words have a word vector but are not in the training data. "Our settings" gives MLPClassifier
our tanh, mini-batch size, weight decay, number of epochs, and choice of the best epoch on dev. Its
learning rate stays at its default, because it cannot reduce Adam's rate during training. The
seconds are for one core, from text and word vectors in memory to the trained model."""


def paragraphs() -> Iterator[str]:
    """Run all measurements; yield the paragraphs and tables of the page."""
    vectors = [load_word_vectors(name) for name in load_config("lecture").vectors.sets]
    for one_set in vectors:
        _ = one_set.row  # built at the first look-up; do it here, so that no model pays for it

    def tell(row: str) -> None:
        print(row, file=sys.stderr, flush=True)

    sample = resource_folder("data/sample")
    learn, dev, test = (read_conll(sample / f"{s}.conll") for s in ("train", "dev", "test"))
    task = Task(learn, dev, test, vectors)
    yield f"**Sample corpus**, scored on its test split. {_describe(task)}"
    yield table(task, tell=tell)

    folder = os.environ.get(CORPORA_VARIABLE)
    if folder:
        whole, testa = (
            read_conll(Path(folder, "conll2003", f"eng.{s}")) for s in ("train", "testa")
        )
        task = Task(*hold_out_dev(whole), testa, vectors)
        yield f"**CoNLL-2003**, scored on eng.testa. {_describe(task)}"
        yield table(task, tell=tell)
        yield (
            "Every tenth document of eng.train is held out as the dev split, on which the best "
            "epoch is chosen. So nothing is chosen on eng.testa, and no model trains on the "
            "documents that are held out."
        )
    else:
        yield (
            f"**CoNLL-2003**: these rows are missing. Set {CORPORA_VARIABLE} to the folder that "
            "contains conll2003/eng.train and conll2003/eng.testa."
        )
    yield NOTES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", metavar="FILE", type=Path, help="write between its marks")
    arguments = parser.parse_args()
    if arguments.write:
        around_marks(arguments.write, MARKS)  # fail now, not after minutes of measuring
    with blas_threads(1):
        text = "\n\n".join(paragraphs())
    print(text)
    if arguments.write:
        write_between_marks(arguments.write, MARKS, text)


if __name__ == "__main__":
    main()
