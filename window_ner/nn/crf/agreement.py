"""Agreement of the tokens of a document that are the same name.

"Blackburn" in a table of results may be a place or a club, and a window of five words does not
tell. Two lines further down it is clear. So each place of a name raises the scores of a label at
the other places, by how much more sure of the label it is:

    s'_tj = s_tj + a (max_u p_u(l_j) - p_t(l_j)),       u: t, and the places of the same name,

where l_j is the label of tag j (O is one, too). A place is as sure of a label as a CRF that sees
the token and its two neighbours:

    p_t(l) = (1 / Z) sum over tags j of l of exp(s_tj) (sum_i exp(s_(t-1)i + T_ij))
                                                       (sum_k exp(T_jk + s_(t+1)k)),

with exp(start_j) and exp(end_j) in place of a sum at the ends of a sentence. The number a is chosen
on the dev split. It has no gradient: the network does not know of the other places.

Labels of a name agree in most documents, and other taggers use that, too: Finkel, Grenager and
Manning, "Incorporating non-local information into information extraction systems by Gibbs
sampling", ACL 2005; Krishnan and Manning, "An effective two-stage model for exploiting non-local
dependencies in named entity recognition", ACL 2006.
"""

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.transitions import Transitions
from window_ner.nn.exact import row_by_row


def with_agreement(
    scores: Floats,
    lengths: Ints,
    transitions: Transitions,
    labels: Ints,
    places: tuple[Ints, Ints],
    weight: float,
) -> Floats:
    """Return scores with which the places of a name agree more.

    Parameters
    ----------
    scores
        (N, K) s, the scores of the tokens of B sentences; they are not changed.
    lengths
        (B,) tokens of each sentence, at least 1.
    transitions
        T, start and end.
    labels
        (L,) the first tag of each label; its other tags follow. The first is 0.
    places
        (M,) tokens, and (M,) the number of the name at each; a name has two places or more.
    weight
        a, at least 0.
    """
    tokens, names = places
    if not len(tokens):
        return scores
    order = names.argsort(kind="stable")
    tokens, names = tokens[order], names[order]
    sure = label_probabilities(scores, lengths, transitions, labels, tokens)
    firsts = np.flatnonzero(np.diff(names, prepend=-1))
    surest = np.maximum.reduceat(sure, firsts, axis=0)
    raised = surest.repeat(np.diff(firsts, append=len(names)), axis=0) - sure
    tags = np.diff(labels, append=scores.shape[1])
    agreeing = scores.copy()
    agreeing[tokens] += weight * raised.repeat(tags, axis=1)
    return agreeing


def label_probabilities(
    scores: Floats, lengths: Ints, transitions: Transitions, labels: Ints, tokens: Ints
) -> Floats:
    """Return p, the probability of each label at M tokens, by their scores and their neighbours'.

    Further tokens make no difference, to the last bit. Parameters are those of
    `with_agreement`.

    Returns
    -------
    (M, L), float64, so that products of small numbers do not vanish. Where the scores of neighbours
    contradict each other so strongly that all of them vanish, a token is sure of no label: 0.
    """
    between, start, end = (np.exp(array, dtype=np.float64) for array in transitions)
    firsts = lengths.cumsum() - lengths
    sentence = firsts.searchsorted(tokens, side="right") - 1
    begins = tokens == firsts[sentence]
    ends = tokens == firsts[sentence] + lengths[sentence] - 1
    before = row_by_row(_exponentials(scores, np.where(begins, tokens, tokens - 1)), between.T)
    after = row_by_row(_exponentials(scores, np.where(ends, tokens, tokens + 1)), between)
    before[begins], after[ends] = start, end
    products = _exponentials(scores, tokens) * before * after
    of_labels: Floats = np.add.reduceat(products, labels, axis=1)
    totals = of_labels.sum(axis=1, keepdims=True)
    of_labels /= np.where(totals > 0, totals, 1)
    return of_labels


def _exponentials(scores: Floats, tokens: Ints) -> Floats:
    """Return exp(s - max s) of some tokens: (M, K), float64."""
    rows = scores.take(tokens, axis=0).astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return np.exp(rows, out=rows)
