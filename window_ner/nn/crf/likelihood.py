"""A linear-chain conditional random field over the tags of a sentence.

The network scores every tag at every token (the emissions); the CRF adds a score for each pair of
neighbouring tags and for the first and the last tag, and makes of the sum a probability over all
paths through the sentence:

    p(y | x) = exp(score(y)) / Z,
    score(y) = start[y_1] + sum_t emissions[t, y_t] + sum_t transitions[y_(t-1), y_t] + end[y_L].

Everything works on a batch of sentences of different lengths whose tokens stand one after another.
Tag sequences that the tag scheme forbids are held at the score `IMPOSSIBLE`.

Sources: Lafferty, McCallum and Pereira, "Conditional random fields", ICML 2001; Collobert et al.,
"Natural language processing (almost) from scratch", JMLR 2011, section 3.3.2.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.forward_backward import (
    LOGARITHMS,
    NUMBERS,
    NUMBERS_ROW_BY_ROW,
    Arithmetic,
    ForwardBackward,
    forward_backward,
)
from window_ner.nn.crf.legality import IMPOSSIBLE, Legality, find_legality
from window_ner.nn.crf.packing import first_tokens, packings
from window_ner.nn.crf.viterbi import best_paths, path_scores, viterbi

__all__ = [
    "IMPOSSIBLE",
    "Legality",
    "best_paths",
    "crf_loss",
    "find_legality",
    "path_scores",
    "span_log_probabilities",
    "token_marginals",
    "viterbi",
]

SENTENCES, TOKENS = 512, 8192
"""How much goes through the recursion at a time: it should fit the second-level cache."""


def crf_loss(
    emissions: Floats,
    tags: Ints,
    lengths: Ints,
    transitions: Floats,
    start: Floats,
    end: Floats,
    legality: Legality | None = None,
) -> tuple[float, Floats, Floats, Floats, Floats]:
    """Return the mean negative log-likelihood of the tags of a sentence, and its gradients.

        loss = (1 / B) sum over sentences of (log Z - score(tags))

    The score is linear in every parameter: d score / d parameter counts how often a path uses it.
    And d log Z / d parameter = sum_y p(y | x) d score(y) / d parameter is the expectation of that
    count. So each gradient is expected minus observed counts, over B.

    Parameters
    ----------
    emissions
        Floats of shape (N, K), the tokens of all sentences one after another.
    tags
        Ints of shape (N,) in [0, K).
    lengths
        Ints of shape (B,), at least 1 each, N together.
    transitions, start, end
        Floats of shapes (K, K), (K,) and (K,); ``transitions[i, j]`` is for going from i to j.
    legality
        From `find_legality` of these scores, for callers that ask often.

    Returns
    -------
    loss, d_emissions, d_transitions, d_start, d_end
        A number, and arrays with the shapes and dtypes of the parameters.

    Raises
    ------
    ValueError
        If there is no sentence, or the lengths or tags do not fit the emissions.
    """
    first = first_tokens(lengths, len(emissions))
    if not len(lengths) or len(tags) != len(emissions):
        raise ValueError(
            f"{len(tags)} tags for {len(emissions)} tokens in {len(lengths)} sentences"
        )
    last, rows = first + lengths - 1, np.arange(len(tags))
    observed = _transition_counts(tags, last, len(start))
    scores = emissions[rows, tags], observed * transitions, start[tags[first]], end[tags[last]]
    log_likelihood = sum(float(part.sum(dtype=np.float64)) for part in scores)
    d_emissions = np.empty_like(emissions)
    d_transitions = -observed
    for lattice in _lattices(emissions, first, lengths, transitions, start, end, legality):
        log_likelihood -= float(lattice.log_partition.sum())
        d_emissions[lattice.packing.order] = lattice.marginals()
        d_transitions += lattice.expected_transitions()
    d_emissions[rows, tags] -= 1
    d_emissions /= len(lengths)
    d_transitions /= len(lengths)
    return (
        -log_likelihood / len(lengths),
        d_emissions,
        d_transitions.astype(transitions.dtype),
        d_emissions[first].sum(axis=0).astype(start.dtype),
        d_emissions[last].sum(axis=0).astype(end.dtype),
    )


def token_marginals(
    emissions: Floats,
    lengths: Ints,
    transitions: Floats,
    start: Floats,
    end: Floats,
    legality: Legality | None = None,
) -> Floats:
    """Return the probability of each tag at each token: floats of shape (N, K).

    Those of a sentence do not depend on the other sentences, to the last bit. Parameters and errors
    are those of `viterbi`.
    """
    first = first_tokens(lengths, len(emissions))
    marginals = np.empty_like(emissions)
    for lattice in _independent_lattices(
        emissions, first, lengths, transitions, start, end, legality
    ):
        marginals[lattice.packing.order] = lattice.marginals()
    return marginals


def span_log_probabilities(
    emissions: Floats,
    lengths: Ints,
    transitions: Floats,
    start: Floats,
    end: Floats,
    starts: Ints,
    ends: Ints,
    tags: Ints,
    legality: Legality | None = None,
) -> Floats:
    """Return the log-probability that the tokens of a span have exactly the given tags.

    Only sentences that have a span cost anything. A span of a whole sentence has the
    log-probability of that path. The other sentences make no difference, to the last bit.

    Parameters
    ----------
    emissions, lengths, transitions, start, end, legality
        As for `viterbi`.
    starts, ends
        Ints of shape (S,): the spans ``[start, end)``, in rows of `emissions`, in any order.
    tags
        Ints of shape (N,); what stands outside the spans does not matter.

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
    for exact in (False, True):  # the exact recursion only for forbidden tags, if any
        is_used = np.bincount(sentence[todo], minlength=len(lengths)) > 0
        used, which = is_used.nonzero()[0], (is_used.cumsum() - 1)[sentence[todo]]
        lattices = _independent_lattices(
            emissions, first[used], lengths[used], transitions, start, end, legality, exact
        )
        result[todo] = _path_log_probabilities(lattices, which, starts[todo], ends[todo], tags)
        todo = (result == -np.inf).nonzero()[0]
        if not len(todo):
            break
    return result.astype(emissions.dtype)


