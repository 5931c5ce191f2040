"""Tagged texts as one self-contained page."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from window_ner.tagger import Entity

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Names found by window-ner</title>
<style>
  body { font: 18px/1.9 Georgia, serif; max-width: 42em; margin: 3em auto; padding: 0 1em;
         color: #222; background: #fff; }
  p { white-space: pre-wrap; overflow-wrap: anywhere; }
  mark { border-radius: 4px; padding: 2px 5px; background: #cfe8ee; color: inherit; }
  mark small { font: 600 11px system-ui, sans-serif; margin-left: 5px; opacity: .65; }
  mark.PER { background: #cfe0fc; } mark.ORG { background: #f1d4f3; }
  mark.LOC { background: #d3efcf; } mark.MISC { background: #fcebc0; }
  @media (prefers-color-scheme: dark) {
    body { color: #ddd; background: #1b1b1d; } mark { background: #1f4a55; }
    mark.PER { background: #25427a; } mark.ORG { background: #60306a; }
    mark.LOC { background: #28562a; } mark.MISC { background: #66501a; }
  }
</style>
"""


def write_page(stream: TextIO, texts: "Iterable[tuple[str, list[Entity]]]") -> None:
    """Write a page with each text as a paragraph; nothing of a text is taken for markup."""
    stream.write(_HEAD)
    for text, entities in texts:
        parts, end = [], 0
        for entity in entities:
            label = escape(entity.label)
            parts.append(escape(text[end : entity.start]))
            parts.append(
                f'<mark class="{label}" title="{label}, probability {entity.score:.3f}">'
                f"{escape(entity.text)}<small>{label}</small></mark>"
            )
            end = entity.end
        stream.write(f"<p>{''.join(parts)}{escape(text[end:])}</p>\n")
    stream.write("</html>\n")
