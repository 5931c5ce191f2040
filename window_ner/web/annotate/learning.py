"""Trains a model in the background while a person annotates, and measures how good it is.

The score is that of cross-validation: every sentence is tagged by a model that has not seen it. The
same predictions show where model and annotation disagree, which finds mistakes.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

from window_ner.data.corpus import Corpus, Document
from window_ner.data.tag_schemes import Span
from window_ner.errors import InputError
from window_ner.model.tagger import Tagger
from window_ner.web.annotate.answers import Example
from window_ner.web.annotate.curve import (
    FOLDS,
    Point,
    measured,
    read_curve,
    trained_on_of,
    write_curve,
)

Retrain = Callable[[Tagger | None, Sequence[Example]], Tagger]
"""Trains a model on sentences, starting from another model if there is one."""

EVERY = 5
"""A model is trained when there are so many more sentences to learn from."""
LEAST_TO_MEASURE = 12
"""Complete sentences that the first measurement needs."""
MORE = 1.2
"""The F1 is measured again when there are so many times as many sentences to learn from."""


def retrain(start: Tagger | None, examples: Sequence[Example]) -> Tagger:
    """Train a model on annotated sentences in a few seconds.

    In a sentence that is not complete, a word without a mark may be in no name or in any name of
    the labels that it does not annotate.
    """
    from window_ner import api

    documents = [
        Document((each.sentence,), None if each.is_complete else each.annotated)
        for each in examples
    ]
    corpus = Corpus(tuple(documents), name="annotated sentences")
    epochs = max(6, min(20, 1_500 // len(documents)))
    return api.train(
        "tagger" if start else "fast",
        init=start,
        train=corpus,
        # With so few sentences, a dev split would cost more than it tells; epochs are fixed.
        dev=replace(corpus, documents=tuple(documents[: max(2, len(documents) // 10)])),
        settings={"epochs": epochs, "keep": "last"},
    )


def retrain_apart(start: Tagger | None, examples: Sequence[Example]) -> Tagger:
    """Do what `retrain` does in a process of its own, so that the page stays quick meanwhile.

    Raises
    ------
    InputError
        If the training fails, or its process is killed.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    # The model is sent, not an argument: Python reads arguments before our code runs, and would
    # print a traceback if the server ended meanwhile.
    process = context.Process(target=train_for, args=(theirs,), daemon=True)
    with without_interrupts():
        process.start()
    theirs.close()
    try:
        with ours:
            ours.send((start, examples))
            result = ours.recv()
    except (EOFError, OSError):
        raise InputError("the process of the training was killed") from None
    finally:
        process.join()
    if isinstance(result, str):
        raise InputError(result)
    assert isinstance(result, Tagger)
    return result


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """Block Ctrl-C in this thread and in a process that it starts meanwhile.

    Ctrl-C is for the server, which then ends that process; the process would print a traceback.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # its start would unblock Ctrl-C again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def train_for(server: Connection) -> None:
    """Receive a model and sentences from the server, train, and send the result back."""
    if sys.platform == "win32":  # elsewhere, Ctrl-C was blocked before this process started
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    else:
        os.nice(5)
    try:
        start, examples = server.recv()
    except (EOFError, OSError):  # the server has ended
        return
    try:
        result: Tagger | str = retrain(start, examples)
    except Exception as error:
        result = str(error)
    send(server, result)


def send(sender: Connection, result: Tagger | str) -> None:
    """Send a result to the server, unless it was killed meanwhile."""
    with contextlib.suppress(BrokenPipeError):
        sender.send(result)


@dataclass(frozen=True)
class Learnt:
    """What the learner has learnt so far.

    Attributes
    ----------
    tagger
        The model; it may be the one that the annotation started from.
    has_learnt
        Whether it was trained on annotated sentences.
    held_out
        For each sentence, by its number: the names that a model found that was trained without it.
    """

    tagger: Tagger | None
    has_learnt: bool = False
    trained_on: int = 0
    seconds: float = 0.0
    curve: tuple[Point, ...] = ()
    held_out: dict[int, list[Span]] = field(default_factory=dict)
    problem: str = ""


class Learner:
    """Trains in a thread whenever there are enough new answers.

    Parameters
    ----------
    start
        The model to start from.
    examples
        Returns the sentences to learn from; it is called in the thread.
    curve_file
        Where to keep the learning curve, so that it goes on when the server starts again; None
        keeps it in memory.
    """

    def __init__(
        self,
        start: Tagger | None,
        examples: Callable[[], list[Example]],
        retrain: Retrain = retrain_apart,
        curve_file: Path | None = None,
    ) -> None:
        self.learnt = Learnt(start, curve=read_curve(curve_file, len(examples())))
        self.is_training = False
        self._start = start
        self._examples = examples
        self._retrain = retrain
        self._curve_file = curve_file
        self._wanted = threading.Event()
        threading.Thread(target=self._run, name="learning", daemon=True).start()

    def tell(self, count: int) -> None:
        """Say how many sentences can be learnt from now; train if they are enough."""
        if self._is_enough(count):
            self.is_training = True
            self._wanted.set()

    def _is_enough(self, count: int) -> bool:
        return count >= self.learnt.trained_on + EVERY

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            self.is_training = True  # `tell` may have said so before the last line of this loop
            try:
                self._train()
            except Exception as error:  # the page goes on without a newer model
                self.learnt = replace(self.learnt, problem=f"training failed: {error}")
            self.is_training = self._wanted.is_set()

    def _train(self) -> None:
        examples = self._examples()
        if not self._is_enough(len(examples)) or not _has_name(examples):
            return  # some of these answers were given during the last training, which has them
        begin = time.monotonic()
        tagger = self._retrain(self._start, examples)
        self.learnt = replace(
            self.learnt,
            tagger=tagger,
            has_learnt=True,
            trained_on=len(examples),
            seconds=time.monotonic() - begin,
            problem="",
        )
        complete = [example for example in examples if example.is_complete]
        curve = self.learnt.curve
        trained_on = trained_on_of(len(examples))
        is_due = not self.learnt.held_out or trained_on >= MORE * curve[-1].trained_on
        if is_due and len(complete) >= LEAST_TO_MEASURE:
            held_out = self._cross_validate(examples)
            point = measured(complete, held_out, trained_on)
            before = (each for each in curve if each.trained_on < trained_on)
            self.learnt = replace(self.learnt, held_out=held_out, curve=(*before, point))
            if self._curve_file:
                with contextlib.suppress(OSError):  # the answers matter, the curve does not
                    write_curve(self._curve_file, self.learnt.curve)

    def _cross_validate(self, examples: list[Example]) -> dict[int, list[Span]]:
        """Tag each sentence with a model that was trained on the other folds."""
        held_out: dict[int, list[Span]] = {}
        for fold in range(FOLDS):
            rest = [example for i, example in enumerate(examples) if i % FOLDS != fold]
            tagger = self._retrain(self._start, rest) if _has_name(rest) else None
            for held in examples[fold::FOLDS]:
                found = tagger.find([held.sentence.tokens])[0] if tagger else ()
                held_out[held.number] = list(found)
        return held_out


def _has_name(examples: Sequence[Example]) -> bool:
    """Whether there is a name to learn: no model is trained without one."""
    return any(tag != "O" for example in examples for tag in example.sentence.tags)
