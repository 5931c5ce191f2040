"""A training run: from settings and corpora to a trained model, in named steps."""

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.augmentation import augment
from window_ner.data.random_vectors import is_random
from window_ner.data.tag_schemes import Span
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.evaluation.scores import Scores, is_right, span_scores, token_scores
from window_ner.model.about import Epoch, Score, TrialScores
from window_ner.model.calibration import fit_temperature
from window_ner.model.model import Model
from window_ner.model.scorer import Scorer
from window_ner.nn.tables import MovedVectors
from window_ner.nn.threads import blas_threads
from window_ner.settings.tables import Settings
from window_ner.storage.locks import reserved
from window_ner.training.checkpoint import Best, Checkpoint, save_checkpoint, save_first_pass
from window_ner.training.continued_model import continued_model
from window_ner.training.fine_tuning import decide
from window_ner.training.first_pass import (
    FirstPass,
    FirstPassTraining,
    first_pass_scorer,
    folds_of,
    joined,
)
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan, Progress
from window_ner.training.saving import save_or_rescue
from window_ner.training.start import Start
from window_ner.training.trainer import Example, Trainer, example


@blas_threads(1)  # with two threads, each step waits if another process is busy
def train(
    plan: Plan,
    *,
    output: Path | None = None,
    resume: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Model:
    """Train a model; return the epoch that is best on dev.

    After every epoch, the best model so far and a checkpoint are in the output folder.

    Parameters
    ----------
    plan
        The settings and the data.
    output
        The model folder; None keeps the model in memory.
    resume
        The checkpoint of an interrupted run of the same plan, to continue from.
    progress
        Functions to call during the training.

    Raises
    ------
    InputError
        If the training data has no name, the training diverges, or the output folder cannot be
        written.
    KeyboardInterrupt
        If the user interrupts before there is anything to keep. Later, the run ends early and
        returns the model: its ``about.interrupted`` is true, and it can be resumed. With two
        passes, it may have only the first.
    """
    return TrainingRun(plan, output, resume, progress or Progress()).carry_out()


class TrainingRun:
    """One training, step by step: see `carry_out`.

    Attributes
    ----------
    model
        The model: untrained at first; the steps add the first pass, the decision, the history.
    best
        The best epoch so far.
    start
        The trained weights that it starts from; None draws them at random.
    alone
        The first of two passes as a model, until the second has been trained for an epoch.
    """

    def __init__(
        self, plan: Plan, output: Path | None, resume: Checkpoint | None, progress: Progress
    ) -> None:
        self.plan, self.output, self.resume, self.progress = plan, output, resume, progress
        self.settings = plan.settings
        self.best = Best()
        self.start: Start | None = None
        self.alone = resume.best if resume and resume.in_first_pass else None

    def carry_out(self) -> Model:
        """Run the steps of the training."""
        self.prepare()
        self.choose_fine_tuning()
        with reserved(self.output) if self.output else nullcontext():
            try:
                if self.settings.second_pass.folds:
                    self.train_first_pass()
                self.train_epochs()
            except KeyboardInterrupt:
                if self.best.epoch:
                    return self.finish(interrupted=True)
                if self.alone is None:
                    raise
                return self.alone
            return self.finish()

    def prepare(self) -> None:
        """Cut the training data into folds, draw the weights, encode the corpora."""
        plan, settings = self.plan, self.settings
        # Cut the folds before augmentation: a copy in another fold would not be unseen.
        folds = folds_of(plan.train, settings.second_pass.folds)
        rng = np.random.default_rng([plan.seed, 2])
        self.folds = [augment(fold, settings.augmentation, rng) for fold in folds]
        self.corpus = joined(self.folds)
        vectors = self._load_vectors()
        names = [each.name for each in vectors] or settings.vectors.sets
        self.pretrained = not all(map(is_random, names))
        model = self._first_model(vectors)
        about = replace(
            model.about, corpus=plan.files, config=plan.config, windows=plan.train.token_count
        )
        self.model = replace(model, about=about)
        if self.resume:
            self.resume.check(self.model)
        self.train = example(self.model, self.corpus)
        self.dev = example(self.model, plan.dev)

    def _load_vectors(self) -> Sequence[WordVectors]:
        """Load the word vectors; a training that starts from a model can do without them."""
        try:
            return self.plan.load_vectors()
        except InputError as error:
            if self.plan.base is None:
                raise
            self.progress.note(f"{error}; words that the model does not know stay unknown")
            return []

    def _first_model(self, vectors: Sequence[WordVectors]) -> Model:
        """Make the model that the training begins with."""
        plan = self.plan
        if plan.base is None:
            return untrained_model(self.settings, self.corpus, vectors, seed=plan.seed)
        base, settings = plan.base, self.settings
        self.start = Start.from_model(base.model, self.corpus, plan.labels)
        model = continued_model(
            base.model, settings, self.corpus, vectors, start=self.start, seed=plan.seed
        )
        about = replace(model.about, started_from=base.name, keeps_labels=base.keep_labels)
        return replace(model, about=about)

    def choose_fine_tuning(self) -> None:
        """Decide whether the word vectors are trained; see `window_ner.training.fine_tuning`."""
        if self.resume:
            decision = self.resume.decision
        else:
            decision = decide(
                self.plan.train.token_count,
                self.settings.fine_tuning,
                self._try_out,
                pretrained=self.pretrained,
            )
        self.model = replace(self.model, about=replace(self.model.about, fine_tuning=decision))
        self.progress.decided(decision)

    def _try_out(self, fine_tune: bool) -> TrialScores:
        """Train for a few epochs with frozen or with trained vectors, and score on dev.

        With two passes, the first is tried, because the second needs its results.
        """
        model, rule = self.model, self.settings.fine_tuning
        settings, scorer = self.settings, model.scorer.astype(np.float32)
        if settings.second_pass.folds:
            settings = settings.for_first_pass()
            rng = np.random.default_rng([self.plan.seed, 6])
            scorer = first_pass_scorer(model, self.start, rng)
        epochs = max(rule.trial_epochs, 2 * rule.unfreeze_after)  # the vectors move in half of them
        run = self._trainer(scorer, settings, fine_tune=fine_tune, epochs=epochs)
        kind = "trial, fine-tuned" if fine_tune else "trial, frozen"
        for _ in range(epochs):
            run.epoch(partial(self.progress.batch, kind))
        everywhere, unseen = _dev_scores(run.result(), self.dev)
        return TrialScores(everywhere.f1, unseen.f1)

    def train_first_pass(self) -> None:
        """Train the first of two passes, and add its results to the encoded corpora."""
        frozen = _frozen(self._fine_tune)
        report = self.progress.batch
        training = FirstPassTraining(
            self.model, self.folds, frozen, self.plan.seed, self.start, report
        )
        first: FirstPass | None = None
        if self.resume:
            first = self.resume.first_pass(self.train, self.model)
        for step in training.steps(first):
            first = step
            self.alone = save_first_pass(first, self.model, self.output)
        assert first is not None
        self.model = replace(self.model, first_pass=first.scorer)
        text = replace(self.train.text, centre=first.centre)
        self.train = replace(self.train, text=text)
        self.dev = example(self.model, self.plan.dev)

    def train_epochs(self) -> None:
        """Train for all epochs, or until dev has not improved for `patience` epochs."""
        training = self.settings.training
        run = self._trainer(
            self.model.scorer, self.settings, fine_tune=self._fine_tune, epochs=training.epochs
        )
        if self.resume and not self.resume.in_first_pass:
            self.best = self.resume.restore(run)
            self.model = replace(self.model, history=self.resume.best.history)
        while len(self.model.history) < training.epochs:
            number = len(self.model.history) + 1
            if self.best.epoch and number - self.best.epoch > training.patience:
                break
            self._train_epoch(run, number)

    def _train_epoch(self, run: Trainer, number: int) -> None:
        """Train for an epoch, score it on dev, and keep it if it is the best."""
        started = time.perf_counter()
        loss = run.epoch(partial(self.progress.batch, f"epoch {number}"))
        seconds = time.perf_counter() - started
        result = run.result()
        everywhere, unseen = _dev_scores(result, self.dev)
        run.observe(everywhere.f1)
        kind: Score = "token_f1" if self.model.objective.outputs == 1 else "span_f1"
        epoch = Epoch(number, loss, kind, everywhere.f1, unseen.f1, seconds)
        self.model = replace(self.model, history=(*self.model.history, epoch))
        if epoch.dev > self.best.score:
            parameters = result.parameters.items()
            trained = {name: _kept(p) for name, p in parameters if name not in run.frozen}
            self.best = Best(epoch.dev, number, trained)
        if self.output:
            save_checkpoint(run, self.model, self.best, self.output)
        self.progress.epoch(epoch)

    def finish(self, *, interrupted: bool = False) -> Model:
        """Go back to the best epoch, calibrate its probabilities on dev, and save the model."""
        best = {name: _put_back(p) for name, p in self.best.parameters.items()}
        scorer = self.model.scorer.with_parameters({**self.model.scorer.parameters, **best})
        scorer = _calibrated(scorer, self.dev)
        about = replace(self.model.about, best_epoch=self.best.epoch, interrupted=interrupted)
        model = replace(self.model, scorer=scorer, about=about)
        if self.output and not interrupted:
            save_or_rescue(model, self.output)
        return model

    @property
    def _fine_tune(self) -> bool:
        decision = self.model.about.fine_tuning
        return decision is not None and decision.fine_tune

    def _trainer(
        self, scorer: Scorer, settings: Settings, *, fine_tune: bool, epochs: int
    ) -> Trainer:
        rng = np.random.default_rng([self.plan.seed, 1])
        frozen = _frozen(fine_tune)
        return Trainer(scorer, self.train, settings, frozen=frozen, rng=rng, epochs=epochs)


def _kept(parameter: Any) -> Any:
    """Copy a parameter; of word vectors with an average, only the rows that are trained."""
    if isinstance(parameter, MovedVectors):
        return replace(parameter, values=np.array(parameter.values))
    return parameter.copy()


def _put_back(parameter: Any) -> Any:
    """Write the rows that `_kept` has copied into the word vectors that they are of."""
    if not isinstance(parameter, MovedVectors):
        return parameter
    E = np.asarray(parameter.E)
    E[parameter.rows] = parameter.values
    return E


def _frozen(fine_tune: bool) -> frozenset[str]:
    """Return the names of the parameters that are not trained."""
    return frozenset(() if fine_tune else ("E",))


def _calibrated(scorer: Scorer, dev: Example) -> Scorer:
    """Fit the temperature on the names that the model finds in dev."""
    scored = scorer.scored(dev.text)
    found = dev.annotated.among(scored.spans)
    temperature = fit_temperature(scored, found, is_right(found, dev.spans))
    return replace(scorer, objective=scorer.objective.with_temperature(temperature))


def _dev_scores(scorer: Scorer, dev: Example) -> tuple[Scores, Scores]:
    """Score dev over all words and over unseen ones: tokens if there is one score, else spans."""
    scored = scorer.scored(dev.text)
    scorer.objective.calibrate(scored.scores, dev.targets)
    if scorer.objective.outputs == 1:
        everywhere = token_scores(scored.decisions, dev.targets)
        return everywhere, token_scores(scored.decisions, dev.targets, dev.unseen)

    def unseen(which: list[Span]) -> Iterator[Span]:
        return (span for span in which if dev.unseen[span.start : span.end].all())

    found = dev.annotated.among(scored.spans)
    everywhere = span_scores(found, dev.spans)[""]
    return everywhere, span_scores(unseen(found), unseen(dev.spans))[""]
