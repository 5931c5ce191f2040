"""``window-ner pitfall``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from window_ner.cli.options import Changes, Config, Vectors
from window_ner.cli.pitfall.tables import Format
from window_ner.cli.pitfall.television import PICTURE
from window_ner.errors import InputError, reason, require_extra
from window_ner.storage.atomic import write_text

if TYPE_CHECKING:
    from window_ner.analysis.pitfall import Experiment
    from window_ner.settings.tables import Settings


def pitfall(
    context: typer.Context,
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
            help="What to compare: frozen, fine-tuned or random vectors, or settings in between, "
            "like unfreeze_after=3 or vector_rate=0.1+min_count=5.",
        ),
    ] = "frozen,fine-tuned,random",
    epochs: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Largest number of epochs of a run; runs on much data have fewer.",
        ),
    ] = 40,
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
    from window_ner.analysis.pitfall import default_sizes
    from window_ner.cli.pitfall.progress import carry_out_visibly
    from window_ner.cli.pitfall.results import write_results
    from window_ner.cli.pitfall.words import show_television, show_words
    from window_ner.data.random_vectors import is_random
    from window_ner.data.word_vectors import load_word_vectors
    from window_ner.settings.toml import change_settings, load_config

    require_extra("train", "the experiment")
    if bool(train_files) != bool(dev_file) or (test_file and not train_files):
        raise InputError("give both --train and --dev, or neither for the sample corpus")
    if words:
        _refuse_unused(context, in_corpus=bool(train_files))
    settings = load_config(config, changes or ())
    if vectors:
        settings = change_settings(settings, {"vectors.sets": vectors})
    if any(map(is_random, settings.vectors.sets)):
        raise InputError("vectors: random ones have nothing to compare; --modes random draws them")
    _refuse_overruled(settings, load_config(config))
    if words and not train_files:
        (source, *_) = settings.vectors.sets
        show_television(load_word_vectors(source), output_format, output)
        return
    experiment, what = _experiment(settings, train_files, dev_file, test_file, epochs)
    if words:
        show_words(experiment, output_format, what)
        return
    chosen = _numbers(sizes) or default_sizes(experiment.pool.token_count)
    runs = experiment.points(chosen, seeds, [mode.strip() for mode in modes.split(",")])
    _check_folder(output, what)
    records = carry_out_visibly(experiment.compact(), runs, output / "results.jsonl", jobs)
    write_results(records, experiment, output, output_format, what)
    minutes, seconds = divmod(round(sum(record["seconds"] for record in records)), 60)
    typer.echo(
        f"time     {minutes} min {seconds} s of processor time for {len(records)} runs", err=True
    )


def _refuse_unused(context: typer.Context, *, in_corpus: bool) -> None:
    """Refuse options that have no effect with --words, on its made windows or in a corpus."""
    given = {
        name
        for name in context.params
        if (source := context.get_parameter_source(name)) and source.name != "DEFAULT"
    }
    if not in_corpus and given & {"config", "changes"}:
        raise InputError(
            "--words on its made windows trains the lecture's network in its own way; leave "
            "out --config and --set, or give --train and --dev"
        )
    unused = ["sizes", "seeds", "modes", "jobs", *(["output", "test"] if in_corpus else ["epochs"])]
    options = [f"--{name}" for name in unused if given & {name, f"{name}_file"}]
    if options:
        where = "in a corpus" if in_corpus else "on its made windows"
        raise InputError(
            f"some options have no effect with --words {where}; leave out {', '.join(options)}"
        )


def _refuse_overruled(settings: "Settings", config: "Settings") -> None:
    """Refuse changes of the config that the experiment would overrule."""
    changed, own = settings.training, config.training
    if (changed.epochs, changed.patience) != (own.epochs, own.patience):
        raise InputError(
            "--set epochs and --set patience have no effect here, as a run on less data has more "
            "epochs; --epochs limits them"
        )
    if settings.fine_tuning.mode != config.fine_tuning.mode:
        raise InputError("--set mode has no effect here; --modes says what is compared")


def _experiment(
    settings: "Settings",
    train_files: list[Path] | None,
    dev_file: Path | None,
    test_file: Path | None,
    epochs: int,
) -> "tuple[Experiment, dict[str, Any]]":
    """Read the data of the experiment; return it with its description for the results."""
    from window_ner.analysis.pitfall import Experiment
    from window_ner.data.sources import corpus_files, read_split
    from window_ner.data.word_vectors import load_word_vectors

    sample = corpus_files()
    train_paths = [str(p) for p in train_files or sample.train]
    split_paths = {"dev": str(dev_file or sample.dev[0])}
    if test_file:
        split_paths["test"] = str(test_file)
    corpora = [read_split(paths) for paths in (train_paths, *split_paths.values())]
    if not settings.training.partial:
        corpora = [corpus.annotating(None) for corpus in corpora]
    experiment = Experiment(
        settings,
        corpora[0],
        dict(zip(split_paths, corpora[1:], strict=True)),
        [load_word_vectors(source) for source in settings.vectors.sets],
        epochs,
    )
    what = {
        "train": [Path(path).name for path in train_paths],
        **{name: Path(path).name for name, path in split_paths.items()},
        "windows": experiment.pool.token_count,
        "epochs": epochs,
        "settings": json.loads(json.dumps(settings.as_dict())),
    }
    return experiment, what


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
