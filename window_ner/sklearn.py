"""The tagger as a scikit-learn estimator; it takes lists of tokens and lists of tags.

>>> from window_ner.sklearn import WindowNER
>>> X = [["Ann", "left", "Rome"], ["Bob", "saw", "Ann"], ["Rome", "is", "old"]] * 10
>>> y = [["B-PER", "O", "B-LOC"], ["B-PER", "O", "B-PER"], ["B-LOC", "O", "O"]] * 10
>>> model = WindowNER(vectors="random-10d", epochs=2, random_state=1).fit(X, y)
>>> model.predict([["Bob", "left", "Rome"]])
[['B-PER', 'O', 'B-LOC']]
"""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

try:
    from sklearn.base import BaseEstimator
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted
except ModuleNotFoundError as error:
    raise ImportError(
        "window_ner.sklearn needs scikit-learn: pip install 'window-ner[train]'"
    ) from error

from window_ner.api import train
from window_ner.data.corpus import Corpus, make_corpus
from window_ner.data.sources import hold_out_dev
from window_ner.errors import InputError
from window_ner.evaluation.scores import span_scores
from window_ner.model.marginals import iob2_tags
from window_ner.model.tagger import Tagger
from window_ner.settings.tables import FineTune

Sentences = Iterable[Sequence[str]]


class WindowNER(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A named-entity tagger that is trained on tokens and tags.

    X is a list of sentences, each a list of tokens; y has a list of tags for each, in any of the
    tag schemes IOB1, IOB2, BIOES and BILOU. Every sentence is a document of its own: to train on
    longer documents, use `window_ner.train`.

    Parameters
    ----------
    config
        A config by name (fast, tagger, lecture), or the path of a .toml file.
    hidden
        Number of units of the hidden layer, or of several layers, like ``(100, 50)``. For this and
        the following parameters, None takes the value of the config.
    epochs, batch_size, learning_rate
        Settings of the training. With None, the batch size may be smaller for a small corpus.
    loss
        crf or softmax. With logistic or max-margin, names have no labels; they are tagged NAME.
    vectors
        Word vectors by name or file; several sets are put side by side.
    fine_tune
        Whether the word vectors are trained: auto, on or off.
    init
        The model to start from: a `window_ner.Tagger`, a model folder, or the name of a bundled
        model. None draws the weights at random.
    settings
        Any other settings by name, like ``{"dropout_hidden": 0.3}``.
    validation_fraction
        Fraction of the sentences that is held out, at even distances, to choose the best epoch.
        With None, all sentences train: if there are few, cross-validation chooses the number of
        epochs, as `window_ner.train` does without a dev split (the settings ``validation``). That
        takes up to five times as long, but a tenth of a hundred sentences cannot choose well.
    random_state
        A seed, or a ``numpy.random.RandomState`` to draw it from; None takes a new seed each time.

    Attributes
    ----------
    tagger_
        The trained `window_ner.Tagger`; its ``save`` writes a model folder.
    classes_
        The IOB2 tags that it can predict.
    """

    def __init__(
        self,
        config: str | Path = "fast",
        *,
        hidden: int | Sequence[int] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        loss: str | None = None,
        vectors: str | Path | Sequence[str | Path] | None = None,
        fine_tune: FineTune | None = None,
        init: Tagger | str | Path | None = None,
        settings: Mapping[str, Any] | None = None,
        validation_fraction: float | None = 0.1,
        random_state: Any = None,
    ) -> None:
        self.config = config
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.loss = loss
        self.vectors = vectors
        self.fine_tune = fine_tune
        self.init = init
        self.settings = settings
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Sentences, y: Sentences) -> Self:
        """Train on sentences and their tags.

        Raises
        ------
        InputError
            If X and y do not match, all tags are O, or a parameter is wrong. It is a ValueError.
        """
        fraction = self.validation_fraction
        is_share = isinstance(fraction, Real) and 0 < fraction <= 0.5
        if fraction is not None and not is_share:
            raise InputError(
                f"validation_fraction must be above 0 and at most 0.5, or None; got {fraction!r}"
            )
        if self.settings is not None and not isinstance(self.settings, Mapping):
            raise InputError(f"settings must be a dictionary; got {self.settings!r}")
        corpus, dev = _corpus(list(X), y), None
        if not corpus.token_count:
            raise InputError("X, y: no sentence with a token")
        if fraction is not None:
            corpus, dev = hold_out_dev(corpus, float(fraction))
        self.tagger_: Tagger = train(
            self.config,
            init=self.init,
            train=corpus,
            dev=dev or (),
            vectors=self.vectors or (),
            fine_tune=self.fine_tune,
            settings=self._changes(),
            seed=self._seed(),
        )
        self.classes_ = iob2_tags(self.tagger_.model.objective)
        return self

    def _changes(self) -> dict[str, Any]:
        """Return the changes to the config.

        `min_batches` must not reduce a given batch size. scikit-learn has a learning curve of its
        own.
        """
        names = ("hidden", "epochs", "batch_size", "learning_rate", "loss")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        changes = {"curve": False, **(self.settings or {}), **given}
        is_set = {key.rpartition(".")[2] for key in changes}
        return {"min_batches": 0, **changes} if "batch_size" in is_set else changes

    def _seed(self) -> int:
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def predict(self, X: Sentences) -> list[list[str]]:
        """Predict the IOB2 tags of sentences."""
        sentences = self._sentences(X)
        return self.tagger_.tag_batch(sentences, [1] * len(sentences))

    def predict_marginals(self, X: Sentences) -> list[list[dict[str, float]]]:
        """Return the probability of each of the `classes_` for each token."""
        sentences = self._sentences(X)
        return self.tagger_.marginals(sentences, [1] * len(sentences))

    def _sentences(self, X: Sentences) -> list[Sequence[str]]:
        check_is_fitted(self)
        return list(X)

    def score(self, X: Sentences, y: Sentences) -> float:
        """Return the F1 of the spans, as conlleval counts it."""
        sentences = self._sentences(X)
        gold, predicted = (
            self.tagger_.model.gold_spans(_corpus(sentences, tags).sentences)
            for tags in (y, self.predict(sentences))
        )
        return span_scores(predicted, gold)[""].f1

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags


def _corpus(X: Sequence[Sequence[str]], y: Sentences) -> Corpus:
    """Put tokens and tags together; every sentence is a document."""
    if y is None:  # scikit-learn passes it for an estimator that needs no y
        raise InputError("y is None; give a list of tags for each sentence")
    return make_corpus(X, y, [1] * len(X), name="X, y")
