"""The output folder of a job: which command may write there, and the files beside the parts."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from window_ner.bulk.job import JOB, Job, differences, read_job
from window_ner.bulk.parts import Part
from window_ner.bulk.places import Place
from window_ner.bulk.receipts import FOLDER, read_receipt
from window_ner.bulk.work import Done
from window_ner.data.json_records import encoded
from window_ner.errors import InputError
from window_ner.storage.locks import locked

SUCCESS, REJECTED = "_SUCCESS", "_rejected.jsonl"
_LOCK = ".lock"

OURS = re.compile(r"part-\d{6,}\.(parquet|jsonl)|_SUCCESS|_rejected\.jsonl|_parts")
"""The names of what a job writes, which the next may remove."""

_UNFINISHED = re.compile(r"\.((part-)?\d{6,}|_job|_SUCCESS|_rejected)(\.[a-z]+)?-[0-9a-f]{8}")
"""The temporary files that a killed process leaves."""


@dataclass
class Outcome:
    """The result of a job.

    Attributes
    ----------
    parts, reused
        Number of parts that are done, and how many of them an earlier run had finished.
    rows, tokens, entities, rejected
        What was counted in them.
    failed
        The parts that could not be done, in order, with the reason of each.
    """

    parts: int = 0
    reused: int = 0
    rows: int = 0
    tokens: int = 0
    entities: int = 0
    rejected: int = 0
    failed: list[tuple[Part, str]] = field(default_factory=list)

    def add(self, done: Done) -> None:
        """Count a part that is done."""
        self.parts += 1
        self.reused += done.reused
        self.rows += done.rows
        self.tokens += done.tokens
        self.entities += done.entities
        self.rejected += done.rejected


@contextlib.contextmanager
def reserved(output: Place) -> Iterator[None]:
    """Keep other commands of this machine out of an output folder; make it if it is missing.

    Raises
    ------
    InputError
        If another command writes there, or it cannot be written.
    """
    try:
        if output.exists() and not output.is_folder():
            raise InputError(f"{output.name}: is a file; choose another --output")
        output.make_folder()
        (output / FOLDER).make_folder()
        local = output.local
        with locked(local / _LOCK, wait=False) if local else contextlib.nullcontext():
            yield
    except BlockingIOError:
        raise InputError(
            f"{output.name}: another command is writing there; choose another --output"
        ) from None


def job_to_continue(output: Place, wanted: Job, *, overwrite: bool) -> Job | None:
    """Return the job of the output folder if it is the wanted one; None if a new one may begin.

    Parameters
    ----------
    overwrite
        Whether the new one may replace the output of another.

    Raises
    ------
    InputError
        If the folder has another job or other files, and ``overwrite`` is false.
    """
    for name in _matching(output, _UNFINISHED):
        (output / name).remove()
    for name in _matching(output / FOLDER, _UNFINISHED):
        (output / FOLDER / name).remove()
    try:
        job = read_job(output)
    except InputError:
        if not overwrite:
            raise
        job = None
    if job is not None and not (found := differences(job, wanted)):
        return job
    if not overwrite:
        if job is not None:
            raise InputError(
                f"{output.name}: has the output of another job: {'; '.join(found)}; choose another "
                "--output, or replace it with --overwrite"
            )
        others = sorted(set(output.entries()) - {_LOCK, FOLDER})
        if not others and (output / FOLDER).entries():
            others = [FOLDER]
        if others:
            raise InputError(
                f"{output.name}: has other files ({', '.join(others[:3])}); choose another "
                "--output, or write beside them with --overwrite"
            )
    return None


def begin(output: Place, job: Job) -> None:
    """Remove the output of another job, ``_SUCCESS`` and ``_job.json`` first, and store a new job.

    A command that is killed in between leaves no folder that looks complete.
    """
    for name in (SUCCESS, JOB, *_matching(output, OURS)):
        (output / name).remove()
    (output / FOLDER).make_folder()
    (output / JOB).write(job.as_bytes(), durable=True)


def _matching(folder: Place, pattern: re.Pattern[str]) -> list[str]:
    return [name for name in folder.entries() if pattern.fullmatch(name)]


def write_rejected(output: Place, job: Job, outcome: Outcome) -> None:
    """Collect the rows that could not be read; there is no file if there are none."""
    if not outcome.rejected:
        (output / REJECTED).remove()
        return
    with (output / REJECTED).replacing() as file:
        for part in job.parts:
            receipt = read_receipt(output, job, part)
            for row in receipt.rejected if receipt else ():
                file.write(encoded(json.dumps(row, ensure_ascii=False) + "\n"))


def write_success(output: Place, job: Job, outcome: Outcome) -> None:
    """Mark the output as complete, with the counts of the whole job."""
    counts = {
        "parts": outcome.parts,
        "rows": outcome.rows,
        "tokens": outcome.tokens,
        "entities": outcome.entities,
        "rejected": outcome.rejected,
    }
    (output / SUCCESS).write((json.dumps({"job": job.key, **counts}) + "\n").encode())
