"""The forward-backward recursion of a linear-chain CRF, over many sentences at once.

A path y through a sentence of L tokens has the score

    start[y_1] + sum_t emissions[t, y_t] + sum_t transitions[y_(t-1), y_t] + end[y_L]

and the probability exp(score) / Z. With e, T the exponentials of emissions and transitions,

    alpha_1(j) = start(j) e_1(j)      alpha_t(j) = e_t(j) sum_i alpha_(t-1)(i) T(i, j)
    beta_L(i)  = end(i)               beta_t(i)  = sum_j T(i, j) e_(t+1)(j) beta_(t+1)(j)

are sums over the paths into and out of each tag (Rabiner, "A tutorial on hidden Markov models",
1989; Sutton and McCallum, "An introduction to conditional random fields", 2012, section 4.1):

    Z                  = sum_j alpha_t(j) beta_t(j)                          at any t
    p(y_t = j)         = alpha_t(j) beta_t(j) / Z
    p(y_t = i, y_t+1 = j) = alpha_t(i) T(i, j) e_(t+1)(j) beta_(t+1)(j) / Z

The recursion can use logarithms, which work for numbers of any size but cost K² exponentials a
token. Or it can use the numbers themselves and rescale them now and then. Then a step is one matrix
product: this is ten times faster, and correct as long as no number becomes too small for a double.
The recursion is written once for both. It first uses the fast arithmetic if the scores have a
normal size; if that may have lost precision, it starts again with logarithms. Alpha and beta have
an unknown factor at each token, which cancels in all results.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.legality import IMPOSSIBLE, Legality
from window_ner.nn.crf.packing import Packing

TINY = 1e-250
"""The smallest number that is trusted: far above 1e-308, below which doubles lose digits."""


@dataclass(frozen=True)
class Arithmetic:
    """How positive numbers are represented, and how to add and multiply them.

    `enter` converts a score (the logarithm of a number) into the representation, and `leave`
    converts it back; `probability` converts the representation into the number. `product` is the
    matrix product, `total` the sum over the last axis, and `inner` the sum over the last axis of
    the products of two arrays. `size` is about as large as
    `total`, and a division by it loses no digits.
    """

    enter: Callable[..., Floats]
    leave: Callable[..., Floats]
    probability: Callable[..., Floats]
    times: Callable[..., Floats]
    over: Callable[..., Floats]
    product: Callable[[Floats, Floats, Floats], Any]
    total: Callable[[Floats], Floats]
    size: Callable[[Floats], Floats]
    inner: Callable[[Floats, Floats], Floats]


def log_sum_exp(x: Floats) -> Floats:
    """Return log(sum(exp(x))) over the last axis, without overflow."""
    peak = x.max(axis=-1)
    result: Floats = np.log(np.exp(x - peak[..., None]).sum(axis=-1)) + peak
    return result


def _log_product(x: Floats, matrix: Floats, out: Floats) -> None:
    terms = x.T[:, :, None] + matrix[:, None, :]  # so that the sum runs over the first axis: fast
    peak = terms.max(axis=0)
    terms -= peak
    np.exp(terms, out=terms)
    np.log(terms.sum(axis=0, out=out), out=out)
    out += peak


NUMBERS = Arithmetic(
    enter=np.exp,
    leave=np.log,
    probability=np.positive,
    times=np.multiply,
    over=np.divide,
    product=np.ndarray.dot,  # np.dot takes twice as long to dispatch to it
    total=lambda x: x.sum(axis=-1),
    size=lambda x: np.ldexp(1.0, np.frexp(x.max(axis=-1))[1]),  # a power of two
    inner=lambda x, y: np.einsum("nk,nk->n", x, y),
)
NUMBERS_ROW_BY_ROW = replace(
    NUMBERS, product=lambda x, matrix, out: np.matmul(x[:, None], matrix, out=out[:, None])
)
"""The products of a row do not depend on the other rows; twice as slow."""
LOGARITHMS = Arithmetic(
    enter=np.positive,
    leave=np.positive,
    probability=np.exp,
    times=np.add,
    over=np.subtract,
    product=_log_product,
    total=log_sum_exp,
    size=lambda x: np.rint(x.max(axis=-1)),
    inner=lambda x, y: log_sum_exp(x + y),
)


@dataclass(frozen=True)
class ForwardBackward:
    """The result of one forward and one backward recursion over n packed tokens.

    Attributes
    ----------
    packing
        The order of the tokens.
    arithmetic
        The representation of the numbers below.
    transitions
        Floats of shape (K, K): the scores of the transitions.
    alpha, beta
        Floats of shape (n, K): the paths into and out of each tag.
    ahead
        Floats of shape (n, K): e_t(j) beta_t(j).
    scale
        Floats of shape (n,): the number that alpha was divided by at each token.
    total
        Floats of shape (n,): sum_j alpha_t(j) beta_t(j).
    log_partition
        Floats of shape (b,): log Z of each sentence, in the order of the packing.
    """

    packing: Packing
    arithmetic: Arithmetic
    transitions: Floats
    alpha: Floats
    beta: Floats
    ahead: Floats
    scale: Floats
    total: Floats
    log_partition: Floats

    def marginals(self) -> Floats:
        """Return p(y_t = j): floats of shape (n, K), rows in packed order."""
        joint = self.arithmetic.times(self.alpha, self.beta)
        self.arithmetic.over(joint, self.total[:, None], out=joint)
        return self.arithmetic.probability(joint, out=joint)

    def expected_transitions(self) -> Floats:
        """Return how often tag j is expected to follow tag i, over all sentences: (K, K)."""
        if self.arithmetic is LOGARITHMS:
            return self._expected_transitions_in_logarithms()
        # T does not depend on the token, so one matrix product computes the sum over all tokens.
        later = self.packing.offsets[1]
        into = self.alpha.take(self.packing.previous(), axis=0)
        out_of = self.ahead[later:] / (self.scale * self.total)[later:, None]
        counts: Floats = np.exp(self.transitions) * (into.T @ out_of)
        return counts

    def _expected_transitions_in_logarithms(self) -> Floats:
        counts = np.zeros_like(self.transitions)
        for before, now in self.packing.steps():
            pairs = self.alpha[before, :, None] + self.transitions + self.ahead[now, None, :]
            pairs -= pairs.max(axis=(1, 2), keepdims=True)
            np.exp(pairs, out=pairs)
            pairs /= pairs.sum(axis=(1, 2), keepdims=True)
            counts += pairs.sum(axis=0)
        return counts

    def path_log_probabilities(self, rows: Ints, tags: Ints, sizes: Ints) -> Floats:
        """Return the log-probability of pieces of paths: floats of shape (S,).

        Given the words and the previous tag, a tag does not depend on the tags before that:

            p(y_s .. y_e) = p(y_s) prod_t p(y_t | y_(t-1)),
            p(y_t = j | y_(t-1) = i) = T(i, j) e_t(j) beta_t(j) / sum_k T(i, k) e_t(k) beta_t(k).

        All factors are at most 1, so there is no cancellation, even in long sentences.

        Parameters
        ----------
        rows, tags
            Ints of shape (M,): the packed tokens of piece after piece, and the tag of each.
        sizes
            Ints of shape (S,): the number of tokens of each piece; their sum is M.
        """
        arithmetic = self.arithmetic
        heads = sizes.cumsum() - sizes
        row, tag = rows[heads], tags[heads]
        is_inner = np.ones(len(rows), dtype=np.bool_)
        is_inner[heads] = False
        inner = is_inner.nonzero()[0]
        with np.errstate(divide="ignore"):  # log 0 is -inf: see forward_backward
            joint = arithmetic.times(self.alpha[row, tag], self.beta[row, tag])
            result = arithmetic.leave(arithmetic.over(joint, self.total[row]))
            ahead = self.ahead[rows[inner]]
            # A power of two changes the digits of the logarithm: first to the same one for all.
            ahead = arithmetic.over(ahead, arithmetic.size(ahead)[:, None])
            choices = self.transitions[tags[inner - 1]] + arithmetic.leave(ahead)
        steps = choices[np.arange(len(inner)), tags[inner]] - log_sum_exp(choices)
        piece = np.arange(len(sizes)).repeat(sizes)[inner]
        return result + np.bincount(piece, weights=steps, minlength=len(sizes))


def forward_backward(
    emissions: Floats,
    packing: Packing,
    transitions: Floats,
    start: Floats,
    end: Floats,
    legality: Legality,
    exact: bool = False,
    numbers: Arithmetic = NUMBERS,
) -> ForwardBackward:
    """Run both recursions over the sentences of a packing, in double precision.

    Parameters
    ----------
    emissions
        Floats of shape (N, K), for all tokens of the batch; the packing selects some of them.
    transitions, start, end
        Floats of shapes (K, K), (K,) and (K,).
    legality
        From `find_legality` of these scores.
    exact
        Use logarithms without trying the fast arithmetic first.
    numbers
        The arithmetic to try first.
    """
    local = emissions.take(packing.order, axis=0)
    if not exact and legality.can_be_relied_on(local):
        with np.errstate(divide="ignore", invalid="ignore"):
            result = _run(local, packing, transitions, start, end, numbers)
        if _nothing_lost(result, legality):
            return result
    return _run(local, packing, transitions, start, end, LOGARITHMS)


def _run(
    local: Floats,
    packing: Packing,
    transitions: Floats,
    start: Floats,
    end: Floats,
    arithmetic: Arithmetic,
) -> ForwardBackward:
    times, over, product = arithmetic.times, arithmetic.over, arithmetic.product
    token_peaks = local.max(axis=1)
    local = np.subtract(local, token_peaks[:, None], dtype=np.float64)
    peaks = [float(x.max()) for x in (transitions, start, end)]
    transitions, start, end = (
        np.subtract(x, peak, dtype=np.float64)
        for x, peak in zip((transitions, start, end), peaks, strict=True)
    )
    # Each token reduces alpha by at most e^-span (except for illegal steps): rescale often enough.
    legal = transitions[transitions > IMPOSSIBLE / 2]
    span = -float(local.min()) - float(legal.min(initial=0))
    # The digits do not depend on how often, as `size` takes none away.
    every = max(1, min(int(300 / max(1.0, span)), 16))
    arithmetic.enter(local, out=local)
    step, start, end = (arithmetic.enter(x) for x in (transitions, start, end))
    blocks = list(enumerate(packing.steps(), start=1))
    first = slice(0, packing.offsets[1])

    alpha = np.empty_like(local)
    scale = np.full(len(local), arithmetic.enter(0.0))
    times(local[first], start, out=alpha[first])
    for t, (before, now) in blocks:
        here = alpha[now]
        product(alpha[before], step, here)
        times(here, local[now], here)
        if t % every == 0:
            scale[now] = arithmetic.size(here)
            over(here, scale[now, None], out=here)

    beta = np.empty_like(local)
    beta[:] = end
    ahead, step_back = local, np.ascontiguousarray(step.T)  # `local` is not needed any more
    for t, (before, now) in reversed(blocks):
        here = beta[now]
        if t % every == 0:
            over(here, arithmetic.size(here)[:, None], out=here)
        onward = ahead[now]
        times(onward, here, onward)
        product(onward, step_back, beta[before])
    times(ahead[first], beta[first], out=ahead[first])

    log_partition = (
        arithmetic.leave(arithmetic.total(times(alpha[packing.last], end)))
        + np.bincount(packing.rank, weights=arithmetic.leave(scale))
        + np.bincount(packing.rank, weights=token_peaks)
        + ((packing.lengths - 1) * peaks[0] + peaks[1] + peaks[2])
    )
    total = arithmetic.inner(alpha, beta)
    return ForwardBackward(
        packing, arithmetic, transitions, alpha, beta, ahead, scale, total, log_partition
    )


def _nothing_lost(result: ForwardBackward, legality: Legality) -> bool:
    """Whether every number that should not be zero is large enough to be precise.

    Then their sums are precise too. Only paths with an illegal step may be lost, and these have no
    effect on the result: see `Legality.can_be_relied_on`.
    """
    counts = result.packing.counts[: len(legality.dead_from_start)]
    for numbers, dead in (
        (result.alpha, legality.dead_from_start),
        (result.ahead, legality.dead_to_end),
    ):
        alive = numbers.size - int(counts @ dead[: len(counts)])
        if np.count_nonzero(numbers >= TINY) != alive:
            return False
    return bool((result.scale * result.total).min() >= TINY)