def _path_log_probabilities(
    lattices: Iterator[ForwardBackward], sentence: Ints, starts: Ints, ends: Ints, tags: Ints
) -> Floats:
    """Ask each lattice for the spans of its own sentences."""
    by_sentence = sentence.argsort(kind="stable")
    count = np.bincount(sentence)
    begin = count.cumsum() - count
    sizes = ends - starts
    row = np.empty(len(tags), dtype=np.intp)
    result = np.empty(len(starts))
    for lattice in lattices:
        packing = lattice.packing
        row[packing.order] = np.arange(len(packing.order))
        mine = by_sentence[_ranges(begin[packing.sentences], count[packing.sentences])]
        tokens = _ranges(starts[mine], sizes[mine])
        result[mine] = lattice.path_log_probabilities(row[tokens], tags[tokens], sizes[mine])
    return result


def _lattices(
    emissions: Floats,
    first: Ints,
    lengths: Ints,
    transitions: Floats,
    start: Floats,
    end: Floats,
    legality: Legality | None,
    exact: bool = False,
    numbers: Arithmetic = NUMBERS,
) -> Iterator[ForwardBackward]:
    """Run forward-backward over the given sentences, some thousand tokens at a time."""
    legality = legality or find_legality(transitions, start, end)
    for packing in packings(first, lengths, SENTENCES, TOKENS):
        yield forward_backward(
            emissions, packing, transitions, start, end, legality, exact, numbers
        )


def _independent_lattices(
    emissions: Floats,
    first: Ints,
    lengths: Ints,
    transitions: Floats,
    start: Floats,
    end: Floats,
    legality: Legality | None,
    exact: bool = False,
) -> Iterator[ForwardBackward]:
    """Run forward-backward so that no number of a sentence depends on the other sentences.

    If one sentence needs logarithms, the others do not get them with it.
    """
    legality = legality or find_legality(transitions, start, end)
    scores = transitions, start, end, legality, exact, NUMBERS_ROW_BY_ROW
    for lattice in _lattices(emissions, first, lengths, *scores):
        sentences = lattice.packing.sentences
        if lattice.arithmetic is not LOGARITHMS or exact or legality.steps is None:
            yield lattice
            continue
        for one in sentences.tolist():
            which = slice(one, one + 1)
            for alone in _lattices(emissions, first[which], lengths[which], *scores):
                packing = replace(alone.packing, sentences=sentences[sentences == one])
                yield replace(alone, packing=packing)


def _transition_counts(tags: Ints, last: Ints, size: int) -> Floats:
    """Count how often tag j follows tag i inside a sentence: floats of shape (size, size)."""
    pairs = tags[:-1].astype(np.intp) * size + tags[1:]
    counts = np.bincount(pairs, minlength=size * size)
    counts -= np.bincount(pairs[last[:-1]], minlength=size * size)  # from sentence to sentence
    return counts.reshape(size, size).astype(np.float64)


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    """Return the numbers from each start on, as many as its size, one range after another."""
    ranges: Ints = (starts - sizes.cumsum() + sizes).repeat(sizes)
    ranges += np.arange(len(ranges))
    return ranges
