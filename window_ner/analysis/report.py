"""A report on a training run: its history, the scores of its model, and the moved word vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from window_ner.analysis.movement import Movement, movement, nearest_words, usual_labels
from window_ner.data.corpus import Corpus
from window_ner.data.sources import Split, found_files, training_corpora
from window_ner.errors import InputError
from window_ner.evaluation.evaluate import corpus_to_score, evaluate_tagger
from window_ner.model.about import Epoch
from window_ner.model.card import facts
from window_ner.model.model import Model
from window_ner.model.tagger import Tagger

MISTAKES, EXAMPLES = 30, 12
"""The number of most frequent mistakes, and of most certain mistakes of each kind."""

WORDS = 24
"""The number of words that moved farthest."""


@dataclass(frozen=True)
class MovedWord:
    """A word whose vector moved in training.

    Attributes
    ----------
    distance
        ‖after − before‖ / ‖before‖.
    nearest_before, nearest_after
        The nearest words by cosine, before and after training.
    label, count
        Its most frequent label in the training data, and its number of occurrences; None if the
        training data is not available.
    """

    word: str
    distance: float
    nearest_before: list[str]
    nearest_after: list[str]
    label: str | None
    count: int | None


@dataclass(frozen=True)
class RunReport:
    """A report on a training run.

    Attributes
    ----------
    facts
        Facts about the model; see `window_ner.model.card.facts`.
    history
        One record for each epoch.
    epoch
        The epoch that the model is of.
    scores
        The scores of the model on ``split``; see `window_ner.evaluation.evaluate.evaluate_tagger`.
    split, sentences, tokens
        The name of the split, and its numbers of sentences and tokens.
    vectors
        A sentence that says whether the word vectors have moved, and why.
    movement
        How they have moved; None if this is unknown.
    moved_words
        The words that moved farthest, in the order of ``movement``.
    """

    facts: dict[str, Any]
    history: Sequence[Epoch]
    epoch: Epoch | None
    scores: dict[str, Any]
    split: str
    sentences: int
    tokens: int
    vectors: str
    movement: Movement | None
    moved_words: list[MovedWord]

    @property
    def typed(self) -> bool:
        """Whether the model predicts labels of names."""
        return bool(self.facts["labels"])


def report_on(tagger: Tagger, split: Split) -> RunReport:
    """Collect the data of the report.

    Parameters
    ----------
    split
        A file that `window_ner.read_corpus` reads, a corpus, or train, dev or test of the corpus
        that the model was trained on.

    Raises
    ------
    InputError
        If there is no such split.
    """
    model = tagger.model
    corpus = corpus_to_score(split, model.about)
    known = facts(model)
    training = _training_data(model)
    moved, moved_words = None, []
    try:
        moved = movement(model, training)
        said = _in_words(moved, model)
        moved_words = _moved_words(model, moved, training)
    except InputError as error:
        said = f"The word vectors were fine-tuned, but their earlier values are unknown: {error}"
    return RunReport(
        known,
        model.history,
        model.epoch,
        evaluate_tagger(tagger, corpus, MISTAKES, EXAMPLES),
        corpus.name if isinstance(split, Corpus) else str(split),
        len(corpus.sentences),
        corpus.token_count,
        said,
        moved,
        moved_words,
    )


def _training_data(model: Model) -> Corpus | None:
    """Read the training data of the model, if it is still available."""
    files = found_files(model.about.corpus)
    if not files.train:
        return None
    try:
        return training_corpora(files)[0]
    except InputError:
        return None


def _in_words(moved: Movement, model: Model) -> str:
    decision = model.about.fine_tuning
    if decision is None or not decision.fine_tune:
        why = "" if decision is None else f" ({decision.reason})"
        return f"The word vectors did not move: they were frozen{why}."
    words = len(model.encoder.vocabulary.words)
    moved_number = len(moved.rows)
    return (
        f"The word vectors were fine-tuned ({decision.reason}). Training moved the vectors "
        f"of {moved_number:,} words of the training data; the other {words - moved_number:,} did "
        "not move."
    )


def _moved_words(model: Model, moved: Movement, training: Corpus | None) -> list[MovedWord]:
    rows = moved.rows[:WORDS].tolist()
    labels = usual_labels(model, training, rows) if training else [(None, None)] * len(rows)
    word = model.encoder.vocabulary.word
    near = nearest_words(model, moved, WORDS)
    return [
        MovedWord(word(row), float(moved.distances[i]), before, after, *label)
        for i, (row, (before, after), label) in enumerate(zip(rows, near, labels, strict=True))
    ]
