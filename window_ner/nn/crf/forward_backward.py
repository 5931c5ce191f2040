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
token. Or it can use the numbers themselves and rescale them now and then: a step is then one matrix
product, ten times as fast, and correct as long as no number becomes too small for a double. Scores
of a normal size use numbers; if that may have lost precision, logarithms follow. Alpha and beta
have an unknown factor at each token, which cancels in all results.
"""

from typing import NamedTuple

import numpy as np

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.arithmetic import LOGARITHMS, NUMBERS, Arithmetic, log_sum_exp
from window_ner.nn.crf.legality import IMPOSSIBLE, Legality, find_legality
from window_ner.nn.crf.packing import Packing
from window_ner.nn.crf.transitions import Transitions

TINY = 1e-250
"""The smallest number that is trusted: far above 1e-308, below which doubles lose digits."""


class ForwardBackward(NamedTuple):
    """The result of one forward and one backward recursion over n packed tokens.

    Attributes
    ----------
    packing
        The order of the tokens.
    arithmetic
        The representation of the numbers below.
    between
        Floats of shape (K, K): the scores of the transitions, less the largest of them.
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
    between: Floats
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
        counts: Floats = np.exp(self.between) * (into.T @ out_of)
        return counts

    def _expected_transitions_in_logarithms(self) -> Floats:
        counts = np.zeros_like(self.between)
        for before, now in self.packing.steps:
            pairs = self.alpha[before, :, None] + self.between + self.ahead[now, None, :]
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
            choices = self.between[tags[inner - 1]] + arithmetic.leave(ahead)
        steps = choices[np.arange(len(inner)), tags[inner]] - log_sum_exp(choices)
        piece = np.arange(len(sizes)).repeat(sizes)[inner]
        return result + np.bincount(piece, weights=steps, minlength=len(sizes))


def forward_backward(
    emissions: Floats,
    packing: Packing,
    transitions: Transitions,
    exact: bool = False,
    numbers: Arithmetic = NUMBERS,
) -> ForwardBackward:
    """Run both recursions over the sentences of a packing, in double precision.

    Parameters
    ----------
    emissions
        Floats of shape (N, K), for all tokens of the batch; the packing selects some of them.
    exact
        Use logarithms without trying the fast arithmetic first.
    numbers
        The arithmetic to try first.
    """
    local = emissions.take(packing.order, axis=0)
    legality = find_legality(transitions)
    if not exact and legality.can_be_relied_on(local):
        with np.errstate(divide="ignore", invalid="ignore"):
            result = run_recursion(local, packing, transitions, numbers)
        if _nothing_lost(result, legality):
            return result
    return run_recursion(local, packing, transitions, LOGARITHMS)


def run_recursion(
    local: Floats, packing: Packing, transitions: Transitions, arithmetic: Arithmetic
) -> ForwardBackward:
    """Run both recursions in one arithmetic; the largest scores are taken out and added to log Z.

    Parameters
    ----------
    local
        Floats of shape (n, K): the emissions in packed order; −∞ where a tag is not allowed.
    """
    token_peaks = local.max(axis=1)
    local = np.subtract(local, token_peaks[:, None], dtype=np.float64)
    peaks = [float(scores.max()) for scores in transitions]
    between, start, end = (
        np.subtract(scores, peak, dtype=np.float64)
        for scores, peak in zip(transitions, peaks, strict=True)
    )
    every, _ = tokens_between_divisions(local, between)
    arithmetic.enter(local, out=local)
    step, start, end = (arithmetic.enter(scores) for scores in (between, start, end))
    alpha, scale = _forward(local, packing, start, step, every, arithmetic)
    beta, ahead = _backward(local, packing, end, step, every, arithmetic)
    log_partition = (
        arithmetic.leave(arithmetic.total(arithmetic.times(alpha[packing.last], end)))
        + np.bincount(packing.rank, weights=arithmetic.leave(scale))
        + np.bincount(packing.rank, weights=token_peaks)
        + ((packing.lengths - 1) * peaks[0] + peaks[1] + peaks[2])
    )
    total = arithmetic.inner(alpha, beta)
    return ForwardBackward(
        packing, arithmetic, between, alpha, beta, ahead, scale, total, log_partition
    )


def tokens_between_divisions(local: Floats, between: Floats) -> tuple[int, float]:
    """Choose how often alpha and beta are divided by their size, so that they do not vanish.

    Returns the number of tokens between two divisions, and s: a token makes alpha and beta at most
    e^s times smaller, illegal transitions aside. How often they are divided does not change a digit
    of the results, because `Arithmetic.size` is a power of two.
    """
    lowest = local.min()
    if lowest == -np.inf:
        lowest = local.min(where=local > -np.inf, initial=0)
    span = -float(lowest) - float(between[between > IMPOSSIBLE / 2].min(initial=0))
    return max(1, min(int(300 / max(1.0, span)), 16)), span


def _forward(
    local: Floats,
    packing: Packing,
    start: Floats,
    step: Floats,
    every: int,
    arithmetic: Arithmetic,
) -> tuple[Floats, Floats]:
    """Compute alpha, floats of shape (n, K), and `scale`, floats of shape (n,).

        alpha_1(j) = start(j) e_1(j)      alpha_t(j) = e_t(j) sum_i alpha_(t-1)(i) T(i, j)

    Every few tokens, alpha is divided by its size; `scale` is the divisor at each token, else 1.

    Parameters
    ----------
    local, start, step
        e, start and T in the representation of the arithmetic.
    every
        From `tokens_between_divisions`.
    """
    times, over, product = arithmetic.times, arithmetic.over, arithmetic.product
    alpha = np.empty_like(local)
    scale = np.full(len(local), arithmetic.enter(0.0))
    first = slice(0, packing.offsets[1])
    times(local[first], start, out=alpha[first])
    for t, (before, now) in enumerate(packing.steps, start=1):
        here = alpha[now]
        product(alpha[before], step, here)
        times(here, local[now], here)
        if t % every == 0:
            scale[now] = arithmetic.size(here)
            over(here, scale[now, None], out=here)
    return alpha, scale


def _backward(
    local: Floats,
    packing: Packing,
    end: Floats,
    step: Floats,
    every: int,
    arithmetic: Arithmetic,
) -> tuple[Floats, Floats]:
    """Compute beta and `ahead`, floats of shape (n, K); `ahead` takes the memory of `local`.

        beta_L(i) = end(i)      beta_t(i) = sum_j T(i, j) e_(t+1)(j) beta_(t+1)(j)

    Beta is divided by its size as often as alpha; these divisors cancel in all results.

    Parameters
    ----------
    local, end, step
        e, end and T in the representation of the arithmetic.
    every
        From `tokens_between_divisions`.
    """
    times, over, product = arithmetic.times, arithmetic.over, arithmetic.product
    beta = np.empty_like(local)
    beta[:] = end
    ahead, step_back = local, np.ascontiguousarray(step.T)
    blocks = list(enumerate(packing.steps, start=1))
    for t, (before, now) in reversed(blocks):
        here = beta[now]
        if t % every == 0:
            over(here, arithmetic.size(here)[:, None], out=here)
        onward = ahead[now]
        times(onward, here, onward)
        product(onward, step_back, beta[before])
    first = slice(0, packing.offsets[1])
    times(ahead[first], beta[first], out=ahead[first])
    return beta, ahead


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
