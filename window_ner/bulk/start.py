"""Makes a job start sooner: workers import their modules while the model is read."""

import contextlib
import gc
import multiprocessing
import os
from collections.abc import Iterator

_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}


def warm_up() -> None:
    """Begin to import, in another process, what each worker needs; it takes a second.

    Workers are then forked from that process, which has one thread.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    from multiprocessing import forkserver

    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        forkserver.set_forkserver_preload(["window_ner.bulk.preload"])
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def garbage_collection_off() -> Iterator[None]:
    """Switch the garbage collector off in a ``with`` block, and never search its objects later.

    Imports and a model make hundreds of thousands of objects that last until the process ends. To
    search them for garbage again and again takes a fifth of the time of an import.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
