"""Workers: processes of this machine, or those of a Dask cluster that exists."""

import atexit
import contextlib
import logging
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from window_ner.errors import InputError

_SECONDS_TO_CONNECT = 10


@dataclass(frozen=True)
class ClusterOptions:
    """Where the work is done.

    Attributes
    ----------
    workers
        Number of processes of this machine; None for one a core.
    scheduler
        The address of the scheduler of a cluster that exists, such as ``tcp://host:8786``; None
        starts processes on this machine.
    retries
        How often a part is tried again if it fails or its worker dies.
    """

    workers: int | None = None
    scheduler: str | None = None
    retries: int = 2


@contextlib.contextmanager
def connected(options: ClusterOptions) -> Iterator[Any]:
    """Connect to the workers; yield a `distributed.Client`.

    Raises
    ------
    InputError
        If there is no scheduler at the address.
    """
    import dask
    from distributed import Client

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # Dask logs each worker that ends
    with dask.config.set(_config(options)), contextlib.ExitStack() as stack:
        if options.scheduler is None:
            with _interrupts_later():
                cluster = stack.enter_context(_local_cluster(options.workers))
                client = stack.enter_context(Client(cluster))
            yield client
            return
        try:
            client = Client(options.scheduler, timeout=_SECONDS_TO_CONNECT)
        except (OSError, ValueError) as error:
            raise InputError(
                f"--scheduler {options.scheduler}: there is no scheduler of Dask ({error})"
            ) from None
        yield stack.enter_context(client)


@contextlib.contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hold back the first Ctrl-C or SIGTERM until the end of a ``with`` block.

    A local cluster that is interrupted while it starts cannot be closed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: object) -> None:
        if held:
            raise KeyboardInterrupt
        held.append(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in before.items() if callable(handler)}
    try:
        for number in before:
            signal.signal(number, hold)
        yield
    except Exception:
        if not held:  # else the signal has reached the workers too, and they ended
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if held:
        raise KeyboardInterrupt


def _config(options: ClusterOptions) -> dict[str, Any]:
    """Return the settings of Dask. In a cluster that exists, they reach only this client."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    return {
        "distributed.worker.profile.enabled": False,
        "distributed.worker.multiprocessing-method": "forkserver" if forks else "spawn",
        "distributed.scheduler.allowed-failures": options.retries,
        "distributed.scheduler.worker-saturation": 1.0,  # a worker gets a part when it is free
        # Each process measures its own load, and the delay of its event loop, less often.
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.tick.cycle": "5s",
        "distributed.admin.log-format": "%(message)s",
        "logging.distributed": "critical",
    }


def _local_cluster(workers: int | None) -> Any:
    from dask.system import CPU_COUNT
    from distributed import LocalCluster, utils
    from distributed.deploy.spec import close_clusters

    # Else Dask imports pandas, if that is installed; our workers do not need it.
    utils._forkserver_preload_set = True

    atexit.unregister(close_clusters)  # it fails with a traceback if a start was interrupted
    return LocalCluster(
        n_workers=workers or CPU_COUNT,
        threads_per_worker=1,
        # No dashboard; any free port for the page of Dask's own metrics, on this machine only.
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        silence_logs=logging.CRITICAL,
    )
