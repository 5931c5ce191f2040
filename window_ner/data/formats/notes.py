"""Counts what a reader changed in a corpus, for the notes that the user sees."""

from dataclasses import dataclass, field

SPACES = "names that begin or end with a space, which is left out"
TWICE = "names that are given twice, and read once"
RENAMED = "labels with a space or a comma, which is read as _"
UTF_16 = "texts whose offsets count UTF-16 units instead of characters, and are converted"
IN_TOKEN = (
    "names that begin or end within a token; it is split there for training, but predict will not "
    "split it"
)
TWO_SENTENCES = (
    "names with the end of a sentence in them; they are read as one sentence, but predict will "
    "end the sentence there"
)
UNKNOWN_ENTITIES = (
    "documents with tokens whose entity is unknown, which may have more names than are annotated"
)
SKIPPED = "texts that nobody annotated or accepted, which are left out"


@dataclass
class Notes:
    """The number of changes of each kind, and where the first one is."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, place: str, example: str = "") -> None:
        """Count a change; ``place`` is a file and line."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.examples.setdefault(kind, f"{place}: {example!r}" if example else place)

    def as_lines(self) -> tuple[str, ...]:
        """Return a line for each kind of change."""
        return tuple(
            f"{kind}: {count:,} (the first: {self.examples[kind]})"
            for kind, count in self.counts.items()
        )
