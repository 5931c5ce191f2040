"""CoNLL column files <-> documents of sentences.

Each line has one token. Its columns are separated by tabs or spaces, and the tag is the last
column. An empty line ends a sentence. A line that starts with ``-DOCSTART-`` comes before a
document. If a file does not annotate every label, its first line may say so:
``# annotates: LOC PER``.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.tag_schemes import (
    SCHEMES,
    Scheme,
    detect_scheme,
    first_misfit,
    spans_of,
    split_tag,
    tags_of,
)
from window_ner.errors import InputError
from window_ner.storage.text import read_text

DOCUMENT_START = "-DOCSTART-"

_MAX_COLUMNS = 12

_ANNOTATES = re.compile(r"#[ \t]*annotates:(.*)")


def read_conll(path: Path | str, scheme: Scheme | None = None) -> Corpus:
    """Read a CoNLL column file.

    Parameters
    ----------
    path
        UTF-8 text, with or without a byte order mark, with Unix or Windows line ends. A gzip file
        is recognised by its content.
    scheme
        The tag scheme; None detects it. With a given scheme, a tag that breaks the scheme is an
        error. With a detected scheme, such tags are read as conlleval reads them.

    Raises
    ------
    InputError
        If the file is missing, binary, not UTF-8 or empty, or a line is invalid. The message names
        the file and the line.
    """
    path = Path(path)
    return parse_conll(read_text(path), scheme, name=str(path))


def parse_conll(text: str, scheme: Scheme | None = None, name: str = "text") -> Corpus:
    """Parse the text of a CoNLL column file; see `read_conll`."""
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"unknown tag scheme {scheme!r}; known: {', '.join(SCHEMES)}")
    blocks = list(_blocks(text, name))
    sentences = [block for block in blocks if block is not None]
    if not sentences:
        raise InputError(f"{name}: no sentence in it; expected lines like 'Paris B-LOC'")
    if scheme is None:
        scheme, repaired = detect_scheme(tags for _, _, tags, _ in sentences)
    else:
        repaired = 0
        for lines, _, tags, _ in sentences:
            if (misfit := first_misfit(tags, scheme)) is not None:
                raise InputError(
                    f"{name}:{lines[misfit]}: tag {tags[misfit]!r} cannot stand here in {scheme}; "
                    f"correct it, or let the tag scheme be detected"
                )

    _check_not_numbered(sentences, name)
    annotated = _declared_labels(text, sentences, name)
    documents: list[list[Sentence]] = [[]]
    for block in blocks:
        if block is None:
            if documents[-1]:
                documents.append([])
            continue
        _, tokens, tags, columns = block
        iob2 = tags_of(spans_of(tags), len(tags), "IOB2")
        documents[-1].append(Sentence(tuple(tokens), tuple(iob2), tuple(columns)))
    return Corpus(
        documents=tuple(Document(tuple(d), annotated) for d in documents if d),
        scheme=scheme,
        has_documents=None in blocks,
        repaired=repaired,
        name=name,
    )


_Block = tuple[list[int], list[str], list[str], list[tuple[str, ...]]]


def _blocks(text: str, name: str) -> Iterator[_Block | None]:
    """Yield sentences as (line numbers, tokens, tags, other columns); None starts a document."""
    lines: list[int] = []
    rows: list[list[str]] = []

    def sentence() -> _Block:
        columns = [tuple(column) for column in zip(*rows, strict=True)]
        return lines, list(columns[0]), list(columns[-1]), columns[1:-1]

    stripped = [without_space(line) for line in text.split("\n")]
    plain = (line for line in stripped if line and not line.startswith(("#", DOCUMENT_START)))
    width = next((len(read_fields(line)) for line in plain), 0)  # of the first line with a token
    for number, line in enumerate(stripped, 1):
        if not line or line.startswith(DOCUMENT_START):
            if rows:
                yield sentence()
                lines, rows = [], []
            if line:
                yield None
            continue
        fields = read_fields(line)
        if line.startswith("#") and not rows and not is_token(fields, width):
            continue
        check_fields(fields, width, f"{name}:{number}")
        width = len(fields)
        lines.append(number)
        rows.append(fields)
    if rows:
        yield sentence()


def _check_not_numbered(sentences: Iterable[_Block], name: str) -> None:
    """Refuse a file whose first column counts the tokens, as in CoNLL-U."""
    numbered = all(  # in most files, the first sentence is not
        tokens in ([str(i + first) for i in range(len(tokens))] for first in (0, 1))
        for _, tokens, _, _ in sentences
    )
    if numbered and any(len(tokens) > 1 for _, tokens, _, _ in sentences):
        raise InputError(
            f"{name}: the first column counts the tokens; leave it out, so that the token is first"
        )


def _declared_labels(text: str, sentences: Iterable[_Block], name: str) -> frozenset[str] | None:
    """Return the labels that the first line says the file annotates; None if it does not say.

    If it names no label, the file may have further names of every label.
    """
    declared = _ANNOTATES.match(text)
    if declared is None:
        return None
    annotated = frozenset(declared[1].replace(",", " ").split())
    for lines, _, tags, _ in sentences:
        for line, tag in zip(lines, tags, strict=True):
            if annotated and tag != "O" and tag[2:] not in annotated:
                raise InputError(
                    f"{name}:{line}: the label {tag[2:]} is not in the first line, # annotates; "
                    "add it there"
                )
    return annotated


def without_space(line: str) -> str:
    """Return a line without the white space around its columns."""
    return line.rstrip("\r").strip(" \t")


def read_fields(line: str) -> list[str]:
    """Split a line into its columns: at tabs if it has any, else at spaces."""
    if "\t" in line:
        return [cell.strip(" ") for cell in line.split("\t")]
    return [cell for cell in line.split(" ") if cell]


def is_tag(cell: str) -> bool:
    """Whether a cell is a tag of one of the schemes."""
    try:
        split_tag(cell)
    except ValueError:
        return False
    return True


def is_token(fields: list[str], width: int, tagged: bool = True) -> bool:
    """Whether a line that starts with '#' is a token: it has the file's columns and a tag."""
    if tagged and not is_tag(fields[-1]):
        return False
    return len(fields) == width if width else 2 <= len(fields) <= _MAX_COLUMNS


