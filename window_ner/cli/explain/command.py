"""``window-ner explain``."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from window_ner.cli.options import Model, Output, Verbose
from window_ner.errors import InputError


class Format(StrEnum):
    """Output format of an explanation."""

    TEXT = "text"
    JSON = "json"
    SVG = "svg"


def explain(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="A text that contains the word to explain.")
    ],
    word: Annotated[
        str | None,
        typer.Option(
            "--word",
            metavar="WORD",
            help="The word to explain (default: the one most likely to be in a name).",
        ),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(
            "--tag",
            metavar="TAG",
            help="The tag whose score to explain, if the model has a score for each tag (default: "
            "the tag that the model chose).",
        ),
    ] = None,
    model: Model = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Output format: svg is a picture.")
    ] = Format.TEXT,
    output_file: Output = None,
    verbose: Verbose = False,
) -> None:
    """Show how a word's score is computed, and what each word adds.

    First comes the computational graph, forwards and backwards: each node with its value and its
    upstream, local and downstream gradient. Then comes what each word of the window adds to the
    score, in two ways: Shapley values, which add up to the score, and gradient × input, which is
    quicker but does not add up.

    \b
    Examples:
      window-ner explain "Museums in Paris are amazing" --word Paris
      window-ner explain "Museums in Paris are amazing" --format svg --output paris.svg
    """
    from window_ner.analysis.explanation import explain as explain_word
    from window_ner.analysis.explanation_data import explanation_data
    from window_ner.analysis.picture import svg
    from window_ner.cli.explain.text import write_text
    from window_ner.cli.models import load_model
    from window_ner.cli.output import open_output
    from window_ner.data.tokenizer import tokenize
    from window_ner.storage.text import decode_argument

    text = decode_argument(text, "surrogateescape")
    word = word and decode_argument(word, "surrogateescape")
    sentences = tokenize(text).sentences
    if not sentences:
        raise InputError('no word to explain; try: window-ner explain "Museums in Paris."')
    explanation = explain_word(load_model(model, verbose=verbose).model, sentences, word, tag)
    with open_output(output_file) as stream:
        match output_format:
            case Format.TEXT:
                write_text(stream, explanation)
            case Format.JSON:
                data = explanation_data(explanation)
                stream.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
            case Format.SVG:
                stream.write(svg(explanation))
