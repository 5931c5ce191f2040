"""A name in a text."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.tokenizer import TokenizedText
from window_ner.errors import InputError, listed
from window_ner.nn.arrays import Floats, Ints

Source = Literal["model", "list"]


def check_min_score(min_score: float) -> None:
    """Refuse a minimum score that is not a probability.

    Raises
    ------
    InputError
        If it is not a number from 0 to 1.
    """
    if not isinstance(min_score, Real) or not 0 <= min_score <= 1:
        raise InputError(f"min_score must be from 0 to 1; got {min_score!r}")


def check_labels(labels: Iterable[str], known: Iterable[str], option: str = "labels") -> None:
    """Refuse labels that are not known to the model, a list of names or a corpus.

    Raises
    ------
    InputError
        If there is one; the message begins with the name of the option.
    """
    known = list(dict.fromkeys(known))
    if unknown := [label for label in labels if label not in known]:
        raise InputError(
            f"{option}: there is no label {listed([*map(str, unknown)])}; there are {listed(known)}"
        )


class Entity(NamedTuple):
    """A name in a text.

    It is a named tuple because a frozen dataclass takes four times as long to make.

    Attributes
    ----------
    text
        The mention: ``text[start:end]`` of the text in which it was found.
    label
        Its label, like PER.
    start, end
        Offsets of its first character and of the one after its last.
    score
        The model's probability of exactly this span with this label; 1.0 for a name of a list.
    start_token, end_token
        Numbers of its first token in the text, and of the one after its last.
    source
        Whether the model or a list of names found it.
    """

    text: str
    label: str
    start: int
    end: int
    score: float
    start_token: int
    end_token: int
    source: Source = "model"

    def as_dict(self, *, with_source: bool = False) -> dict[str, Any]:
        """Return the entity as plain data, without its tokens."""
        found = {
            "text": self.text,
            "label": self.label,
            "start": self.start,
            "end": self.end,
            "score": self.score,
        }
        return {**found, "source": self.source} if with_source else found


def entities_of_spans(
    texts: Sequence[str],
    tokenized: Sequence[TokenizedText],
    spans: Sequence[Span],
    probabilities: Sequence[float] | Floats,
) -> list[list[Entity]]:
    """Turn spans over the tokens of all texts into entities of each text; spans are in order."""
    counts, starts, ends = (
        np.array(numbers, dtype=np.int64)
        for numbers in (
            [len(text.tokens) for text in tokenized],
            [start for text in tokenized for start in text.starts],
            [end for text in tokenized for end in text.ends],
        )
    )
    return entities_at(texts, counts, (starts, ends), spans, probabilities)


def entities_at(
    texts: Sequence[str],
    counts: Ints,
    places: tuple[Ints, Ints],
    spans: Sequence[Span],
    probabilities: Sequence[float] | Floats,
) -> list[list[Entity]]:
    """Do the same as `entities_of_spans` for tokens that are given as arrays.

    Parameters
    ----------
    texts
        D texts.
    counts
        (D,) number of tokens of each text.
    places
        (N,) and (N,) where each token begins in its text, and where it ends.
    spans
        S names over the tokens of all texts, in order.
    probabilities
        (S,) their probabilities.
    """
    found: list[list[Entity]] = [[] for _ in texts]
    if not spans:
        return found
    starts, stops, labels = zip(*spans, strict=True)
    first, last = np.array(starts), np.array(stops)
    ends_of_texts = counts.cumsum()
    which = ends_of_texts.searchsorted(first, side="right")
    before = (ends_of_texts - counts).take(which)  # the tokens of earlier texts
    begins, ends = places[0][first], places[1][last - 1]
    arrays = which, begins, ends, first - before, last - before, np.asarray(probabilities)
    columns = (array.tolist() for array in arrays)
    for label, i, begin, end, start_token, end_token, score in zip(labels, *columns, strict=True):
        mention = texts[i][begin:end]
        found[i].append(Entity(mention, label, begin, end, score, start_token, end_token))
    return found
