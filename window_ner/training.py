"""Epochs, mini-batches, early stopping, checkpoints."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.calibration import fit_temperature
from window_ner.data.augmentation import augment
from window_ner.data.conll import Corpus, Document
from window_ner.data.embeddings import WordVectors
from window_ner.data.random_vectors import is_random
from window_ner.data.tag_schemes import Span
from window_ner.errors import InputError
from window_ner.evaluation import Scores, is_right, span_scores, token_scores
from window_ner.fine_tuning import Decision, TrialScores, decide
from window_ner.jackknife import folds_of, joined, train_first_pass
from window_ner.model import WindowNetwork
from window_ner.nn.arrays import LARGEST, Floats, check_numbers
from window_ner.places import reserved
from window_ner.rescue import save_or_rescue
from window_ner.second_pass import second_pass_inputs
from window_ner.settings import Settings
from window_ner.storage import arrays_from_bytes, arrays_to_bytes, read_model_folder
from window_ner.tagger import Tagger
from window_ner.tagger_folder import load_tagger
from window_ner.trainer import Example, Trainer, example
from window_ner.untrained import untrained_tagger

CHECKPOINT = "checkpoint.safetensors"
RNG_STATE = "checkpoint-rng.json"
CENTRE = "centre"


@dataclass(frozen=True)
class Progress:
    """Whom to tell what happens. Each call may be left out.

    ``decided`` is told the fine-tuning decision, ``batch`` the fraction of the epoch that is done
    and its mean loss so far, ``epoch`` the record that goes into the history.
    """

    decided: Callable[[Decision], None] = lambda decision: None
    batch: Callable[[str, float, float], None] = lambda run, done, loss: None
    epoch: Callable[[dict[str, Any]], None] = lambda record: None


@dataclass
class _Best:
    """The best epoch so far: its dev score, and the trained parameters as they were then."""

    score: float = -1.0
    epoch: int = 0
    parameters: dict[str, Floats] = field(default_factory=dict)


def train(
    settings: Settings,
    train_corpus: Corpus,
    dev_corpus: Corpus,
    vector_sets: Sequence[WordVectors],
    *,
    seed: int = 1,
    about: dict[str, Any] | None = None,
    output: Path | None = None,
    resume: "Checkpoint | None" = None,
    progress: Progress | None = None,
) -> Tagger:
    """Train a tagger; the epoch that is best on dev is the one that is returned.

    Two runs with the same settings, data and seed give the same weights. After every epoch the
    best model so far, and what it takes to go on from here, are in the output folder.

    Parameters
    ----------
    settings
        See `window_ner.settings`.
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
        model says so in ``about["interrupted"]``, and can be resumed.
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
        for _ in range(epochs):
            run.epoch(partial(progress.batch, kind))
        everywhere, unseen = _dev_scores(replace(tagger, network=run.result()), dev_split)
        return TrialScores(everywhere.f1, unseen.f1)

    if resume:
        decision = resume.decision
    else:
        pretrained = not all(is_random(vectors.name) for vectors in vector_sets)
        decision = decide(windows, settings.fine_tuning, trial, pretrained=pretrained)
    progress.decided(decision)
    if settings.second_pass.folds:
        if resume:
            tagger.first_pass, centre = resume.best.first_pass, resume.centre(train_split, tagger)
        else:
            tagger.first_pass, centre = train_first_pass(
                tagger,
                settings,
                folds,
                frozen=frozenset(() if decision.fine_tune else ("E",)),
                seed=seed,
                report=progress.batch,
            )
        train_split = replace(train_split, text=replace(train_split.text, centre=centre))
        dev_split = example(tagger, dev_corpus)
    run = trainer(tagger.network, decision.fine_tune, settings.training.epochs)
    tagger.about |= {
        "settings": settings.as_dict(),
        "seed": seed,
        "labels": list(train_corpus.labels),
        "windows": windows,
        "fine_tuning": decision.as_dict(),
    }
    best = _Best()
    if resume:
        resume.restore(run, tagger, best)
    with reserved(output) if output else nullcontext():
        try:
            _run_epochs(run, tagger, dev_split, best, settings, output, progress)
        except KeyboardInterrupt:
            if not best.epoch:
                raise
            tagger.about["interrupted"] = True
        tagger.network.parameters.update(best.parameters)
        _calibrate(tagger, dev_split)
        tagger.about["best_epoch"] = best.epoch
        if output and not tagger.about.get("interrupted"):
            save_or_rescue(tagger, output)
    return tagger


