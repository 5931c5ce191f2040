"""``window-ner pitfall``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from window_ner.cli.options import Changes, Config, Vectors
from window_ner.cli.output import print_table
from window_ner.cli.pitfall.tables import Format, markdown_table
from window_ner.cli.pitfall.television import PICTURE
from window_ner.errors import InputError, reason, require_extra
from window_ner.storage.atomic import write_text

if TYPE_CHECKING:
    from window_ner.analysis.pitfall import Experiment
    from window_ner.analysis.pitfall_records import CurvePoint, Record
    from window_ner.analysis.pitfall_summary import Summary


def pitfall(
    train_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--train",
            metavar="FILE",
            help="File to train on; several are joined (default: sample).",
        ),
    ] = None,
    dev_file: Annotated[
        Path | None,
        typer.Option("--dev", metavar="FILE", help="File to choose the epoch by, and to score."),
    ] = None,
    test_file: Annotated[
        Path | None, typer.Option("--test", metavar="FILE", help="Another file to score.")
    ] = None,
    sizes: Annotated[
        str,
        typer.Option(
            metavar="N,N,…", help="Training windows, like 1000,20000 (default: 1000,3000,… to all)."
        ),
    ] = "",
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Number of runs of each kind.")
    ] = 3,
    modes: Annotated[
        str,
        typer.Option(
            metavar="MODE,MODE,…",
            help="Also compare these settings between frozen and fine-tuned, like unfreeze_after=3 "
            "or vector_rate=0.1+min_count=5.",
        ),
    ] = "frozen,fine-tuned,random",
    config: Config = "lecture",
    vectors: Vectors = None,
    changes: Changes = None,
    words: Annotated[
        bool,
        typer.Option(
            "--words",
            help="Show the example TV, telly, television instead: in made windows, or in --train.",
        ),
    ] = False,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Runs at the same time.")] = 1,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")] = Path(
        "pitfall"
    ),
    output_format: Annotated[
        Format, typer.Option("--format", help="Output format.")
    ] = Format.TABLE,
) -> None:
    """Measure when to fine-tune the word vectors.

    It compares frozen, fine-tuned and random vectors for several training sizes, on seen and on
    unseen words. Finished runs are kept in the output folder, so the same command continues an
    interrupted experiment.

    \b
    Examples:
      window-ner pitfall
      window-ner pitfall --train a.conll --train b.conll --dev dev.conll --jobs 4
      window-ner pitfall --words
    """
    from window_ner.analysis.pitfall import Experiment, default_sizes
    from window_ner.analysis.pitfall_records import CurvePoint
    from window_ner.cli.pitfall.words import show_television, show_words
    from window_ner.data.sources import corpus_files, read_split
    from window_ner.data.word_vectors import load_word_vectors
    from window_ner.settings.toml import change_settings, load_config

    require_extra("train", "the experiment")
    if bool(train_files) != bool(dev_file) or (test_file and not train_files):
        raise InputError("give both --train and --dev, or neither for the sample corpus")
    sample = corpus_files()
    train_paths = [str(p) for p in train_files or sample.train]
    split_paths = {"dev": str(dev_file or sample.dev[0])}
    if test_file:
        split_paths["test"] = str(test_file)
    settings = load_config(config, changes or ())
    if vectors:
        settings = change_settings(settings, {"vectors.sets": vectors})
    if words and not train_files:
        (source, *_) = settings.vectors.sets
        show_television(load_word_vectors(source), output_format, output)
        return
    experiment = Experiment(
        settings,
        read_split(train_paths),
        {name: read_split(path) for name, path in split_paths.items()},
        [load_word_vectors(source) for source in settings.vectors.sets],
    )
    what = {
        "train": [Path(path).name for path in train_paths],
        **{name: Path(path).name for name, path in split_paths.items()},
        "windows": experiment.pool.token_count,
        "settings": json.loads(json.dumps(settings.as_dict())),
    }
    if words:
        show_words(experiment, output_format, what)
        return
    chosen = _numbers(sizes) or default_sizes(experiment.pool.token_count)
    runs = [
        CurvePoint(size, seed, mode.strip())
        for size in chosen
        for seed in range(1, seeds + 1)
        for mode in modes.split(",")
    ]
    _check_folder(output, what)
    records = _carry_out(experiment.compact(), runs, output, jobs)
    _write_results(records, experiment, output, output_format, what)
    minutes, seconds = divmod(round(sum(record["seconds"] for record in records)), 60)
    typer.echo(
        f"time     {minutes} min {seconds} s of processor time for {len(records)} runs", err=True
    )


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part.replace("_", "")) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = [0]
    if min(numbers, default=1) < 1:
        raise InputError(f"--sizes {text}: expected numbers of windows, like 1000,20000")
    return numbers


def _check_folder(output: Path, what: dict[str, Any]) -> None:
    """Refuse an output folder that has something else than runs of the same experiment."""
    note = output / "experiment.json"
    try:
        output.mkdir(parents=True, exist_ok=True)
        if note.is_file():
            before = json.loads(note.read_text(encoding="utf-8"))
            if before != what:
                raise InputError(
                    f"{output}: has runs of another experiment (other files or settings); "
                    "choose another --output"
                )
        elif any(path.name != PICTURE for path in output.iterdir()):
            raise InputError(f"{output}: contains other files; choose another --output")
        write_text(note, json.dumps(what, indent=1) + "\n")
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{output}: cannot be used ({reason(error)})") from None


def _carry_out(
    experiment: "Experiment", runs: "list[CurvePoint]", output: Path, jobs: int
) -> "list[Record]":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from window_ner.analysis.pitfall import carry_out
    from window_ner.analysis.pitfall_records import CurvePoint

    console = Console(stderr=True, highlight=False)
    done = 0
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[runs]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        total = sum(experiment.work_of(run) for run in runs)
        task = bar.add_task("pitfall", total=total, runs=f"0 of {len(runs)} runs")

        def report(record: "Record") -> None:
            nonlocal done
            done += 1
            bar.update(
                task,
                advance=experiment.work_of(
                    CurvePoint(record["size"], record["seed"], record["mode"])
                ),
                description=f"{record['size']:,} windows, {record['mode']}",
                runs=f"{done} of {len(runs)} runs",
            )

        return carry_out(experiment, runs, output / "results.jsonl", jobs=jobs, report=report)


def _write_results(
    records: "list[Record]",
    experiment: "Experiment",
    output: Path,
    output_format: Format,
    what: dict[str, Any],
) -> None:
    from window_ner.analysis.pitfall_summary import summarise
    from window_ner.cli.pitfall.plot import draw

    summaries = {name: summarise(records, name) for name in experiment.splits}
    summary = {
        **what,
        "summary": {name: [asdict(s) for s in rows] for name, rows in summaries.items()},
    }
    write_text(output / "summary.json", json.dumps(summary, indent=1) + "\n")
    markdown = "\n\n".join(_markdown(what[name], rows) for name, rows in summaries.items()) + "\n"
    write_text(output / "summary.md", markdown)
    if output_format is Format.JSON:
        typer.echo(json.dumps(summary, indent=1))
    elif output_format is Format.MARKDOWN:
        typer.echo(markdown, nl=False)
    else:
        for name, rows in summaries.items():
            _print_table(what[name], rows)
    settings = experiment.settings
    bounds = settings.fine_tuning.freeze_below, settings.fine_tuning.tune_above
    trained_on = " + ".join(what["train"])
    hidden = "-".join(map(str, settings.network.hidden))
    title = f"When to fine-tune word vectors  ({trained_on}, H = {hidden})"
    try:
        draw(summaries["dev"], output / "pitfall.svg", title=title, bounds=bounds)
        typer.echo(f"picture  {output / 'pitfall.svg'}", err=True)
    except InputError as error:
        typer.echo(f"note     {error}", err=True)


_COLUMNS = ("windows", "vectors", "seen words", "unseen words", "all words", "unseen, to frozen")


def _cells(summary: "Summary") -> list[str]:
    scores = [
        f"{100 * summary.mean[words]:.1f} ± {100 * summary.deviation[words]:.1f}"
        for words in ("seen", "unseen", "all")
    ]
    gain = f"{100 * summary.gain['unseen']:+.1f}" if summary.gain else ""
    return [f"{summary.size:,}", summary.mode, *scores, "" if summary.mode == "frozen" else gain]


def _markdown(title: str, summaries: "list[Summary]") -> str:
    table = markdown_table(_COLUMNS, map(_cells, summaries))
    return f"Token F1 on {title}, {max(s.seeds for s in summaries)} seeds:\n\n{table}"


def _print_table(title: str, summaries: "list[Summary]") -> None:
    from rich.table import Table

    seeds = max(s.seeds for s in summaries)
    table = Table()
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column == "vectors" else "right")
    for before, summary in zip([None, *summaries], summaries, strict=False):
        if before and before.size != summary.size:
            table.add_section()
        table.add_row(*_cells(summary))
    print_table(table, f"token F1 on {title}: mean ± standard deviation of {seeds} seeds")
