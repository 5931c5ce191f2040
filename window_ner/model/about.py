"""How a model was made, and the scores of each epoch of its training.

`About` is the file settings.json of a model folder, `Epoch` a line of history.jsonl. The values
are checked when they are read, because right checksums do not make a file right.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from window_ner.data.corpus_files import CorpusFiles
from window_ner.data.tag_schemes import is_label
from window_ner.model.stored_values import is_count, is_number, require
from window_ner.records import record
from window_ner.settings.tables import Settings
from window_ner.settings.toml import settings_from

if TYPE_CHECKING:
    from window_ner.model.cross_validated import CrossValidated

Score = Literal["token_f1", "span_f1"]


class Epoch(NamedTuple):
    """The scores of an epoch of training.

    Attributes
    ----------
    epoch
        Number of the epoch, from 1 on.
    loss
        Mean loss of its mini-batches.
    score
        What ``dev`` measures: F1 of tokens, for a model with one score, or of spans.
    dev, dev_unseen_words
        F1 on the dev split, between 0 and 1: over all words, and over words that are in the
        vectors but not in the training data. Without a dev split, the cross-validated F1. If the
        split has no name of unseen words, the second is 0.
    seconds
        Time that the epoch took, in seconds.
    """

    epoch: int
    loss: float
    score: Score
    dev: float
    dev_unseen_words: float
    seconds: float

    @classmethod
    def from_json(cls, stored: Any) -> "Epoch":
        """Read a line of history.jsonl.

        Raises
        ------
        ValueError
            If it is not what a training writes.
        """
        require(isinstance(stored, dict), "history")
        numbers = [stored[name] for name in ("dev", "dev_unseen_words", "seconds")]
        require(all(map(is_number, numbers)) and is_count(stored["epoch"]), "history")
        loss = stored["loss"]  # of any size: only weights have a limit
        require(isinstance(loss, float) and math.isfinite(loss), "history")
        require(stored["score"] in ("token_f1", "span_f1"), "history")
        return cls(**{name: stored[name] for name in cls._fields})

    @property
    def unit(self) -> Literal["token", "span"]:
        """What its scores count."""
        return "token" if self.score == "token_f1" else "span"

    def as_dict(self) -> dict[str, Any]:
        """Return the epoch as plain data."""
        return self._asdict()


@record()
class TrialScores:
    """F1 on dev after a short training: over all words, and over unseen words."""

    all_words: float
    unseen_words: float

    @property
    def both(self) -> tuple[float, float]:
        """Both scores, in this order."""
        return self.all_words, self.unseen_words


@record()
class Decision:
    """Whether the word vectors are trained, the reason, and a warning of the pitfall rule.

    >>> print(Decision(False, "3,600 windows are below the rule's 100,000"))
    frozen: 3,600 windows are below the rule's 100,000
    """

    fine_tune: bool
    reason: str
    warning: str = ""
    trials: Mapping[str, TrialScores] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{'fine-tuned' if self.fine_tune else 'frozen'}: {self.reason}"

    @classmethod
    def from_json(cls, stored: Any) -> "Decision":
        """Read a decision from settings.json.

        Raises
        ------
        ValueError
            If it is not what a training writes.
        """
        kinds = {"fine_tune": bool, "reason": str, "warning": str, "trials": dict}
        require(isinstance(stored, dict) and stored.keys() == kinds.keys(), "fine_tuning")
        require(all(isinstance(stored[k], kind) for k, kind in kinds.items()), "fine_tuning")
        for scores in stored["trials"].values():
            both = isinstance(scores, dict) and scores.keys() == {"all_words", "unseen_words"}
            require(both and all(is_number(score) for score in scores.values()), "fine_tuning")
        trials = {name: TrialScores(**scores) for name, scores in stored["trials"].items()}
        return cls(**{**stored, "trials": trials})


@record()
class About:
    """How a model was made.

    Attributes
    ----------
    settings
        The settings of its training.
    labels
        The labels of its corpus.
    corpus
        The name and the files of its corpus.
    config
        The name of its config, if it had one.
    seed, windows
        The random seed, and the number of training windows.
    fine_tuning
        Whether the word vectors were trained, and why.
    best_epoch
        The epoch that its weights are from.
    cross_validated
        The result of the cross-validation, if there was no dev split.
    interrupted
        Whether the training was stopped before its end.
    started_from
        The model that its training started from: the name of a bundled model, or a folder; empty
        for a model in memory.
    keeps_labels
        Whether the labels of that model were kept.
    goal
        If the model is only the first of two passes: the settings of the interrupted training.
    """

    settings: Settings
    labels: tuple[str, ...]
    corpus: CorpusFiles = field(default_factory=CorpusFiles)
    config: str | None = None
    seed: int | None = None
    windows: int = 0
    fine_tuning: Decision | None = None
    best_epoch: int | None = None
    interrupted: bool = False
    started_from: str | None = None
    keeps_labels: bool = False
    goal: Settings | None = None
    cross_validated: "CrossValidated | None" = None

    @property
    def open_labels(self) -> tuple[str, ...]:
        """The labels that its corpus need not annotate: any, if it keeps those of a model."""
        return self.labels if self.keeps_labels else ()

    @property
    def measured_on(self) -> str:
        """What the dev scores of the history are: of the dev split, or cross-validated."""
        return "dev" if self.cross_validated is None else "cross-validated"

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], where: str) -> "About":
        """Read what `as_dict` returned.

        Raises
        ------
        InputError
            If a setting is wrong.
        KeyError, TypeError, ValueError
            If something is missing, or is not what a training writes.
        """
        settings = settings_from(stored["settings"], where)
        labels = stored["labels"]
        require(are_labels(labels), "labels")
        for name in ("windows", "best_epoch"):
            require(is_count(stored.get(name, 0)), name)
        seed = stored.get("seed", 0)
        require(type(seed) is int and seed >= 0, "seed")
        corpus = stored.get("corpus", {})
        named = isinstance(corpus, dict) and corpus.keys() <= set(CorpusFiles._fields)
        require(named, "corpus")
        for name in ("config", "started_from"):
            require(isinstance(stored.get(name), str | None), name)
        decision, goal = stored.get("fine_tuning"), stored.get("goal")
        validated = stored.get("cross_validated")
        return cls(
            settings,
            tuple(labels),
            _corpus_files(corpus),
            stored.get("config"),
            stored.get("seed"),
            stored.get("windows", 0),
            None if decision is None else Decision.from_json(decision),
            stored.get("best_epoch"),
            bool(stored.get("interrupted")),
            stored.get("started_from"),
            bool(stored.get("keeps_labels")),
            None if goal is None else settings_from(goal, where),
            None if validated is None else _cross_validated(validated),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, without fields that are None."""
        told = {
            "corpus": self.corpus._asdict(),
            "config": self.config,
            "settings": self.settings.as_dict(),
            "seed": self.seed,
            "labels": list(self.labels),
            "windows": self.windows,
            "fine_tuning": None if self.fine_tuning is None else asdict(self.fine_tuning),
            "best_epoch": self.best_epoch,
            "interrupted": self.interrupted or None,
            "started_from": self.started_from,
            "keeps_labels": self.keeps_labels or None,
            "goal": None if self.goal is None else self.goal.as_dict(),
            "cross_validated": self.cross_validated and self.cross_validated.as_dict(),
        }
        return {name: value for name, value in told.items() if value is not None}


def _cross_validated(stored: Any) -> "CrossValidated":
    from window_ner.model.cross_validated import CrossValidated  # few models have it

    return CrossValidated.from_json(stored)


def _corpus_files(stored: Mapping[str, Any]) -> CorpusFiles:
    """Read the files of a corpus: each split is a list of file names."""
    splits = {name: value for name, value in stored.items() if name not in ("name", "held_out")}
    held_out = stored.get("held_out", False)
    require(isinstance(stored.get("name"), str | None) and isinstance(held_out, bool), "corpus")
    for files in splits.values():
        require(isinstance(files, list | tuple), "corpus")
        require(all(isinstance(file, str) for file in files), "corpus")
    return CorpusFiles(
        stored.get("name"), **{n: tuple(files) for n, files in splits.items()}, held_out=held_out
    )


def are_labels(stored: Any) -> bool:
    """Whether this is a list of labels: each can be written to a file as part of a tag."""
    return (
        isinstance(stored, list)
        and all(isinstance(s, str) and is_label(s) for s in stored)
        and len(set(stored)) == len(stored)
    )
