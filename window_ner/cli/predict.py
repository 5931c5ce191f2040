"""``window-ner predict``."""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial
from io import BufferedReader, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast

import typer

from window_ner.errors import InputError

if TYPE_CHECKING:
    from window_ner.tagger import Entity, Tagger


_BYTES_AT_ONCE = 1 << 16

_TABLE_MEMORY = 24_000_000
"""Half as much takes a tenth more time; twice as much, a tenth less."""


class Format(StrEnum):
    """How entities are printed."""

    PRETTY = "pretty"
    JSON = "json"
    JSONL = "jsonl"
    CONLL = "conll"
    HTML = "html"


def predict(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to find names in.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Model (default: trained last, else english-news).")
    ] = None,
    input_file: Annotated[
        Path | None, typer.Option("--input", help="A file with one text a line; - is stdin.")
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", help="Where to write (default: stdout).")
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="How to print.")
    ] = Format.PRETTY,
    pretokenized: Annotated[
        bool, typer.Option("--pretokenized", help="Tokens are what white space parts.")
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=1, help="Processes, for much text as jsonl or conll.")
    ] = 1,
) -> None:
    """Find the names in texts: arguments, lines of a file, or lines of stdin.

    Example: window-ner predict "Museums in Paris are amazing." --format json
    """
    from window_ner.cli.jobs import in_order, one_thread_each  # noqa: PLC0415 (keeps --help quick)
    from window_ner.cli.models import find_model  # noqa: PLC0415
    from window_ner.cli.output import open_output  # noqa: PLC0415

    one_thread_each()  # two at matrices as small as these cost more than they bring
    from window_ner.tagger import load_tagger  # noqa: PLC0415

    if texts and input_file:
        raise InputError("give texts or --input, not both")
    if jobs > 1 and output_format not in (Format.JSONL, Format.CONLL):
        raise InputError("--jobs is for --format jsonl and conll")
    if not texts and input_file is None and sys.stdin.isatty():
        raise InputError('no text; try: window-ner predict "Museums in Paris are amazing."')
    tagger = load_tagger(find_model(model))
    tagger.table_memory = _TABLE_MEMORY
    gc.freeze()  # the model stays: to look for garbage in it takes 3 % of the time
    batches = [texts] if texts else _read_batches(input_file)
    write = _WRITERS[output_format]
    with open_output(output_file) as stream:
        if jobs == 1:
            write(stream, tagger, batches, pretokenized)
        else:
            work = partial(_written, write, tagger, pretokenized)
            stream.writelines(in_order(work, batches, jobs))


def _written(write: "Writer", tagger: "Tagger", pretokenized: bool, texts: list[str]) -> str:
    """Return what is written for a batch."""
    stream = StringIO()
    write(stream, tagger, [texts], pretokenized)
    return stream.getvalue()


def _read_batches(path: Path | None) -> Iterator[list[str]]:
    """Read lines, gunzipped by name, as they come: what is there is tagged together.

    So a slow stream is answered line by line, and a fast one in large batches.
    """
    name = "stdin" if path is None or str(path) == "-" else str(path)
    number = 0

    def decode(line: bytes) -> str:
        nonlocal number
        number += 1
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InputError(f"{name}:{number}: is not UTF-8") from None
        return text.removesuffix("\r")

    unfinished: list[bytes] = []
    try:
        with _open_input(name) as stream:
            while chunk := stream.read1(_BYTES_AT_ONCE):
                *lines, rest = chunk.split(b"\n")
                if lines:
                    lines[0] = b"".join(unfinished) + lines[0]
                    unfinished = []
                    yield [decode(line) for line in lines]
                unfinished.append(rest)
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except (OSError, EOFError) as error:
        raise InputError(f"{name}: cannot be read ({error})") from None
    if last := b"".join(unfinished):
        yield [decode(last)]


