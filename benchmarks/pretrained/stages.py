"""The trainings that lead to the bundled model, one after another.

    broad     all corpora, with word vectors of 100 dimensions, from random weights
    some      goes on from `broad`; reads the news more often, and what we wrote: the everyday
              sentences three times, the sample and the sentences with fine labels once. The fine
              labels are read as PER, ORG, LOC and MISC
    many      goes on from `broad`; reads the everyday sentences eight times, the sample twice, the
              sentences with fine labels once
    rounded   the mean of the weights of `some` and `many`, with more words, as it is stored; the
              places of a name in a document agree
    settled   goes on from `rounded`, whose word vectors stay, so that the other weights learn what
              the rounding changed
    english   the mean of the weights of `rounded` and `settled`, with the words of `rounded`

    fine      goes on from `english`, whose weights stay: further hidden units and rows of U learn
              fine labels, for trainings that start from it (window_ner/model/fine_labels.py)

    free      the corpora without restrictions on commercial use, from random weights; it is not
              part of the others, and shows what the rest is worth

    general   what `english` would be if it had seen neither CoNLL-2003 nor CrossNER; goes on from
              `general-broad`. `best` starts from it and cuts CoNLL-2003 into folds that no earlier
              training may have seen; learning from few sentences is measured with CrossNER

Source: Wortsman et al., "Model soups", ICML 2022 (weights of several trainings with the same start
may be averaged).
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.newswire import every_other_rejoined
from benchmarks.pretrained.corpora import (
    CONLL,
    CROSSNER,
    EVERYDAY,
    FINE,
    FINE_FILES,
    NEWSWIRE,
    OURS,
    SAMPLE,
    TRAIN,
    dev_corpora,
    read_marked,
    training_corpus,
)
from window_ner.data.corpus import Corpus
from window_ner.data.lexicon_package import with_words
from window_ner.data.vocabulary import SPECIAL_WORDS
from window_ner.data.word_vectors import WordVectors, load_word_vectors, with_new_words
from window_ner.evaluation.scores import is_right
from window_ner.model.about import Epoch
from window_ner.model.calibration import fit_temperature
from window_ner.model.fine_labels import FineLabels
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model, save_model
from window_ner.nn.arrays import Floats
from window_ner.settings.toml import change_settings
from window_ner.storage.model_folder import stored_files
from window_ner.training.checkpoint import CHECKPOINT
from window_ner.training.job import Job, new_job, resumed_job
from window_ner.training.plan import Progress

LABELS = frozenset(("LOC", "MISC", "ORG", "PER"))

CHOOSING = (CONLL, NEWSWIRE, "wikineural", "wnut17", CROSSNER, "tweebank")
"""The dev splits that choose the best epoch: those that annotate all labels."""


@dataclass(frozen=True)
class Stage:
    """A training on several corpora.

    Attributes
    ----------
    name
        The name of its model folder.
    corpora
        Corpus -> how often it is read in an epoch. Small ones are read twice, else the large ones
        decide alone.
    changes
        Changes to configs/english.toml.
    start
        The stage whose model it starts from; None draws the weights at random.
    vectors
        A file of word vectors, in the folder of the corpora; None: those of the config.
    """

    name: str
    corpora: Mapping[str, int]
    changes: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None
    vectors: str | None = None


WORDS = 160_000
"""The most frequent words of the word vectors, which `english` knows. More than a training needs:
words that its corpora lack do not change in it."""

AGREEMENT = 2
"""Of the finished models. The epochs of the stages that lead to `english` are chosen without it."""

VECTORS = "../vectors/glove.6B.100d.txt.gz"
"""In the folder of the corpora."""

CORPORA = {name: 1 for name in TRAIN if name not in OURS}
WEIGHTED = {**CORPORA, CONLL: 2, CROSSNER: 2, "tweebank": 2, "wnut17": 2}
GENERAL_BROAD = Stage(
    "general-broad",
    {name: 1 for name in CORPORA if name not in (CONLL, CROSSNER)},
    vectors=VECTORS,
)
BROAD = Stage("broad", WEIGHTED, vectors=VECTORS)
_LATER = {"epochs": 3, "learning_rate": 1.2e-3, "vector_rate": 0.5, "upper_case": 0.08}
BY_BATCH = {"dropout_by_batch": True}
"""Makes an epoch a third shorter. The mean F1 of six dev splits is 78.0 with it and without it in
the stages that go on from `broad`; with it in `broad` too it was 77.7."""
SOME = Stage(
    "some",
    {**WEIGHTED, CONLL: 4, NEWSWIRE: 2, EVERYDAY: 3, FINE: 1, SAMPLE: 1},
    {**_LATER, **BY_BATCH, "upper_case": 0.1},
    start="broad",
)
MANY = Stage(
    "many",
    {**WEIGHTED, EVERYDAY: 8, FINE: 1, SAMPLE: 2},
    {**_LATER, **BY_BATCH},
    start="broad",
)
GENERAL = Stage(
    "general",
    {**GENERAL_BROAD.corpora, "tweebank": 2, "wnut17": 2, EVERYDAY: 3, FINE: 1, SAMPLE: 1},
    {**_LATER, "epochs": 2},
    start="general-broad",
)
SETTLED = Stage(
    "settled",
    {**WEIGHTED, CONLL: 3, NEWSWIRE: 2, EVERYDAY: 6, FINE: 1, SAMPLE: 2},
    {**BY_BATCH, "epochs": 1, "learning_rate": 4e-4, "upper_case": 0.1, "fine_tuning.mode": "off"},
    start="rounded",
)
FREE = Stage(
    "free",
    {"wnut17": 2, "btc": 1, CROSSNER: 2, "ewt": 1, SAMPLE: 2, EVERYDAY: 3, FINE: 1},
    {"epochs": 6, "agreement": AGREEMENT},
    vectors=BROAD.vectors,
)
FOR_FINE_LABELS = {
    "start.freeze": True,
    "start.new_units": 300,
    "fine_tuning.mode": "off",
    "epochs": 3,
    "learning_rate": 2e-3,
    "batch_size": 32,
    "augmentation.swap_names": 0,
    "dropout_by_batch": False,
    "keep": "last",
}
"""Changes to configs/few.toml for the fine labels."""

STAGES = {stage.name: stage for stage in (GENERAL_BROAD, GENERAL, BROAD, SOME, MANY, FREE)}


@dataclass(frozen=True)
class Workshop:
    """Where the corpora are and the models go, and the random seed."""

    corpora: Path
    models: Path
    seed: int = 1

    def english(self) -> Model:
        """Return the bundled model before its tables are rounded; its word vectors are."""
        folder = self.models / "rounded"
        if not stored_files(folder):
            mean = mean_of_weights([self.trained(SOME), self.trained(MANY)])
            vectors = load_word_vectors(str(self.corpora / VECTORS))
            save_model(finished(mean, vectors), folder, small=True)
        return halfway(load_model(folder), self.trained(SETTLED))

    def with_fine_labels(self, folder: Path, name: str) -> Model:
        """Teach the fine labels to the model of a folder, which has this name."""
        base, output = load_model(folder), self.models / f"{name}-fine"

        def job(resume: bool) -> Job:
            train, dev = map(read_marked, FINE_FILES)
            # Dev chooses nothing, because the last epoch is kept; to score all of it takes minutes.
            dev = replace(dev, documents=dev.documents[::8])
            if resume:
                return resumed_job(output, train=[train], dev=[dev], init=folder)
            plan = {"train": [train], "dev": [dev], "changes": FOR_FINE_LABELS, "seed": self.seed}
            return new_job("few", init=folder, **plan).writing_to(output)

        fine = trained_once(output, job)
        labels = FineLabels.of_training(fine.about.labels, base.scorer, fine.scorer)
        return replace(base, fine_labels=labels)

    def trained(self, stage: Stage) -> Model:
        """Return the model of a stage; train it, and what it needs, if it is not there yet."""
        return trained_once(self.models / stage.name, partial(self._job, stage))

    def _job(self, stage: Stage, resume: bool) -> Job:
        output = self.models / stage.name
        if stage.start in STAGES:
            self.trained(STAGES[stage.start])
        init = self.models / stage.start if stage.start else None
        data = training_data(stage, self.corpora)
        every = dev_corpora(self.corpora)
        dev = [every[name] for name in CHOOSING]
        if resume:
            return resumed_job(output, train=data, dev=dev, init=init)
        return new_job(
            "english",
            init=init,
            train=data,
            dev=dev,
            vectors=[self.corpora / stage.vectors] if stage.vectors else (),
            changes=stage.changes,
            seed=self.seed,
        ).writing_to(output)


def training_data(stage: Stage, folder: Path) -> list[Corpus]:
    """Read the corpora of a stage, each with the labels that it annotates."""
    read = []
    for name, times in stage.corpora.items():
        corpus = training_corpus(name, folder)
        if name != CONLL:  # its tokens are split as ours are
            corpus = every_other_rejoined(corpus)
        if set(corpus.labels) != LABELS:
            corpus = corpus.annotating(corpus.labels)
        read += [corpus] * times
    return read


def mean_of_weights(models: Sequence[Model]) -> Model:
    """Average the weights of models that went on from one model; words are those of the last."""
    last = models[-1]
    weights = [_with_words_of(last, model) for model in models]
    settings = change_settings(last.about.settings, {"vectors.sets": ["glove-6b-100d"]})
    about = replace(last.about, settings=settings, config="english", started_from=None)
    return replace(last, scorer=last.scorer.with_parameters(_mean(weights)), about=about)


def halfway(start: Model, end: Model) -> Model:
    """Average the weights of a model and of one that went on from it, but for the word vectors.

    The words that ``end`` got from its corpora are left out: with them, and the weights of ``end``
    alone, the mean F1 of six dev splits was 77.65 instead of 77.87, and CoNLL-2003 had 94.9.
    """
    both = start.scorer.parameters, end.scorer.parameters
    mean = _mean([{name: p for name, p in each.items() if name != "E"} for each in both])
    return replace(start, scorer=start.scorer.with_parameters({**both[0], **mean}))


def _mean(weights: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Average the arrays of the same name."""
    return {name: np.mean([each[name] for each in weights], axis=0) for name in weights[0]}


