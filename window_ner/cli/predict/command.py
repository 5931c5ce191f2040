"""``window-ner predict``."""

import contextlib
import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from window_ner.cli.listed_names import read_listed_names
from window_ner.cli.options import (
    Labels,
    MinScore,
    Model,
    NamesFile,
    NamesLabel,
    Output,
    Verbose,
)
from window_ner.cli.predict.documents import Document, InputFormat
from window_ner.cli.predict.finding import (
    EntityStep,
    Finder,
    chosen_labels,
    keep_labels,
    keep_scores,
    known_labels,
)
from window_ner.cli.predict.reading import Told, read_documents
from window_ner.cli.predict.sources import (
    STDIN,
    Source,
    find_sources,
    note_on_files,
    note_on_lines,
    refuse_paths,
    total_bytes,
)
from window_ner.cli.predict.writers import Format, format_of, make_writer
from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.cli.predict.writers.writer import Writer
    from window_ner.data.name_list import NameList
    from window_ner.model.tagger import Tagger

TABLE_MEMORY = 72_000_000
"""Bytes. With a third of it, a long text takes up to twice as long."""


def predict(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to find names in.")
    ] = None,
    model: Model = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="PATH...",
            help="Files and folders to read; - is stdin. In a folder and its subfolders, all .txt, "
            ".md, .jsonl and .conll files are read, plain or gzipped, except hidden ones.",
        ),
    ] = None,
    input_format: Annotated[
        InputFormat | None,
        typer.Option(
            help="What a document is: a line, a whole file, the text of a JSON object a line, or a "
            "document in CoNLL columns (default: jsonl and conll by the ending of the file; else "
            "file for several files or a folder, lines for one file or a stream)."
        ),
    ] = None,
    output_file: Output = None,
    output_format: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Output format (default: by the ending of --output, else pretty)."
        ),
    ] = None,
    labels: Labels = None,
    names_file: NamesFile = None,
    names_label: NamesLabel = None,
    min_score: MinScore = 0.0,
    pretokenized: Annotated[
        bool,
        typer.Option(
            "--pretokenized",
            help="Input is already tokenized, with white space between tokens and one sentence a "
            "line.",
        ),
    ] = False,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Number of processes.")] = 1,
    verbose: Verbose = False,
) -> None:
    """Find names in texts, files, folders or a stream.

    Results have the order of the input. Files ending in .gz are read and written gzipped; an
    output file appears when it is complete. For CoNLL input, --format conll replaces the tags and
    keeps all other columns. For JSONL input, json and jsonl keep the other keys of each object.
    With --names, json, jsonl, csv and tsv have the source of each name: model or list.

    \b
    Examples:
      window-ner predict "Museums in Paris are amazing."
      tail -f feed.txt | window-ner predict --format jsonl
      window-ner predict --input notes/*.txt --output names.csv
      window-ner predict --input notes --format summary --labels PER,ORG
      window-ner predict --input letter.txt --input-format file --output letter.html
      window-ner predict --input news.jsonl.gz --jobs 2 --output names.jsonl.gz
      window-ner predict --input tokens.conll --format conll
      window-ner predict --input notes --format label-studio --output tasks.json
      window-ner predict --input notes --names products.csv --output names.csv
    """
    from window_ner.cli.models import load_model
    from window_ner.cli.output import open_output
    from window_ner.cli.predict.progress import ReadingProgress

    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    sources = _sources(texts or [], inputs, input_format, output_file, at_terminal)
    form = output_format or format_of(output_file)
    names = read_listed_names(names_file, names_label)
    tagger = replace(load_model(model, verbose=verbose), table_memory=TABLE_MEMORY)
    steps = _entity_steps(tagger, names, labels, min_score)
    finder = Finder(tagger, pretokenized, steps, names, with_tokens=form is Format.CONLL)
    typed = texts or (at_terminal and sources == [Source(STDIN, InputFormat.LINES)])
    with (
        _garbage_left_alone(),
        open_output(output_file) as stream,
        ReadingProgress(total_bytes(sources), shown=not typed and not stream.isatty()) as progress,
    ):
        # Batches of documents -> answers (Finder: tokens, encoded, scores, spans, entities, and
        # its steps from entities to entities) -> text (Writer) -> the stream.
        documents = _documents(texts or [], sources, progress.told, with_notes=input_format is None)
        writer = make_writer(form, stream, sources, with_source=names is not None)
        stream.write(writer.head())
        for written in _written(finder, writer, documents, jobs):
            stream.write(written)
            stream.flush()
        stream.write(writer.foot())
    if verbose and not texts:
        typer.echo(f"read     {progress.bytes_read:,} bytes", err=True)


@contextlib.contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """Keep the garbage collector from searching model and names, which takes 3 % of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()  # else a process that calls this command many times would grow


def _sources(
    texts: Sequence[str],
    inputs: Sequence[str] | None,
    input_format: InputFormat | None,
    output: Path | None,
    at_terminal: bool,
) -> list[Source]:
    """Return what to read: nothing if there are texts, stdin if there is no other input."""
    if texts and inputs:
        raise InputError("give texts or --input, not both")
    if texts:
        refuse_paths(texts)
        return []
    if not inputs and at_terminal:
        raise InputError('no text; try: window-ner predict "Museums in Paris are amazing."')
    return find_sources(inputs or [STDIN], input_format, output)


def _documents(
    texts: Sequence[str], sources: Sequence[Source], told: Told, *, with_notes: bool
) -> Iterator[Sequence[Document]]:
    """Yield batches of documents; print on stderr what a document is, where it is unclear."""
    if texts:
        yield [Document(text, number=number) for number, text in enumerate(texts, 1)]
        return
    if with_notes and (note := note_on_files(sources)):
        typer.echo(f"note     {note}", err=True)
    note = note_on_lines(sources) if with_notes else None
    for documents in read_documents(sources, told):
        if note and documents[-1].number > 1:
            typer.echo(f"note     {note}", err=True)
            note = None
        yield documents


def _entity_steps(
    tagger: "Tagger", names: "NameList | None", labels: str | None, min_score: float
) -> list[EntityStep]:
    """Return the steps that change the entities of the tagger, in order."""
    steps: list[EntityStep] = []
    if labels is not None:
        steps.append(
            partial(keep_labels, labels=chosen_labels(labels, known_labels(tagger, names)))
        )
    if min_score > 0:
        steps.append(partial(keep_scores, least=min_score))
    return steps


def _written(
    finder: Finder, writer: "Writer", documents: Iterable[Sequence[Document]], jobs: int
) -> Iterator[str]:
    """Find the names of each batch of documents and yield the output text, in order."""
    from window_ner.model.processes import in_order

    if writer.is_stateless:
        return in_order(partial(_find_and_write, finder, writer), documents, jobs)
    return map(writer.body, in_order(finder.answers, documents, jobs))


def _find_and_write(finder: Finder, writer: "Writer", documents: Sequence[Document]) -> str:
    return writer.body(finder.answers(documents))
