"""The output formats of ``predict``. A writer gets documents with their entities, but no tagger.

To add a format, add a writer in a new file, a name in `Format`, and a case in `make_writer`.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from window_ner.cli.predict.sources import Source
from window_ner.errors import InputError
from window_ner.storage.text import ending_of

if TYPE_CHECKING:
    from window_ner.cli.predict.writers.writer import Writer


class Format(StrEnum):
    """Output format of the entities."""

    PRETTY = "pretty"
    JSON = "json"
    JSONL = "jsonl"
    CONLL = "conll"
    CSV = "csv"
    TSV = "tsv"
    HTML = "html"
    LABEL_STUDIO = "label-studio"
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

_NOT_WRITTEN = {
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf", ".pdf"), ".html or .txt"),
    **dict.fromkeys((".xls", ".xlsx", ".ods", ".parquet"), ".csv"),
}
"""Endings of formats that are not text, and what to write instead."""


def format_of(output: Path | None) -> Format:
    """Choose a format by the ending of the output file, without .gz.

    Raises
    ------
    InputError
        If the ending promises a format that is not written, such as Word.
    """
    if output is None:
        return Format.PRETTY
    ending = ending_of(output)
    if ending in _NOT_WRITTEN:
        raise InputError(f"{output}: {ending} is not written; use {_NOT_WRITTEN[ending]} instead")
    return _BY_ENDING.get(ending, Format.PRETTY)


def make_writer(
    output_format: Format, stream: TextIO, sources: "list[Source]", *, with_source: bool = False
) -> "Writer":
    """Make the writer of a format.

    Parameters
    ----------
    stream
        The stream that the text will go to: only terminals get colours.
    sources
        The input. If there are several sources, the output names the file of each answer.
    with_source
        Whether formats for programs give the source of each entity: model or list.
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

            writer = ConllWriter(several)
        case Format.CSV | Format.TSV:
            from window_ner.cli.predict.writers.table import TableWriter

            writer = TableWriter("," if output_format is Format.CSV else "\t", with_source)
        case Format.HTML:
            from window_ner.cli.predict.writers.html import HtmlWriter

            writer = HtmlWriter(several)
        case Format.LABEL_STUDIO:
            from window_ner.cli.predict.writers.label_studio import LabelStudioWriter

            writer = LabelStudioWriter(several)
        case Format.SUMMARY:
            from window_ner.cli.predict.writers.summary import SummaryWriter

            writer = SummaryWriter(several)
    return writer
