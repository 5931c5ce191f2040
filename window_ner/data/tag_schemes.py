"""Tags and spans: IOB1, IOB2, BIOES and BILOU, read as conlleval reads them.

A span is the position of a name in a sentence: its first token, the token after its last token, and
its label. A tag scheme writes spans as one tag for each token:

=======  ===========================================================================
IOB1     I- inside; B- only if a span directly follows another span of the same label
IOB2     B- first token, I- other tokens
BIOES    B- first, I- inside, E- last, S- single
BILOU    the same with L- (last) and U- (unit)
=======  ===========================================================================
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

Scheme = Literal["IOB1", "IOB2", "BIOES", "BILOU"]
SCHEMES: tuple[Scheme, ...] = ("IOB1", "IOB2", "BIOES", "BILOU")

_PREFIXES: dict[Scheme, str] = {"IOB1": "BI", "IOB2": "BI", "BIOES": "BIES", "BILOU": "BILU"}


class Span(NamedTuple):
    """A name in a sentence: tokens ``start`` to ``end - 1``."""

    start: int
    end: int
    label: str


def is_label(text: str) -> bool:
    """Whether a text can be a label: one word, without half of a surrogate pair."""
    return text.split() == [text] and not any("\ud800" <= c <= "\udfff" for c in text)


@lru_cache(maxsize=1024)  # a corpus has few tags, and millions of tokens
def split_tag(tag: str) -> tuple[str, str]:
    """Split ``B-PER`` into ``("B", "PER")`` and ``O`` into ``("O", "")``.

    Raises
    ------
    ValueError
        If the tag is not a tag of any scheme.
    """
    if tag == "O":
        return "O", ""
    prefix, hyphen, label = tag.partition("-")
    if hyphen and is_label(label) and prefix in ("B", "I", "E", "S", "L", "U"):
        return prefix, label
    raise ValueError(f"{tag!r} is not a tag of IOB1, IOB2, BIOES or BILOU (like O, B-PER, I-PER)")


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Read the spans of one sentence, in any scheme, as conlleval does.

    A span begins at B, S or U, after the end of a span (E, S, L, U), where the label changes, and
    after O. So a tag sequence that breaks its scheme also has exactly one reading.
    """
    spans: list[Span] = []
    start, label, open_span = 0, "", False
    for i, tag in enumerate(tags):
        prefix, this_label = split_tag(tag)
        if open_span and (prefix in "OBSU" or this_label != label):
            spans.append(Span(start, i, label))
            open_span = False
        if prefix == "O":
            continue
        if not open_span:
            start, label, open_span = i, this_label, True
        if prefix in "ESLU":
            spans.append(Span(start, i + 1, label))
            open_span = False
    if open_span:
        spans.append(Span(start, len(tags), label))
    return spans


def tags_of(spans: Iterable[Span], length: int, scheme: Scheme = "IOB2") -> list[str]:
    """Return the tags of a sentence of ``length`` tokens with these spans, which do not overlap."""
    tags = ["O"] * length
    first, last, single = {
        "IOB1": ("I", "I", "I"),
        "IOB2": ("B", "I", "B"),
        "BIOES": ("B", "E", "S"),
        "BILOU": ("B", "L", "U"),
    }[scheme]
    previous = Span(-1, -1, "")
    for span in sorted(spans):
        start, end, label = span
        tags[start:end] = [f"I-{label}"] * (end - start)
        tags[end - 1] = f"{last}-{label}"
        tags[start] = f"{single if end - start == 1 else first}-{label}"
        if scheme == "IOB1" and previous.end == start and previous.label == label:
            tags[start] = f"B-{label}"
        previous = span
    return tags


def fits(tags: Sequence[str], scheme: Scheme) -> bool:
    """Whether a sentence's tags follow the scheme exactly."""
    return first_misfit(tags, scheme) is None


def first_misfit(tags: Sequence[str], scheme: Scheme) -> int | None:
    """Return the position of the first tag that breaks the scheme, or None."""
    if any(split_tag(tag)[0] not in "O" + _PREFIXES[scheme] for tag in tags):
        return next(i for i, t in enumerate(tags) if split_tag(t)[0] not in "O" + _PREFIXES[scheme])
    written = tags_of(spans_of(tags), len(tags), scheme)
    return next((i for i, (a, b) in enumerate(zip(tags, written, strict=True)) if a != b), None)


def detect_scheme(sentences: Iterable[Sequence[str]]) -> tuple[Scheme, int]:
    """Find the scheme that most sentences follow; IOB2 wins a tie.

    Returns
    -------
    The scheme, and the number of sentences that do not follow it. Sentences without a name follow
    every scheme.
    """
    misfits: dict[Scheme, int] = {"IOB2": 0, "IOB1": 0, "BIOES": 0, "BILOU": 0}

    @cache  # a corpus has few different names
    def broken_by(tags: tuple[str, ...]) -> list[Scheme]:
        return [scheme for scheme in SCHEMES if not fits(tags, scheme)]

    for tags in sentences:
        # No scheme looks across an O, so what stands between two of them is checked by itself.
        between = {tuple(some) for is_name, some in groupby(tags, "O".__ne__) if is_name}
        for scheme in {scheme for some in between for scheme in broken_by(some)}:
            misfits[scheme] += 1
    best = min(misfits, key=lambda scheme: misfits[scheme])
    return best, misfits[best]
