"""Work in several processes, its results in the order in which it came."""

import contextlib
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from window_ner.errors import InputError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_BEFOREHAND = 3
"""So many tasks of each process wait or are done; more are not read, so memory stays bounded."""

_work: Callable[..., Any]
"""What this process does: it is here before the first task, so no task has to bring it along."""


def in_order(
    work: Callable[[_Task], _Result], tasks: Iterable[_Task], jobs: int
) -> Iterator[_Result]:
    """Do the tasks in so many processes; yield the results in order. One job is done here.

    The first task is done here. Where processes can fork, the others then share the memory of all
    that it took, such as a model and the tables that it fills; else they get a copy of ``work``.

    Raises
    ------
    InputError
        If a process ends before its work is done.
    """
    if jobs == 1:
        yield from map(work, tasks)
        return
    stream = iter(tasks)
    for task in stream:
        yield work(task)
        break
    forks = sys.platform == "linux"  # elsewhere a fork is unsafe, or there is none
    context = multiprocessing.get_context("fork" if forks else "spawn")
    pending: deque[Future[Any]] = deque()
    with ProcessPoolExecutor(jobs, context, _start, (work,)) as processes:
        try:
            for task in stream:
                with _no_interrupt():  # which would show where in its beginnings a process was
                    pending.append(processes.submit(_do, task))
                while pending and (len(pending) >= _BEFOREHAND * jobs or pending[0].done()):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise InputError("a process of --jobs was killed; is there enough memory?") from None
        finally:
            processes.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back; processes started in between never hear of them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(work: Callable[..., Any]) -> None:
    global _work  # noqa: PLW0603
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one sees to it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # by which that one ends this one, if need be
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _do(task: object) -> Any:
    return _work(task)
