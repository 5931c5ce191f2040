"""A training run: from settings and corpora to a trained model, in named steps."""

import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from window_ner.data.augmentation import augment
from window_ner.data.random_vectors import is_random
from window_ner.data.sources import hold_out_dev
from window_ner.model.about import Epoch, Score, TrialScores
from window_ner.model.model import Model
from window_ner.model.scorer import Scorer
from window_ner.nn.threads import blas_threads
from window_ner.settings.tables import Settings
from window_ner.storage.locks import reserved
from window_ner.training.checkpoint import (
    Best,
    Checkpoint,
    checkpoint_files,
    save_checkpoint,
    save_first_pass,
)
from window_ner.training.cross_validation import cross_validate, fold_count
from window_ner.training.dev_scores import dev_scores, fitted_temperature
from window_ner.training.encoded_split import encode_split
from window_ner.training.fine_tuning import decide
from window_ner.training.first_pass import FirstPassTraining, first_pass_scorer
from window_ner.training.folds import balanced_folds, folds_of, joined
from window_ner.training.kept_weights import kept_weights
from window_ner.training.other_meaning import check_kept_labels
from window_ner.training.plan import Plan, Progress
from window_ner.training.rehearsal import with_rehearsal
from window_ner.training.saving import save_or_rescue
from window_ner.training.start import Start
from window_ner.training.starting_model import load_vectors, starting_model
from window_ner.training.trainer import Trainer, frozen_parameters


