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
from dataclasses import replace

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.arithmetic import LOGARITHMS, NUMBERS, NUMBERS_ROW_BY_ROW, Arithmetic
from window_ner.nn.crf.forward_backward import ForwardBackward, forward_backward
from window_ner.nn.crf.legality import find_legality
from window_ner.nn.crf.packing import first_tokens, packings
from window_ner.nn.crf.transitions import Transitions

SENTENCES, TOKENS = 512, 8192
"""The largest batch of the recursion; it should fit into the second-level cache."""


def crf_loss(
    emissions: Floats,
    tags: Ints,
    lengths: Ints,
    transitions: Transitions,
) -> tuple[float, Floats, Transitions]:
    """Return the mean negative log-likelihood of the tags of the sentences, and its gradients.

        loss = (1 / B) sum over sentences of (log Z - score(tags))

    The score is linear in every parameter: d score / d parameter is the number of times that a path
    uses it. And d log Z / d parameter = sum_y p(y | x) d score(y) / d parameter is the expected
    value of this number. So each gradient is the expected count minus the observed count, over B.

    Parameters
    ----------
    emissions
        Floats of shape (N, K), the tokens of all sentences one after another.
    tags
        Ints of shape (N,) in [0, K).
    lengths
        Ints of shape (B,), each at least 1, with the sum N.

    Returns
    -------
    loss, d_emissions, d_transitions
        A number, and the gradients, with the shapes and dtypes of the parameters.

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
    between, start, end = transitions
    observed = _transition_counts(tags, last, len(start))
    scores = emissions[rows, tags], observed * between, start[tags[first]], end[tags[last]]
    log_likelihood = sum(float(part.sum(dtype=np.float64)) for part in scores)
    d_emissions = np.empty_like(emissions)
    d_between = -observed
    for lattice in _lattices(emissions, first, lengths, transitions):
        log_likelihood -= float(lattice.log_partition.sum())
        d_emissions[lattice.packing.order] = lattice.marginals()
        d_between += lattice.expected_transitions()
    d_emissions[rows, tags] -= 1
    d_emissions /= len(lengths)
    d_between /= len(lengths)
    d_transitions = Transitions(
        d_between.astype(between.dtype),
        d_emissions[first].sum(axis=0).astype(start.dtype),
        d_emissions[last].sum(axis=0).astype(end.dtype),
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
    for lattice in _independent_lattices(emissions, first, lengths, transitions):
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
    for exact in (False, True):  # the exact recursion only for forbidden tags, if any
        is_used = np.bincount(sentence[todo], minlength=len(lengths)) > 0
        used, which = is_used.nonzero()[0], (is_used.cumsum() - 1)[sentence[todo]]
        lattices = _independent_lattices(emissions, first[used], lengths[used], transitions, exact)
        result[todo] = _path_log_probabilities(lattices, which, starts[todo], ends[todo], tags)
        todo = (result == -np.inf).nonzero()[0]
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
        mine = by_sentence[_ranges(begin[packing.sentences], count[packing.sentences])]
        tokens = _ranges(starts[mine], sizes[mine])
        result[mine] = lattice.path_log_probabilities(row[tokens], tags[tokens], sizes[mine])
    return result


def _lattices(
    emissions: Floats,
    first: Ints,
    lengths: Ints,
    transitions: Transitions,
    exact: bool = False,
    numbers: Arithmetic = NUMBERS,
) -> Iterator[ForwardBackward]:
    """Run forward-backward over the given sentences, a few thousand tokens at a time."""
    for packing in packings(first, lengths, SENTENCES, TOKENS):
        yield forward_backward(emissions, packing, transitions, exact, numbers)


def _independent_lattices(
    emissions: Floats,
    first: Ints,
    lengths: Ints,
    transitions: Transitions,
    exact: bool = False,
) -> Iterator[ForwardBackward]:
    """Run forward-backward so that no number of a sentence depends on the other sentences.

    If one sentence needs logarithms, the others do not get them with it.
    """
    how = transitions, exact, NUMBERS_ROW_BY_ROW
    for lattice in _lattices(emissions, first, lengths, *how):
        sentences = lattice.packing.sentences
        if (
            lattice.arithmetic is not LOGARITHMS
            or exact
            or find_legality(transitions).steps is None  # logarithms for every sentence
        ):
            yield lattice
            continue
        for one in sentences.tolist():
            which = slice(one, one + 1)
            for alone in _lattices(emissions, first[which], lengths[which], *how):
                packing = replace(alone.packing, sentences=sentences[sentences == one])
                yield replace(alone, packing=packing)


def _transition_counts(tags: Ints, last: Ints, size: int) -> Floats:
    """Count how often tag j follows tag i inside a sentence: floats of shape (size, size)."""
    pairs = tags[:-1].astype(np.intp) * size + tags[1:]
    counts = np.bincount(pairs, minlength=size * size)
    counts -= np.bincount(pairs[last[:-1]], minlength=size * size)  # pairs across two sentences
    return counts.reshape(size, size).astype(np.float64)


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    """Concatenate the ranges [start, start + size)."""
    ranges: Ints = (starts - sizes.cumsum() + sizes).repeat(sizes)
    ranges += np.arange(len(ranges))
    return ranges
