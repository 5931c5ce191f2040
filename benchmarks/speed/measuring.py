"""Clocks, memory, and processes that measure by themselves or keep the machine busy."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    work()
    return clock() - started


def children() -> float:
    """Return the processor time of all child processes that have ended."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def both_clocks(run: Callable[[], Any]) -> tuple[float, float]:
    """Run a process; return its processor time and its wall-clock time."""
    busy, started = children(), time.perf_counter()
    run()
    return children() - busy, time.perf_counter() - started


def peak_memory() -> float:
    """Return the peak memory of this process in megabytes."""
    import resource

    kilo = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / kilo


def python_process(*arguments: str, **more: Any) -> str:
    command = [sys.executable, *arguments]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, **more)
    return done.stdout.decode()


def one(*arguments: str) -> dict[str, Any]:
    """Measure in a separate process."""
    result: dict[str, Any] = json.loads(
        python_process("-m", "benchmarks.speed", "--one", *arguments)
    )
    return result


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep so many other processes busy with matrix products."""
    work = "import numpy as np; a = np.ones((500, 500))\nwhile True: a @ a"
    command = [sys.executable, "-c", work]
    processes = [subprocess.Popen(command, env={**os.environ, **ONE_THREAD}) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
