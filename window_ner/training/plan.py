"""What to train and on what, and the functions to call as the training goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import find_word_vectors
from window_ner.data.sources import CorpusFiles
from window_ner.data.word_vectors import WordVectors
from window_ner.model.about import Decision, Epoch
from window_ner.settings.tables import Settings


@dataclass(frozen=True)
class Plan:
    """What to train, and on what.

    Attributes
    ----------
    settings
        See `window_ner.settings.tables`.
    train, dev
        The corpora: what to learn from, and what to choose the best epoch by.
    vectors
        Sets of word vectors, to be put side by side; None loads those that the settings name.
    seed
        Random seed. Two runs of equal plans give the same weights.
    files, config
        What the model says of its origin: the files of its corpus, and the name of its config.
    """

    settings: Settings
    train: Corpus
    dev: Corpus
    vectors: Sequence[WordVectors] | None = None
    seed: int = 1
    files: CorpusFiles = field(default_factory=CorpusFiles)
    config: str | None = None

    @property
    def words(self) -> list[str]:
        """The tokens of the training data."""
        return [token for sentence in self.train.sentences for token in sentence.tokens]

    def load_vectors(self) -> Sequence[WordVectors]:
        """Return the sets of word vectors."""
        if self.vectors is not None:
            return self.vectors
        words, sets = self.words, self.settings.vectors.sets
        return [find_word_vectors(source, words, self.seed) for source in sets]


@dataclass(frozen=True)
class Progress:
    """Functions that are called as the training goes; each may be left out.

    ``decided`` gets the fine-tuning decision; ``batch`` what is being trained, the fraction of the
    epoch that is done and its mean loss so far; ``epoch`` what goes into the history.
    """

    decided: Callable[[Decision], None] = lambda decision: None
    batch: Callable[[str, float, float], None] = lambda run, done, loss: None
    epoch: Callable[[Epoch], None] = lambda epoch: None
