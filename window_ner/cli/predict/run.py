"""What ``window-ner predict`` does: read documents, find their names, write the answers.

It does not import typer, so that a call without options starts faster.
"""

import contextlib
import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from window_ner.cli.listed_names import read_listed_names
from window_ner.cli.output import say
from window_ner.cli.predict.documents import Document, InputFormat
from window_ner.cli.predict.finding import (
    EntityStep,
    Finder,
    chosen_labels,
    keep_labels,
    keep_scores,
)
from window_ner.cli.predict.reading import Advance, read_documents
from window_ner.cli.predict.sources import (
    STDIN,
    Source,
    find_sources,
    note_on_files,
    note_on_lines,
    refuse_output,
    refuse_paths,
    slow_source,
    total_bytes,
)
from window_ner.cli.predict.writers import Format, format_of, make_writer
from window_ner.errors import InputError
from window_ner.storage.text import decode_argument

if TYPE_CHECKING:
    from window_ner.cli.predict.writers.writer import Writer
    from window_ner.data.name_list import NameList
    from window_ner.model.tagger import Tagger

TABLE_MEMORY = 72_000_000
"""Bytes. With a third of it, a long text takes up to twice as long."""


class Request(NamedTuple):
    """What a call asks for. The help of the command (``command.py``) says what each field means."""

    texts: Sequence[str] = ()
    model: str | None = None
    inputs: Sequence[str] = ()
    input_format: InputFormat | None = None
    output_file: Path | None = None
    output_format: Format | None = None
    labels: str | None = None
    names_file: Path | None = None
    names_label: str | None = None
    min_score: float = 0.0
    pretokenized: bool = False
    jobs: int = 1
    verbose: bool = False


def predict(request: Request) -> None:
    """Find the names in the texts or the input of a request, and write them.

    Raises
    ------
    InputError
        If the input, the list of names, the model or an argument is wrong.
    """
    from window_ner.cli.models import load_model
    from window_ner.cli.output import open_output
    from window_ner.cli.predict.progress import ReadingProgress

    texts, output_file = request.texts, request.output_file
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    sources = _sources(request, at_terminal)
    form = request.output_format or format_of(output_file)
    if request.names_file:
        refuse_output(str(request.names_file), output_file)
    names = read_listed_names(request.names_file, request.names_label)
    tagger = replace(load_model(request.model, verbose=request.verbose), table_memory=TABLE_MEMORY)
    steps = _entity_steps(tagger, names, request.labels, request.min_score)
    finder = Finder(tagger, request.pretokenized, steps, names, with_tokens=form is Format.CONLL)
    typed = texts or (at_terminal and sources == [Source(STDIN, InputFormat.LINES)])
    with (
        _model_frozen(),
        open_output(output_file) as stream,
        ReadingProgress(total_bytes(sources), shown=not typed and not stream.isatty()) as progress,
    ):
        # Batches of documents -> answers (Finder: tokens, encoded, scores, spans, entities, and
        # its steps from entities to entities) -> text (Writer) -> the stream.
        with_notes = request.input_format is None
        documents = _documents(texts, sources, progress.advance, with_notes=with_notes)
        writer = make_writer(form, stream, sources, with_source=names is not None)
        stream.write(writer.head())
        for written in _written(finder, writer, documents, request.jobs, slow_source(sources)):
            stream.write(written)
            stream.flush()
        stream.write(writer.foot())
    if request.verbose and not texts:
        say(f"read     {progress.bytes_read:,} bytes", err=True)


@contextlib.contextmanager
def _model_frozen() -> Iterator[None]:
    """Keep the model and the names out of garbage collection, which takes 3 % of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()  # else a process that calls this command many times would grow


def _sources(request: Request, at_terminal: bool) -> list[Source]:
    """Return what to read: nothing if there are texts, stdin if there is no other input."""
    texts, inputs = request.texts, request.inputs
    if texts and inputs:
        raise InputError("give texts or --input, not both")
    if texts:
        refuse_paths(texts)
        return []
    if not inputs and at_terminal:
        raise InputError('no text; try: window-ner predict "Museums in Paris are amazing."')
    return find_sources(inputs or [STDIN], request.input_format, request.output_file)


def _documents(
    texts: Sequence[str], sources: Sequence[Source], advance: Advance, *, with_notes: bool
) -> Iterator[Sequence[Document]]:
    """Yield batches of documents; print on stderr what a document is, where it is unclear."""
    if texts:
        decoded = map(decode_argument, texts)
        yield [Document(text, number=number) for number, text in enumerate(decoded, 1)]
        return
    if with_notes and (note := note_on_files(sources)):
        say(f"note     {note}", err=True)
    note = note_on_lines(sources) if with_notes else None
    for documents in read_documents(sources, advance):
        if note and documents[-1].number > 1:
            say(f"note     {note}", err=True)
            note = None
        yield documents


def _entity_steps(
    tagger: "Tagger", names: "NameList | None", labels: str | None, min_score: float
) -> list[EntityStep]:
    """Return the steps that change the entities of the tagger, in order."""
    steps: list[EntityStep] = []
    if chosen := chosen_labels(labels, tagger, names):
        steps.append(partial(keep_labels, labels=chosen))
    if min_score > 0:
        steps.append(partial(keep_scores, least=min_score))
    return steps


def _written(
    finder: Finder,
    writer: "Writer",
    documents: Iterable[Sequence[Document]],
    jobs: int,
    source: int | None,
) -> Iterator[str]:
    """Find the names of each batch of documents and yield the output text, in order."""
    from window_ner.model.processes import in_order

    if writer.is_stateless:
        return in_order(partial(_find_and_write, finder, writer), documents, jobs, source)
    return map(writer.body, in_order(finder.answers, documents, jobs, source))


def _find_and_write(finder: Finder, writer: "Writer", documents: Sequence[Document]) -> str:
    return writer.body(finder.answers(documents))
