"""Counts the names of a whole output: each part on a worker, then merged in a tree."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from window_ner.bulk.folder import OURS
from window_ner.bulk.formats import OutputFormat
from window_ner.bulk.job import Job
from window_ner.bulk.options import ENTITIES
from window_ner.bulk.parquet import open_parquet
from window_ner.bulk.places import Place, place
from window_ner.errors import InputError, reason
from window_ner.storage.places import real_path

_MERGED_AT_ONCE = 16
_JOB = b"window-ner job"
_PLACES = 3

_SCORE_UNIT = 10_000
"""Scores are added as integers, so that the sum does not depend on the order."""

_PLACE = pa.struct([("part", pa.string()), ("row", pa.int64()), ("start", pa.int32())])

_COUNTS = pa.schema(
    [
        ("name", pa.string()),
        ("label", pa.string()),
        ("count", pa.int64()),
        ("documents", pa.int64()),
        ("score", pa.int64()),
        ("places", pa.list_(_PLACE)),
    ]
)


def write_summary(client: Any, job: Job, output: Place, file: Place) -> None:
    """Write each name and label with its count, documents, mean score and first places.

    The most frequent come first. A place is the name of a file of the output, a row in it from 0,
    and a character.
    """
    files = [(output / job.file_of(part)).name for part in job.parts]
    merged = _merged(client, files, job.options.to)
    client.submit(_write, merged, file.name, job.key, pure=False).result()


def check_summary(
    file: Place, output: Place, job: Job | None, wanted: Job, *, overwrite: bool
) -> None:
    """Check that the table of names can be written, before anything is tagged.

    Parameters
    ----------
    file
        The file to write.
    output
        The output folder. The table may be in it, but not in place of a file of the job.
    job
        The job that the output folder has; None if a new one begins. Its own table is replaced.
    wanted
        The job of the command.
    overwrite
        Whether to replace another file, but never an input.

    Raises
    ------
    InputError
        If there is another file, or no folder for it.
    """
    target = file.name if file.local is None else real_path(file.local).as_posix()
    if {file.name, target} & {given.name for given in wanted.files}:
        raise InputError(f"{file.name}: is an input; choose another --summary")
    if file.is_in(output) and OURS.fullmatch(file.name.rpartition("/")[2]):
        raise InputError(f"{file.name}: is a file of the output; choose another --summary")
    if file.local is not None and not file.local.parent.is_dir():
        raise InputError(f"{file.name}: there is no such folder; make it, or change --summary")
    if overwrite or not file.exists():
        return
    if job is None or _job_of(file) != job.key:
        raise InputError(f"{file.name}: exists; choose another --summary, or --overwrite")


def _job_of(file: Place) -> str | None:
    """Return the key of the job whose names a file has; None if it is something else."""
    try:
        with open_parquet(file.name) as table:
            return str((table.schema_arrow.metadata or {}).get(_JOB, b""), "utf-8")
    except InputError:
        return None


def _merged(client: Any, files: Sequence[str], form: OutputFormat) -> Any:
    """Submit the tasks that count and merge the names of files; return the last of them.

    A merge is submitted right after the tasks that it needs, so that few results wait.
    """
    if len(files) == 1:
        return client.submit(count_names, files[0], form, pure=False)
    size = _MERGED_AT_ONCE
    while size * _MERGED_AT_ONCE < len(files):
        size *= _MERGED_AT_ONCE
    if len(files) <= _MERGED_AT_ONCE:
        size = 1
    groups = [files[i : i + size] for i in range(0, len(files), size)]
    return client.submit(merge, [_merged(client, group, form) for group in groups], pure=False)


def count_names(file: str, form: OutputFormat) -> pa.Table:
    """Count the names of one file of the output."""
    part = file.rpartition("/")[2]
    counts: dict[tuple[str, str], list[Any]] = {}
    for row, entities in enumerate(_entities(file, form)):
        found = set()
        for entity in entities or ():
            key = " ".join(entity["text"].split()), entity["label"]
            of_name = counts.setdefault(key, [0, 0, 0, []])
            of_name[0] += 1
            of_name[1] += key not in found
            of_name[2] += round(entity["score"] * _SCORE_UNIT)
            if len(of_name[3]) < _PLACES:
                of_name[3].append({"part": part, "row": row, "start": entity["start"]})
            found.add(key)
    rows = [(*key, *counts[key]) for key in sorted(counts)]
    columns: Any = list(zip(*rows, strict=True)) or [[] for _ in _COUNTS]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, _COUNTS, strict=True)], _COUNTS)


def _entities(file: str, form: OutputFormat) -> Iterator[list[dict[str, Any]] | None]:
    if form is OutputFormat.PARQUET:
        with open_parquet(file) as parquet:
            for batch in parquet.iter_batches(1024, columns=[ENTITIES], use_threads=False):
                yield from batch.column(0).to_pylist()
        return
    with place(file).open() as lines:
        for line in lines:
            yield json.loads(line)[ENTITIES]


def merge(tables: Sequence[pa.Table]) -> pa.Table:
    """Add the counts of several files; the first places are those of the first files."""
    table = pa.concat_tables(tables)
    if not len(table):
        return table
    table = table.append_column("order", pa.array(np.arange(len(table))))
    table = table.sort_by([(name, "ascending") for name in ("name", "label", "order")])
    table = table.combine_chunks()
    is_first = np.ones(len(table), bool)
    for column in ("name", "label"):
        values = table[column].combine_chunks()
        differs = pc.not_equal(values[1:], values[:-1]).to_numpy(zero_copy_only=False)
        is_first[1:] = differs if column == "name" else is_first[1:] | differs
    starts = np.flatnonzero(is_first)
    sums = {
        name: pa.array(np.add.reduceat(table[name].to_numpy(), starts))
        for name in ("count", "documents", "score")
    }
    firsts = table.take(pa.array(starts)).select(["name", "label"])
    columns = [*firsts.columns, *sums.values(), _first_places(table["places"], starts)]
    return pa.table(columns, _COUNTS)


def _first_places(places: pa.ChunkedArray, starts: Any) -> pa.ListArray:
    """Return the first places of each group of rows; groups begin at ``starts``."""
    lists = places.combine_chunks()
    lengths = pc.list_value_length(lists).to_numpy()
    ends = np.cumsum(lengths)
    begins = (ends - lengths)[starts]
    counts = np.minimum(np.add.reduceat(lengths, starts), _PLACES)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    chosen = np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], counts)
    return pa.ListArray.from_arrays(pa.array(offsets), lists.flatten().take(pa.array(chosen)))


def _write(table: pa.Table, file: str, key: str) -> None:
    means = pc.divide(table["score"].cast(pa.float64()), pc.multiply(table["count"], _SCORE_UNIT))
    table = table.set_column(4, "mean_score", means).replace_schema_metadata({_JOB: key})
    order = [("count", "descending"), ("name", "ascending"), ("label", "ascending")]
    try:
        with place(file).replacing() as raw:
            pq.write_table(table.sort_by(order), raw, compression="zstd")
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({reason(error)})") from None
