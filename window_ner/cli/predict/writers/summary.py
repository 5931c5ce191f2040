"""A summary: one line for each name, with all its spellings."""

from window_ner.cli.output import visible
from window_ner.cli.predict.documents import Answer
from window_ner.cli.predict.writers.index import Name, NameIndex
from window_ner.cli.predict.writers.writer import Writer


class SummaryWriter(Writer):
    """Writes a table of the names, most frequent first, after all input was read.

    Parameters
    ----------
    by_file
        Whether to count the files that have a name, or else the documents.
    """

    is_stateless = False

    def __init__(self, by_file: bool) -> None:
        self.index = NameIndex(by_file)
        self.texts = "files" if by_file else "texts"

    def document(self, answer: Answer) -> str:
        self.index.add(answer)
        return ""

    def foot(self) -> str:
        names = self.index.names()
        if not names:
            return ""
        head = ("count", self.texts, "label", "name", "other spellings")
        rows = [head, *map(_cells, names)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "".join(_line(row, widths) for row in rows)


def _cells(name: Name) -> tuple[str, ...]:
    others = ", ".join(f"{text} ({count:,})" for text, count in name.other_spellings)
    cells = f"{name.count:,}", f"{name.texts:,}", name.label, name.text, others
    return tuple(map(visible, cells))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    count, texts, label, name, others = row
    counts = f"{count:>{widths[0]}}  {texts:>{widths[1]}}"
    return f"{counts}  {label:<{widths[2]}}  {name:<{widths[3]}}  {others}".rstrip() + "\n"
