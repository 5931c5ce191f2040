"""Runs a job: plans its parts, has workers tag them, and records the results."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

from window_ner.arrow import TextFinder
from window_ner.bulk.cluster import ClusterOptions, connected
from window_ner.bulk.folder import (
    SUCCESS,
    Outcome,
    begin,
    job_to_continue,
    reserved,
    write_rejected,
    write_success,
)
from window_ner.bulk.formats import InputFormat, OutputFormat
from window_ner.bulk.job import Job
from window_ner.bulk.options import Options
from window_ner.bulk.outputs import RECORD
from window_ner.bulk.parts import Scanned, parts_of
from window_ner.bulk.places import Place
from window_ner.bulk.scan import scan
from window_ner.bulk.summary import check_summary, write_summary
from window_ner.bulk.work import Delivery, Done, Failed, Work, do_part, progress_topic
from window_ner.errors import InputError, reason

_SUBMITTED_AT_ONCE = 1000
"""Parts that the scheduler knows at a time."""

_ERRORS_OF_FILES = (
    PermissionError,
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
)


class Progress(Protocol):
    """Shows how far a job is."""

    def planned(self, parts: int, rows: int) -> None:
        """Take note of the number of parts and rows of the job."""

    def working(self, part: int, rows: int, tokens: int) -> None:
        """Take note of the rows and tokens of an unfinished part so far."""

    def finished(self, result: Done | Failed) -> None:
        """Take note of a part that is done or has failed."""


class ClusterLostError(Exception):
    """The scheduler is gone."""


def run(
    wanted: Job,
    finder: TextFinder,
    output: Place,
    cluster: ClusterOptions,
    *,
    progress: Progress,
    overwrite: bool = False,
    summary: Place | None = None,
) -> Outcome:
    """Run a job, or go on with it: parts that an earlier run has finished are kept.

    Parameters
    ----------
    wanted
        The job without its columns and parts.
    finder
        Finds the names.
    output
        The output folder.
    overwrite
        Whether to replace the output of another job.
    summary
        A Parquet file for the names of the whole job.

    Raises
    ------
    InputError
        If the input cannot be read or the output cannot be written.
    ClusterLostError
        If the scheduler is gone. What is finished is kept.
    """
    with _errors_told(output), reserved(output):
        job = job_to_continue(output, wanted, overwrite=overwrite)
        if summary is not None:
            check_summary(summary, output, job, wanted, overwrite=overwrite)
        with connected(cluster) as client:
            if job is None:
                job = replace(wanted, **_plan(client, wanted))
                begin(output, job)
            (output / SUCCESS).remove()  # until all parts are there, or there again
            progress.planned(len(job.parts), sum(part.rows for part in job.parts))
            outcome = _carry_out(client, Work(job, finder, output.name), cluster.retries, progress)
            write_rejected(output, job, outcome)
            if not outcome.failed:
                write_success(output, job, outcome)
                if summary is not None:
                    write_summary(client, job, output, summary)
    return outcome


@contextlib.contextmanager
def _errors_told(output: Place) -> Iterator[None]:
    """Turn errors of Dask's connections into `ClusterLostError`, those of files into `InputError`.

    Both are OSErrors. Those of files have a number, or in an object store at least their class.
    """
    from concurrent.futures import CancelledError

    try:
        yield
    except CancelledError:
        raise ClusterLostError from None
    except OSError as error:
        if error.errno is None and not isinstance(error, _ERRORS_OF_FILES):
            raise ClusterLostError from None
        name = error.filename or output.name
        raise InputError(f"{name}: cannot be read or written ({reason(error)})") from None


def _plan(client: Any, wanted: Job) -> dict[str, Any]:
    """Have the workers scan all files; return the columns and the parts of the job."""
    names = [file.name for file in wanted.files]
    futures = client.map(scan, names, options=wanted.options, pure=False, retries=1)
    scanned: list[Scanned] = client.gather(futures)
    columns = _common_columns(names, scanned, wanted.options)
    if wanted.options.kind is InputFormat.JSONL:
        _check_keys(scanned, wanted.options)
    return {
        "columns": columns,
        "parts": parts_of(names, scanned, wanted.options.rows_per_part),
    }


def _check_keys(scanned: Sequence[Scanned], options: Options) -> None:
    """Refuse a key to keep that no file has near its beginning: it may be misspelt.

    Refuse also that the texts come into the column of Parquet that is for the other keys.
    """
    if (options.to, options.keep, options.column) == (OutputFormat.PARQUET, None, RECORD):
        raise InputError(
            f"--column {RECORD}: in Parquet, the column {RECORD!r} is for the other keys; name "
            "those to keep with --keep"
        )
    known = frozenset[str]().union(*(file.keys for file in scanned))
    missing = [key for key in options.keep or () if key not in known]
    if known and missing:
        raise InputError(
            f"--keep: the first objects of no file have the key {missing[0]!r}; they have: "
            f"{', '.join(map(repr, sorted(known)))}; for rare keys give --keep all"
        )


def _common_columns(
    names: Sequence[str], scanned: Sequence[Scanned], options: Options
) -> list[str]:
    """Return the columns of the first file; refuse files with others.

    All columns of CSV must be the same, in the same order. Of Parquet, only those to keep.
    """
    is_csv = options.kind is InputFormat.CSV

    def compared(file: Scanned) -> dict[str, str]:
        return {name: kind for name, kind in file.columns if is_csv or options.keeps(name)}

    first = compared(scanned[0])
    for name, file in zip(names, scanned, strict=True):
        if compared(file) != first:
            differing = ", ".join(sorted(dict(compared(file).items() ^ first.items())))
            advice = "" if is_csv else "name the common ones with --keep, or "
            raise InputError(
                f"{name}: its columns are not those of {names[0]}: {differing} differ; "
                f"{advice}run bulk once for each"
            )
        if is_csv and file.columns != scanned[0].columns:
            raise InputError(f"{name}: its columns have another order than those of {names[0]}")
    return [name for name, _ in scanned[0].columns]


def _carry_out(client: Any, work: Work, retries: int, progress: Progress) -> Outcome:
    """Have the workers do all parts.

    Raises
    ------
    InputError
        If a part has failed for a reason that would stop every other part, such as a full disk.
    """
    job = work.job
    delivery, topic = Delivery(work), progress_topic(work.key)
    client.subscribe_topic(topic, lambda event: progress.working(*event[1]))
    outcome = Outcome()
    by_number = {part.number: part for part in job.parts}
    try:
        client.register_plugin(delivery)
        for result in _results(client, work, retries):
            progress.finished(result)
            if isinstance(result, Done):
                outcome.add(result)
            elif result.fatal:
                raise InputError(f"{result.reason}; what is finished is kept")
            else:
                outcome.failed.append((by_number[result.part], result.reason))
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            client.unsubscribe_topic(topic)
            client.unregister_worker_plugin(delivery.name)
    outcome.failed.sort(key=lambda failure: failure[0].number)
    return outcome


def _results(client: Any, work: Work, retries: int) -> Iterator[Done | Failed]:
    """Yield the result of each part as soon as it is there; not all are submitted at once."""
    from distributed import as_completed

    waiting = iter(work.job.parts)

    def submit(count: int) -> list[Any]:
        """Submit the next parts. Earlier parts have priority, also when one is tried again."""
        return [
            client.submit(
                do_part,
                work.key,
                part,
                key=(f"window-ner-part-{work.key}", part.number),
                priority=-part.number,
                retries=retries,
            )
            for part in islice(waiting, count)
        ]

    pool = as_completed(submit(_SUBMITTED_AT_ONCE))
    for future in pool:
        yield _result(future, future.key[1])
        future.release()
        pool.update(submit(1))


def _result(future: Any, number: int) -> Done | Failed:
    from distributed import KilledWorker

    if future.status in ("cancelled", "lost"):
        raise ClusterLostError
    error = future.exception()
    if error is None:
        result: Done | Failed = future.result()
        return result
    if isinstance(error, KilledWorker):
        return Failed(number, "its worker was killed each time; is there enough memory?")
    return Failed(number, f"{type(error).__name__}: {error}" if str(error) else repr(error))
