"""Mistakes of a model: kinds of error, confused labels, and frequent wrong mentions."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from window_ner.data.tag_schemes import Span

NONE = "O"
"""The label where there is no span."""

KINDS = ("right", "type", "boundary", "boundary_and_type", "spurious", "missed")


def kinds_of_error(predicted: Sequence[Span], gold: Sequence[Span]) -> dict[str, int]:
    """Count the kinds of error.

    Returns
    -------
    The number of predicted spans that are

    - ``right``;
    - ``type``: the right words with a wrong label;
    - ``boundary``: they overlap a true span with the same label, but have other words;
    - ``boundary_and_type``: they overlap true spans with other labels only, and have other words;
    - ``spurious``: they overlap no true span;

    and the number of true spans that are ``missed``: no predicted span overlaps them.
    """
    counts = dict.fromkeys(KINDS, 0)
    for kind, _, _ in _judged(predicted, gold):
        counts[kind] += 1
    return counts


def _judged(
    predicted: Sequence[Span], gold: Sequence[Span]
) -> Iterator[tuple[str, Span, list[Span]]]:
    """Yield (kind, span, overlapping spans) for each predicted span and for each missed span."""
    labels = _by_place(gold)
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


def confident_mistakes(
    predicted: Sequence[Span],
    gold: Sequence[Span],
    confidence: Mapping[Span, float],
    sentences: Sequence[Sequence[str]],
    most: int,
) -> dict[str, list[dict[str, Any]]]:
    """List, for each kind of error, the mistakes that the model is most confident of.

    Parameters
    ----------
    predicted, gold
        Spans over the tokens of all sentences.
    confidence
        For a predicted span, the model's probability of it; for a missed span, 1 minus the
        probability of it.
    sentences
        The tokens of each sentence.
    most
        The largest number of mistakes of each kind. Mistakes with the same words and labels are
        listed once, with the highest confidence.

    Returns
    -------
    Kind -> mistakes, each with the ``tokens`` of its sentence; the span ``found`` (None if it is
    missed); the ``true`` spans that overlap it; and ``confidence``. A span is its first token in
    the sentence, the token after its last, and its label.
    """
    starts = list(accumulate(map(len, sentences), initial=0))
    judged = [entry for entry in _judged(predicted, gold) if entry[0] != "right"]
    judged.sort(key=lambda entry: -confidence[entry[1]])
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
                "confidence": confidence[span],
            }
        )
    return listed


def confusion(predicted: Sequence[Span], gold: Sequence[Span]) -> dict[str, dict[str, int]]:
    """Count pairs of labels: true label -> predicted label -> count.

    The predicted label is `NONE` if no predicted span has exactly the words of the true span. The
    true label is `NONE` if no true span has exactly the words of the predicted span.
    """
    names = sorted({span.label for span in (*predicted, *gold)})
    table = {name: dict.fromkeys([*names, NONE], 0) for name in [*names, NONE]}
    of_predicted, of_gold = _by_place(predicted), _by_place(gold)
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

    A mention with wrong boundaries counts as two: one that is predicted but not true, and one that
    is true but not predicted.

    Returns
    -------
    ``text``, the ``gold`` and ``predicted`` labels (`NONE` if there is no such span) and ``count``,
    the most frequent first.
    """
    of_predicted, of_gold = _by_place(predicted), _by_place(gold)
    counts: Counter[tuple[str, str, str]] = Counter()
    for start, end in sorted({*of_predicted, *of_gold}):
        pair = of_gold.get((start, end), NONE), of_predicted.get((start, end), NONE)
        if pair[0] != pair[1]:
            counts[" ".join(tokens[start:end]), *pair] += 1
    return [
        {"text": text, "gold": true, "predicted": found, "count": count}
        for (text, true, found), count in counts.most_common(most)
    ]


def _by_place(spans: Iterable[Span]) -> dict[tuple[int, int], str]:
    """Return the label of each span by its start and end."""
    return {(span.start, span.end): span.label for span in spans}


def _overlaps(spans: Iterable[Span], others: Iterable[Span]) -> Iterator[tuple[Span, list[Span]]]:
    """Pair each span with the other spans that share a word with it."""
    others = sorted(others)
    ends = [other.end for other in others]  # sorted too, because the spans do not overlap
    for span in spans:
        first = last = bisect_right(ends, span.start)
        while last < len(others) and others[last].start < span.end:
            last += 1
        yield span, others[first:last]
