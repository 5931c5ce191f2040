"""Texts with their names marked, and an index of the names, as one self-contained page."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

from window_ner.cli.predict.documents import Answer, InputFormat
from window_ner.cli.predict.writers.index import Name, NameIndex
from window_ner.cli.predict.writers.writer import Writer
from window_ner.model.entities import Piece, pieces

_MEANINGS = {
    "PER": "person",
    "ORG": "organisation",
    "LOC": "place",
    "MISC": "other name",
    "NAME": "name of any kind",
}


class HtmlWriter(Writer):
    """Writes a page: each text as a paragraph, then a legend and an index of the names.

    The texts are written as they come, so the index is at the end of the file. A browser shows it
    beside the texts, or above them on a narrow screen. All text is escaped.

    Parameters
    ----------
    with_files
        Whether to write the name of the file above its texts; whole files always have it.
    """

    is_stateless = False

    def __init__(self, with_files: bool) -> None:
        self.with_files = with_files
        self.index = NameIndex(with_files)
        self.file: str | None = None
        self.is_empty = True

    def head(self) -> str:
        style = Path(__file__).with_name("page.css").read_text("utf-8")
        return (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>Names found by window-ner</title>\n<style>\n{style}</style>\n<main>\n"
        )

    def document(self, answer: Answer) -> str:
        document, self.is_empty = answer.document, False
        title = ""
        is_titled = self.with_files or document.kind is InputFormat.FILE
        if is_titled and document.file != self.file:
            self.file = document.file
            title = f'<h2 dir="auto">{escape(document.file)}</h2>\n'
        first = self.index.mentions + 1
        self.index.add(answer)
        marked = "".join(_marked(pieces(document.text, answer.entities), first))
        return f'{title}<p dir="auto">{marked}</p>\n'

    def foot(self) -> str:
        empty = "<p></p>\n" if self.is_empty else ""
        return f"{empty}</main>\n{_index(self.index)}</html>\n"


def _marked(shown: Iterator[Piece], number: int) -> Iterator[str]:
    """Mark the entities, numbered from ``number`` on."""
    for text, entity in shown:
        if entity is None:
            yield escape(text)
            continue
        label = escape(entity.label)
        yield (
            f'<mark dir="auto" id="n{number}" class="{label}">{escape(text)}'
            f"<small>{label} {entity.score:.2f}</small></mark>"
        )
        number += 1


def _index(index: NameIndex) -> str:
    """Write the legend, and the names of each label with their counts."""
    names = sorted(index.names(), key=lambda name: name.label)
    by_label = {label: list(those) for label, those in groupby(names, lambda name: name.label)}
    legend = "".join(
        f'<li><span class="{escape(label)}">{escape(label)}</span> {_MEANINGS.get(label, "")}\n'
        for label in by_label
    )
    return (
        '<aside id="names">\n<h2>Names</h2>\n'
        f'<ul class="legend">\n{legend or "<li>No name was found."}</ul>\n'
        "<p>The number after a name is the probability that exactly these words are a name of "
        "this kind.</p>\n"
        f"{''.join(_list(label, those) for label, those in by_label.items())}</aside>\n"
    )


def _list(label: str, names: list[Name]) -> str:
    total = sum(name.count for name in names)
    entries = "".join(map(_entry, names))
    return (
        f"<details open><summary>{escape(label)} <b>{total:,}</b></summary>\n"
        f"<ul>\n{entries}</ul></details>\n"
    )


def _entry(name: Name) -> str:
    others = ", ".join(escape(text) for text, _ in name.other_spellings)
    also = f" <i>also {others}</i>" if others else ""
    link = f'<a href="#n{name.first}">{escape(name.text)}</a>'
    return f'<li dir="auto">{link}{also} <b>{name.count:,}</b></li>\n'
