"""``window-ner predict``."""

import gc
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import Annotated

import typer

from window_ner.cli.options import Model, Output, Verbose
from window_ner.cli.predict.reading import STDIN, Document, InputFormat, read_documents, total_bytes
from window_ner.cli.predict.writing import WRITERS, Batches, Finder, Format, Writer
from window_ner.errors import InputError

_TABLE_MEMORY = 24_000_000
"""Half as much takes a tenth more time; twice as much, a tenth less."""


def predict(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to find names in.")
    ] = None,
    model: Model = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="FILE", help="What to read; - is stdin. May be repeated."),
    ] = None,
    input_format: Annotated[
        InputFormat | None,
        typer.Option(
            help="What a document is: each line, a whole file, or as CoNLL columns say "
            "(default: conll for files called .conll, else lines)."
        ),
    ] = None,
    output_file: Output = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="How to print.")
    ] = Format.PRETTY,
    min_score: Annotated[
        float,
        typer.Option(metavar="P", min=0, max=1, help="Leave out names of a lower probability."),
    ] = 0.0,
    pretokenized: Annotated[
        bool,
        typer.Option(
            "--pretokenized", help="Tokens are what white space parts; each line is a sentence."
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, help="Processes, for much text as jsonl or conll.")
    ] = 1,
    verbose: Verbose = False,
) -> None:
    """Find the names in texts, files or a stream.

    Answers come as the text does and in its order. Files are read and written gzipped if they are
    called .gz; an output file appears when it is whole. Documents of CoNLL columns get the tags of
    the model, and keep all else.

    \b
    Examples:
      window-ner predict "Museums in Paris are amazing."
      tail -f feed.txt | window-ner predict --format jsonl
      window-ner predict --input news.txt.gz --jobs 2 --format jsonl --output names.jsonl.gz
      window-ner predict --input a.txt --input b.txt --input-format file --format html > names.html
      window-ner predict --input tokens.conll --format conll
    """
    from window_ner.cli.models import load_model
    from window_ner.cli.output import open_output
    from window_ner.cli.predict.jobs import in_order
    from window_ner.cli.predict.progress import ReadingProgress

    if texts and inputs:
        raise InputError("give texts or --input, not both")
    if jobs > 1 and output_format not in (Format.JSONL, Format.CONLL):
        raise InputError("--jobs is for --format jsonl and conll")
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    if not texts and not inputs and at_terminal:
        raise InputError('no text; try: window-ner predict "Museums in Paris are amazing."')
    tagger = replace(load_model(model, verbose=verbose), table_memory=_TABLE_MEMORY)
    gc.freeze()  # the model stays: to look for garbage in it takes 3 % of the time
    finder = Finder(tagger, pretokenized, min_score)
    names = inputs or [STDIN]
    typed = texts or (names == [STDIN] and at_terminal)
    write = WRITERS[output_format]
    with (
        open_output(output_file) as stream,
        ReadingProgress(total_bytes(names), shown=not typed and not stream.isatty()) as progress,
    ):
        batches: Batches = [texts] if texts else read_documents(names, input_format, progress.told)
        if jobs == 1:
            write(stream, finder, batches)
        else:
            stream.writelines(in_order(partial(_written, write, finder), batches, jobs))
    if verbose and not texts:
        typer.echo(f"read     {progress.bytes_read:,} bytes", err=True)


def _written(write: Writer, finder: Finder, documents: Sequence[Document]) -> str:
    """Return what is written for a batch."""
    stream = StringIO()
    write(stream, finder, [documents])
    return stream.getvalue()
