"""``window-ner annotate``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from window_ner.cli.options import NamesLabel, Verbose, complete_models
from window_ner.cli.predict.finding import listed_labels
from window_ner.cli.serve import AllowHost, Host, Port
from window_ner.errors import InputError, listed

if TYPE_CHECKING:
    from window_ner.data.name_list import NameList
    from window_ner.web.annotate.answers import Item


def annotate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXTS...",
            help="Files and folders with the texts, as predict --input reads them; - is stdin.",
        ),
    ],
    labels: Annotated[
        str, typer.Option("--labels", metavar="LABELS", help="The labels to give, like DRUG,DOSE.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Where each answer is written, as JSONL. If it exists, the annotation goes on.",
        ),
    ],
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            autocompletion=complete_models,
            help="The model that learns from your answers, and suggests from the start the names "
            "of its labels (default: a new model).",
        ),
    ] = None,
    names_file: Annotated[
        Path | None,
        typer.Option(
            "--names", metavar="FILE", help="A list of names to suggest, as for predict --names."
        ),
    ] = None,
    names_label: NamesLabel = None,
    guideline: Annotated[
        Path | None,
        typer.Option(
            "--guideline", metavar="FILE", help="A text to show beside the sentences: what is what."
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    allow_host: AllowHost = None,
    verbose: Verbose = False,
) -> None:
    """Mark names in the browser while a model learns them.

    Each answer is on disk before the page says so; the same command goes on where you stopped.
    After every few sentences, a model is trained in the background: its suggestions get better, the
    page shows how good it is, and the next sentence is the one that teaches it most.

    \b
    Examples:
      window-ner annotate notes.txt --labels DRUG,DOSE --output mine.jsonl --from english
      window-ner annotate notes --labels DRUG --names drugs.csv --output drugs.jsonl
    """
    from window_ner.cli.listed_names import read_listed_names
    from window_ner.cli.models import load_model
    from window_ner.errors import require_extra

    require_extra("web", "annotate")
    require_extra("train", "annotate")
    from window_ner.storage.places import CURVE, beside
    from window_ner.storage.text import read_text
    from window_ner.web.annotate.api import AnnotateApi, make_annotate_app
    from window_ner.web.annotate.learning import Learner
    from window_ner.web.annotate.store import Store
    from window_ner.web.server import address_of, listen, run

    chosen = _labels(labels)
    names = read_listed_names(names_file, names_label)
    if names is not None:
        _refuse_other_labels(names, chosen, names_file)
    help_text = read_text(guideline) if guideline else ""
    with listen(host, port) as listener:
        store = Store(_items(inputs, output), chosen, output)
        with store.open():
            tagger = load_model(start, verbose=verbose) if start else None
            learner = Learner(tagger, store.examples, curve_file=beside(output, CURVE))
            app = make_annotate_app(AnnotateApi(store, learner, names, help_text), allow_host or ())
            count = f"{len(store.answers):,} of {len(store.items):,} sentences answered"
            told = f"annotate {address_of(listener)}  {count}  (Ctrl-C stops)"
            run(app, listener, ready=lambda: typer.echo(told, err=True))


def _labels(given: str) -> list[str]:
    """Read a comma-separated list of new labels."""
    from window_ner.data.tag_schemes import is_label

    labels = list(dict.fromkeys(listed_labels(given)))
    for label in labels:
        if not is_label(label) or len(label) > 40 or not label.isprintable():
            raise InputError(f"--labels: {label!r} is no label; give words like DRUG,DOSE")
    folded = [label.casefold() for label in labels]
    if len(set(folded)) < len(labels):
        raise InputError(f"--labels: two of {', '.join(labels)} differ in case only")
    return labels


def _refuse_other_labels(names: "NameList", chosen: list[str], file: Path | None) -> None:
    """Refuse a list of names that would suggest nothing."""
    if not set(names.labels) & set(chosen):
        raise InputError(
            f"{file}: its labels are {listed(names.labels)}, and --labels has none of them; add "
            "them there, or correct the list"
        )


def _items(inputs: list[str], output: Path) -> "list[Item]":
    """Read the texts and cut them into sentences."""
    from window_ner.cli.predict.reading import read_documents
    from window_ner.cli.predict.sources import find_sources
    from window_ner.web.annotate.answers import sentences_of

    items: list[Item] = []
    # A file may be named twice, or be in a folder too. Its sentences are shown once.
    sources = list(dict.fromkeys(find_sources(inputs, None, output)))
    for documents in read_documents(sources):
        for document in documents:
            # The bytes of the name of a file need not be UTF-8, but those of the output are.
            file = os.fsencode(document.file).decode("utf-8", "backslashreplace")
            source = {"file": file, "document": document.number}
            items.extend(sentences_of(document.text, source, len(items)))
    if not items:
        raise InputError(f"{', '.join(inputs)}: no sentence to annotate")
    return items
