"""What the commands ``train`` and ``eval`` do, without a screen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import is_random
from window_ner.data.sources import (
    CorpusFiles,
    Split,
    corpus_files,
    find_split,
    found_files,
    training_corpora,
)
from window_ner.data.vector_files import PACKAGED
from window_ner.errors import InputError, require_train_extra
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.model.files import load_model
from window_ner.model.objectives.base import NAME
from window_ner.model.objectives.registry import make_objective
from window_ner.model.tagger import Tagger
from window_ner.settings.tables import FineTune
from window_ner.settings.toml import Changes, load_config
from window_ner.settings.toml import change_settings as change
from window_ner.storage.locks import reserved
from window_ner.storage.model_folder import check_output_folder, stored_files
from window_ner.storage.resources import model_folder
from window_ner.training.checkpoint import CHECKPOINT, Checkpoint, load_checkpoint
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import train as train_model


@dataclass(frozen=True)
class Job:
    """A training that is ready to begin, or to go on.

    Attributes
    ----------
    plan
        What to train, and on what.
    output
        The model folder; None keeps the model in memory.
    checkpoint
        Where the training goes on.
    """

    plan: Plan
    output: Path | None = None
    checkpoint: Checkpoint | None = None

    def writing_to(self, output: Path, *, overwrite: bool = False) -> "Job":
        """Give the job its output folder.

        Raises
        ------
        InputError
            If the folder cannot be written, or another process trains into it, or it holds
            something that is not to be overwritten.
        """
        _check_writable(output)
        if not overwrite:
            _check_empty(output)
        return replace(self, output=output)

    @property
    def dropped_labels(self) -> tuple[str, ...]:
        """The labels of the corpus that the model will not know, as it has one score."""
        plan = self.plan
        one_score = make_objective(plan.settings.network.loss, plan.train.labels).outputs == 1
        return plan.train.labels if one_score and not _is_untyped(plan.train) else ()

    def carry_out(self, progress: Progress | None = None) -> Tagger:
        """Load the word vectors and train; see `window_ner.training.run.train`."""
        return Tagger(
            train_model(self.plan, output=self.output, resume=self.checkpoint, progress=progress)
        )


UNTYPED_CONFIG, TYPED_CONFIG = "lecture", "tagger"
"""The configs for the sample corpus and for a corpus with labels, if none is named."""


def new_job(
    config: str | Path | None = None,
    *,
    train: Split | None = None,
    dev: Split | None = None,
    vectors: Sequence[str | Path] = (),
    fine_tune: FineTune | None = None,
    changes: Changes = (),
    seed: int = 1,
) -> Job:
    """Read all that a training needs, but its word vectors; see `train`."""
    require_train_extra("training")
    if config is not None:
        load_config(str(config), changes)  # an error in it is told before a corpus is read
    files = corpus_files(train, dev)
    corpora = _corpora(files, train, dev)
    if config is None:
        config = UNTYPED_CONFIG if train is None or _is_untyped(corpora[0]) else TYPED_CONFIG
    settings = load_config(str(config), changes)
    if vectors:
        settings = change(settings, {"vectors.sets": [_in_full(source) for source in vectors]})
    if fine_tune:
        settings = change(settings, {"fine_tuning.mode": fine_tune})
    return Job(Plan(settings, *corpora, seed=seed, files=files, config=Path(config).stem))


def _is_untyped(corpus: Corpus) -> bool:
    """Whether the names of a corpus have no kinds: only the label that is called so."""
    return set(corpus.labels) <= {NAME}


def resumed_job(
    output: Path | None, *, train: Split | None = None, dev: Split | None = None
) -> Job:
    """Read what an interrupted training needs to go on; see `train`.

    The data are needed again if they were no files.
    """
    require_train_extra("training")
    if output is None:
        raise InputError("which training is to go on? name its output folder")
    checkpoint = load_checkpoint(output)
    _check_writable(output)
    about = checkpoint.best.about
    files = found_files(about.corpus)
    if files.train is None and train is None:
        raise InputError(f"{output}: its data were in memory; give the same again")
    if files.train is not None and (train is not None or dev is not None):
        raise InputError("resuming goes on with the data of before; drop the rest")
    corpora = _corpora(files, train, dev)
    if corpora[0].token_count != about.windows:
        raise InputError(
            f"{output}: was trained on {about.windows:,} tokens, and {corpora[0].name} now has "
            f"{corpora[0].token_count:,}; train anew"
        )
    plan = Plan(
        checkpoint.settings, *corpora, seed=about.seed or 0, files=files, config=about.config
    )
    return Job(plan, output, checkpoint)


def _corpora(files: CorpusFiles, train: Split | None, dev: Split | None) -> tuple[Corpus, Corpus]:
    """Read the train and dev splits: those given, else those of the files."""
    if train is None:
        assert files.train is not None
        train, dev = files.train, files.dev
    return training_corpora(train, dev)


def _check_writable(output: Path) -> None:
    """Hear now, not after an epoch, if the model cannot be written or another process does."""
    check_output_folder(output)
    with reserved(output):
        pass


def _check_empty(output: Path) -> None:
    """Keep the model that is in the output folder, finished or not."""
    files = stored_files(output)
    if CHECKPOINT in files:
        raise InputError(
            f"{output}: has an interrupted training; go on with --resume, or replace it with "
            "--overwrite"
        )
    if files:
        raise InputError(
            f"{output}: has a model; choose another --output, or replace it with --overwrite"
        )


def _in_full(source: str | Path) -> str:
    """Name word vectors so that they are found from anywhere later."""
    name = str(source)
    return name if name in PACKAGED or is_random(name) else str(Path(name).resolve())


def train(
    config: str | Path | None = None,
    *,
    train: Split | None = None,
    dev: Split | None = None,
    vectors: str | Path | Sequence[str | Path] = (),
    fine_tune: FineTune | None = None,
    settings: Changes = (),
    seed: int = 1,
    output: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Tagger:
    """Train a tagger, as ``window-ner train`` does; the epoch that is best on dev is returned.

    Two runs with the same arguments give the same weights.

    Parameters
    ----------
    config
        A config by name (lecture, lecture-plus, tagger, fast, best), or the path of a .toml file.
        None takes tagger for a corpus with labels, and lecture for the sample corpus.
    train, dev
        CoNLL files, or corpora (`window_ner.make_corpus`): what to learn from, and what to choose
        the epoch by. Without dev, a tenth of train is held out; without both, it is the sample
        corpus that comes with the project.
    vectors
        Word vectors by name or file; more than one set is put side by side. None given, those of
        the config.
    fine_tune
        Whether the word vectors are trained: auto (the pitfall rule), on or off.
    settings
        Changes of the config, like ``{"epochs": 20, "hidden": [100]}`` or ``["epochs=20"]``.
    seed
        Of all that is random.
    output
        A model folder, which has the best model so far after every epoch. None keeps the model in
        memory; it can be written later by its ``save``.
    resume
        Go on with the interrupted training of ``output``, with its settings and data: corpora
        that were not files are to be given again, and nothing else.
    overwrite
        Replace the model that is in ``output``, if there is one. Otherwise that is an error.
    progress
        Whom to tell what happens.

    Raises
    ------
    InputError
        If an argument or a file is wrong, or packages that training needs are not installed.
    KeyboardInterrupt
        If the user interrupts in the first epoch. Later, the tagger is the best so far, and says
        so in ``model.about.interrupted``.
    """
    folder = Path(output) if output is not None else None
    if resume:
        if vectors or fine_tune or settings or overwrite:
            raise InputError("resuming goes on with the settings of before; drop the rest")
        return resumed_job(folder, train=train, dev=dev).carry_out(progress)
    job = new_job(
        config,
        train=train,
        dev=dev,
        vectors=[vectors] if isinstance(vectors, str | Path) else vectors,
        fine_tune=fine_tune,
        changes=settings,
        seed=seed,
    )
    if folder is not None:
        job = job.writing_to(folder, overwrite=overwrite)
    return job.carry_out(progress)


def evaluate(tagger: Tagger | str | Path, split: Split, *, mistakes: int = 0) -> dict[str, Any]:
    """Score a tagger on a split, as ``window-ner eval --format json`` does.

    Parameters
    ----------
    tagger
        A tagger, a model folder, or the name of a model that comes with the project.
    split
        A CoNLL file, a corpus, or train, dev or test of the corpus that the model was trained on.
    mistakes
        How many of the most frequent mistakes to list.

    Returns
    -------
    ``split``, ``sentences``, ``tokens``, and what
    `window_ner.evaluation.evaluate.evaluate_tagger` returns: fractions between 0 and 1, spans
    scored as conlleval does.

    Raises
    ------
    InputError
        If there is no such model or split, or packages that scoring needs are not installed.
    """
    require_train_extra("scoring")
    if not isinstance(tagger, Tagger):
        tagger = Tagger(load_model(model_folder(tagger)))
    corpus = find_split(split, tagger.model.about.corpus)
    return {
        "split": corpus.name if isinstance(split, Corpus) else str(split),
        "sentences": len(corpus.sentences),
        "tokens": corpus.token_count,
        **evaluate_tagger(tagger, corpus, mistakes),
    }
