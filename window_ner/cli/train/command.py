"""``window-ner train``."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from window_ner.cli.options import Changes, NamesLabel, Vectors, complete_configs, complete_models
from window_ner.errors import InputError, listed

if TYPE_CHECKING:
    from window_ner.data.corpus import Corpus
    from window_ner.model.model import Model
    from window_ner.training.job import Job
    from window_ner.training.plan import Plan


class FineTune(StrEnum):
    """When the word vectors are trained."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def train(
    config: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=complete_configs,
            help="A config by name, or the path of a .toml file (default: tagger if the corpus has "
            "labels, lecture if not; few with --from and fewer than 2,000 sentences).",
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            autocompletion=complete_models,
            help="Start from a trained model: a folder, the name of a bundled model, "
            "hf://user/model, or last.",
        ),
    ] = None,
    keep_labels: Annotated[
        bool,
        typer.Option("--keep-labels", help="Keep the labels of the model to start from, too."),
    ] = False,
    train_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--train",
            metavar="FILE",
            help="File of annotated text to train on; may be given several times (default: "
            "sample).",
        ),
    ] = None,
    dev_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--dev",
            metavar="FILE",
            help="File to choose the best epoch by; may be given several times (default: "
            "cross-validation of --train, or a tenth of it if it is large).",
        ),
    ] = None,
    names_file: Annotated[
        Path | None,
        typer.Option(
            "--names",
            metavar="FILE",
            help="A list of names to find in --train, which has texts without annotation: a CSV "
            "file with the columns name and label, or one name a line. It needs --from.",
        ),
    ] = None,
    names_label: NamesLabel = None,
    vectors: Vectors = None,
    fine_tune: Annotated[
        FineTune | None,
        typer.Option(
            help="Train the word vectors too? auto: by the pitfall rule (default: the config's)."
        ),
    ] = None,
    changes: Changes = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Random seed.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Model folder to write (default: a new one in models)."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted training in --output.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the model in --output, if there is one.")
    ] = False,
) -> None:
    """Train a tagger on annotated text; keep the best epoch on dev.

    Without options, it trains the lecture's model on the sample corpus. Files may have CoNLL
    columns, JSON with offsets (of spaCy, doccano, Prodigy, Label Studio or predict), a table with
    texts and names, or text with names in brackets: [Paris | LOC]. They may be gzipped.
    Without --dev, a small corpus is cross-validated: the output says how good the model is, and
    whether more sentences would help.
    Ctrl-C keeps the best model so far, and --resume continues.

    \b
    Examples:
      window-ner train
      window-ner train --train my.conll --dev my-dev.conll --output my-model
      window-ner train --train examples.txt --output my-model
      window-ner train --from my-model --train more.conll --output my-new-model
      window-ner train --from english --names drugs.csv --train texts.txt --output drugs
      window-ner train --train my.conll.gz --set hidden=100 --set epochs=30 --seed 2
      window-ner train --resume --output my-model
    """
    from window_ner.cli.listed_names import read_listed_names
    from window_ner.cli.models import LAST, find_model, new_model_folder, remember_model
    from window_ner.cli.output import say
    from window_ner.cli.train.display import TrainingDisplay
    from window_ner.training.job import new_job, resumed_job
    from window_ner.training.plan import Progress

    if resume:
        data = (train_files, dev_files, names_file, names_label, vectors)
        if any((config, init, keep_labels, *data, fine_tune, changes, seed != 1, overwrite)):
            raise InputError("--resume takes only --output: settings and data stay as they were")
        if output is None:
            raise InputError("--resume needs --output: the folder of the training to continue")
        job = resumed_job(output)
    else:
        job = new_job(
            config,
            init=find_model(init) if init == LAST else init,
            keep_labels=keep_labels,
            train=train_files or (),
            dev=dev_files or (),
            names=read_listed_names(names_file, names_label),
            vectors=vectors or (),
            fine_tune=fine_tune.value if fine_tune else None,
            changes=changes or (),
            seed=seed,
        )
        output = output or new_model_folder(job.plan.config or "model")
        job = job.writing_to(output, overwrite=overwrite)
    _print_plan(job, config_is_named=config is not None or resume)
    history = job.checkpoint.best.history if job.checkpoint else ()
    with TrainingDisplay(job.plan.settings.training.epochs, history) as display:
        tagger = job.carry_out(
            Progress(display.decided, display.batch, display.epoch, display.note, display.validated)
        )
    remember_model(output)
    _print_result(tagger.model, output, job.plan)
    if tagger.model.about.interrupted:
        if names_file is None:
            go_on = ["window-ner", "train", "--resume", "--output", str(output)]
            then = f"continue with: {shlex.join(go_on)}"
        else:  # the texts with their names are not stored
            then = "it cannot be continued, because a list of names annotated its texts"
        say(f"interrupted; {then}", err=True)
        raise typer.Exit(130)


