"""The settings and corpora of a training, and the functions to call during it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from window_ner.data.corpus import Corpus
from window_ner.data.corpus_files import CorpusFiles
from window_ner.data.random_vectors import find_word_vectors
from window_ner.data.word_vectors import WordVectors
from window_ner.model.about import Decision, Epoch
from window_ner.model.cross_validated import CrossValidated
from window_ner.model.model import Model
from window_ner.settings.tables import Settings


@dataclass(frozen=True)
class Base:
    """A trained model that a training starts from.

    Attributes
    ----------
    model
        The model.
    name
        The name of a bundled model, or the full path of a folder; None if it is in memory only.
    keep_labels
        Whether the new model has the labels of this model too.
    """

    model: Model
    name: str | None = None
    keep_labels: bool = False

    @property
    def kept_labels(self) -> tuple[str, ...]:
        """The labels that the new model keeps."""
        return self.model.about.labels if self.keep_labels else ()


@dataclass(frozen=True)
class Plan:
    """The settings and the data of a training.

    Attributes
    ----------
    settings
        The settings; see `window_ner.settings.tables`.
    train, dev
        The corpora: the model is trained on train, and dev chooses the best epoch. Without dev, it
        is chosen by cross-validation (`window_ner.training.cross_validation`).
    vectors
        Sets of word vectors to put side by side; None loads those that the settings name.
    seed
        Random seed. Two runs with equal plans give the same weights.
    files, config
        Stored in the model to say where it comes from: its corpus files, and its config's name.
    base
        The model that the training starts from; None draws the weights at random.
    """

    settings: Settings
    train: Corpus
    dev: Corpus | None
    vectors: Sequence[WordVectors] | None = None
    seed: int = 1
    files: CorpusFiles = field(default_factory=CorpusFiles)
    config: str | None = None
    base: Base | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the model: those of the corpus, and those that are kept."""
        kept = self.base.kept_labels if self.base else ()
        return tuple(sorted({*self.train.labels, *kept}))

    @property
    def known_to_base(self) -> tuple[str, ...]:
        """The files that F1 is measured on, and that the model to start from was trained on."""
        measured = self.files.dev or self.files.train
        trained_on = self.base.model.about.corpus.train if self.base else ()
        return tuple(file for file in dict.fromkeys(measured) if file in trained_on)

    def load_vectors(self, note: Callable[[str], None]) -> Sequence[WordVectors]:
        """Return the sets of word vectors; ``note`` is called before a load that takes a while."""
        if self.vectors is not None:
            return self.vectors
        words, sets = self.train.tokens, self.settings.vectors.sets
        return [find_word_vectors(source, words, self.seed, note) for source in sets]


@dataclass(frozen=True)
class Progress:
    """Functions that are called during the training; each may be left out.

    ``decided`` gets the fine-tuning decision; ``batch`` gets a name for what is trained, the
    fraction of the epoch done and its mean loss so far; ``epoch`` gets each epoch of the history;
    ``note`` gets a sentence that the user should read; ``validated`` gets the result of the
    cross-validation.
    """

    decided: Callable[[Decision], None] = lambda decision: None
    batch: Callable[[str, float, float], None] = lambda run, done, loss: None
    epoch: Callable[[Epoch], None] = lambda epoch: None
    note: Callable[[str], None] = lambda text: None
    validated: Callable[[CrossValidated], None] = lambda result: None
