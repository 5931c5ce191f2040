"""Sentences of different lengths side by side, without padding.

A batch comes as the concatenated tokens of all sentences. A recursion over the sentences needs the
first token of every sentence, then the second token of every sentence, and so on. If the sentences
are sorted from longest to shortest, the sentences that have a token at time t come first. So each
step of a recursion works on one contiguous block, without padding.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from window_ner.nn.arrays import Ints

SENTENCES, TOKENS = 512, 8192
"""The largest packing of forward-backward; it should fit into the second-level cache."""


class Packing(NamedTuple):
    """The n tokens of b sentences in time-major order: all first tokens, all second tokens, ….

    Attributes
    ----------
    sentences
        Ints of shape (b,): the sentences, longest first; sentences of equal length keep their
        order.
    lengths
        Ints of shape (b,): their lengths.
    order
        Ints of shape (n,): for each packed token, its row among the concatenated tokens.
    rank
        Ints of shape (n,): for each packed token, the index of its sentence in `sentences`.
    counts
        Ints of shape (T,): the number of tokens at each time.
    offsets
        The packed tokens ``offsets[t]:offsets[t + 1]`` are those at time t.
    steps
        Pairs of blocks for the times 1 to T - 1: the tokens at t - 1 and the tokens at t. Row i of
        both blocks belongs to the same sentence.
    last
        Ints of shape (b,): the packed index of each sentence's last token.
    """

    sentences: Ints
    lengths: Ints
    order: Ints
    rank: Ints
    counts: Ints
    offsets: list[int]
    steps: list[tuple[slice, slice]]
    last: Ints

    def previous(self) -> Ints:
        """Return the packed index of the previous token, for each token ``offsets[1]:``."""
        later = np.arange(self.offsets[1], self.offsets[-1])
        return later - self.counts[:-1].repeat(self.counts[1:])


def first_tokens(lengths: Ints, tokens: int) -> Ints:
    """Return the row of each sentence's first token, shape (B,).

    Raises
    ------
    ValueError
        If a length is below 1, or if the lengths do not add up to the number of tokens.
    """
    if len(lengths) and lengths.min() < 1:
        raise ValueError(f"every sentence needs at least one token, but one has {lengths.min()}")
    ends = lengths.cumsum(dtype=np.intp)
    if (ends[-1] if len(ends) else 0) != tokens:
        raise ValueError(f"the lengths add up to {lengths.sum()}, but there are {tokens} tokens")
    return ends - lengths


def packings(first: Ints, lengths: Ints, max_sentences: int, max_tokens: int) -> Iterator[Packing]:
    """Divide sentences into packings of similar lengths, so that memory stays bounded.

    Parameters
    ----------
    first, lengths
        Ints of shape (B,): each sentence's first row and its number of tokens.
    max_sentences, max_tokens
        The largest size of one packing; a longer sentence gets a packing of its own.
    """
    lengths = lengths.astype(np.intp, copy=False)  # because unsigned numbers cannot be negated
    by_length = (-lengths).argsort(kind="stable")
    begin = 0
    while begin < len(lengths):
        longest = int(lengths[by_length[begin]])
        end = begin + max(1, min(max_sentences, max_tokens // longest))
        sentences = by_length[begin:end]
        yield _pack(sentences, first[sentences], lengths[sentences])
        begin = end


def _pack(sentences: Ints, first: Ints, lengths: Ints) -> Packing:
    times = np.arange(lengths[0])
    counts = (-lengths).searchsorted(-times)  # the number of sentences longer than t
    offsets = np.zeros(len(times) + 1, dtype=np.intp)
    counts.cumsum(out=offsets[1:])
    rank = np.arange(offsets[-1]) - offsets[:-1].repeat(counts)
    order = first[rank] + times.repeat(counts)
    last = offsets[lengths - 1] + np.arange(len(lengths))
    begins = offsets.tolist()
    return Packing(sentences, lengths, order, rank, counts, begins, _steps(begins), last)


def _steps(offsets: list[int]) -> list[tuple[slice, slice]]:
    before, now, after = offsets, offsets[1:], offsets[2:]
    return [(slice(a, a + c - b), slice(b, c)) for a, b, c in zip(before, now, after, strict=False)]


def ranges(starts: Ints, sizes: Ints) -> Ints:
    """Concatenate the ranges [start, start + size)."""
    numbers: Ints = (starts - sizes.cumsum() + sizes).repeat(sizes)
    numbers += np.arange(len(numbers))
    return numbers
