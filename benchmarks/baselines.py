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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import NamedTuple, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.sources import hold_out_dev
from window_ner.data.word_vectors import WordVectors, load_word_vectors
from window_ner.evaluation.scores import Scores, token_scores
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.threads import blas_threads
from window_ner.settings.tables import Settings
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan
from window_ner.training.run import train

CORPORA_VARIABLE = "WINDOW_NER_CORPORA"
BEGIN, END = "<!-- baselines:begin -->", "<!-- baselines:end -->"
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Task:
    """The corpora of a comparison: train on `train`, choose the epoch on `dev`, score on `test`.

    ``changes`` change the lecture config, for every model that uses our settings.
    """

    train: Corpus
    dev: Corpus
    test: Corpus
    vectors: Sequence[WordVectors]
    changes: Sequence[str] = ()

    def settings(self, *changes: str) -> Settings:
        return load_config("lecture", [*self.changes, *changes])

    @cached_property
    def unseen(self) -> Ints:
        """(N,) booleans: which words of test are in the vectors, but not in train."""
        model = untrained_model(self.settings(), self.train, self.vectors)
        return model.unseen(model.encoder.encode_corpus(self.test))


Predict = Callable[[Corpus], Ints]
"""Corpus -> (N,) 1 where the token is part of a name, else 0."""


class Fitted(NamedTuple):
    predict: Predict
    remark: str = ""


Fit = Callable[[Task, int], Fitted]
"""Task, seed -> the trained model."""


def _tokens(corpus: Corpus) -> list[str]:
    return [token for sentence in corpus.sentences for token in sentence.tokens]


def is_name(corpus: Corpus) -> Ints:
    """Return the gold answers: (N,) 1 where the token is part of a name, else 0."""
    return np.array([tag != "O" for s in corpus.sentences for tag in s.tags], dtype=np.int64)


# ------------------------------------------------------------------ capitals


def capitals(task: Task, seed: int) -> Fitted:
    """Predict a name for every token that begins with a capital letter."""
    return Fitted(lambda corpus: _begins_with_capital(_tokens(corpus)))


def capitals_within(task: Task, seed: int) -> Fitted:
    """Predict a name for every capitalised token except the first token of a sentence."""

    def predict(corpus: Corpus) -> Ints:
        return np.where(_is_first(corpus), 0, _begins_with_capital(_tokens(corpus)))

    return Fitted(predict)


def capitals_with_lexicon(task: Task, seed: int) -> Fitted:
    """As `capitals`, but the first token of a sentence only if it is never lower case in train."""
    common = {token for token in _tokens(task.train) if token.islower()}

    def predict(corpus: Corpus) -> Ints:
        tokens = _tokens(corpus)
        is_common = np.array([token.lower() in common for token in tokens])
        return np.where(_is_first(corpus) & is_common, 0, _begins_with_capital(tokens))

    return Fitted(predict)


def _begins_with_capital(tokens: Iterable[str]) -> Ints:
    return np.array([token[0].isupper() for token in tokens], dtype=np.int64)


def _is_first(corpus: Corpus) -> Ints:
    return np.array([i == 0 for s in corpus.sentences for i in range(len(s))], dtype=bool)


# ------------------------------------------------------------------ scikit-learn


class Classifier(Protocol):
    def predict(self, X: Floats) -> Ints: ...


Inputs = Callable[[Corpus], Floats]


def _inputs(task: Task, seed: int, *changes: str) -> Inputs:
    """Turn a corpus into what our network gets: (N, size · d), the window's vectors."""
    model = untrained_model(task.settings(*changes), task.train, task.vectors, seed=seed)

    def inputs(corpus: Corpus) -> Floats:
        text = model.encoder.encode_corpus(corpus)
        return model.network.inputs(text.windows(np.arange(len(text))))

    return inputs


def _fitted(classifier: Classifier, inputs: Inputs) -> Fitted:
    return Fitted(lambda corpus: classifier.predict(inputs(corpus)))


def regression(*changes: str) -> Fit:
    """Return a fit for logistic regression on the windows of the lecture config with changes."""

    def fit(task: Task, seed: int) -> Fitted:
        inputs = _inputs(task, seed, *changes)
        classifier = LogisticRegression(max_iter=1000)
        return _fitted(classifier.fit(inputs(task.train), is_name(task.train)), inputs)

    return fit


