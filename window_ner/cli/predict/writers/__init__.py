"""What ``predict`` writes. A writer gets documents with their entities, and no tagger.

To add a format: a writer in a file of its own, a name in `Format`, a case in `make_writer`.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from window_ner.cli.predict.sources import Source

if TYPE_CHECKING:
    from window_ner.cli.predict.writers.writer import Writer


class Format(StrEnum):
    """How entities are printed."""

    PRETTY = "pretty"
    JSON = "json"
    JSONL = "jsonl"
    CONLL = "conll"
    CSV = "csv"
    TSV = "tsv"
    HTML = "html"
    SUMMARY = "summary"


_BY_ENDING = {
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".conll": Format.CONLL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".html": Format.HTML,
    ".htm": Format.HTML,
}


def format_of(output: Path | None) -> Format:
    """Choose a format by the ending of the output file, before .gz if that is there."""
    if output is None:
        return Format.PRETTY
    ending = Path(output.name.lower().removesuffix(".gz")).suffix
    return _BY_ENDING.get(ending, Format.PRETTY)


def make_writer(
    output_format: Format, stream: TextIO, sources: "list[Source]", *, with_source: bool = False
) -> "Writer":
    """Make the writer of a format.

    Parameters
    ----------
    stream
        Where the text of the writer will go: colours are for terminals.
    sources
        What is read. If there are several, answers say which file they are from.
    with_source
        Whether formats for programs say of each entity if the model or a list of names found it.
    """
    several = len(sources) > 1
    writer: Writer
    match output_format:
        case Format.PRETTY:
            from window_ner.cli.predict.writers.pretty import PrettyWriter

            writer = PrettyWriter(stream)
        case Format.JSON:
            from window_ner.cli.predict.writers.json import JsonWriter

            writer = JsonWriter(several, with_source)
        case Format.JSONL:
            from window_ner.cli.predict.writers.json import JsonlWriter

            writer = JsonlWriter(several, with_source)
        case Format.CONLL:
            from window_ner.cli.predict.writers.conll import ConllWriter

            writer = ConllWriter()
        case Format.CSV | Format.TSV:
            from window_ner.cli.predict.writers.table import TableWriter

            writer = TableWriter("," if output_format is Format.CSV else "\t", with_source)
        case Format.HTML:
            from window_ner.cli.predict.writers.html import HtmlWriter

            writer = HtmlWriter(several)
        case Format.SUMMARY:
            from window_ner.cli.predict.writers.summary import SummaryWriter

            writer = SummaryWriter(several)
    return writer
