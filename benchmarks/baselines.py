"""Is the window network worth it? Ours beside simpler models, and beside scikit-learn's network.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.baselines [--write README.md]

prints Markdown tables of token scores, "part of a name or not": on the sample corpus, and on
CoNLL-2003 if the corpora folder holds conll2003/eng.train and conll2003/eng.testa. With --write
they go into the file, between <!-- baselines:begin --> and <!-- baselines:end -->.

All models that learn see the same tokens, vocabulary, word vectors and windows: our network's.
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
from window_ner.training.run import Plan, train

CORPORA_VARIABLE = "WINDOW_NER_CORPORA"
BEGIN, END = "<!-- baselines:begin -->", "<!-- baselines:end -->"
SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Task:
    """Learn from `train`, choose the epoch on `dev`, be scored on `test`.

    ``changes`` are made to the lecture config for every model that has settings of ours.
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
"""Corpus -> (N,) is the token part of a name? 0 or 1."""


class Fitted(NamedTuple):
    predict: Predict
    remark: str = ""


Fit = Callable[[Task, int], Fitted]
"""Task, seed -> what was learnt."""


def _tokens(corpus: Corpus) -> list[str]:
    return [token for sentence in corpus.sentences for token in sentence.tokens]


def is_name(corpus: Corpus) -> Ints:
    """Read the truth: (N,) 0 or 1."""
    return np.array([tag != "O" for s in corpus.sentences for tag in s.tags], dtype=np.int64)


# ------------------------------------------------------------------ capitals


def capitals(task: Task, seed: int) -> Fitted:
    """Take every token that begins with a capital for a name."""
    return Fitted(lambda corpus: _begins_with_capital(_tokens(corpus)))


def capitals_within(task: Task, seed: int) -> Fitted:
    """Take them, but never the first token of a sentence."""

    def predict(corpus: Corpus) -> Ints:
        return np.where(_is_first(corpus), 0, _begins_with_capital(_tokens(corpus)))

    return Fitted(predict)


def capitals_with_lexicon(task: Task, seed: int) -> Fitted:
    """Take the first token of a sentence if the training data never has it in lower case."""
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
    """Make the fit of a logistic regression on the windows of the lecture config with changes."""

    def fit(task: Task, seed: int) -> Fitted:
        inputs = _inputs(task, seed, *changes)
        classifier = LogisticRegression(max_iter=1000)
        return _fitted(classifier.fit(inputs(task.train), is_name(task.train)), inputs)

    return fit


def perceptron_as_it_comes(task: Task, seed: int) -> Fitted:
    """Fit scikit-learn's network, its own settings but for the size."""
    inputs = _inputs(task, seed)
    classifier = MLPClassifier(task.settings().network.hidden, random_state=seed)
    return _fitted(classifier.fit(inputs(task.train), is_name(task.train)), inputs)


def perceptron(task: Task, seed: int) -> Fitted:
    """Fit scikit-learn's network with our settings, an epoch at a time; keep the best on dev.

    But for the learning rate: ours falls, which its Adam cannot do, and would be too high for one
    that stays; so it has its own.
    """
    inputs = _inputs(task, seed)
    settings = task.settings()
    classifier = MLPClassifier(
        settings.network.hidden,
        activation=settings.network.activation,
        solver=settings.training.optimizer,
        alpha=settings.training.l2 * settings.training.batch_size,  # it divides by the latter
        batch_size=settings.training.batch_size,
        # one that goes on: of a number, every epoch would begin anew, with the same shuffle
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
    """Make the fit of the lecture config with changes."""

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
    "… but never a sentence's first": capitals_within,
    "… a sentence's first unless train has it in lower case": capitals_with_lexicon,
    "logistic regression, centre word": regression("window=1"),
    "logistic regression, window": regression(),
}
"""Models without chance: one run says it all."""

RANDOM: Mapping[str, Fit] = {
    "scikit-learn MLPClassifier(8), as it comes": perceptron_as_it_comes,
    "scikit-learn MLPClassifier(8), our settings": perceptron,
    "**ours**, frozen vectors": ours("mode=off"),
    "**ours**, fine-tuned": ours("mode=on"),
    "**ours**, auto": ours("mode=auto"),
    "**ours**, max-margin, frozen": ours("loss=max-margin", "mode=off"),
    "**ours**, max-margin, fine-tuned": ours("loss=max-margin", "mode=on"),
    "**ours**, H = 100, frozen": ours("hidden=[100]", "mode=off"),
    "**ours**, H = 100, fine-tuned": ours("hidden=[100]", "mode=on"),
}
"""Models whose start and order of examples are drawn: one run a seed."""


class Run(NamedTuple):
    test: Scores
    unseen: Scores
    dev: Scores
    seconds: float
    remark: str


def measure(fit: Fit, task: Task, seed: int) -> Run:
    """Train and score. The seconds go from corpora and vectors in memory to the model."""
    started = time.process_time()  # of our one thread: what else the machine does is not counted
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
    """Measure all models on a task and write the Markdown table; `tell` gets each row."""
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
    """Write the mean, and half the range of several."""
    text = f"{100 * mean(fractions):.1f}"
    return f"{text} ± {50 * (max(fractions) - min(fractions)):.1f}" if fractions[1:] else text


def _describe(task: Task) -> str:
    unseen, gold = task.unseen, is_name(task.test)
    return (
        f"Trained on {task.train.token_count:,} tokens; scored on {task.test.token_count:,}, "
        f"{gold.sum():,} of them in names; {unseen.sum():,} are unseen words, "
        f"{(unseen & gold).sum():,} of them in names."
    )


NOTES = f"""\
Percent of tokens; networks: mean of {len(SEEDS)} seeds ± half the range. Ours is the `lecture`
config: window 5, 50-d GloVe, 8 tanh units, logistic loss, unless the row says otherwise. But for
the capitals, no model knows upper from lower case. Unseen words are known to the vectors, but not
in the training data. "Our settings" gives MLPClassifier our tanh, mini-batch, weight decay, number
of epochs and choice of the best one by dev; its learning rate is its own, as it cannot let Adam's
fall. Seconds are of one core, from text and word vectors in memory to the model."""


def paragraphs() -> Iterator[str]:
    """Measure all that there is to measure; yields the paragraphs."""
    vectors = [load_word_vectors(name) for name in load_config("lecture").vectors.sets]
    for one_set in vectors:
        _ = one_set.row  # made once, by whoever looks a word up first: no model's own time

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
            "A tenth of eng.train, every tenth document, is held out as the dev split that chooses "
            "the epoch, so that nothing is chosen on eng.testa; no model trains on that tenth."
        )
    else:
        yield (
            f"**CoNLL-2003**: these rows are missing; set {CORPORA_VARIABLE} to the folder with "
            "conll2003/eng.train and conll2003/eng.testa in it."
        )
    yield NOTES


def around_marks(path: Path) -> tuple[str, str]:
    """Read what stands before and after the marks of a file; ValueError if it has none."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} has no {BEGIN} … {END} to write between")
    return before, after


def write_between_marks(path: Path, text: str) -> None:
    """Replace what stands between the marks of a file."""
    before, after = around_marks(path)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", metavar="FILE", type=Path, help="write between its marks")
    arguments = parser.parse_args()
    if arguments.write:
        around_marks(arguments.write)  # or minutes of work would have no place to go
    with blas_threads(1):
        text = "\n\n".join(paragraphs())
    print(text)
    if arguments.write:
        write_between_marks(arguments.write, text)


if __name__ == "__main__":
    main()
