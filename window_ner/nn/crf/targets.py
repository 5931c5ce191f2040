"""What a CRF learns from: a path, or a set of paths.

Let p be the distribution of the CRF over the paths y through a sentence. A target is also a
distribution over paths, q, and the loss is

    loss = log Z - S,

    target       q                                    S                           loss
    GoldPath     1 for one path                       score(path)                 -log p(path)
    Agreeing     p, given that y agrees with the      log sum over these paths    -log p(y agrees)
                 annotation                           of exp(score(y))

The score is a sum of parameters. d score(y) / d parameter is the number of times that y uses it, so

    d loss / d parameter = its expected count under p - its expected count under q

for both. (For `Agreeing`, S is a log Z, so that its gradient is an expected count as well.)

Source: Tsuboi et al., "Training conditional random fields using incomplete annotations",
COLING 2008 (Agreeing).
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.lattices import lattices
from window_ner.nn.crf.packing import first_tokens, ranges
from window_ner.nn.crf.restricted import Booleans
from window_ner.nn.crf.transitions import Transitions


class Counts(NamedTuple):
    """S and the expected counts of a target, over all sentences of a batch.

    Attributes
    ----------
    score
        S.
    tokens
        Floats of shape (N, K): how often each token is expected to have each tag, the marginals.
    between
        Floats of shape (K, K): how often tag j is expected to follow tag i.
    """

    score: float
    tokens: Floats
    between: Floats


class Target(Protocol):
    """A distribution over the paths through each sentence of a batch."""

    def counts(self, emissions: Floats, lengths: Ints, transitions: Transitions) -> Counts:
        """Compute S and the expected counts for the scores of a CRF; see `crf_loss`."""


@dataclass(frozen=True)
class GoldPath:
    """One path for each sentence.

    Attributes
    ----------
    tags
        Ints of shape (N,) in [0, K).
    """

    tags: Ints

    def counts(self, emissions: Floats, lengths: Ints, transitions: Transitions) -> Counts:
        tags, first = self.tags, first_tokens(lengths, len(emissions))
        if len(tags) != len(emissions):
            raise ValueError(
                f"{len(tags)} tags for {len(emissions)} tokens in {len(lengths)} sentences"
            )
        last, rows = first + lengths - 1, np.arange(len(tags))
        between, start, end = transitions
        observed = _transition_counts(tags, last, len(start))
        scores = emissions[rows, tags], observed * between, start[tags[first]], end[tags[last]]
        tokens = np.zeros_like(emissions)
        tokens[rows, tags] = 1
        return Counts(_sum(scores), tokens, observed)


@dataclass(frozen=True)
class Agreeing:
    """All paths that agree with a partial annotation.

    Sentences in which every token has one tag cost no more than as a `GoldPath`.

    Attributes
    ----------
    allowed
        Booleans of shape (N, K): the tags that each token may have, at least one.
    """

    allowed: Booleans

    def counts(self, emissions: Floats, lengths: Ints, transitions: Transitions) -> Counts:
        first = first_tokens(lengths, len(emissions))
        sizes = _sizes(self.allowed, emissions)
        is_open = np.logical_or.reduceat(sizes > 1, first)
        result = _expected(emissions, lengths, transitions, self.allowed, is_open)
        if is_open.all():
            return result
        rows = ranges(first[~is_open], lengths[~is_open])
        gold = GoldPath(self.allowed[rows].argmax(axis=1))
        known = gold.counts(emissions[rows], lengths[~is_open], transitions)
        result.tokens[rows] = known.tokens
        return Counts(result.score + known.score, result.tokens, result.between + known.between)


def _expected(
    emissions: Floats,
    lengths: Ints,
    transitions: Transitions,
    allowed: Booleans,
    which: Booleans,
) -> Counts:
    """Compute the sum of log Z and the expected counts given an annotation, for some sentences."""
    first, lengths = first_tokens(lengths, len(emissions))[which], lengths[which]
    score, tokens = 0.0, np.zeros_like(emissions)
    between = np.zeros(transitions.between.shape)
    for lattice in lattices(emissions, first, lengths, transitions, allowed=allowed):
        score += float(lattice.log_partition.sum())
        tokens[lattice.packing.order] = lattice.marginals()
        between += lattice.expected_transitions()
    return Counts(score, tokens, between)


def _sizes(allowed: Booleans, emissions: Floats) -> Ints:
    """Count the tags that each token may have, after a check: ints of shape (N,)."""
    if allowed.shape != emissions.shape:
        raise ValueError(f"allowed tags of shape {allowed.shape} for scores of {emissions.shape}")
    sizes: Ints = np.count_nonzero(allowed, axis=1)
    if not sizes.all():
        raise ValueError(f"token {int(sizes.argmin())} may have no tag")
    return sizes


def _sum(parts: tuple[Floats, ...]) -> float:
    return sum(float(part.sum(dtype=np.float64)) for part in parts)


def _transition_counts(tags: Ints, last: Ints, size: int) -> Floats:
    """Count how often tag j follows tag i inside a sentence: floats of shape (size, size)."""
    pairs = tags[:-1].astype(np.intp) * size + tags[1:]
    counts = np.bincount(pairs, minlength=size * size)
    counts -= np.bincount(pairs[last[:-1]], minlength=size * size)  # pairs across two sentences
    return counts.reshape(size, size).astype(np.float64)
