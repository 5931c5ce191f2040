"""Epochs, mini-batches, early stopping, checkpoints."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.augmentation import augment
from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import is_random
from window_ner.data.tag_schemes import Span
from window_ner.data.word_vectors import WordVectors
from window_ner.evaluation.scores import Scores, is_right, span_scores, token_scores
from window_ner.model.calibration import fit_temperature
from window_ner.model.tagger import Tagger
from window_ner.nn.window_network import WindowNetwork
from window_ner.settings.tables import Settings
from window_ner.storage.locks import reserved
from window_ner.training.checkpoint import (
    Best,
    Checkpoint,
    save_checkpoint,
    save_first_pass,
)
from window_ner.training.fine_tuning import Decision, TrialScores, decide
from window_ner.training.first_pass import FirstPass, folds_of, joined, train_first_pass
from window_ner.training.new_model import untrained_tagger
from window_ner.training.saving import save_or_rescue
from window_ner.training.trainer import Example, Trainer, example


@dataclass(frozen=True)
class Progress:
    """Whom to tell what happens. Each call may be left out.

    ``decided`` is told the fine-tuning decision, ``batch`` the fraction of the epoch that is done
    and its mean loss so far, ``epoch`` the record that goes into the history.
    """

    decided: Callable[[Decision], None] = lambda decision: None
    batch: Callable[[str, float, float], None] = lambda run, done, loss: None
    epoch: Callable[[dict[str, Any]], None] = lambda record: None


def train(
    settings: Settings,
    train_corpus: Corpus,
    dev_corpus: Corpus,
    vector_sets: Sequence[WordVectors],
    *,
    seed: int = 1,
    about: dict[str, Any] | None = None,
    output: Path | None = None,
    resume: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Tagger:
    """Train a tagger; the epoch that is best on dev is the one that is returned.

    Two runs with the same settings, data and seed give the same weights. After every epoch the
    best model so far, and what it takes to go on from here, are in the output folder.

    Parameters
    ----------
    settings
        See `window_ner.settings.tables`.
    train_corpus, dev_corpus
        What to learn from, and what to choose the best epoch by.
    vector_sets
        Word vectors, to be put side by side.
    seed
        Of all that is random.
    about
        What the model should say of itself beside what is known here (such as the files).
    output
        The model folder; None keeps the model in memory.
    resume
        Go on from this checkpoint of a run with the same settings, data and seed.
    progress
        Whom to tell.

    Raises
    ------
    InputError
        If the training data holds no name, the training diverges, or the output folder cannot be
        written.
    KeyboardInterrupt
        If the user interrupts before there is anything to keep. Later, the run ends early: the
        model says so in ``about["interrupted"]``, and can be resumed. Of two passes it may be the
        first alone.
    """
    progress = progress or Progress()
    windows = train_corpus.token_count
    # In folds before any copies are made: a copy in another fold would not be unseen.
    folds = folds_of(train_corpus, settings.second_pass.folds)
    rng = np.random.default_rng([seed, 2])
    folds = [augment(fold, settings.augmentation, rng) for fold in folds]
    train_corpus = joined(folds)
    tagger = untrained_tagger(settings, train_corpus, vector_sets, seed=seed, about=about)
    if resume:
        resume.check(tagger)
    train_split, dev_split = example(tagger, train_corpus), example(tagger, dev_corpus)

    def trainer(network: WindowNetwork, fine_tune: bool, epochs: int) -> Trainer:
        return Trainer(
            network,
            tagger.objective,
            train_split,
            settings.training,
            frozen=frozenset(() if fine_tune else ("E",)),
            rng=np.random.default_rng([seed, 1]),
            epochs=epochs,
            fine_tuning=settings.fine_tuning,
        )

    def trial(fine_tune: bool) -> TrialScores:
        rule = settings.fine_tuning
        epochs = max(rule.trial_epochs, 2 * rule.unfreeze_after)  # half of them not frozen
        run = trainer(tagger.network.astype(np.float32), fine_tune, epochs)
        kind = "trial, fine-tuned" if fine_tune else "trial, frozen"
        return _try_out(run, epochs, tagger, dev_split, partial(progress.batch, kind))

    if resume:
        decision = resume.decision
    else:
        pretrained = not all(is_random(vectors.name) for vectors in vector_sets)
        decision = decide(windows, settings.fine_tuning, trial, pretrained=pretrained)
    progress.decided(decision)
    tagger.about |= {
        "settings": settings.as_dict(),
        "seed": seed,
        "labels": list(train_corpus.labels),
        "windows": windows,
        "fine_tuning": decision.as_dict(),
    }
    best = Best()
    kept = [resume.best] if resume and resume.in_first_pass else []

    def keep(first: FirstPass) -> None:
        kept[:] = [save_first_pass(first, tagger, settings, output)]

    with reserved(output) if output else nullcontext():
        try:
            if settings.second_pass.folds:
                first = train_first_pass(
                    tagger,
                    settings,
                    folds,
                    frozen=frozenset(() if decision.fine_tune else ("E",)),
                    seed=seed,
                    report=progress.batch,
                    begun=resume.first_pass(train_split, tagger) if resume else None,
                    keep=keep,
                )
                tagger.first_pass = first.network
                text = replace(train_split.text, centre=first.centre)
                train_split = replace(train_split, text=text)
                dev_split = example(tagger, dev_corpus)
            run = trainer(tagger.network, decision.fine_tune, settings.training.epochs)
            if resume and not resume.in_first_pass:
                resume.restore(run, tagger, best)
            _run_epochs(run, tagger, dev_split, best, settings, output, progress)
        except KeyboardInterrupt:
            if not best.epoch:
                if not kept:
                    raise
                return kept[0]
            tagger.about["interrupted"] = True
        tagger.network.parameters.update(best.parameters)
        _calibrate(tagger, dev_split)
        tagger.about["best_epoch"] = best.epoch
        if output and not tagger.about.get("interrupted"):
            save_or_rescue(tagger, output)
    return tagger


def _try_out(
    run: Trainer, epochs: int, tagger: Tagger, dev: Example, report: Callable[[float, float], None]
) -> TrialScores:
    """Train for a few epochs to see where it leads."""
    for _ in range(epochs):
        run.epoch(report)
    everywhere, unseen = _dev_scores(replace(tagger, network=run.result()), dev)
    return TrialScores(everywhere.f1, unseen.f1)


def _run_epochs(
    run: Trainer,
    tagger: Tagger,
    dev: Example,
    best: Best,
    settings: Settings,
    output: Path | None,
    progress: Progress,
) -> None:
    """Train until the epochs are over, or dev has not been better for `patience` of them."""
    one_score = tagger.objective.outputs == 1
    while len(tagger.history) < settings.training.epochs:
        epoch = len(tagger.history) + 1
        if epoch - best.epoch > settings.training.patience and best.epoch:
            break
        started = time.perf_counter()
        loss = run.epoch(partial(progress.batch, f"epoch {epoch}"))
        seconds = time.perf_counter() - started
        result = run.result()
        everywhere, unseen = _dev_scores(replace(tagger, network=result), dev)
        run.observe(everywhere.f1)
        record = {
            "epoch": epoch,
            "loss": loss,
            "score": "token_f1" if one_score else "span_f1",
            "dev": everywhere.f1,
            "dev_unseen_words": unseen.f1,
            "seconds": seconds,
        }
        tagger.history.append(record)
        if everywhere.f1 > best.score:
            best.score, best.epoch = everywhere.f1, epoch
            best.parameters = {
                name: p.copy() for name, p in result.parameters.items() if name not in run.frozen
            }
        if output:
            save_checkpoint(run, tagger, best, output)
        progress.epoch(record)


def _calibrate(tagger: Tagger, dev: Example) -> None:
    """Fit the temperature on the names that the model finds in dev."""
    objective, parameters = tagger.objective, tagger.network.parameters
    scores, lengths = tagger.scores(dev.text), dev.text.lengths
    spans = objective.spans(objective.decide(scores, lengths, parameters), lengths)
    right = is_right(spans, dev.spans)
    temperature = fit_temperature(objective, scores, lengths, spans, right, parameters)
    parameters["temperature"] = np.full(1, temperature, dtype=np.float32)


def _dev_scores(tagger: Tagger, dev: Example) -> tuple[Scores, Scores]:
    """Score dev, over all words and over unseen ones: tokens for one score, spans for tags."""
    objective, parameters = tagger.objective, tagger.network.parameters
    scores = tagger.scores(dev.text)
    objective.calibrate(scores, dev.targets, parameters)
    decisions = objective.decide(scores, dev.text.lengths, parameters)
    if objective.outputs == 1:
        everywhere = token_scores(decisions, dev.targets)
        return everywhere, token_scores(decisions, dev.targets, dev.unseen)
    spans = objective.spans(decisions, dev.text.lengths)

    def unseen(which: list[Span]) -> Iterator[Span]:
        return (span for span in which if dev.unseen[span.start : span.end].all())

    everywhere = span_scores(spans, dev.spans)[""]
    return everywhere, span_scores(unseen(spans), unseen(dev.spans))[""]
