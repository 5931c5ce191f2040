"""Turns the arguments of a training into a job that is ready to start, or to continue."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path

from window_ner.data.corpus import Corpus
from window_ner.data.corpus_checks import notes_on
from window_ner.data.corpus_files import CorpusFiles
from window_ner.data.name_list import NameList
from window_ner.data.sources import (
    Split,
    Splits,
    as_list,
    corpus_files,
    found_files,
    hold_out_dev,
    read_split,
)
from window_ner.errors import InputError, require_extra
from window_ner.model.objectives.registry import make_objective
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.settings.tables import FineTune
from window_ner.settings.toml import Changes, load_config
from window_ner.storage.locks import reserved
from window_ner.storage.model_folder import check_output_folder, stored_files
from window_ner.storage.places import real_path
from window_ner.storage.resources import model_folder
from window_ner.training.checkpoint import CHECKPOINT, Checkpoint, load_checkpoint
from window_ner.training.cross_validation import cross_validates
from window_ner.training.job_settings import (
    UNTYPED_CONFIG,
    default_config,
    is_untyped,
    settings_for,
)
from window_ner.training.listed_texts import listed_corpus
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
            If the folder cannot be written, is the model to start from, or has something that may
            not be overwritten, or another process trains into it.
        """
        base = self.plan.base
        if base and base.name and real_path(model_folder(base.name)) == real_path(output):
            raise InputError(f"{output}: is the model to start from; choose another --output")
        _check_writable(output)
        if not overwrite:
            _check_empty(output)
        return replace(self, output=output)

    @property
    def dropped_labels(self) -> tuple[str, ...]:
        """The labels of the corpus that a model with one score drops."""
        plan = self.plan
        one_score = make_objective(plan.settings.network.loss, plan.train.labels).outputs == 1
        return plan.train.labels if one_score and not is_untyped(plan.train) else ()

    @property
    def notes(self) -> list[str]:
        """What the readers of the corpora changed, and what is probably wrong in the data."""
        plan, base = self.plan, self.plan.base
        notes = notes_on(plan.train, plan.dev, base.kept_labels if base else ())
        if plan.known_to_base:
            files = ", ".join(Path(file).name for file in plan.known_to_base)
            notes.append(
                f"the model to start from was trained on {files} too, so the new model will be "
                f"worse on new text than {'dev' if plan.dev else 'cross-validation'} says"
            )
        return notes

    def carry_out(self, progress: Progress | None = None) -> Tagger:
        """Load the word vectors and train; see `window_ner.training.run.train`."""
        return Tagger(
            train_model(self.plan, output=self.output, resume=self.checkpoint, progress=progress)
        )


def new_job(
    config: str | Path | None = None,
    *,
    init: Tagger | str | Path | None = None,
    keep_labels: bool = False,
    train: Splits = (),
    dev: Splits = (),
    names: NameList | None = None,
    vectors: Sequence[str | Path] = (),
    fine_tune: FineTune | None = None,
    changes: Changes = (),
    seed: int = 1,
) -> Job:
    """Read everything that a training needs except its word vectors; see `window_ner.train`."""
    require_extra("train", "training")
    if config is not None:
        load_config(str(config), changes)  # report its errors before reading a corpus
    if not isinstance(seed, Integral) or seed < 0:
        raise InputError(f"seed must be a whole number, 0 or more; got {seed!r}")
    base = _base(init, keep_labels)
    train, dev = as_list(train), as_list(dev)  # a generator is read once
    if names is not None:
        train = [listed_corpus(train, names, base, has_dev=bool(dev))]
    files = corpus_files(train, dev)
    corpus, dev_corpus = _corpora(files, train, dev, base)
    if not corpus.token_count:
        raise InputError(f"{corpus.name}: no sentence in it; give annotated sentences as train")
    if config is None:
        config = default_config(corpus, base) if train or base else UNTYPED_CONFIG
    settings = settings_for(str(config), base, vectors, fine_tune, changes)
    if dev_corpus is None and not cross_validates(settings, corpus):
        corpus, dev_corpus = hold_out_dev(corpus)
        files = files._replace(held_out=True)
    if not settings.training.partial:
        corpus, dev_corpus = _annotating_all(corpus, dev_corpus)
    config = Path(config).stem
    seed = int(seed)  # it may be of NumPy, which JSON does not know
    plan = Plan(settings, corpus, dev_corpus, seed=seed, files=files, config=config, base=base)
    return Job(plan)


def _base(init: Tagger | str | Path | None, keep_labels: bool) -> Base | None:
    """Load the model that a training starts from."""
    if init is None:
        if keep_labels:
            raise InputError("to keep the labels of a model, name the model to start from (--from)")
        return None
    if isinstance(init, Tagger):
        return Base(init.model, None, keep_labels)
    folder = model_folder(init)
    name = str(init) if folder != Path(init) else str(real_path(folder))
    return Base(load_model(folder), name, keep_labels)


def resumed_job(
    output: Path | None,
    *,
    train: Splits = (),
    dev: Splits = (),
    init: Tagger | str | Path | None = None,
) -> Job:
    """Read what an interrupted training needs to continue; see `window_ner.train`.

    Corpora that were not read from files must be given again, and so must a model to start from
    that was not in a folder.
    """
    require_extra("train", "training")
    if output is None:
        raise InputError("resuming needs output: the folder of the interrupted training")
    checkpoint = load_checkpoint(output)
    _check_writable(output)
    about = checkpoint.best.about
    files = found_files(about.corpus)
    train, dev = as_list(train), as_list(dev)  # a generator is read once
    given = [*train, *dev]
    if not files.train and not given:
        raise InputError(
            f"{output}: its corpus was not read from files; give the same corpus again"
        )
    if files.train and given:
        raise InputError("resuming reads the corpus from its files; leave out train and dev")
    if about.started_from == "" and init is None:
        raise InputError(
            f"{output}: its training started from a model in memory; give the same model as init"
        )
    if about.started_from is None and init is not None:
        raise InputError(f"{output}: its training started from no model; leave out init")
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
    files: CorpusFiles, train: Sequence[Split], dev: Sequence[Split], base: Base | None
) -> tuple[Corpus, Corpus | None]:
    """Read the given train and dev splits, or else those in ``files``; None if there is no dev."""
    if not train:
        train, dev = files.train, files.dev
    kept = base.kept_labels if base else ()
    corpus = read_split(train, kept)
    if dev:
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