def _open_input(name: str) -> BufferedReader:
    if name == "stdin":
        return cast(BufferedReader, sys.stdin.buffer)
    if name.endswith(".gz"):
        import gzip  # noqa: PLC0415

        return cast(BufferedReader, gzip.open(name))
    return Path(name).open("rb")


Batches = Iterable[list[str]]
Writer = Callable[[TextIO, "Tagger", Batches, bool], None]


def _write_json(stream: TextIO, tagger: "Tagger", batches: Batches, pretokenized: bool) -> None:
    objects = [
        _as_dict(text, entities) for text, entities in _tagged(tagger, batches, pretokenized)
    ]
    stream.write(json.dumps(objects, indent=2, ensure_ascii=False) + "\n")


def _write_jsonl(stream: TextIO, tagger: "Tagger", batches: Batches, pretokenized: bool) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    for texts in batches:
        for text, entities in _tagged(tagger, [texts], pretokenized):
            stream.write(encode(_as_dict(text, entities)) + "\n")
        stream.flush()


def _tagged(
    tagger: "Tagger", batches: Batches, pretokenized: bool
) -> "Iterator[tuple[str, list[Entity]]]":
    for texts in batches:
        yield from zip(texts, tagger.entities_of(texts, pretokenized=pretokenized), strict=True)


def _as_dict(text: str, entities: "list[Entity]") -> dict[str, object]:
    return {"text": text, "entities": [entity.as_dict() for entity in entities]}


def _write_conll(stream: TextIO, tagger: "Tagger", batches: Batches, pretokenized: bool) -> None:
    for texts in batches:
        for tokens, tags in tagger.tagged_sentences(texts, pretokenized=pretokenized):
            stream.writelines(f"{t} {tag}\n" for t, tag in zip(tokens, tags, strict=True))
            stream.write("\n")
        stream.flush()


_COLOURS = {"PER": "blue", "ORG": "magenta", "LOC": "green", "MISC": "yellow"}


def _write_pretty(stream: TextIO, tagger: "Tagger", batches: Batches, pretokenized: bool) -> None:
    """Highlight the names; without colours, put them in brackets."""
    write = _in_brackets(stream)
    if stream.isatty() or "FORCE_COLOR" in os.environ:
        write = _in_colours(stream) or write
    for text, entities in _tagged(tagger, batches, pretokenized):
        write(text, entities)


Show = Callable[[str, "list[Entity]"], None]


def _in_brackets(stream: TextIO) -> Show:
    def write(text: str, entities: "list[Entity]") -> None:
        end = 0
        for entity in entities:
            before = text[end : entity.start]
            stream.write(f"{before}[{entity.text} | {entity.label} {entity.score:.2f}]")
            end = entity.end
        stream.write(f"{text[end:]}\n")

    return write


def _in_colours(stream: TextIO) -> Show | None:
    """Return None if the terminal has none."""
    from rich.console import Console  # noqa: PLC0415 (takes as long as to tag a thousand sentences)
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False, soft_wrap=True)
    if console.color_system is None:
        return None

    def write(text: str, entities: "list[Entity]") -> None:
        shown, end = Text(), 0
        for entity in entities:
            colour = _COLOURS.get(entity.label, "cyan")
            shown.append(text[end : entity.start])
            shown.append(entity.text, style=f"bold {colour}")
            shown.append(f" {entity.label} {entity.score:.2f}", style=f"dim {colour}")
            end = entity.end
        shown.append(text[end:])
        console.print(shown)

    return write


def _write_html(stream: TextIO, tagger: "Tagger", batches: Batches, pretokenized: bool) -> None:
    from window_ner.cli.html import write_page  # noqa: PLC0415

    write_page(stream, _tagged(tagger, batches, pretokenized))


_WRITERS: dict[Format, Writer] = {
    Format.PRETTY: _write_pretty,
    Format.JSON: _write_json,
    Format.JSONL: _write_jsonl,
    Format.CONLL: _write_conll,
    Format.HTML: _write_html,
}