def _run_epochs(
    run: Trainer,
    tagger: Tagger,
    dev: Example,
    best: _Best,
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
            _save_checkpoint(run, tagger, best, output)
        progress.epoch(record)


_OTHER_RUN = "the checkpoint is not of a run with these settings and data"


@dataclass(frozen=True)
class Checkpoint:
    """Where an interrupted run stopped: the best model so far, and the state of the trainer."""

    best: Tagger
    state: dict[str, Floats]
    rng: dict[str, Any]

    @property
    def decision(self) -> Decision:
        """The fine-tuning decision of the run."""
        stored = self.best.about["fine_tuning"]
        trials = {name: TrialScores(**scores) for name, scores in stored["trials"].items()}
        return Decision(**{**stored, "trials": trials})

    def check(self, tagger: Tagger) -> None:
        """Hold the run that is to go on against the one that stopped.

        Raises
        ------
        InputError
            If it has not the same words, forms, tags or parameters.
        """
        best = self.best
        if (
            best.encoder.vocabulary != tagger.encoder.vocabulary
            or best.encoder.features.as_dict() != tagger.encoder.features.as_dict()
            or best.objective.tags != tagger.objective.tags
        ):
            raise InputError(f"{_OTHER_RUN}; is the corpus the same as when it began?")

    def centre(self, train: Example, tagger: Tagger) -> Floats:
        """Return what the first pass said of the training data."""
        centre = self.state.get(CENTRE)
        inputs = second_pass_inputs(tagger.objective.outputs)
        if centre is None or centre.shape != (len(train.text), inputs):
            raise InputError(f"{_OTHER_RUN}; it lacks what the first pass said")
        return centre

    def restore(self, run: Trainer, tagger: Tagger, best: _Best) -> None:
        """Bring a fresh run to where this one stopped.

        Raises
        ------
        InputError
            If it is the checkpoint of another run.
        """
        try:
            for name, array in self.state.items():
                if array.ndim:
                    check_numbers(array, name)
                elif not 0 <= array < LARGEST:
                    raise ValueError(f"{name} is {array}")
            run.load_state({name: a for name, a in self.state.items() if name != CENTRE})
            run.rng.bit_generator.state = self.rng
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise InputError(f"{_OTHER_RUN} ({error})") from None
        tagger.history[:] = self.best.history
        tagger.about.pop("interrupted", None)
        for record in tagger.history:
            run.observe(record["dev"])
        winner = max(tagger.history, key=lambda record: record["dev"])
        best.score, best.epoch = winner["dev"], winner["epoch"]
        best.parameters = {
            name: p for name, p in self.best.network.parameters.items() if name not in run.frozen
        }


def _save_checkpoint(run: Trainer, tagger: Tagger, best: _Best, output: Path) -> None:
    network = tagger.network.with_parameters({**tagger.network.parameters, **best.parameters})
    rng = json.dumps(run.rng.bit_generator.state).encode()
    state = run.state()
    if run.train.text.centre is not None:  # what the first pass says takes long to find out
        state[CENTRE] = run.train.text.centre
    checkpoint = {CHECKPOINT: arrays_to_bytes(state), RNG_STATE: rng}
    save_or_rescue(replace(tagger, network=network), output, checkpoint, durable=False)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read what an interrupted training left in its output folder.

    Raises
    ------
    InputError
        If the folder is no model, or its training is complete.
    """
    files = read_model_folder(folder)
    if CHECKPOINT not in files or RNG_STATE not in files:
        raise InputError(f"{folder}: nothing to resume, its training is complete")
    state = arrays_from_bytes(files[CHECKPOINT], f"{folder}/{CHECKPOINT}")
    try:
        rng = json.loads(files[RNG_STATE])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{folder}/{RNG_STATE}: is damaged ({error})") from None
    best = load_tagger(folder)
    if not best.history or not {"fine_tuning", "seed", "windows"} <= best.about.keys():
        raise InputError(f"{folder}: nothing to resume, no training wrote its settings.json")
    return Checkpoint(best, state, rng)


def hold_out_dev(corpus: Corpus, fraction: float = 0.1) -> tuple[Corpus, Corpus]:
    """Split a corpus that came without a dev split.

    Every tenth document is dev, or every tenth sentence if there are few documents.

    Raises
    ------
    InputError
        If there is too little to split.
    """
    stride = round(1 / fraction)
    units = corpus.documents
    if len(units) < 2 * stride:
        units = tuple(Document((s,)) for s in corpus.sentences)
    if len(units) < 2:
        raise InputError(f"{corpus.name}: one sentence is too little to hold out a dev split")
    stride = min(stride, len(units))
    is_dev = [i % stride == stride - 1 for i in range(len(units))]
    dev = tuple(u for u, held in zip(units, is_dev, strict=True) if held)
    rest = tuple(u for u, held in zip(units, is_dev, strict=True) if not held)
    return replace(corpus, documents=rest), replace(corpus, documents=dev)


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
