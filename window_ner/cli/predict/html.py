"""Tagged texts as one self-contained page."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, TextIO

from window_ner.cli.predict.pieces import pieces

if TYPE_CHECKING:
    from window_ner.model.entity import Entity

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Names found by window-ner</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 18px/1.75 Georgia, serif; max-width: 40em; margin: 2.5em auto; padding: 0 1.2em;
         color: #222; background: #fff; }
  h2 { font: 600 14px/1.4 system-ui, sans-serif; color: #666; margin: 3.5em 0 1.5em;
       border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
  h2:first-of-type { margin-top: 0; }
  p { margin: .8em 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
  p:empty:only-of-type::before { content: "There is no text."; color: #767676; }
  mark { border-radius: 4px; padding: 2px 5px; background: #cfe8ee; color: inherit;
         box-decoration-break: clone; -webkit-box-decoration-break: clone; }
  mark small { font: 600 11px system-ui, sans-serif; margin-inline-start: 5px; opacity: .7;
               white-space: nowrap; unicode-bidi: isolate;
               user-select: none; -webkit-user-select: none; }
  mark.PER { background: #cfe0fc; } mark.ORG { background: #f1d4f3; }
  mark.LOC { background: #d3efcf; } mark.MISC { background: #fcebc0; }
  @media (prefers-color-scheme: dark) {
    body { color: #ddd; background: #1b1b1d; } mark { background: #1f4a55; }
    h2 { color: #aaa; border-color: #444; } p:empty:only-of-type::before { color: #999; }
    mark small { opacity: .8; }
    mark.PER { background: #25427a; } mark.ORG { background: #60306a; }
    mark.LOC { background: #28562a; } mark.MISC { background: #66501a; }
  }
  @media (max-width: 30em) { body { font-size: 16px; margin: 1em auto; } }
  @media print { mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
</style>
"""


def write_page(stream: TextIO, texts: "Iterable[tuple[str, str, list[Entity]]]") -> None:
    """Write a page of titles, texts and what is found in them; nothing is taken for markup.

    A title may be empty. Each text is a paragraph that runs in the direction of its script.
    """
    stream.write(_HEAD)
    empty = True
    for title, text, entities in texts:
        empty = False
        if title:
            stream.write(f'<h2 dir="auto">{escape(title)}</h2>\n')
        marked = "".join(_marked(piece, entity) for piece, entity in pieces(text, entities))
        stream.write(f'<p dir="auto">{marked}</p>\n')
    stream.write("<p></p>\n</html>\n" if empty else "</html>\n")


def _marked(piece: str, entity: "Entity | None") -> str:
    if entity is None:
        return escape(piece)
    label = escape(entity.label)
    return (
        f'<mark dir="auto" class="{label}" title="{label}, probability {entity.score:.3f}">'
        f"{escape(piece)}<small>{label}</small></mark>"
    )