def finished(mean: Model, vectors: WordVectors) -> Model:
    """Make the model `rounded` of the mean of the weights.

    It gets frequent words that no corpus has, with their vectors from before training, and the
    agreement. The features of sentences and documents are means of word vectors: of those from
    before the training while it lasts, of the trained ones here. So the model need not store both,
    and is a quarter smaller; F1 was 77.3 instead of 77.4, the mean of six dev splits.
    """
    mean = agreeing(mean)
    encoder, E = mean.encoder, np.asarray(mean.network.parameters["E"])
    rng = np.random.default_rng(0)  # every word has a vector, so nothing is drawn for it
    words = vectors.words[:WORDS]
    vocabulary, E = with_new_words(encoder.vocabulary, E, [vectors], words, rng)
    new = vocabulary.words[len(encoder.vocabulary.words) :]
    lexicon = with_words(encoder.features.lexicon, new)
    scorer = mean.scorer.with_parameters({**mean.scorer.parameters, "E": E})
    return replace(
        mean,
        scorer=scorer,
        encoder=replace(
            encoder,
            vocabulary=vocabulary,
            features=replace(encoder.features, lexicon=lexicon),
            context_vectors=E,
        ),
        seen=np.append(mean.seen, np.zeros(len(new), dtype=bool)),
    )


