"""The options of ``bulk`` that decide what is in the output."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from window_ner.bulk.formats import InputFormat, OutputFormat
from window_ner.errors import InputError

ENTITIES = "entities"
"""The column with the names in the output."""


@dataclass(frozen=True)
class Options:
    """The options of a job that decide what is in the output.

    Attributes
    ----------
    kind
        Format of the input.
    to
        Format of the output.
    column
        The column of texts, or the key in JSON objects.
    keep
        The columns to keep beside the entities; None keeps all.
    rows_per_part
        Number of rows of a part.
    labels, min_score
        Which entities to keep; see `window_ner.arrow.TextFinder`.
    names
        The checksum of the list of names; empty if there is none.
    model
        The checksum of the model's manifest.
    strict
        Whether a row that cannot be read stops the job.
    max_characters
        A longer text is not read, so that memory is bounded.
    """

    kind: InputFormat
    to: OutputFormat
    column: str = "text"
    keep: tuple[str, ...] | None = None
    rows_per_part: int = 10_000
    labels: tuple[str, ...] | None = None
    min_score: float = 0.0
    names: str = ""
    model: str = ""
    strict: bool = False
    max_characters: int = 1_000_000

    def keeps(self, column: str) -> bool:
        """Whether a column of the input is kept."""
        return self.keep is None or column in self.keep


_LEAST = 1_000_000
"""The limits of lines and cells are at least those of this --max-characters: they hold more."""


def most_characters_of_csv(max_characters: int) -> int:
    """Return the most characters of a cell of CSV; in a longer one, a quote must be missing."""
    return 4 * max(max_characters, _LEAST)


def most_bytes_of_line(max_characters: int) -> int:
    """Return the most bytes of a line. In JSON, a character may take 12: two escapes."""
    return 12 * max(max_characters, _LEAST)


def check_columns(name: str, columns: Sequence[str], options: Options) -> None:
    """Check that a file has the columns that the options name.

    Raises
    ------
    InputError
        If one is missing; the message lists the columns.
    """
    check_column(name, columns, options.column, "--column")
    for column in options.keep or ():
        check_column(name, columns, column, "--keep")
    if problem := has_entities(columns, options):
        raise InputError(f"{name}: {problem}")


def check_column(name: str, columns: Sequence[str], column: str, option: str) -> None:
    """Check that a file has a column that an option names; see `check_columns`."""
    if column not in columns:
        listed = ", ".join(map(repr, columns)) or "none"
        raise InputError(
            f"{name}: there is no column {column!r} ({option}); the columns are: {listed}"
        )


def has_entities(columns: Collection[str], options: Options) -> str:
    """Say that the column of the output is kept from the input, too; empty if it is not."""
    if ENTITIES in columns and options.keeps(ENTITIES):
        return f"already has a column {ENTITIES!r}; name the others with --keep"
    return ""
