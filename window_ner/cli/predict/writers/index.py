"""An index of the names that were found: how often, in how many texts, in which spellings."""

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from window_ner.cli.predict.documents import Answer


@dataclass
class Name:
    """Mentions with one label that are the same but for their spelling.

    Attributes
    ----------
    first
        Number of the first mention, counted from 1 over all names.
    texts
        In how many files it is; in how many documents, if there is only one file.
    spellings
        How often each is there.
    """

    label: str
    first: int
    texts: int = 0
    spellings: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many mentions there are."""
        return self.spellings.total()

    @property
    def text(self) -> str:
        """The most frequent spelling; of several, one that is not in capitals."""
        return max(self.spellings, key=lambda text: (self.spellings[text], not text.isupper()))

    @property
    def other_spellings(self) -> list[tuple[str, int]]:
        """The others with their counts, most frequent first."""
        return [each for each in self.spellings.most_common() if each[0] != self.text]


class NameIndex:
    """Collects names; takes memory for each spelling, not for each mention.

    Parameters
    ----------
    by_file
        Whether texts are files, or else documents.
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
        """Return the names, most frequent first, then by the alphabet."""
        return sorted(self._names.values(), key=lambda n: (-n.count, n.text.casefold(), n.label))


def spelling_key(text: str) -> str:
    """Return what spellings of one name share: letters and digits, without case and accents."""
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text.casefold())))
    return letters or text
