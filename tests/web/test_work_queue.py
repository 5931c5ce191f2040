import asyncio
import threading

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.routing import Route

from window_ner.web.app import safe_app
from window_ner.web.limits import Limits
from window_ner.web.work_queue import BusyError, SlowError, WorkQueue


def double(inputs):
    return [2 * each for each in inputs]


def in_a_loop(test):
    """Run a test that is a coroutine."""

    def run():
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


class Gate:
    """Work that waits until it may go on."""

    def __init__(self):
        self.open, self.begun = threading.Event(), threading.Event()

    def work(self, inputs):
        self.begun.set()
        self.open.wait(10)
        return double(inputs)

    async def first(self, queue):
        """Put work into the queue, and wait until it is being done."""
        task = asyncio.create_task(queue.run(self.work, [0], 1))
        await asyncio.to_thread(self.begun.wait, 10)
        return task


@in_a_loop
async def test_everyone_gets_the_outputs_of_its_own_inputs():
    async with WorkQueue(Limits()) as queue:
        sent = [list(range(i, i + i % 3)) for i in range(50)]
        got = await asyncio.gather(*(queue.run(double, each, 1) for each in sent))
        assert got == [double(each) for each in sent]


@in_a_loop
async def test_requests_that_wait_together_are_done_together():
    gate = Gate()
    async with WorkQueue(Limits()) as queue:
        first = await gate.first(queue)
        others = [asyncio.create_task(queue.run(double, [i], 10)) for i in range(20)]
        await asyncio.sleep(0)
        gate.open.set()
        assert await asyncio.gather(first, *others) == [[0], *([2 * i] for i in range(20))]
        assert queue.batches == 2


@in_a_loop
async def test_long_texts_are_not_joined():
    gate = Gate()
    async with WorkQueue(Limits()) as queue:
        first = await gate.first(queue)
        others = [asyncio.create_task(queue.run(double, [i], 40_000)) for i in range(3)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(first, *others)
        assert queue.batches == 4


@in_a_loop
async def test_work_is_refused_when_too_much_waits():
    gate = Gate()
    async with WorkQueue(Limits(waiting=2, waiting_characters=100)) as queue:
        tasks = [await gate.first(queue)]
        with pytest.raises(BusyError):
            await queue.run(double, [1], 100)
        tasks += [asyncio.create_task(queue.run(double, [i], 1)) for i in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await queue.run(double, [1], 1)
        gate.open.set()
        await asyncio.gather(*tasks)
        assert await queue.run(double, [1], 99) == [2]


@in_a_loop
async def test_an_answer_that_takes_too_long_is_given_up_and_its_work_is_not_done():
    gate = Gate()
    done = []
    async with WorkQueue(Limits(answer_seconds=0.05)) as queue:
        first = await gate.first(queue)
        with pytest.raises(SlowError):
            await queue.run(lambda inputs: done.append(1) or inputs, [1], 1)
        gate.open.set()
        with pytest.raises(SlowError):
            await first
    assert done == []


@in_a_loop
async def test_the_input_of_one_client_harms_no_other():
    def divide(inputs):
        return [1 / each for each in inputs]

    gate = Gate()
    async with WorkQueue(Limits()) as queue:
        first = await gate.first(queue)
        tasks = [asyncio.create_task(queue.run(divide, [i], 1)) for i in (1, 0, 2)]
        await asyncio.sleep(0)
        gate.open.set()
        await first
        one, error, two = await asyncio.gather(*tasks, return_exceptions=True)
        assert (one, two) == ([1.0], [0.5])
        assert isinstance(error, ZeroDivisionError)


@in_a_loop
async def test_only_a_busy_server_says_when_to_come_again():
    """What took too long would take as long again; the page does not repeat it."""
    for error, header in ((BusyError("the server is busy"), "1"), (SlowError("too long"), None)):

        async def refuse(_, error=error):
            raise error

        queue = WorkQueue(Limits())
        transport = ASGITransport(safe_app([Route("/x", refuse)], queue))
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get("/x")
        assert (answer.status_code, answer.headers.get("retry-after")) == (503, header)
        assert answer.json() == {"error": str(error)}
