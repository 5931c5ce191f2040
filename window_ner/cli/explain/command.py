"""``window-ner explain``."""

from enum import StrEnum
from typing import Annotated

import typer

from window_ner.cli.options import Model, Output, Verbose
from window_ner.errors import InputError


class Format(StrEnum):
    """How an explanation is shown."""

    TEXT = "text"
    JSON = "json"
    SVG = "svg"


def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A text with the word to explain.")],
    word: Annotated[
        str | None,
        typer.Option(
            "--word",
            metavar="WORD",
            help="Which word (default: the one most likely to be in a name).",
        ),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(
            "--tag",
            metavar="TAG",
            help="Whose score, if the model has one for each tag (default: the decided tag's).",
        ),
    ] = None,
    model: Model = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Numbers to read, or a picture.")
    ] = Format.TEXT,
    output_file: Output = None,
    verbose: Verbose = False,
) -> None:
    """Follow a word's score down to the words of its window.

    Shows the computational graph, forwards and backwards: each node with its value and its
    upstream, local and downstream gradient. Then what each word of the window adds to the score:
    Shapley values, which add up to it, and the quicker guess gradient × input, which does not.

    \b
    Examples:
      window-ner explain "Museums in Paris are amazing" --word Paris
      window-ner explain "Museums in Paris are amazing" --format svg --output paris.svg
    """
    from window_ner.analysis.explanation import explain as explain_word
    from window_ner.cli.explain.json_graph import write_json
    from window_ner.cli.explain.svg import write_svg
    from window_ner.cli.explain.text import write_text
    from window_ner.cli.models import load_model
    from window_ner.cli.output import open_output
    from window_ner.data.tokenizer import tokenize

    sentences = tokenize(text).sentences
    if not sentences:
        raise InputError('no word to explain; try: window-ner explain "Museums in Paris."')
    explanation = explain_word(load_model(model, verbose=verbose).model, sentences, word, tag)
    writers = {Format.TEXT: write_text, Format.JSON: write_json, Format.SVG: write_svg}
    with open_output(output_file) as stream:
        writers[output_format](stream, explanation)
