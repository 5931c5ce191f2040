"""The paragraphs of a Word file (.docx)."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from window_ner.errors import InputError
from window_ner.storage.text import reading

SUFFIX = ".docx"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_REPEATED = (f"{_W}moveFrom", _FALLBACK)
"""Elements with text that is elsewhere in the file too: the old place of text that was moved, and
what programs show that do not know the element before it."""

_MOST_BYTES = 100_000_000
"""Unpacked; a larger file is no text that people typed."""


def paragraphs(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each paragraph, also of those in tables and text boxes.

    A line break in a paragraph begins a new text. Headers and footnotes are left out.

    Raises
    ------
    InputError
        If the file is missing or is not a Word file.
    """
    with reading(str(path)):
        data = path.open("rb")
    try:
        with data, zipfile.ZipFile(data) as archive:
            if archive.getinfo("word/document.xml").file_size > _MOST_BYTES:
                raise InputError(f"{path}: is too large; save it as plain text (UTF-8)")
            root = ElementTree.fromstring(archive.read("word/document.xml"))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, RuntimeError, OSError):
        raise InputError(
            f"{path}: is damaged or not a Word file; save it as plain text (UTF-8)"
        ) from None
    _leave_out_repeated(root)
    for number, paragraph in enumerate(root.iter(f"{_W}p"), 1):
        for line in "".join(_pieces(paragraph)).split("\n"):
            yield f"{path}: paragraph {number}", line


def _leave_out_repeated(root: ElementTree.Element) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _REPEATED:
                parent.remove(child)


def _pieces(element: ElementTree.Element) -> Iterator[str]:
    """Yield the text of a paragraph, without that of paragraphs in its text boxes."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _TEXT:
            yield _TEXT[child.tag]
        elif child.tag != f"{_W}p":
            yield from _pieces(child)
