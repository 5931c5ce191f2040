"""A linear-chain conditional random field over the tags of a sentence.

The network scores every tag at every token (the emissions). The CRF adds a score for each pair of
neighbouring tags and for the first and the last tag. It turns the sum into a probability over all
paths through the sentence:

    p(y | x) = exp(score(y)) / Z,
    score(y) = start[y_1] + sum_t emissions[t, y_t] + sum_t transitions[y_(t-1), y_t] + end[y_L].

All functions work on a batch of sentences of different lengths, with the tokens of all sentences
concatenated. Transitions that the tag scheme forbids have the score `IMPOSSIBLE`.

Sources: Lafferty, McCallum and Pereira, "Conditional random fields", ICML 2001; Collobert et al.,
"Natural language processing (almost) from scratch", JMLR 2011, section 3.3.2.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.forward_backward import TINY, ForwardBackward
from window_ner.nn.crf.lattices import independent_lattices, lattices
from window_ner.nn.crf.packing import first_tokens, ranges
from window_ner.nn.crf.transitions import Transitions

if TYPE_CHECKING:
    from window_ner.nn.crf.targets import Target

_LOG_SMALL = float(np.log(1e-300 / TINY))
"""A larger probability has all its digits: times the smallest total, `TINY`, it is above 1e-308."""


def crf_loss(
    emissions: Floats,
    target: "Target",
    lengths: Ints,
    transitions: Transitions,
) -> tuple[float, Floats, Transitions]:
    """Return the mean loss of a CRF on the sentences of a batch, and its gradients.

        loss = (1 / B) sum over sentences of (log Z - S),

    for a `GoldPath` the negative log-likelihood: S is the score of the path. The score is linear in
    every parameter: d score / d parameter is the number of times that a path uses it. And
    d log Z / d parameter = sum_y p(y | x) d score(y) / d parameter is the expected value of this
    number. So each gradient is the expected count minus the count under the target, over B.

    Parameters
    ----------
    emissions
        Floats of shape (N, K), the tokens of all sentences one after another.
    target
        The path, or the distribution over paths, to learn; see `window_ner.nn.crf.targets`.
    lengths
        Ints of shape (B,), each at least 1, with the sum N.

    Returns
    -------
    loss, d_emissions, d_transitions
        A number, and the gradients, with the shapes and dtypes of the parameters.

    Raises
    ------
    ValueError
        If there is no sentence, or the lengths or the target do not fit the emissions.
    """
    first = first_tokens(lengths, len(emissions))
    if not len(lengths):
        raise ValueError("a loss needs at least one sentence")
    between, start, end = transitions
    log_likelihood, tokens, observed = target.counts(emissions, lengths, transitions)
    d_emissions = np.empty_like(emissions)
    d_between = -observed
    for lattice in lattices(emissions, first, lengths, transitions):
        log_likelihood -= float(lattice.log_partition.sum())
        d_emissions[lattice.packing.order] = lattice.marginals()
        d_between += lattice.expected_transitions()
    d_emissions -= tokens
    d_emissions /= len(lengths)
    d_between /= len(lengths)
    d_transitions = Transitions(
        d_between.astype(between.dtype),
        d_emissions[first].sum(axis=0).astype(start.dtype),
        d_emissions[first + lengths - 1].sum(axis=0).astype(end.dtype),
    )
    return -log_likelihood / len(lengths), d_emissions, d_transitions


def token_marginals(
    emissions: Floats,
    lengths: Ints,
    transitions: Transitions,
) -> Floats:
    """Return the probability of each tag at each token: floats of shape (N, K).

    Those of a sentence do not depend on the other sentences, to the last bit. Parameters and errors
    are those of `best_paths`.
    """
    first = first_tokens(lengths, len(emissions))
    marginals = np.empty_like(emissions)
    for lattice in independent_lattices(emissions, first, lengths, transitions):
        marginals[lattice.packing.order] = lattice.marginals()
    return marginals


def span_log_probabilities(
    emissions: Floats,
    lengths: Ints,
    transitions: Transitions,
    starts: Ints,
    ends: Ints,
    tags: Ints,
) -> Floats:
    """Return the log-probability that the tokens of a span have exactly the given tags.

    Sentences without a span cost no time. The log-probability of a span over a whole sentence is
    the log-probability of that path. Other sentences make no difference, to the last bit.

    Parameters
    ----------
    emissions, lengths, transitions
        As for `best_paths`.
    starts, ends
        Ints of shape (S,): the spans ``[start, end)`` as rows of `emissions`, in any order.
    tags
        Ints of shape (N,); only the tags inside the spans are used.

    Returns
    -------
    log_probabilities
        Floats of shape (S,), finite for forbidden tags too.

    Raises
    ------
    ValueError
        If a span is empty or not inside one sentence, or the lengths do not fit the emissions.
    """
    first = first_tokens(lengths, len(emissions))
    sentence = first.searchsorted(starts, side="right") - 1
    if ((starts < 0) | (ends <= starts) | (ends > (first + lengths)[sentence])).any():
        raise ValueError("every span must have at least one token and stay inside one sentence")
    result = np.empty(len(starts))
    todo = np.arange(len(starts))
    for exact in (False, True):  # the exact recursion only for small probabilities, if any
        is_used = np.bincount(sentence[todo], minlength=len(lengths)) > 0
        used, which = is_used.nonzero()[0], (is_used.cumsum() - 1)[sentence[todo]]
        lattices = independent_lattices(emissions, first[used], lengths[used], transitions, exact)
        result[todo] = _path_log_probabilities(lattices, which, starts[todo], ends[todo], tags)
        todo = (result < _LOG_SMALL).nonzero()[0]
        if not len(todo):
            break
    return result.astype(emissions.dtype)


def _path_log_probabilities(
    lattices: Iterator[ForwardBackward], sentence: Ints, starts: Ints, ends: Ints, tags: Ints
) -> Floats:
    """Compute the log-probabilities of the spans of each lattice's sentences."""
    by_sentence = sentence.argsort(kind="stable")
    count = np.bincount(sentence)
    begin = count.cumsum() - count
    sizes = ends - starts
    row = np.empty(len(tags), dtype=np.intp)
    result = np.empty(len(starts))
    for lattice in lattices:
        packing = lattice.packing
        row[packing.order] = np.arange(len(packing.order))
        mine = by_sentence[ranges(begin[packing.sentences], count[packing.sentences])]
        tokens = ranges(starts[mine], sizes[mine])
        result[mine] = lattice.path_log_probabilities(row[tokens], tags[tokens], sizes[mine])
    return result
