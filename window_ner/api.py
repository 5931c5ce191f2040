"""Training and evaluation, as the commands ``train`` and ``eval`` do them, without any output."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from window_ner.data.corpus import Corpus
from window_ner.data.corpus_checks import notes_on
from window_ner.data.random_vectors import is_random
from window_ner.data.sources import (
    CorpusFiles,
    Split,
    Splits,
    as_list,
    corpus_files,
    find_split,
    found_files,
    hold_out_dev,
    read_split,
)
from window_ner.data.vector_files import PACKAGED
from window_ner.errors import InputError, require_train_extra
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.model.model import Model
from window_ner.model.objectives.base import NAME
from window_ner.model.objectives.registry import make_objective
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.settings.tables import FineTune, Settings
from window_ner.settings.toml import Changes, load_config
from window_ner.settings.toml import change_settings as change
from window_ner.storage.locks import reserved
from window_ner.storage.model_folder import check_output_folder, stored_files
from window_ner.storage.resources import model_folder
from window_ner.training.checkpoint import CHECKPOINT, Checkpoint, load_checkpoint
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.cross_validation import cross_validates
from window_ner.training.plan import Base, Plan, Progress
from window_ner.training.run import train as train_model


@dataclass(frozen=True)
class Job:
    """A training that is ready to start, or to continue.

    Attributes
    ----------
    plan
        The settings and the corpora.
    output
        The model folder; None keeps the model in memory.
    checkpoint
        The state of an interrupted training to continue from; None starts a new one.
    """

    plan: Plan
    output: Path | None = None
    checkpoint: Checkpoint | None = None

    def writing_to(self, output: Path, *, overwrite: bool = False) -> "Job":
        """Return the job with an output folder.

        Raises
        ------
        InputError
            If the folder cannot be written, another process trains into it, or it has something
            that may not be overwritten.
        """
        _check_writable(output)
        if not overwrite:
            _check_empty(output)
        return replace(self, output=output)

    @property
    def dropped_labels(self) -> tuple[str, ...]:
        """The labels of the corpus that a model with one score drops."""
        plan = self.plan
        one_score = make_objective(plan.settings.network.loss, plan.train.labels).outputs == 1
        return plan.train.labels if one_score and not _is_untyped(plan.train) else ()

    @property
    def notes(self) -> list[str]:
        """What the readers of the corpora changed, and what is probably wrong in the data."""
        base = self.plan.base
        kept = base.model.about.labels if base and base.keep_labels else ()
        return notes_on(self.plan.train, self.plan.dev, kept)

    def carry_out(self, progress: Progress | None = None) -> Tagger:
        """Load the word vectors and train; see `window_ner.training.run.train`."""
        return Tagger(
            train_model(self.plan, output=self.output, resume=self.checkpoint, progress=progress)
        )


UNTYPED_CONFIG, TYPED_CONFIG = "lecture", "tagger"
"""The default configs for a corpus without labels, such as the sample, and for one with labels."""


def new_job(
    config: str | Path | None = None,
    *,
    init: Tagger | str | Path | None = None,
    keep_labels: bool = False,
    train: Splits = (),
    dev: Splits = (),
    vectors: Sequence[str | Path] = (),
    fine_tune: FineTune | None = None,
    changes: Changes = (),
    seed: int = 1,
) -> Job:
    """Read everything that a training needs except its word vectors; see `train`."""
    require_train_extra("training")
    if config is not None:
        load_config(str(config), changes)  # report its errors before reading a corpus
    base = _base(init, keep_labels)
    files = corpus_files(train, dev)
    corpus, dev_corpus = _corpora(files, train, dev, base)
    if config is None:
        untyped = not as_list(train) or _is_untyped(corpus)
        config = UNTYPED_CONFIG if untyped and not base else TYPED_CONFIG
    settings = load_config(str(config), changes)
    if base:
        if vectors:
            raise InputError(
                "a training that starts from a model keeps its vectors; leave out the vectors"
            )
        settings = _settings_of(base.model, str(config), changes)
    if vectors:
        settings = change(settings, {"vectors.sets": [_in_full(source) for source in vectors]})
    if fine_tune:
        settings = change(settings, {"fine_tuning.mode": fine_tune})
    if dev_corpus is None and not cross_validates(settings, corpus):
        corpus, dev_corpus = hold_out_dev(corpus)
        files = replace(files, held_out=True)
    if not settings.training.partial:
        corpus, dev_corpus = _annotating_all(corpus, dev_corpus)
    config = Path(config).stem
    plan = Plan(settings, corpus, dev_corpus, seed=seed, files=files, config=config, base=base)
    return Job(plan)


def _base(init: Tagger | str | Path | None, keep_labels: bool) -> Base | None:
    """Load the model that a training starts from."""
    if init is None:
        if keep_labels:
            raise InputError("to keep the labels of a model, name the model to start from")
        return None
    if isinstance(init, Tagger):
        return Base(init.model, None, keep_labels)
    folder = model_folder(init)
    name = str(init) if folder != Path(init) else str(folder.resolve())
    return Base(load_model(folder), name, keep_labels)


def _settings_of(model: Model, config: str, changes: Changes) -> Settings:
    """Return a config's settings for a training that starts from a model.

    Raises
    ------
    InputError
        If a change would change the model's words, features or network.
    """
    kept = continued_settings(model, load_config(config))
    settings = change(kept, changes)
    for table in ("vectors", "features", "network"):
        if getattr(settings, table) != getattr(kept, table):
            raise InputError(
                f"a training that starts from a model keeps its {table}; leave out the changes "
                f"of [{table}]"
            )
    return continued_settings(model, settings)


def _is_untyped(corpus: Corpus) -> bool:
    """Whether the names of a corpus have no labels, which is stored as the one label `NAME`."""
    return set(corpus.labels) <= {NAME}


def resumed_job(
    output: Path | None,
    *,
    train: Splits = (),
    dev: Splits = (),
    init: Tagger | str | Path | None = None,
) -> Job:
    """Read what an interrupted training needs to continue; see `train`.

    Corpora that were not read from files must be given again, and so must a model to start from
    that was not in a folder.
    """
    require_train_extra("training")
    if output is None:
        raise InputError("resuming needs output: the folder of the interrupted training")
    checkpoint = load_checkpoint(output)
    _check_writable(output)
    about = checkpoint.best.about
    files = found_files(about.corpus)
    given = [*as_list(train), *as_list(dev)]
    if not files.train and not given:
        raise InputError(f"{output}: its corpus was in memory; give the same corpus again")
    if files.train and given:
        raise InputError("resuming reads the corpus from its files; leave out train and dev")
    base = _base(init or about.started_from, about.keeps_labels)
    corpora = _corpora(files, train, dev, base)
    if not checkpoint.settings.training.partial:
        corpora = _annotating_all(*corpora)
    if corpora[0].token_count != about.windows:
        raise InputError(
            f"{output}: was trained on {about.windows:,} tokens, and {corpora[0].name} now has "
            f"{corpora[0].token_count:,}; start a new training"
        )
    plan = Plan(
        checkpoint.settings,
        *corpora,
        seed=about.seed or 0,
        files=files,
        config=about.config,
        base=base,
    )
    return Job(plan, output, checkpoint)


def _corpora(
    files: CorpusFiles, train: Splits, dev: Splits, base: Base | None
) -> tuple[Corpus, Corpus | None]:
    """Read the given train and dev splits, or else those in ``files``; None if there is no dev."""
    if not as_list(train):
        train, dev = files.train, files.dev
    kept = base.model.about.labels if base and base.keep_labels else ()
    corpus = read_split(train, kept)
    if as_list(dev):
        return corpus, read_split(dev, kept)
    return hold_out_dev(corpus) if files.held_out else (corpus, None)


def _annotating_all(train: Corpus, dev: Corpus | None) -> tuple[Corpus, Corpus | None]:
    """Return the corpora as corpora that annotate all labels."""
    return train.annotating(None), dev and dev.annotating(None)


def _check_writable(output: Path) -> None:
    """Raise an error before the first epoch if the output folder cannot be used."""
    check_output_folder(output)
    with reserved(output):
        pass


def _check_empty(output: Path) -> None:
    """Raise an error if the output folder has a model, finished or not."""
    files = stored_files(output)
    if CHECKPOINT in files:
        raise InputError(
            f"{output}: has an interrupted training; continue with --resume, or replace it with "
            "--overwrite"
        )
    if files:
        raise InputError(
            f"{output}: has a model; choose another --output, or replace it with --overwrite"
        )


def _in_full(source: str | Path) -> str:
    """Return an absolute path for a file of word vectors, so that it is found from any folder."""
    name = str(source)
    return name if name in PACKAGED or is_random(name) else str(Path(name).resolve())


def train(
    config: str | Path | None = None,
    *,
    init: Tagger | str | Path | None = None,
    keep_labels: bool = False,
    train: Splits = (),
    dev: Splits = (),
    vectors: str | Path | Sequence[str | Path] = (),
    fine_tune: FineTune | None = None,
    settings: Changes = (),
    seed: int = 1,
    output: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Tagger:
    """Train a tagger, as ``window-ner train`` does; return the epoch that is best on dev.

    Two runs with the same arguments give the same weights.

    Parameters
    ----------
    config
        A config by name (lecture, lecture-plus, tagger, fast, best), or the path of a .toml file.
        None takes tagger for a corpus with labels, and lecture for the sample corpus.
    init
        The model to start from: a tagger, a model folder, or the name of a bundled model. Its
        words, features and network go on, and the config's other settings apply. None draws the
        weights at random.
    keep_labels
        Whether the new tagger also has the labels of ``init`` that the corpus does not annotate.
    train, dev
        Files that `window_ner.read_corpus` reads, or corpora; a list of several is read as one
        corpus. The model is trained on train, and dev chooses the best epoch. Without dev, a small
        corpus is cross-validated, which chooses the number of epochs and measures the model, and of
        a larger corpus a tenth is held out (the settings of ``validation``); without both, the
        bundled sample corpus is used.
    vectors
        Word vectors by name or file; several sets are put side by side. Default: those of the
        config.
    fine_tune
        Whether the word vectors are trained: auto (the pitfall rule), on or off.
    settings
        Changes to the config, like ``{"epochs": 20, "hidden": [100]}`` or ``["epochs=20"]``.
    seed
        Random seed.
    output
        A model folder. After every epoch, the best model so far is written to it. None keeps the
        model in memory; the tagger's ``save`` can write it later.
    resume
        Continue the interrupted training in ``output``, with its settings and data. Give corpora,
        and a model to start from, again if they were not read from files; give no other argument.
    overwrite
        Replace the model in ``output``, if there is one. Without it, that is an error.
    progress
        Functions to call during the training.

    Raises
    ------
    InputError
        If an argument or a file is wrong, or packages that training needs are not installed.
    KeyboardInterrupt
        If the user interrupts in the first epoch. Later, the best tagger so far is returned, and
        its ``model.about.interrupted`` is true.
    """
    folder = Path(output) if output is not None else None
    if resume:
        if vectors or fine_tune or settings or overwrite or keep_labels:
            raise InputError(
                "resuming keeps the settings; leave out vectors, fine_tune, settings, overwrite, "
                "keep_labels"
            )
        return resumed_job(folder, train=train, dev=dev, init=init).carry_out(progress)
    job = new_job(
        config,
        init=init,
        keep_labels=keep_labels,
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
        A tagger, a model folder, or the name of a bundled model.
    split
        A file that `window_ner.read_corpus` reads, a corpus, or train, dev or test of the corpus
        that the model was trained on.
    mistakes
        Number of most frequent mistakes to list.

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