def perceptron_as_it_comes(task: Task, seed: int) -> Fitted:
    """Fit scikit-learn's network with its default settings, except for its size."""
    inputs = _inputs(task, seed)
    classifier = MLPClassifier(task.settings().network.hidden, random_state=seed)
    return _fitted(classifier.fit(inputs(task.train), is_name(task.train)), inputs)


def perceptron(task: Task, seed: int) -> Fitted:
    """Fit scikit-learn's network with our settings, an epoch at a time; keep the best on dev.

    The learning rate stays scikit-learn's default. Our rate falls during training, but
    scikit-learn's Adam needs a constant rate, and ours would be too high for that.
    """
    inputs = _inputs(task, seed)
    settings = task.settings()
    classifier = MLPClassifier(
        settings.network.hidden,
        activation=settings.network.activation,
        solver=settings.training.optimizer,
        # scikit-learn divides alpha by the batch size
        alpha=settings.training.l2 * settings.training.batch_size,
        batch_size=settings.training.batch_size,
        # a generator, because with a number every epoch would shuffle in the same order
        random_state=np.random.RandomState(seed),
    )
    x, y, x_dev, y_dev = (
        inputs(task.train),
        is_name(task.train),
        inputs(task.dev),
        is_name(task.dev),
    )
    best, best_score, best_epoch = classifier, -1.0, 0
    for epoch in range(1, settings.training.epochs + 1):
        if epoch - best_epoch > settings.training.patience:
            break
        classifier.partial_fit(x, y, classes=[0, 1])
        score = token_scores(classifier.predict(x_dev), y_dev).f1
        if score > best_score:
            best, best_score, best_epoch = deepcopy(classifier), score, epoch
    return _fitted(best, inputs)


# ------------------------------------------------------------------ ours


def ours(*changes: str) -> Fit:
    """Return a fit for our network: the lecture config with changes."""

    def fit(task: Task, seed: int) -> Fitted:
        settings = task.settings(*changes)
        tagger = Tagger(train(Plan(settings, task.train, task.dev, task.vectors, seed=seed)))

        def predict(corpus: Corpus) -> Ints:
            tags = tagger.tag_batch([s.tokens for s in corpus.sentences])
            return np.array([tag != "O" for row in tags for tag in row], dtype=np.int64)

        fine_tuned = tagger.model.about.fine_tuning.fine_tune
        auto = settings.fine_tuning.mode == "auto"
        return Fitted(predict, ("fine-tuned" if fine_tuned else "frozen") if auto else "")

    return fit


# ------------------------------------------------------------------ tables

FIXED: Mapping[str, Fit] = {
    "every capitalised word is a name": capitals,
    "… except the first word of a sentence": capitals_within,
    "… except a first word that is also in lower case in train": capitals_with_lexicon,
    "logistic regression, centre word": regression("window=1"),
    "logistic regression, window": regression(),
}
"""Models without randomness: they need one run only."""

RANDOM: Mapping[str, Fit] = {
    "scikit-learn MLPClassifier(8), default settings": perceptron_as_it_comes,
    "scikit-learn MLPClassifier(8), our settings": perceptron,
    "**ours**, frozen vectors": ours("mode=off"),
    "**ours**, fine-tuned": ours("mode=on"),
    "**ours**, auto": ours("mode=auto"),
    "**ours**, max-margin, frozen": ours("loss=max-margin", "mode=off"),
    "**ours**, max-margin, fine-tuned": ours("loss=max-margin", "mode=on"),
    "**ours**, H = 100, frozen": ours("hidden=[100]", "mode=off"),
    "**ours**, H = 100, fine-tuned": ours("hidden=[100]", "mode=on"),
}
"""Models with random initial weights and example order: they need one run per seed."""


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


def around_marks(path: Path) -> tuple[str, str]:
    """Read the text before and after the marks of a file; ValueError if it has no marks."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} has no marks {BEGIN} … {END} to write between")
    return before, after


def write_between_marks(path: Path, text: str) -> None:
    """Replace the text between the marks of a file."""
    before, after = around_marks(path)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", metavar="FILE", type=Path, help="write between its marks")
    arguments = parser.parse_args()
    if arguments.write:
        around_marks(arguments.write)  # fail now, not after minutes of measuring
    with blas_threads(1):
        text = "\n\n".join(paragraphs())
    print(text)
    if arguments.write:
        write_between_marks(arguments.write, text)


if __name__ == "__main__":
    main()