def agreeing(model: Model) -> Model:
    """Let the places of a name in a document agree, which needs no training."""
    settings = change_settings(model.about.settings, {"agreement": AGREEMENT})
    model = model.with_objective(model.objective.with_agreement(AGREEMENT))
    return replace(model, about=replace(model.about, settings=settings))


def _with_words_of(other: Model, model: Model) -> dict[str, Floats]:
    """Return the weights of a model, its word vectors in the order of the words of another one.

    Which copies of documents a training reads is drawn at random, so one may know a word that the
    model lacks: its vector is the other's.
    """
    row = {w: i for i, w in enumerate((*SPECIAL_WORDS, *model.encoder.vocabulary.words))}
    words = (*SPECIAL_WORDS, *other.encoder.vocabulary.words)
    rows = np.array([row.get(word, -1) for word in words])
    known = rows >= 0
    E = np.array(other.scorer.parameters["E"])
    E[known] = model.scorer.parameters["E"].take(rows[known], axis=0)
    return {**model.scorer.parameters, "E": E}


def calibrated(model: Model, dev: Corpus) -> Model:
    """Fit the temperature on a dev split."""
    scored = model.scored(model.encode_corpus(dev))
    right = is_right(scored.spans, model.gold_spans(dev.sentences))
    temperature = fit_temperature([(scored, scored.spans)], right)
    return model.with_objective(model.objective.with_temperature(temperature))


def trained_once(output: Path, job: Callable[[bool], Job]) -> Model:
    """Return the model of a folder; train it, or go on with its training, if it is not there.

    ``job`` makes the job; its argument is whether to go on with an interrupted training.
    """
    files = stored_files(output)
    if files and CHECKPOINT not in files:
        return load_model(output)
    return carry_out(job(bool(files)), output.name)


def carry_out(job: Job, name: str) -> Model:
    """Train, and print a line an epoch."""

    def report(epoch: Epoch) -> None:
        figures = f"dev {100 * epoch.dev:.2f}, {epoch.seconds:.0f} s"
        print(f"{name}: epoch {epoch.epoch}: {figures}", file=sys.stderr, flush=True)

    model = job.carry_out(Progress(epoch=report)).model
    if model.about.interrupted:
        sys.exit("interrupted; the same command goes on")
    return model
