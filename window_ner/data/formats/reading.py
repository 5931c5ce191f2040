"""Reads a corpus in any known format; the ending and the content of the file tell which."""

import re
from itertools import islice
from pathlib import Path

from window_ner.data.conll import DOCUMENT_START, is_tag, parse_conll, read_fields, without_space
from window_ner.data.corpus import Corpus, without_names
from window_ner.data.formats import spacy_files, word_files
from window_ner.data.formats.annotated_text import AnnotatedText, corpus_of
from window_ner.data.formats.json_values import json_lines, json_values
from window_ner.data.formats.marked_text import EXAMPLE, has_mark, marked_lines
from window_ner.data.formats.notes import Notes
from window_ner.data.formats.records import annotated_records
from window_ner.data.formats.table import annotated_rows, is_table
from window_ner.errors import InputError
from window_ner.storage.text import ending_of, read_text

_SAVE_AS = {
    ".xlsx": "CSV UTF-8",
    ".xls": "CSV UTF-8",
    ".ods": "CSV in UTF-8",
    ".doc": ".docx, or as plain text in UTF-8",
    ".odt": ".docx, or as plain text in UTF-8",
    ".rtf": ".docx, or as plain text in UTF-8",
    ".pdf": "plain text in UTF-8",
    ".ann": "JSON lines with the text and the offsets of its names",  # of brat
}
_LINES_TO_LOOK_AT = 20


def read_corpus(path: Path | str) -> Corpus:
    """Read a corpus, as ``window-ner train`` and ``window-ner eval`` do.

    Parameters
    ----------
    path
        CoNLL columns; JSON or JSON lines, with the offsets of names; a table (.csv, .tsv); text
        with names in brackets (.txt, .docx); or a file that spaCy stored (.spacy). Text is UTF-8,
        and may be gzipped.

    Returns
    -------
    Corpus
        Its ``notes`` say what was changed, such as tokens that were split where a name begins.

    Raises
    ------
    InputError
        If the file cannot be read, or something in it is wrong; the message names the line.
    """
    path = Path(path)
    suffix = ending_of(path)
    if suffix == spacy_files.SUFFIX:
        return spacy_files.read_spacy(path)
    if suffix == word_files.SUFFIX:
        notes = Notes()
        return corpus_of(marked_lines(word_files.paragraphs(path), notes), str(path), notes)
    if suffix in _SAVE_AS:
        raise InputError(f"{path}: {suffix} is not read; save it as {_SAVE_AS[suffix]}")
    return _parse(read_text(path), suffix, str(path))


def read_texts(path: Path | str) -> Corpus:
    """Read texts, as ``window-ner train --names`` does; their annotation is not used.

    Returns
    -------
    Corpus
        Every tag is O. Each line of a file without annotation (.txt, .md) is a document.

    Raises
    ------
    InputError
        As in `read_corpus`.
    """
    path = Path(path)
    if ending_of(path) in (".txt", ".md"):
        text = read_text(path)
        if not has_mark(text) and not _is_conll(text):
            lines = enumerate(text.split("\n"), 1)
            texts = (AnnotatedText(line, (), f"{path}:{number}") for number, line in lines)
            return corpus_of(texts, str(path), Notes())
    return without_names(read_corpus(path))


def _parse(text: str, suffix: str, name: str) -> Corpus:
    """Parse the text of a file."""
    notes = Notes()
    if suffix in (".json", ".jsonl", ".ndjson") or (
        text.lstrip().startswith("{") and not _is_conll(text)
    ):
        as_lines = suffix != ".json" and not _is_list(text)
        values = json_lines(text, name) if as_lines else json_values(text, name)
        return corpus_of(annotated_records(values, notes), name, notes)
    if suffix == ".csv" or (suffix == ".tsv" and is_table(text)):
        return corpus_of(annotated_rows(text, name, notes), name, notes)
    if not _is_conll(text):
        if has_mark(text):
            lines = ((f"{name}:{n}", line) for n, line in enumerate(text.split("\n"), 1))
            return corpus_of(marked_lines(lines, notes), name, notes)
        if suffix in (".txt", ".md"):
            raise InputError(
                f"{name}: has neither a name in brackets, like {EXAMPLE}, nor CoNLL columns, like "
                "'Paris B-LOC'"
            )
    return parse_conll(text, name=name)


def _is_list(text: str) -> bool:
    """Whether a file is one JSON list, and not a line for each list of a text and its names."""
    return re.match(r"\s*\[\s*(?:[\[{\]]|\Z)", text) is not None


def _is_conll(text: str) -> bool:
    """Whether most of the first lines but comments have a token and a tag."""
    lines = map(without_space, islice(iter(text[:100_000].split("\n")), _LINES_TO_LOOK_AT))
    others = ("#", DOCUMENT_START)
    rows = [read_fields(line) for line in lines if line and not line.startswith(others)]
    tagged = sum(len(fields) > 1 and is_tag(fields[-1]) for fields in rows)
    return 2 * tagged > len(rows)
