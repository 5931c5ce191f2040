"""``window-ner bulk``."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from window_ner.bulk.formats import InputFormat, OutputFormat, default_format
from window_ner.cli.listed_names import read_listed_names
from window_ner.cli.options import Labels, MinScore, Model, NamesFile, NamesLabel, Verbose
from window_ner.cli.output import say
from window_ner.cli.predict.finding import chosen_labels
from window_ner.cli.predict.run import TABLE_MEMORY
from window_ner.errors import InputError, require_extra
from window_ner.storage.places import MANIFEST
from window_ner.storage.text import reading

if TYPE_CHECKING:
    from window_ner.arrow import TextFinder
    from window_ner.bulk.cluster import ClusterOptions
    from window_ner.bulk.folder import Outcome
    from window_ner.bulk.inputs import InputFile
    from window_ner.bulk.job import Job
    from window_ner.bulk.options import Options
    from window_ner.bulk.places import Place
    from window_ner.data.name_list import NameList

_FAILURES_SHOWN = 10


def bulk(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files, folders and quoted patterns like 'news/*.jsonl.gz', or URLs like "
            "s3://bucket/news. It reads .parquet, and .jsonl, .csv, .tsv and .txt (each line a "
            "text), which may end in .gz or .zst.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option("--output", metavar="DIR", help="The folder for the output, or its URL."),
    ],
    model: Model = None,
    column: Annotated[
        str, typer.Option(metavar="NAME", help="The column of texts, or the key in JSON objects.")
    ] = "text",
    keep: Annotated[
        str,
        typer.Option(metavar="all|COLS", help="Columns to keep beside the names, like id,text."),
    ] = "all",
    to: Annotated[
        OutputFormat | None,
        typer.Option(help="Output format (default: parquet for Parquet files, else jsonl)."),
    ] = None,
    input_format: Annotated[
        InputFormat | None, typer.Option(help="Format of the input (default: by the ending).")
    ] = None,
    labels: Labels = None,
    names_file: NamesFile = None,
    names_label: NamesLabel = None,
    min_score: MinScore = 0.0,
    rows_per_part: Annotated[
        int, typer.Option(metavar="N", min=1, help="Number of rows of each output file.")
    ] = 10_000,
    max_characters: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Reject longer texts. Each character takes about 300 bytes of memory.",
        ),
    ] = 1_000_000,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Number of processes (default: cores).")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Use the Dask cluster with this scheduler, like tcp://host:8786. Its workers need "
            "window-ner, and must find input and output under the same paths.",
        ),
    ] = None,
    retries: Annotated[
        int, typer.Option(metavar="N", min=0, help="How often to try again a part that fails.")
    ] = 2,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")
    ] = False,
    summary: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.parquet",
            help="Also write each name and label with its count, number of texts, mean score and "
            "first places.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output of another job.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Find names in many large files, on all cores or a Dask cluster.

    The output folder gets a file for each part of the input, with the column entities, and _SUCCESS
    when all are complete. To go on after an interruption or a failure, give the same command again:
    parts that are finished are kept. Rows that cannot be read are listed in _rejected.jsonl.
    Exit code 1: a part failed, the others are finished.

    \b
    Examples:
      window-ner bulk news/*.parquet --output tagged
      window-ner bulk notes.jsonl.gz --column body --keep id --to parquet --output tagged
      window-ner bulk s3://bucket/news --output s3://bucket/tagged --scheduler tcp://host:8786
      window-ner bulk news --labels PER,ORG --summary names.parquet --output tagged
    """
    _check(workers, scheduler, summary)
    from window_ner.bulk.start import garbage_collection_off, warm_up

    with garbage_collection_off():
        from window_ner.bulk.cluster import ClusterOptions
        from window_ner.bulk.inputs import find_inputs
        from window_ner.bulk.options import Options
        from window_ner.bulk.places import place

        folder = place(output)
        files, kind = find_inputs(inputs, input_format, folder)
        options = Options(
            kind,
            to or default_format(kind),
            column,
            _columns(keep),
            rows_per_part,
            min_score=min_score,
            names=_checksum(names_file, names_label or "") if names_file else "",
            strict=strict,
            max_characters=max_characters,
        )
        names = read_listed_names(names_file, names_label)
        if scheduler is None:
            warm_up()  # while the model is read here
        finder = _finder(model, names, labels, min_score, verbose=verbose)
        job = _job(files, options, finder, model)
    outcome, seconds = _run(
        job,
        finder,
        folder,
        ClusterOptions(workers, scheduler, retries),
        overwrite=overwrite,
        summary=place(summary) if summary else None,
    )
    _tell(outcome, folder, seconds)
    if outcome.failed:
        raise typer.Exit(1)


