"""Texts with their names highlighted, for people."""

import os
from typing import TYPE_CHECKING, TextIO

from window_ner.cli.output import visible
from window_ner.cli.predict.documents import Answer
from window_ner.cli.predict.writers.writer import Writer
from window_ner.model.entities import Piece, pieces

if TYPE_CHECKING:
    from rich.console import Console

_COLOURS = {"PER": "blue", "ORG": "magenta", "LOC": "green", "MISC": "yellow"}


class PrettyWriter(Writer):
    """Highlights the names in colours, or puts them in brackets.

    Parameters
    ----------
    stream
        The stream that the text will go to. Only a terminal gets colours, unless the environment
        says otherwise. Only for a terminal are control characters replaced by visible signs.
    """

    is_stateless = False  # it depends on the terminal

    def __init__(self, stream: TextIO) -> None:
        self.is_terminal = stream.isatty()
        wanted = self.is_terminal or "FORCE_COLOR" in os.environ
        self.console = _console(stream) if wanted and not os.environ.get("NO_COLOR") else None

    def document(self, answer: Answer) -> str:
        shown = pieces(answer.document.text, answer.entities)
        if self.is_terminal:
            shown = ((visible(piece), entity) for piece, entity in shown)
        if self.console is None:
            return "".join(map(_in_brackets, shown)) + "\n"
        from rich.text import Text

        line = Text()
        for piece, entity in shown:
            colour = _COLOURS.get(entity.label, "cyan") if entity else ""
            line.append(piece, style=f"bold {colour}" if entity else "")
            if entity:
                line.append(f" {entity.label} {entity.score:.2f}", style=f"dim {colour}")
        with self.console.capture() as captured:
            self.console.print(line)
        return captured.get()


def _in_brackets(piece: Piece) -> str:
    text, entity = piece
    return f"[{text} | {entity.label} {entity.score:.2f}]" if entity else text


def _console(stream: TextIO) -> "Console | None":
    """Return None if the terminal has no colours."""
    from rich.console import Console  # its import takes as long as tagging a thousand sentences

    console = Console(file=stream, highlight=False, soft_wrap=True)
    return console if console.color_system else None
