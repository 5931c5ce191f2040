"""Measure the pitfall of fine-tuning: frozen, fine-tuned and random vectors, by training size.

Training sets of growing size are drawn from one pool of sentences, so that all have the same
mixture of sources. Each set of a seed contains the smaller sets of this seed. For each mode, a
model is trained on each set with the same seed. It is scored on dev tokens whose word is in the
training set, and on dev tokens whose word is not there but has a vector.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from window_ner.analysis.pitfall_records import CurvePoint, Record, line_of, point_of, read_records
from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.random_vectors import random_word_vectors
from window_ner.data.vocabulary import UNKNOWN, Vocabulary
from window_ner.data.word_vectors import WordVectors, build_vocabulary, embedding_table
from window_ner.errors import InputError
from window_ner.evaluation.scores import token_scores
from window_ner.model.model import Model
from window_ner.nn.arrays import Ints
from window_ner.nn.threads import blas_threads
from window_ner.settings.tables import Settings
from window_ner.settings.toml import change_settings
from window_ner.storage.atomic import write_text
from window_ner.training.plan import Plan
from window_ner.training.run import train

MODES = ("frozen", "fine-tuned", "random")
"""Pretrained vectors that are frozen, pretrained vectors that are trained, random ones trained."""


WORDS = ("seen", "unseen", "all")
"""The groups of tokens that are scored: whether their word is in the training data."""


WINDOWS_A_RUN = 2_000_000
"""The number of windows that a run trains on, over all epochs, unless it stops early."""


FEWEST_EPOCHS = 4
"""The smallest number of epochs of a run, however much data it has."""


@dataclass(frozen=True)
class Experiment:
    """The data and settings that all runs share.

    Attributes
    ----------
    settings
        The settings of every run, except for its epochs and the settings of its mode.
    pool
        All training data.
    splits
        By name: ``dev``, on which the best epoch is chosen, and other splits to score.
    vectors
        The pretrained vectors.
    most_epochs
        The largest number of epochs of a run.
    """

    settings: Settings
    pool: Corpus
    splits: dict[str, Corpus]
    vectors: Sequence[WordVectors]
    most_epochs: int

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """All words of the corpora that have a vector."""
        corpora = [self.pool, *self.splits.values()]
        words = [token for corpus in corpora for token in corpus.tokens]
        return build_vocabulary(self.vectors, words, most_frequent=1)

    def compact(self) -> "Experiment":
        """Remove the vectors of words that are not in the corpora, so that runs start faster."""
        words = self.vocabulary.words
        table = embedding_table(self.vocabulary, self.vectors, np.random.default_rng(0))
        return replace(self, vectors=[WordVectors("pretrained", words, table[-len(words) :])])

    def points(self, sizes: Iterable[int], seeds: int, modes: Sequence[str]) -> list[CurvePoint]:
        """List the runs: each mode on each size, with the seeds from 1 to ``seeds``.

        A run is listed once, even if its size or its mode is given twice.

        Raises
        ------
        InputError
            If a mode is unknown, or the pool has fewer windows than a size.
        """
        points = [
            CurvePoint(size, seed, mode)
            for size in dict.fromkeys(sizes)
            for seed in range(1, seeds + 1)
            for mode in dict.fromkeys(modes)
        ]
        windows = self.pool.token_count
        for point in points:
            self.settings_of(point)  # raises an error if the mode is unknown
            if point.size > windows:
                raise InputError(
                    f"{point.size:,} windows are more than the {windows:,} of the training data"
                )
        return points

    def training_set(self, size: int, seed: int) -> Corpus:
        """Take sentences from the pool, shuffled with this seed, until there are ``size`` windows.

        If the pool has fewer, it takes all.
        """
        sentences = [one for document in self.pool.documents for one in document.split()]
        order = np.random.default_rng([seed, 3]).permutation(len(sentences))
        ends = np.cumsum([len(sentences[i].sentences[0]) for i in order])
        drawn = order[: np.searchsorted(ends, size) + 1]
        documents = tuple(sentences[i] for i in drawn)
        return replace(self.pool, documents=documents, has_documents=False)

    def carry_out(self, run: CurvePoint) -> Record:
        """Train and score the model of a run."""
        started = time.process_time()
        corpus = self.training_set(run.size, run.seed)
        rows = self.vocabulary.rows(corpus.tokens)
        model = train(
            Plan(
                self.settings_of(run),
                corpus,
                self.splits["dev"],
                vectors=self._vectors_of(run, rows),
                seed=run.seed,
            )
        )
        scores = {
            name: self._scores(model, split.sentences, rows) for name, split in self.splits.items()
        }
        return {
            "size": run.size,
            "seed": run.seed,
            "mode": run.mode,
            "windows": corpus.token_count,
            "best_epoch": model.about.best_epoch,
            "seconds": round(time.process_time() - started, 2),
            "scores": scores,
            "history": [[epoch.dev, epoch.dev_unseen_words] for epoch in model.history],
        }

    def settings_of(self, run: CurvePoint) -> Settings:
        """Return the settings of a run, with its number of epochs and its mode.

        Raises
        ------
        InputError
            If the mode is neither in `MODES` nor a change of [fine_tuning] like min_count=5.
        """
        epochs = self.epochs_of(run)
        patience = max(FEWEST_EPOCHS, epochs // 2)
        changes = [f"training.epochs={epochs}", f"training.patience={patience}"]
        if run.mode not in MODES:
            if "=" not in run.mode:
                known = ", ".join(MODES)
                raise InputError(f"no mode {run.mode!r}; known: {known}, or one like min_count=5")
            changes += [f"fine_tuning.{change}" for change in run.mode.split("+")]
        kind = "off" if run.mode == "frozen" else "on"
        return change_settings(self.settings, [*changes, f"fine_tuning.mode={kind}"])

    def epochs_of(self, run: CurvePoint) -> int:
        """Return the number of epochs, more for less data; most runs stop early."""
        return min(self.most_epochs, max(FEWEST_EPOCHS, WINDOWS_A_RUN // run.size))

    def work_of(self, run: CurvePoint) -> int:
        """Estimate the cost of a run, in windows."""
        return self.epochs_of(run) * (run.size + self.splits["dev"].token_count // 10)

    def _vectors_of(self, run: CurvePoint, rows: Ints) -> Sequence[WordVectors]:
        """Return the vectors of a run; random vectors are drawn for words with pretrained ones."""
        if run.mode != "random":
            return self.vectors
        dimension = sum(vectors.dimension for vectors in self.vectors)
        words = [self.vocabulary.word(row) for row in rows[rows != UNKNOWN].tolist()]
        return [random_word_vectors(f"random-{dimension}d", words, run.seed)]

    def _scores(
        self, model: Model, sentences: Sequence[Sentence], trained: Ints
    ) -> dict[str, float]:
        """Score the tokens: part of a name or not, or for a model with labels, which label."""
        rows = self.vocabulary.rows([token for s in sentences for token in s.tokens])
        seen = np.isin(rows, trained)
        which = {"seen": seen, "unseen": ~seen, "all": np.ones(len(rows), bool)}
        sizes = [1] * len(sentences)
        text = model.after_first_pass(model.encoder.encode([s.tokens for s in sentences], sizes))
        decisions = model.scored(text).decisions
        targets = model.objective.targets(sentences)
        labels = sorted({tag[2:] for tag in model.objective.tags})
        label = np.array([labels.index(tag[2:]) for tag in model.objective.tags])
        scores: dict[str, float] = {}
        for name, tokens in which.items():
            if name != "all":
                tokens = tokens & (rows != UNKNOWN)  # noqa: PLW2901
                scores[f"{name}_tokens"] = int(tokens.sum())
            scores[name] = token_scores(label[decisions], label[targets], tokens).f1
        return scores


def default_sizes(windows: int) -> list[int]:
    """Choose training sizes: 1,000, 3,000, 10,000, … and all windows."""
    sizes = [k * 10**power for power in range(3, 10) for k in (1, 3)]
    return [size for size in sizes if size < windows / 1.5] + [windows]


def carry_out(
    experiment: Experiment,
    runs: Iterable[CurvePoint],
    file: Path,
    *,
    jobs: int = 1,
    report: Callable[[Record], None] = lambda record: None,
) -> list[Record]:
    """Carry out the runs that are not in the file, add each to the file, and return all records.

    Parameters
    ----------
    experiment, runs
        The experiment and its runs.
    file
        JSON lines, one for each finished run.
    jobs
        The number of processes.
    report
        Called with the record of each finished run, including runs that were already in the file.
    """
    runs = sorted(runs)
    records = {point_of(record): record for record in read_records(file)}
    if file.is_file() and not file.read_bytes().endswith(b"\n"):  # the last line was cut off
        write_text(file, "".join(map(line_of, records.values())))
    for run in runs:
        if run in records:
            report(records[run])
    missing = [run for run in runs if run not in records]
    with file.open("a", encoding="utf-8") as notes:
        for record in _carried_out(experiment, missing, jobs):
            notes.write(line_of(record))
            notes.flush()
            records[point_of(record)] = record
            report(record)
    return [records[run] for run in runs]


def _carried_out(experiment: Experiment, runs: Sequence[CurvePoint], jobs: int) -> Iterator[Record]:
    if jobs == 1 or len(runs) < 2:
        with blas_threads(1):
            yield from map(experiment.carry_out, runs)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(jobs, len(runs)), _start_worker, (experiment,)) as pool:
        yield from pool.imap_unordered(_work, runs)


_of_this_worker: list[Experiment] = []


def _start_worker(experiment: Experiment) -> None:
    """Receive the data once instead of with each run; only the parent handles Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _of_this_worker[:] = [experiment]


def _work(run: CurvePoint) -> Record:
    with blas_threads(1):  # or the processes get in each other's way
        return _of_this_worker[0].carry_out(run)
