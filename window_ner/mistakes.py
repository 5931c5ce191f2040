"""What goes wrong: the label or the boundary, which label for which, and at which mentions."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from window_ner.data.tag_schemes import Span

NONE = "O"
"""Stands in for the label where there is no span."""


def kinds_of_error(predicted: Sequence[Span], gold: Sequence[Span]) -> dict[str, int]:
    """Count what is wrong with spans.

    Returns
    -------
    Of the predicted spans: ``right``; ``type``, the right words under a wrong label; ``boundary``,
    words of a true span with its label, but too many or too few; ``boundary_and_type``, both;
    ``spurious``, where no true span is. Of the true ones: ``missed``, where nothing is predicted.
    """
    labels = {span[:2]: span.label for span in gold}
    counts = dict.fromkeys(["right", "type", "boundary", "boundary_and_type", "spurious"], 0)
    for span, overlapping in _overlaps(predicted, gold):
        if span[:2] in labels:
            kind = "right" if labels[span[:2]] == span.label else "type"
        elif not overlapping:
            kind = "spurious"
        else:
            alike = any(other.label == span.label for other in overlapping)
            kind = "boundary" if alike else "boundary_and_type"
        counts[kind] += 1
    missed = sum(not overlapping for _, overlapping in _overlaps(gold, predicted))
    return {**counts, "missed": missed}


def confusion(predicted: Sequence[Span], gold: Sequence[Span]) -> dict[str, dict[str, int]]:
    """Count which label is given to the words of which: true label -> predicted label -> count.

    `NONE` is predicted where no span has exactly the words of the true one, and is true where
    a predicted span has not exactly the words of any.
    """
    names = sorted({span.label for span in (*predicted, *gold)})
    table = {name: dict.fromkeys([*names, NONE], 0) for name in [*names, NONE]}
    of_predicted, of_gold = (
        {span[:2]: span.label for span in spans} for spans in (predicted, gold)
    )
    for place, label in of_gold.items():
        table[label][of_predicted.get(place, NONE)] += 1
    for place, label in of_predicted.items():
        if place not in of_gold:
            table[NONE][label] += 1
    return table


def wrong_mentions(
    predicted: Sequence[Span], gold: Sequence[Span], tokens: Sequence[str], most: int
) -> list[dict[str, Any]]:
    """List the mentions that are wrong most often.

    A mention with wrong boundaries is two: one that is predicted and not true, one that is true
    and not predicted.

    Returns
    -------
    ``text``, ``gold`` and ``predicted`` labels (`NONE`: no such span) and ``count``, the most
    frequent first.
    """
    of_predicted, of_gold = (
        {span[:2]: span.label for span in spans} for spans in (predicted, gold)
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    for start, end in sorted({*of_predicted, *of_gold}):
        pair = of_gold.get((start, end), NONE), of_predicted.get((start, end), NONE)
        if pair[0] != pair[1]:
            counts[" ".join(tokens[start:end]), *pair] += 1
    return [
        {"text": text, "gold": true, "predicted": found, "count": count}
        for (text, true, found), count in counts.most_common(most)
    ]


def _overlaps(spans: Iterable[Span], others: Iterable[Span]) -> Iterator[tuple[Span, list[Span]]]:
    """Pair each span with those of the others that share a word with it."""
    others = sorted(others)
    ends = [other.end for other in others]  # in order too, as they do not overlap one another
    for span in spans:
        first = last = bisect_right(ends, span.start)
        while last < len(others) and others[last].start < span.end:
            last += 1
        yield span, others[first:last]
