"""Evaluate a model's decisions and probabilities, on all words and on unseen words."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from window_ner.data.tag_schemes import Span
from window_ner.data.word_types import Booleans
from window_ner.evaluation.mistakes import (
    confident_mistakes,
    confusion,
    kinds_of_error,
    wrong_mentions,
)
from window_ner.evaluation.reliability import cross_fitted, reliability
from window_ner.evaluation.scores import is_right, span_scores, token_scores
from window_ner.model.objectives.base import NAME
from window_ner.nn.arrays import Floats, Ints

if TYPE_CHECKING:
    from window_ner.data.corpus import Corpus
    from window_ner.data.sources import Split
    from window_ner.model.about import About
    from window_ner.model.scorer import Scored
    from window_ner.model.tagger import Tagger


def corpus_to_score(split: "Split", about: "About") -> "Corpus":
    """Read annotated text, or a split of the model's own corpus, as the training read it.

    Raises
    ------
    InputError
        If there is no such split.
    """
    from window_ner.data.sources import find_split

    partial = about.settings.training.partial
    return find_split(split, about.corpus, about.open_labels, partial=partial)


def evaluate_tagger(
    tagger: "Tagger", corpus: "Corpus", mistakes: int = 0, examples: int = 0
) -> dict[str, Any]:
    """Tag a corpus and score the result; labels that a document does not annotate do not count.

    Returns
    -------
    The result of `evaluate`, and in addition

    - ``calibration``: the ``temperature``, the result of
      `window_ner.evaluation.reliability.reliability` for the model's probabilities, and
      ``cross_fitted``, the same result if the temperature is fitted on every other document and
      measured on the rest;
    - ``mistakes`` (`window_ner.evaluation.mistakes.wrong_mentions`), if the number is above 0;
    - ``examples`` for each kind of error (`window_ner.evaluation.mistakes.confident_mistakes`), if
      the number is above 0.
    """
    scored = tagger.read_corpus(corpus)
    annotated = tagger.model.annotated_labels(corpus)
    predicted = annotated.among(scored.spans)
    gold = annotated.among(tagger.model.gold_spans(corpus.sentences))
    report = evaluate(predicted, gold, corpus.token_count, tagger.model.unseen(scored.text))

    right = is_right(predicted, gold)
    probabilities = scored.probabilities(predicted)
    of_other_half = cross_fitted(scored, predicted, right, _halves(predicted, corpus))
    report["calibration"] = {
        "temperature": scored.objective.temperature,
        **reliability(probabilities, right),
        "cross_fitted": reliability(of_other_half, right),
    }
    if mistakes:
        report["mistakes"] = wrong_mentions(predicted, gold, corpus.tokens, mistakes)
    if examples:
        confidence = _confidence(scored, predicted, gold, probabilities)
        sentences = [sentence.tokens for sentence in corpus.sentences]
        report["examples"] = confident_mistakes(predicted, gold, confidence, sentences, examples)
    return report


def _confidence(
    scored: "Scored", predicted: Sequence[Span], gold: Sequence[Span], probabilities: Floats
) -> dict[Span, float]:
    """Return the probability of each predicted span, and for each missed span that it is none."""
    labels = {tag[2:] for tag in scored.objective.tags}
    possible = [span for span in gold if span.label in labels]
    confidence = dict.fromkeys(gold, 1.0)  # a label that the model does not have
    confidence |= dict(zip(possible, (1 - scored.probabilities(possible)).tolist(), strict=True))
    return confidence | dict(zip(predicted, probabilities.tolist(), strict=True))


def _halves(spans: Sequence[Span], corpus: "Corpus") -> Booleans:
    """Assign spans to two halves, by document, or by sentence if there are no documents: (S,)."""
    sizes = [unit.token_count for unit in corpus.units]
    unit = np.searchsorted(np.cumsum(sizes), [span.start for span in spans], side="right")
    halves: Booleans = unit % 2 == 1
    return halves


def evaluate(
    predicted: Sequence[Span], gold: Sequence[Span], token_count: int, unseen: Booleans
) -> dict[str, Any]:
    """Score the spans of a split.

    Parameters
    ----------
    predicted, gold
        Spans over the tokens of the whole split.
    token_count
        N, the number of tokens of the split.
    unseen
        (N,) booleans: the token's word has a vector but was not in the training data.

    Returns
    -------
    ``token``, ``span`` and ``unseen_words`` as in ``window-ner eval --format json``;
    ``seen_words`` for all other words; ``untyped_span`` (boundaries only); and ``errors`` and
    ``confusion`` from `window_ner.evaluation.mistakes`. A span is unseen if all of its words are.
    ``accuracy`` counts IOB2 tags, as conlleval does.
    """
    labels = sorted({span.label for span in (*predicted, *gold)})
    tokens = (
        _token_labels(predicted, labels, token_count),
        _token_labels(gold, labels, token_count),
    )
    same_tag = tokens[0] == tokens[1]
    same_tag &= _is_first(predicted, token_count) == _is_first(gold, token_count)
    accuracy = np.count_nonzero(same_tag) / max(token_count, 1)
    spans = span_scores(predicted, gold)
    untyped = [[span._replace(label=NAME) for span in which] for which in (predicted, gold)]
    return {
        "token": {**token_scores(*tokens).as_dict(), "accuracy": accuracy},
        "span": {
            **spans[""].as_dict(),
            "by_type": {label: scores.as_dict() for label, scores in spans.items() if label},
        },
        "untyped_span": span_scores(*untyped)[""].as_dict(),
        "unseen_words": _word_scores(tokens, (predicted, gold), unseen, wanted=True),
        "seen_words": _word_scores(tokens, (predicted, gold), unseen, wanted=False),
        "errors": kinds_of_error(predicted, gold),
        "confusion": confusion(predicted, gold),
    }


def _word_scores(
    tokens: tuple[Ints, Ints],
    spans: tuple[Sequence[Span], Sequence[Span]],
    unseen: Booleans,
    *,
    wanted: bool,
) -> dict[str, Any]:
    """Score the unseen tokens and the spans of unseen tokens only, or all other ones.

    Parameters
    ----------
    tokens, spans
        The predicted and the true labels of the tokens (N,), and the predicted and the true spans.
    unseen
        (N,) booleans, as for `evaluate`.
    wanted
        True for the unseen ones, false for all others.
    """
    where = unseen == wanted
    chosen = ([s for s in of if unseen[s.start : s.end].all() == wanted] for of in spans)
    of_tokens, of_spans = token_scores(*tokens, where), span_scores(*chosen)[""]
    return {
        "tokens": int(np.count_nonzero(where)),
        "token_f1": of_tokens.f1,
        "span_f1": of_spans.f1,
        "span": of_spans.as_dict(),
    }


def _token_labels(spans: Iterable[Span], labels: Sequence[str], token_count: int) -> Ints:
    """Return the label of each token (N,): its number in ``labels``, from 1 on; 0 is no name."""
    tokens = np.zeros(token_count, dtype=np.int64)
    for start, end, label in spans:
        tokens[start:end] = labels.index(label) + 1
    return tokens


def _is_first(spans: Iterable[Span], token_count: int) -> Booleans:
    """Whether each token (N,) is the first of a span."""
    firsts = np.zeros(token_count, dtype=bool)
    firsts[[span.start for span in spans]] = True
    return firsts
