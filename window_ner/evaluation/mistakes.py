"""What goes wrong: the label or the boundary, which label for which, and at which mentions."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from window_ner.data.tag_schemes import Span

NONE = "O"
"""Stands in for the label where there is no span."""

KINDS = ("right", "type", "boundary", "boundary_and_type", "spurious", "missed")


def kinds_of_error(predicted: Sequence[Span], gold: Sequence[Span]) -> dict[str, int]:
    """Count what is wrong with spans.

    Returns
    -------
    Of the predicted spans: ``right``; ``type``, the right words under a wrong label; ``boundary``,
    words of a true span with its label, but too many or too few; ``boundary_and_type``, both;
    ``spurious``, where no true span is. Of the true ones: ``missed``, where nothing is predicted.
    """
    counts = dict.fromkeys(KINDS, 0)
    for kind, _, _ in _judged(predicted, gold):
        counts[kind] += 1
    return counts


def _judged(
    predicted: Sequence[Span], gold: Sequence[Span]
) -> Iterator[tuple[str, Span, list[Span]]]:
    """Yield the kind of each predicted span, and of the missed ones, with those it overlaps."""
    labels = {span[:2]: span.label for span in gold}
    for span, overlapping in _overlaps(predicted, gold):
        if span[:2] in labels:
            kind = "right" if labels[span[:2]] == span.label else "type"
        elif not overlapping:
            kind = "spurious"
        else:
            alike = any(other.label == span.label for other in overlapping)
            kind = "boundary" if alike else "boundary_and_type"
        yield kind, span, overlapping
    for span, overlapping in _overlaps(gold, predicted):
        if not overlapping:
            yield "missed", span, []


def surest_mistakes(
    predicted: Sequence[Span],
    gold: Sequence[Span],
    sureness: Mapping[Span, float],
    sentences: Sequence[Sequence[str]],
    most: int,
) -> dict[str, list[dict[str, Any]]]:
    """List, of each kind of error, the mistakes that the model was surest of.

    Parameters
    ----------
    predicted, gold
        Spans over the tokens of all sentences.
    sureness
        How sure the model was of a predicted span, or that a missed one is none; 0 to 1.
    sentences
        Their tokens.
    most
        How many of each kind. Of those with the same words and labels, the surest is listed.

    Returns
    -------
    Kind -> mistakes, each with the ``tokens`` of its sentence, the span ``found`` (None if one was
    missed) and the ``true`` ones that it shares words with, as first and last + 1 token of the
    sentence and label, and ``sureness``.
    """
    starts = list(accumulate(map(len, sentences), initial=0))
    judged = [entry for entry in _judged(predicted, gold) if entry[0] != "right"]
    judged.sort(key=lambda entry: -sureness[entry[1]])
    listed: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS if kind != "right"}
    known = set()
    for kind, span, overlapping in judged:
        found, true = (None, [span]) if kind == "missed" else (span, overlapping)
        i = bisect_right(starts, span.start) - 1
        tokens, first = sentences[i], starts[i]
        here = [Span(s.start - first, s.end - first, s.label) for s in [span, *true]]
        what = kind, *((*tokens[s.start : s.end], s.label) for s in here)
        if what in known or len(listed[kind]) == most:
            continue
        known.add(what)
        listed[kind].append(
            {
                "tokens": list(tokens),
                "found": list(here[0]) if found else None,
                "true": [list(s) for s in here[1:]],
                "sureness": sureness[span],
            }
        )
    return listed


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