def _check(workers: int | None, scheduler: str | None, summary: str | None) -> None:
    """Refuse options that are wrong whatever the input is."""
    require_extra("bulk", "bulk")
    if workers is not None and scheduler is not None:
        raise InputError("give --workers or --scheduler, not both: a cluster has its own workers")
    if summary is not None and not summary.endswith(".parquet"):
        raise InputError(f"--summary {summary}: is written as Parquet; let it end in .parquet")


def _columns(keep: str) -> tuple[str, ...] | None:
    """Read the columns to keep; None for all."""
    if keep == "all":
        return None
    columns = tuple(dict.fromkeys(name.strip() for name in keep.split(",") if name.strip()))
    if not columns:
        raise InputError("--keep: names no column; give all, or columns like id,text")
    return columns


def _checksum(file: Path, further: str = "") -> str:
    with reading(str(file)):
        return hashlib.sha256(file.read_bytes() + further.encode()).hexdigest()


def _finder(
    model: str | None,
    names: "NameList | None",
    labels: str | None,
    min_score: float,
    *,
    verbose: bool,
) -> "TextFinder":
    """Load the model; return what finds its names and those of the list."""
    from window_ner.arrow import TextFinder
    from window_ner.cli.models import load_model

    tagger = replace(load_model(model, verbose=verbose), table_memory=TABLE_MEMORY)
    return TextFinder(tagger, names, chosen_labels(labels, tagger, names), min_score)


def _job(
    files: "Sequence[InputFile]", options: "Options", finder: "TextFinder", model: str | None
) -> "Job":
    """Complete the options with the model and its labels; return the job."""
    from importlib.metadata import version

    from window_ner.bulk.job import Job
    from window_ner.cli.models import find_model

    checksum = _checksum(find_model(model) / MANIFEST)
    labels = None if finder.labels is None else tuple(finder.labels)
    return Job(version("window-ner"), replace(options, labels=labels, model=checksum), files)


def _run(
    job: "Job",
    finder: "TextFinder",
    folder: "Place",
    cluster: "ClusterOptions",
    *,
    overwrite: bool,
    summary: "Place | None",
) -> "tuple[Outcome, float]":
    """Run the job; return its outcome, and how many seconds it took."""
    from window_ner.bulk.start import garbage_collection_off

    with garbage_collection_off():
        from window_ner.bulk.run import ClusterLostError, run
        from window_ner.cli.bulk.progress import BulkProgress

    try:
        with BulkProgress() as progress:
            outcome = run(
                job,
                finder,
                folder,
                cluster,
                progress=progress,
                overwrite=overwrite,
                summary=summary,
            )
            return outcome, progress.seconds
    except ClusterLostError:
        say(
            "window-ner: the scheduler is gone; what is finished is kept, give the same command "
            "again",
            err=True,
        )
        raise typer.Exit(1) from None


def _tell(outcome: "Outcome", folder: "Place", seconds: float) -> None:
    """Print on stderr what was done, and which parts failed."""
    reused = f", of them {outcome.reused:,} already there" if outcome.reused else ""
    lines = [
        f"parts    {outcome.parts:,} finished{reused}",
        f"found    {outcome.entities:,} names in {outcome.rows:,} rows, {outcome.tokens:,} tokens, "
        f"in {seconds:.1f} s",
    ]
    if outcome.rejected:
        from window_ner.bulk.folder import REJECTED

        listed = (folder / REJECTED).name
        rows = "1 row" if outcome.rejected == 1 else f"{outcome.rejected:,} rows"
        lines.append(f"rejected {rows} that cannot be read; see {listed}")
    for part, reason in outcome.failed[:_FAILURES_SHOWN]:
        lines.append(f"failed   {part.shown}: {reason}")
    if (others := len(outcome.failed) - _FAILURES_SHOWN) > 0:
        lines.append(f"failed   {others:,} more parts")
    if outcome.failed:
        lines.append("note     give the same command again to try only what failed")
    for line in lines:
        say(line, err=True)
