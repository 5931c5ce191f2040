"""Runs the work of all requests in one thread, in batches, and refuses work when too much waits.

One thread is enough: NumPy and Python's lock would make more threads wait for each other. Requests
that arrive while the thread is busy wait together, and what can be done together is done together:
the more clients there are, the larger the batches.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from window_ner.web.limits import Limits

Work = Callable[[Sequence[Any]], Sequence[Any]]
"""Turns a batch of inputs into as many outputs."""

_BATCH_CHARACTERS = 50_000
"""Requests are joined up to this size, so that a short text does not wait for many long ones."""


class BusyError(Exception):
    """Too much work waits; the client should come again later."""


class SlowError(Exception):
    """The answer took too long; asked again, it would take as long."""


@dataclass(eq=False)
class _Job:
    work: Work
    inputs: Sequence[Any]
    size: int
    answer: asyncio.Future[Sequence[Any]]


class WorkQueue:
    """Work that waits for the one thread; use it as an asynchronous context manager.

    Attributes
    ----------
    batches
        How many batches were run.
    """

    def __init__(self, limits: Limits) -> None:
        self.batches = 0
        self._limits = limits
        self._waiting: deque[_Job] = deque()
        self._characters = 0  # of the waiting jobs and of those in work
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tagging")

    async def __aenter__(self) -> "WorkQueue":
        self._loop = asyncio.create_task(self._work_off())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._loop
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Work, inputs: Sequence[Any], size: int) -> Sequence[Any]:
        """Wait for the outputs of some inputs.

        Parameters
        ----------
        work
            What to do. Waiting jobs with the same ``work`` are joined to one batch.
        size
            The number of characters of the inputs.

        Raises
        ------
        BusyError
            If too much waits.
        SlowError
            If the answer takes too long.
        """
        is_full = len(self._waiting) >= self._limits.waiting
        if is_full or self._characters + size > self._limits.waiting_characters:
            raise BusyError("the server is busy")
        job = _Job(work, inputs, size, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._characters += size
        self._arrived.set()
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                return await job.answer
        except TimeoutError:
            raise SlowError("the answer took too long; send less text at once") from None

    async def _work_off(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._next_batch():
                await self._run(batch)
                self._characters -= sum(job.size for job in batch)

    def _next_batch(self) -> list[_Job]:
        """Take the first job and those that can be done with it; drop those that took too long."""
        batch: list[_Job] = []
        others: deque[_Job] = deque()
        size = 0
        while self._waiting:
            job = self._waiting.popleft()
            if job.answer.done():  # cancelled: it has waited too long
                self._characters -= job.size
            elif not batch or (job.work == batch[0].work and size + job.size <= _BATCH_CHARACTERS):
                batch.append(job)
                size += job.size
            else:
                others.append(job)
        self._waiting = others
        return batch

    async def _run(self, batch: list[_Job]) -> None:
        self.batches += 1
        inputs = [each for job in batch for each in job.inputs]
        loop = asyncio.get_running_loop()
        try:
            outputs = await loop.run_in_executor(self._thread, batch[0].work, inputs)
        except Exception as error:
            if len(batch) > 1:  # so that the input of one client harms no other
                for job in batch:
                    await self._run([job])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        begin = 0
        for job in batch:
            if not job.answer.done():
                job.answer.set_result(outputs[begin : begin + len(job.inputs)])
            begin += len(job.inputs)
