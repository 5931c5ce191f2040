"""The scores of a network on an encoded split: tokens if it has one score, else spans."""

from collections.abc import Iterable, Iterator

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.evaluation.scores import Scores, is_right, span_scores, token_scores
from window_ner.model.calibration import fit_temperature
from window_ner.model.scorer import Scored, Scorer
from window_ner.nn.arrays import Ints
from window_ner.training.encoded_split import EncodedSplit


def dev_scores(scorer: Scorer, dev: EncodedSplit) -> tuple[Scores, Scores]:
    """Score dev over all words and unseen ones; first calibrate the objective on it, in place."""
    scored = scorer.scored(dev.text)
    scorer.objective.calibrate(scored.scores, dev.targets)
    if scorer.objective.outputs == 1:
        everywhere = token_scores(scored.decisions, dev.targets)
        return everywhere, token_scores(scored.decisions, dev.targets, dev.unseen)
    found = dev.annotated.among(scored.spans)
    everywhere = span_scores(found, dev.spans)[""]
    unseen = span_scores(_unseen(found, dev), _unseen(dev.spans, dev))[""]
    return everywhere, unseen


def _unseen(spans: list[Span], dev: EncodedSplit) -> Iterator[Span]:
    return (span for span in spans if dev.unseen[span.start : span.end].all())


def counts_by_sentence(scored: Scored, dev: EncodedSplit) -> Ints:
    """Count the right, the predicted and the true names (or tokens) of each sentence.

    Returns
    -------
    (B, 2, 3) over all words, then over unseen words.
    """
    ends = np.cumsum(dev.text.lengths)
    counts = np.zeros((len(ends), 2, 3), dtype=np.int64)

    def count(which: int, kind: int, tokens: Ints) -> None:
        np.add.at(counts[:, which, kind], np.searchsorted(ends, tokens, side="right"), 1)

    if scored.objective.outputs == 1:
        found, true = scored.decisions == 1, dev.targets == 1
        for which, where in enumerate((np.ones_like(dev.unseen), dev.unseen)):
            for kind, tokens in enumerate((found & true, found, true)):
                count(which, kind, np.flatnonzero(tokens & where))
        return counts
    found_spans = dev.annotated.among(scored.spans)
    right = is_right(found_spans, dev.spans)
    hits = [span for span, is_hit in zip(found_spans, right, strict=True) if is_hit]
    for kind, spans in enumerate((hits, found_spans, dev.spans)):
        count(0, kind, np.array([span.start for span in spans], dtype=np.int64))
        count(1, kind, np.array([span.start for span in _unseen(spans, dev)], dtype=np.int64))
    return counts


def fitted_temperature(scored_splits: Iterable[tuple[Scored, EncodedSplit]]) -> float:
    """Fit one temperature on the names that are found in splits: the scores of each, and the split.

    Names whose label the split does not annotate are left out.
    """
    parts, right = [], []
    for scored, split in scored_splits:
        found = split.annotated.among(scored.spans)
        parts.append((scored, found))
        right.append(is_right(found, split.spans))
    return fit_temperature(parts, np.concatenate(right))