def _print_plan(job: "Job", *, config_is_named: bool) -> None:
    """Print the corpus and the config, and notes about dropped labels and the data."""
    from window_ner.cli.output import say
    from window_ner.data.sources import SAMPLE
    from window_ner.training.job_settings import FEW_CONFIG, UNTYPED_CONFIG

    plan, labels = job.plan, listed(job.plan.train.labels)
    dev = f", and {plan.dev.token_count:,} of dev" if plan.dev else ": all train, without dev"
    say(
        f"corpus   {plan.files.name}: {plan.train.token_count:,} tokens in "
        f"{len(plan.train.sentences):,} sentences{dev}"
    )
    if plan.base:
        labels_kept = ", and keeps its labels" if plan.base.keep_labels else ""
        say(f"from     {plan.base.name or 'a model in memory'}{labels_kept}")
    if not config_is_named and plan.config != UNTYPED_CONFIG:
        is_few = plan.config == FEW_CONFIG
        why = "few sentences go on from a model" if is_few else f"the corpus has labels: {labels}"
        say(f"config   {plan.config}, because {why}")
    if job.dropped_labels and plan.files.name != SAMPLE:
        say(
            f"note     config {plan.config} has one score, for name or not: it drops the labels "
            f"{labels}; --config tagger keeps them",
            err=True,
        )
    for note in job.notes:
        say(f"note     {note}", err=True)


def _print_result(model: "Model", folder: Path, plan: "Plan") -> None:
    """Print how good the model is, where it is, and how to use it."""
    from window_ner.cli.output import say
    from window_ner.cli.train.display import unseen_score
    from window_ner.model.card import estimates

    say(f"vectors  {_coverage(model, plan.train.tokens)}")
    if best := model.epoch:
        say(
            f"best     epoch {best.epoch} of {len(model.history)}: "
            f"{model.about.measured_on} {best.unit} F1 {100 * best.dev:.1f}"
            + (f", {unseen} on unseen words" if (unseen := unseen_score(best)) else "")
        )
    else:
        say("best     only the first of the two passes is trained")
    for title, line in zip(("quality", "more"), estimates(model), strict=False):
        say(f"{title:<9}{line}")
    if best and not best.dev and (plan.dev is None or plan.dev.labels):
        say(f"note     {_note_on_no_names(plan.train)}", err=True)
    say(f"model    {folder}")
    for number, command in enumerate(_commands_for(folder, model)):
        say(f"{'' if number else 'use it':<9}{command}")


def _note_on_no_names(train: "Corpus") -> str:
    """Return a note for a model whose F1 is 0: what it has learned from, and what may help."""
    from window_ner.data.tag_schemes import spans_of

    names = sum(len(spans_of(sentence.tags)) for sentence in train.sentences)
    return (
        f"the model finds no right name: it has learned from {names:,} names in "
        f"{len(train.sentences):,} sentences; add text with more names, train for more epochs "
        "(--set epochs=N), or try another learning rate (--set learning_rate=X)"
    )


def _commands_for(folder: Path, model: "Model") -> list[str]:
    """Return the commands that use the model, quoted for a shell."""
    from window_ner.cli.models import model_argument

    split = "test" if model.about.corpus.test else "FILE"
    named = ["--model", model_argument(folder)]
    finds_places = model.objective.outputs == 1 or "LOC" in model.about.labels
    text = '"Museums in Paris are amazing."' if finds_places else "--input FILE"
    return [
        f"{shlex.join(['window-ner', 'predict', *named])} {text}",
        shlex.join(["window-ner", "eval", split, *named]),
    ]


def _coverage(model: "Model", words: list[str]) -> str:
    """Describe how many of the words have a vector, and how the vectors were found."""
    counts = model.encoder.vocabulary.coverage(words)
    total = sum(counts.values())
    parts = [f"{100 * n / total:.1f}% {step}" for step, n in counts.items() if n]
    sets = " + ".join(Path(name).name for name in model.about.settings.vectors.sets)
    return f"{sets}: {', '.join(parts)}"
