"""Training and evaluation, as the commands ``train`` and ``eval`` do them, without any output."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from window_ner.data.corpus import Corpus
from window_ner.data.name_list import NameList
from window_ner.data.sources import Split, Splits, as_list
from window_ner.errors import InputError, require_extra
from window_ner.evaluation.evaluate import corpus_to_score, evaluate_tagger
from window_ner.model.entity import check_labels
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.settings.tables import FineTune
from window_ner.settings.toml import Changes
from window_ner.storage.resources import model_folder
from window_ner.training.job import new_job, resumed_job
from window_ner.training.plan import Progress


def train(
    config: str | Path | None = None,
    *,
    init: Tagger | str | Path | None = None,
    keep_labels: bool = False,
    train: Splits = (),
    dev: Splits = (),
    names: NameList | None = None,
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
        A config by name (lecture, lecture-plus, tagger, fast, best, few), or the path of a .toml
        file. None takes tagger for a corpus with labels, lecture for the sample corpus, and few if
        the training starts from a model and has fewer than 2,000 sentences.
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
    names
        A list of names (`window_ner.read_names`): train has texts without annotation, in which
        these names are found. It needs ``init``; see `window_ner.training.listed_texts`.
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
    train_splits = as_list(train)  # a generator is read once
    if not train_splits and train not in ((), None):
        raise InputError("train is empty; name a file, or leave train out for the sample corpus")
    folder = Path(output) if output is not None else None
    if resume:
        if any((config, keep_labels, names, vectors, fine_tune, settings, seed != 1, overwrite)):
            raise InputError(
                "resuming keeps the settings; leave out config, keep_labels, names, vectors, "
                "fine_tune, settings, seed, overwrite"
            )
        return resumed_job(folder, train=train_splits, dev=dev, init=init).carry_out(progress)
    job = new_job(
        config,
        init=init,
        keep_labels=keep_labels,
        train=train_splits,
        dev=dev,
        names=names,
        vectors=[vectors] if isinstance(vectors, str | Path) else vectors,
        fine_tune=fine_tune,
        changes=settings,
        seed=seed,
    )
    if folder is not None:
        job = job.writing_to(folder, overwrite=overwrite)
    return job.carry_out(progress)


def evaluate(
    tagger: Tagger | str | Path,
    split: Split,
    *,
    labels: Sequence[str] | None = None,
    mistakes: int = 0,
) -> dict[str, Any]:
    """Score a tagger on a split, as ``window-ner eval --format json`` does.

    Parameters
    ----------
    tagger
        A tagger, a model folder, or the name of a bundled model.
    split
        A file that `window_ner.read_corpus` reads, a corpus, or train, dev or test of the corpus
        that the model was trained on.
    labels
        The labels to score. None scores all. Where the file says which labels it annotates, others
        are not scored.
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
        If there is no such model, split or label, or packages that scoring needs are not installed.
    """
    require_extra("train", "scoring")
    if not isinstance(tagger, Tagger):
        tagger = Tagger(load_model(model_folder(tagger)))
    corpus = corpus_to_score(split, tagger.model.about)
    if labels is not None:
        labels = [labels] if isinstance(labels, str) else list(labels)
        if tagger.model.objective.outputs == 1:
            raise InputError("the model has one score and no labels; leave out the labels to score")
        check_labels(labels, sorted({*corpus.labels, *tagger.labels}))
        corpus = corpus.annotating_at_most(labels)
    return {
        "split": corpus.name if isinstance(split, Corpus) else str(split),
        "sentences": len(corpus.sentences),
        "tokens": corpus.token_count,
        **evaluate_tagger(tagger, corpus, mistakes),
    }