def check_fields(fields: list[str], width: int, where: str, *, tagged: bool = True) -> None:
    """Check a token's line.

    Parameters
    ----------
    width
        The number of columns of the lines before it; 0 if it is the first.
    tagged
        Whether the last column is the tag.

    Raises
    ------
    InputError
        If the number of columns is wrong, the token is empty, the tag is not a tag, or a carriage
        return is inside the line.
    """
    if "\r" in "".join(fields):  # lines that end as on old Macs
        raise InputError(f"{where}: has a carriage return inside; save the file with line feeds")
    least, count = 1 + tagged, len(fields)
    wrong = ""
    if not least <= count <= _MAX_COLUMNS:
        wrong = f", expected {least} to {_MAX_COLUMNS}: the token first{', the tag last' * tagged}"
    elif width and count != width:
        wrong = f" where the lines before have {width}"
    if wrong:
        raise InputError(f"{where}: {count} column{'s' * (count != 1)}{wrong}")
    if not fields[0].strip():
        raise InputError(f"{where}: the token is empty")
    if tagged:
        try:
            split_tag(fields[-1])
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None


def format_conll(
    documents: Iterable[Document], scheme: Scheme = "IOB2", *, mark_documents: bool = True
) -> str:
    """Write documents as CoNLL columns that `parse_conll` can read.

    The columns are separated by spaces, or by tabs if a column contains a space or is empty.

    Raises
    ------
    ValueError
        If a token or column contains a tab or a line end, or starts or ends with a space; if a
        token is blank or would be read as the start of a document; if the numbers of tokens and
        tags of a sentence differ.
    """
    documents = list(documents)
    separator = " "
    for sentence in (s for document in documents for s in document.sentences):
        for token in sentence.tokens:
            if not token.strip() or token.startswith(DOCUMENT_START):
                raise ValueError(f"{token!r} cannot be written in a CoNLL column as a token")
        for cell in chain(sentence.tokens, *sentence.columns):
            if cell != cell.strip(" ") or any(c in cell for c in "\t\n\r"):
                raise ValueError(f"{cell!r} cannot be written in a CoNLL column")
            if not cell or " " in cell:
                separator = "\t"
    lines: list[str] = []
    for document in documents:
        if mark_documents:
            width = len(document.sentences[0].columns) if document.sentences else 0
            lines += [separator.join([DOCUMENT_START, *["-X-"] * width, "O"]), ""]
        for s in document.sentences:
            tags = s.tags if scheme == "IOB2" else tags_of(spans_of(s.tags), len(s), scheme)
            lines += [separator.join(r) for r in zip(s.tokens, *s.columns, tags, strict=True)]
            lines.append("")
    return "\n".join(lines) + "\n" if lines else ""
