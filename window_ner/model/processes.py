"""Runs tasks in several processes, and returns the results in the order of the tasks."""

import contextlib
import select
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from window_ner.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Future

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_BEFOREHAND = 3
"""The most tasks for each process that wait or are done but not yet written: it bounds memory."""

_SECONDS_BETWEEN_LOOKS = 0.01

_work: Callable[..., Any]
"""The work of this process. It is set once, so that it is not sent with every task."""


def in_order(
    work: Callable[[_Task], _Result],
    tasks: Iterable[_Task],
    jobs: int,
    slow_source: int | None = None,
) -> Iterator[_Result]:
    """Run tasks in ``jobs`` processes; yield the results in order. One job needs no other process.

    The first task always runs in this process. The other processes are then forked, so they share
    its memory, such as the model and the tables that it filled. Where a fork is not safe, each is
    spawned and gets a copy of ``work``: outside of Linux, and while other threads run, as one of
    them may hold a lock that the forked process would wait for. A spawned process does not run the
    user's script again, unless ``work`` needs something that the script defines.

    Parameters
    ----------
    slow_source
        The number of an open file from which the tasks are read, if it may be slow: while nothing
        can be read from it, a result is yielded when it is there, not when the next task is.

    Raises
    ------
    InputError
        If a process ends before its work is done.
    """
    if jobs == 1:
        yield from map(work, tasks)
        return
    import multiprocessing  # these take a twentieth of the time of a short `predict`
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    stream = iter(tasks)
    for task in stream:
        yield work(task)
        break
    forks = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if forks else "spawn")
    starting = contextlib.nullcontext if forks or _needs_main(work) else _without_main
    pending: deque[Future[Any]] = deque()

    def submit(task: _Task) -> "Future[Any]":
        with starting(), _no_interrupt():  # or a starting process would print a traceback
            return processes.submit(_do, task)

    with ProcessPoolExecutor(jobs, context, _start, (work,)) as processes:
        try:
            for future in _submitted(stream, submit):
                pending.append(future)
                while pending and (
                    len(pending) >= _BEFOREHAND * jobs or _is_first(pending[0], slow_source)
                ):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise InputError(
                "a process was killed; is there enough memory for so many jobs?"
            ) from None
        finally:
            processes.shutdown(cancel_futures=True)


def _submitted(
    tasks: Iterable[_Task], submit: "Callable[[_Task], Future[Any]]"
) -> "Iterator[Future[Any]]":
    """Submit tasks as they are read. An error that ends them comes after the results before it."""
    from concurrent.futures import Future

    try:
        yield from map(submit, tasks)
    except Exception as error:
        failed: Future[Any] = Future()
        failed.set_exception(error)
        yield failed


def _is_first(result: "Future[Any]", source: int | None) -> bool:
    """Whether a result is there before something can be read from the source."""
    while source is not None and not result.done():
        if select.select([source], [], [], _SECONDS_BETWEEN_LOOKS)[0]:
            return False
    return result.done()


def _needs_main(work: Callable[..., Any]) -> bool:
    """Whether a copy of the work needs a class or a function of the user's script."""
    import pickle

    return b"__main__" in pickle.dumps(work)


_preparing = threading.Lock()
"""Held while `_without_main` has replaced a function."""


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Spawn processes that do not import the user's script.

    multiprocessing has each import it, which runs it again if it has no
    ``if __name__ == "__main__":``, and there is no other way to turn this off.
    """
    from multiprocessing import spawn

    def without_main(name: str) -> dict[str, Any]:
        return {k: v for k, v in prepare(name).items() if not k.startswith("init_main_from_")}

    with _preparing:
        prepare = spawn.get_preparation_data
        spawn.get_preparation_data = without_main
        try:
            yield
        finally:
            spawn.get_preparation_data = prepare


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Block Ctrl-C and SIGTERM for a while; processes started meanwhile begin with both blocked."""
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process handles it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent uses it to end this process
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _do(task: object) -> Any:
    return _work(task)
