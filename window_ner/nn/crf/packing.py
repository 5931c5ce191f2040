"""Sentences of different lengths side by side, without padding.

A batch arrives as all its tokens one after another. A recursion over the sentences wants the first
token of every sentence, then every second token, and so on. With the sentences sorted from long to
short, those that still have a token at time t are the first ones, so that each step of a recursion
works on one contiguous block, and nothing is ever spent on padding.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from window_ner.nn.arrays import Ints


@dataclass(frozen=True)
class Packing:
    """Where each of the n tokens of b sentences stands in time-major order.

    Attributes
    ----------
    sentences
        Ints of shape (b,): the sentences, longest first; equals keep the order they came in.
    lengths
        Ints of shape (b,): their lengths.
    order
        Ints of shape (n,): for each packed token, its row among the concatenated tokens.
    rank
        Ints of shape (n,): for each packed token, the place of its sentence in `sentences`.
    counts
        Ints of shape (T,): how many tokens there are at each time.
    offsets
        The packed tokens ``offsets[t]:offsets[t + 1]`` are those at time t.
    last
        Ints of shape (b,): the packed place of each sentence's last token.
    """

    sentences: Ints
    lengths: Ints
    order: Ints
    rank: Ints
    counts: Ints
    offsets: list[int]
    last: Ints

    def steps(self) -> list[tuple[slice, slice]]:
        """Pairs of blocks for times 1 to T - 1: the tokens before, and the tokens at that time.

        Row by row both blocks hold the same sentences.
        """
        before, now, after = self.offsets, self.offsets[1:], self.offsets[2:]
        return [
            (slice(a, a + c - b), slice(b, c)) for a, b, c in zip(before, now, after, strict=False)
        ]

    def previous(self) -> Ints:
        """Packed places of the tokens before ``offsets[1]:``, all tokens that have one before."""
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
    """Cut sentences into packings of about equally long ones, so that memory stays bounded.

    Parameters
    ----------
    first, lengths
        Ints of shape (B,): each sentence's first row and its number of tokens.
    max_sentences, max_tokens
        What one packing may hold; a longer sentence gets a packing of its own.
    """
    lengths = lengths.astype(np.intp, copy=False)  # an unsigned one has no negative
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
    counts = (-lengths).searchsorted(-times)  # how many sentences are longer than t
    offsets = np.zeros(len(times) + 1, dtype=np.intp)
    counts.cumsum(out=offsets[1:])
    rank = np.arange(offsets[-1]) - offsets[:-1].repeat(counts)
    order = first[rank] + times.repeat(counts)
    last = offsets[lengths - 1] + np.arange(len(lengths))
    return Packing(sentences, lengths, order, rank, counts, offsets.tolist(), last)