@blas_threads(1)  # with two threads, each step waits if another process is busy
def train(
    plan: Plan,
    *,
    output: Path | None = None,
    resume: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Model:
    """Train a model; return the epoch that is best on dev, or the last if the settings say so.

    Without a dev split, cross-validation chooses the number of epochs. After every epoch, the best
    model so far and a checkpoint are in the output folder.

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
        If the training data has no name, the checkpoint is of another plan, the training
        diverges, or the output folder cannot be written.
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
                if self.plan.dev is None:
                    self.cross_validate()
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
        rng = np.random.default_rng([plan.seed, 2])
        if plan.dev is None:  # names are swapped between all sentences, as each network does it
            self.folds = balanced_folds(plan.train, fold_count(settings, plan.train))
            self.corpus = augment(joined(self.folds), settings.augmentation, rng)
        else:  # cut the folds before augmentation: a copy in another fold would not be unseen
            folds = folds_of(plan.train, settings.second_pass.folds)
            self.folds = [augment(fold, settings.augmentation, rng) for fold in folds]
            self.corpus = joined(self.folds)
        vectors = load_vectors(plan, self.progress.note)
        names = [each.name for each in vectors] or settings.vectors.sets
        self.pretrained = not all(map(is_random, names))
        self.model, self.start = starting_model(plan, self.corpus, vectors)
        if self.start is not None and self.start.note:
            self.progress.note(self.start.note)
        check_kept_labels(plan, self.progress.note)
        kept = plan.base.kept_labels if plan.base else ()
        self.train = encode_split(self.model, with_rehearsal(self.corpus, self.model.about, kept))
        if self.resume:
            self.resume.check(self.model, self.train, with_dev=plan.dev is not None)
        self.dev = None if plan.dev is None else encode_split(self.model, plan.dev)

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
                keeps_labels=self.model.about.keeps_labels,
            )
        self.model = replace(self.model, about=replace(self.model.about, fine_tuning=decision))
        self.progress.decided(decision)

    def _try_out(self, fine_tune: bool) -> TrialScores:
        """Train for a few epochs with frozen or with trained vectors, and score on dev.

        With two passes, the first is tried, because the second needs its results.
        """
        if self.dev is None:
            return self._try_out_on_a_tenth(fine_tune)
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
        everywhere, unseen = dev_scores(run.result(), self.dev)
        return TrialScores(everywhere.f1, unseen.f1)

    def _try_out_on_a_tenth(self, fine_tune: bool) -> TrialScores:
        """Try out on a tenth of the training data that is held out for the trial alone."""
        train, dev = hold_out_dev(self.plan.train)
        plan = replace(self.plan, train=train, dev=dev)
        trial = TrainingRun(plan, None, None, replace(self.progress, note=lambda text: None))
        trial.prepare()
        return trial._try_out(fine_tune)

    def cross_validate(self) -> None:
        """Choose the number of epochs, and measure the model; a resumed run has done so before."""
        result = self.resume.best.about.cross_validated if self.resume else None
        if result is None:
            result = cross_validate(
                self.plan, self.model, self.folds, self._fine_tune, self.progress
            )
        self.model = replace(self.model, about=replace(self.model.about, cross_validated=result))
        self.progress.validated(result)

    def train_first_pass(self) -> None:
        """Train the first of two passes, and add its results to the encoded corpora."""
        frozen, report = frozen_parameters(self._fine_tune), self.progress.batch
        training = FirstPassTraining(
            self.model, self.folds, frozen, self.plan.seed, self.start, report
        )
        first = self.resume.first_pass(self.train, self.model) if self.resume else None
        for step in training.steps(first):
            first = step
            self.alone = save_first_pass(first, self.train, self.model, self.output)
        assert first is not None
        self.model = replace(self.model, first_pass=first.scorer)
        text = replace(self.train.text, centre=first.centre)
        self.train = replace(self.train, text=text)
        assert self.plan.dev is not None  # two passes need one
        self.dev = encode_split(self.model, self.plan.dev)

    def train_epochs(self) -> None:
        """Train for all epochs, or until dev has not improved for `patience` epochs."""
        training, validated = self.settings.training, self.model.about.cross_validated
        epochs = validated.epochs if validated else training.epochs
        run = self._trainer(
            self.model.scorer, self.settings, fine_tune=self._fine_tune, epochs=training.epochs
        )
        if self.resume and not self.resume.in_first_pass:
            self.best = self.resume.restore(run, last=self._keeps_last)
            self.model = replace(self.model, history=self.resume.best.history)
        while len(self.model.history) < epochs:
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
        kind: Score = "token_f1" if self.model.objective.outputs == 1 else "span_f1"
        epoch = Epoch(number, loss, kind, *self._scores_of(result, number), seconds)
        run.observe(epoch.dev)
        self.model = replace(self.model, history=(*self.model.history, epoch))
        if epoch.dev > self.best.score or self._keeps_last:
            self.best = Best.of(epoch, result, run.frozen)
        if self.output:
            save_checkpoint(run, self.model, self.best, self.output)
        self.progress.epoch(epoch)

    def _scores_of(self, result: Scorer, epoch: int) -> tuple[float, float]:
        """Return the dev scores over all words and over unseen ones, or the cross-validated."""
        if validated := self.model.about.cross_validated:
            return validated.scores[epoch - 1]
        assert self.dev is not None
        everywhere, unseen = dev_scores(result, self.dev)
        return everywhere.f1, unseen.f1

    def finish(self, *, interrupted: bool = False) -> Model:
        """Go back to the best epoch, calibrate its probabilities, and save the model."""
        scorer = self.best.put_into(self.model.scorer)
        objective = scorer.objective.with_temperature(self._temperature(scorer))
        about = replace(self.model.about, best_epoch=self.best.epoch, interrupted=interrupted)
        model = replace(self.model, scorer=scorer._replace(objective=objective), about=about)
        if self.output:
            checkpoint = checkpoint_files(self.output) if interrupted else None
            save_or_rescue(model, self.output, checkpoint)
        return model

    def _temperature(self, scorer: Scorer) -> float:
        """Return the temperature of the scores: cross-validated, or fitted on dev.

        A model that keeps labels keeps their temperature: few names of new labels would move it,
        and then the scores of all old ones.
        """
        about, base = self.model.about, self.plan.base
        if base and about.keeps_labels:
            return base.model.objective.temperature
        if about.cross_validated:
            return about.cross_validated.temperature
        assert self.dev is not None
        return fitted_temperature([(scorer.scored(self.dev.text), self.dev)])

    @property
    def _keeps_last(self) -> bool:
        """Whether the last epoch is the model: cross-validation has chosen which is the last."""
        return self.plan.dev is None or self.settings.training.keep == "last"

    @property
    def _fine_tune(self) -> bool:
        decision = self.model.about.fine_tuning
        return decision is not None and decision.fine_tune

    def _trainer(
        self, scorer: Scorer, settings: Settings, *, fine_tune: bool, epochs: int
    ) -> Trainer:
        rng, kept = np.random.default_rng([self.plan.seed, 1]), kept_weights(scorer, self.start)
        frozen = frozen_parameters(fine_tune, kept)
        return Trainer(
            scorer, self.train, settings, frozen=frozen, rng=rng, epochs=epochs, kept=kept
        )
