"""The models to compare: rules about capitals, scikit-learn's classifiers, and our network."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from window_ner.data.corpus import Corpus
from window_ner.data.word_vectors import WordVectors
from window_ner.evaluation.scores import token_scores
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats, Ints
from window_ner.settings.tables import Settings
from window_ner.settings.toml import load_config
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan
from window_ner.training.run import train


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


def is_name(corpus: Corpus) -> Ints:
    """Return the gold answers: (N,) 1 where the token is part of a name, else 0."""
    return np.array([tag != "O" for s in corpus.sentences for tag in s.tags], dtype=np.int64)


def capitals(task: Task, seed: int) -> Fitted:
    """Predict a name for every token that begins with a capital letter."""
    return Fitted(lambda corpus: _begins_with_capital(corpus.tokens))


def capitals_within(task: Task, seed: int) -> Fitted:
    """Predict a name for every capitalised token except the first token of a sentence."""

    def predict(corpus: Corpus) -> Ints:
        return np.where(_is_first(corpus), 0, _begins_with_capital(corpus.tokens))

    return Fitted(predict)


def capitals_with_lexicon(task: Task, seed: int) -> Fitted:
    """As `capitals`, but the first token of a sentence only if it is never lower case in train."""
    common = {token for token in task.train.tokens if token.islower()}

    def predict(corpus: Corpus) -> Ints:
        tokens = corpus.tokens
        is_common = np.array([token.lower() in common for token in tokens])
        return np.where(_is_first(corpus) & is_common, 0, _begins_with_capital(tokens))

    return Fitted(predict)


def _begins_with_capital(tokens: Iterable[str]) -> Ints:
    return np.array([token[0].isupper() for token in tokens], dtype=np.int64)


def _is_first(corpus: Corpus) -> Ints:
    return np.array([i == 0 for s in corpus.sentences for i in range(len(s))], dtype=bool)


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
