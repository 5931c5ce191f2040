"""What a worker does: tag a part and write its file."""

import errno
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from distributed import WorkerPlugin, get_worker

from window_ner.arrow import TextFinder
from window_ner.bulk.inputs import describe
from window_ner.bulk.job import Job
from window_ner.bulk.outputs import HashedFile, part_writer
from window_ner.bulk.parts import Part
from window_ner.bulk.places import place
from window_ner.bulk.reading import read_rows
from window_ner.bulk.receipts import Receipt, finished, receipt_place
from window_ner.bulk.rows import Rejected
from window_ner.errors import InputError, reason

_SECONDS_BETWEEN_REPORTS = 0.5

_WORK: dict[str, "Work"] = {}
"""What a `Delivery` has brought to this worker, by its keys."""

Report = Callable[[int, int], None]
"""Called with the number of rows and tokens of a part so far."""


@dataclass(frozen=True)
class Work:
    """What a worker needs for every part of a job.

    Attributes
    ----------
    job
        The job.
    finder
        Finds the names.
    output
        The output folder: its absolute path or its URL.
    key
        Its key on the cluster, on which the same job may be running into another folder.
    """

    job: Job
    finder: TextFinder
    output: str
    key: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True)
class Done:
    """A finished part.

    Attributes
    ----------
    part
        Its number.
    rows, tokens, entities, rejected
        What was counted in it.
    reused
        Whether an earlier run had finished it.
    """

    part: int
    rows: int
    tokens: int
    entities: int
    rejected: int
    reused: bool


@dataclass(frozen=True)
class Failed:
    """A part that cannot be done.

    Attributes
    ----------
    part
        Its number.
    reason
        The error, in one line.
    fatal
        Whether the error would stop every other part, too.
    """

    part: int
    reason: str
    fatal: bool = False


class Delivery(WorkerPlugin):  # type: ignore[misc] # distributed has no types
    """Brings the work to each worker once, also to workers that start later."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.version = version("window-ner")
        self.name = f"window-ner-{work.key}"

    def setup(self, worker: Any) -> None:
        """Keep the work in this process.

        Raises
        ------
        InputError
            If the worker has another version.
        """
        if version("window-ner") != self.version:
            raise InputError(
                f"the worker {worker.address} has window-ner {version('window-ner')}, and this "
                f"command is {self.version}; install the same version"
            )
        _WORK[self.work.key] = self.work
        gc.freeze()  # searching the model for garbage would take 3 % of the time

    def teardown(self, worker: Any) -> None:
        """Forget the work."""
        gc.unfreeze()
        _WORK.pop(self.work.key, None)


def do_part(key: str, part: Part) -> Done | Failed:
    """Tag a part of the work that a `Delivery` has brought, unless it is finished.

    Raises
    ------
    Exception
        If there is an error that may not come again, so that Dask tries the part again.
    """
    work = _WORK[key]
    try:
        return _tag_unless_finished(work, part, _reporter(key, part))
    except InputError as error:
        return Failed(part.number, str(error), fatal=work.job.options.strict)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
            return Failed(part.number, f"{work.output}: {reason(error)}", fatal=True)
        raise


def _tag_unless_finished(work: Work, part: Part, report: Report) -> Done:
    output = place(work.output)
    receipt = finished(output, work.job, part)
    reused = receipt is not None
    if receipt is None:
        receipt = write_part(work, part, report)
        receipt_place(output, part).write(receipt.as_bytes())
    counts = receipt.rows, receipt.tokens, receipt.entities, len(receipt.rejected)
    return Done(part.number, *counts, reused)


def write_part(work: Work, part: Part, report: Report) -> Receipt:
    """Tag a part and write its file, which appears when it is complete.

    Raises
    ------
    InputError
        If the input cannot be read, or a row of it and the job is strict.
    OSError
        If the output cannot be written.
    """
    job, finder = work.job, work.finder
    options = job.options
    if describe(place(part.file)) != job.input_of(part):
        raise InputError(f"{part.file}: has changed since the job began")
    rejected: list[dict[str, Any]] = []
    rows = tokens = entities = 0
    with (place(work.output) / job.file_of(part)).replacing() as raw:
        file = HashedFile(raw)
        with part_writer(
            file, part, options, job.columns, with_source=finder.with_source
        ) as writer:
            for some in read_rows(part, options, job.columns):
                if isinstance(some, Rejected):
                    if options.strict:
                        raise InputError(f"{some.file}:{some.line}: {some.reason}")
                    rejected.append(some.as_dict())
                    continue
                found = finder.find(some.texts)
                writer.write(some, found)
                rows, tokens = rows + len(some.texts), tokens + found.tokens
                entities += sum(map(len, filter(None, found.entities)))
                report(rows, tokens)
    return Receipt(job.key, file.size, file.checksum, rows, tokens, entities, tuple(rejected))


def _reporter(key: str, part: Part) -> Report:
    """Return a function that reports the progress of a part to the command now and then."""
    try:
        worker = get_worker()
    except ValueError:  # not on a worker
        return lambda rows, tokens: None
    last = time.monotonic()

    def report(rows: int, tokens: int) -> None:
        nonlocal last
        if time.monotonic() - last > _SECONDS_BETWEEN_REPORTS:
            last = time.monotonic()
            worker.log_event(progress_topic(key), (part.number, rows, tokens))

    return report


def progress_topic(key: str) -> str:
    """Return the topic of Dask's events on which workers report their progress."""
    return f"window-ner-{key}"
