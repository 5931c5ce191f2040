"""``window-ner predict``: its options. ``run.py`` is what it does."""

from typing import Annotated

import typer

from window_ner.cli.options import (
    Labels,
    MinScore,
    Model,
    NamesFile,
    NamesLabel,
    Output,
    Verbose,
)
from window_ner.cli.predict import run
from window_ner.cli.predict.documents import InputFormat
from window_ner.cli.predict.writers import Format


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
            ".md, .jsonl, .ndjson and .conll files are read, plain or gzipped, except hidden ones.",
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
    request = run.Request(
        texts=texts or (),
        model=model,
        inputs=inputs or (),
        input_format=input_format,
        output_file=output_file,
        output_format=output_format,
        labels=labels,
        names_file=names_file,
        names_label=names_label,
        min_score=min_score,
        pretokenized=pretokenized,
        jobs=jobs,
        verbose=verbose,
    )
    run.predict(request)
