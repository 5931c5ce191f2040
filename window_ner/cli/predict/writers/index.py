"""An index of the names that were found: their counts, numbers of texts, and spellings."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from window_ner.cli.predict.documents import Answer


@dataclass
class Name:
    """Mentions of one name with one label, in all its spellings.

    Attributes
    ----------
    first
        Number of the first mention, counted from 1 over all names.
    texts
        Number of files that have it; if there is only one file, number of documents.
    spellings
        Spelling -> its count.
    """

    label: str
    first: int
    texts: int = 0
    spellings: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """The number of mentions."""
        return self.spellings.total()

    @property
    def text(self) -> str:
        """The most frequent spelling; of equally frequent ones, one that is not in capitals."""
        return max(self.spellings, key=lambda text: (self.spellings[text], not text.isupper()))

    @property
    def other_spellings(self) -> list[tuple[str, int]]:
        """The other spellings with their counts, most frequent first."""
        return [each for each in self.spellings.most_common() if each[0] != self.text]


class NameIndex:
    """Collects names; takes memory for each spelling, not for each mention.

    Parameters
    ----------
    by_file
        Whether to count files, or else documents.
    """

    def __init__(self, by_file: bool) -> None:
        self.by_file = by_file
        self.mentions = 0
        self._names: dict[tuple[str, str], Name] = {}
        self._last_text: dict[tuple[str, str], object] = {}

    def add(self, answer: Answer) -> None:
        """Count the entities of a document; the documents of a file follow one another."""
        file, number = answer.document.file, answer.document.number
        text = file if self.by_file else (file, number)
        for entity in answer.entities:
            self.mentions += 1
            key = entity.label, spelling_key(entity.text)
            name = self._names.setdefault(key, Name(entity.label, self.mentions))
            name.spellings[" ".join(entity.text.split())] += 1
            if self._last_text.get(key) != text:
                self._last_text[key] = text
                name.texts += 1

    def names(self) -> list[Name]:
        """Return the names, most frequent first, then alphabetically."""
        return sorted(self._names.values(), key=lambda n: (-n.count, n.text.casefold(), n.label))


def spelling_key(text: str) -> str:
    """Return the letters and digits of a name, without case and accents, for all its spellings."""
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text.casefold())))
    return letters or text
