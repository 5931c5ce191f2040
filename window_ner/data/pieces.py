"""Raw text -> sentences of word types, with one look-up in a dictionary for each piece of text.

A piece is what stands between white space, like ``(Paris),``. Nearly all pieces are split into the
same tokens wherever they stand. So a piece is split when it first occurs, and its tokens are
remembered as numbers of word types. The few pieces whose tokens depend on what stands around them
(``Inc.`` may be the end of a sentence) are split each time.

The result is that of `window_ner.data.tokenizer.tokenize`, in a fifth of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np

from window_ner.data.growing_array import GrowingArray
from window_ner.data.tokenizer import (
    blank_lines,
    depends_on_context,
    may_end_sentence,
    piece_starts,
    sentence_starts,
    split_pieces,
    tokens_between,
)
from window_ner.data.word_types import Booleans, Numbers, TypedTokens, WordTypes
from window_ner.nn.arrays import Ints
from window_ner.nn.crf.packing import ranges


@dataclass(frozen=True)
class TypedTexts:
    """The tokens of D texts, N in all, in B sentences.

    Attributes
    ----------
    typed
        The type of each token.
    lengths
        (B,) number of tokens of each sentence; none is empty.
    sentences, tokens
        (D,) number of sentences and of tokens of each text.
    starts, ends
        (N,) where each token begins and ends in its text.
    """

    typed: TypedTokens
    lengths: Ints
    sentences: Ints
    tokens: Ints
    starts: Ints
    ends: Ints


class Pieces:
    """Splits texts into tokens, and remembers the tokens of each piece.

    Parameters
    ----------
    types
        The store of word types, which grows with each new word.

    Attributes
    ----------
    most
        When more pieces than this are known, all are forgotten.
    """

    def __init__(self, types: WordTypes) -> None:
        self.types = types
        self.most = types.most
        self._begin()

    def _begin(self) -> None:
        self._numbering = self.types.numbering
        self._number = Numbers[str | tuple[str, ...]]()
        self._length = GrowingArray(np.intp)  # of each piece, in characters
        self._first = GrowingArray(np.intp)  # the place of its first token in the arrays below
        self._count = GrowingArray(np.intp)  # its number of tokens
        self._depends = GrowingArray(bool)  # whether its tokens depend on what is around it
        # of each token of each piece
        self._type = GrowingArray(np.intp)
        self._start = GrowingArray(np.intp)  # in the piece
        self._end = GrowingArray(np.intp)
        self._may_end = GrowingArray(bool)  # whether a sentence may end with it

    def read(self, texts: Sequence[str]) -> TypedTexts:
        """Split texts into sentences of tokens."""
        self.types.forget_if_full()
        if self._numbering is not self.types.numbering or len(self._number) > self.most:
            self._begin()
        try:
            pieces, counts = self._look_up(texts)
            starts, spread = self._starts(texts, pieces, counts)
            bounds = [0, *accumulate(counts)]
            self._split_by_context(texts, pieces, starts, bounds)
        except BaseException:  # an interrupt, too: some of the arrays would lack the new pieces
            self._begin()
            raise
        count = self._count.values.take(pieces)
        token = ranges(self._first.values.take(pieces), count)
        first = starts.repeat(count)
        ends = count.cumsum()  # of the tokens of each piece
        of_texts = np.concatenate([[0], ends]).take(bounds)
        begins = first + self._start.values.take(token)
        is_first = self._sentence_starts(token, ends, of_texts)
        for i in spread:
            here = slice(of_texts[i], of_texts[i + 1])
            cuts = begins[here].searchsorted(blank_lines(texts[i]))
            is_first[here][cuts[cuts < here.stop - here.start]] = True
        sentences = np.concatenate([[0], is_first.cumsum()]).take(of_texts)
        return TypedTexts(
            typed=self.types.typed(self._type.values.take(token)),
            lengths=np.diff(is_first.nonzero()[0], append=len(token)),
            sentences=np.diff(sentences),
            tokens=np.diff(of_texts),
            starts=begins,
            ends=first + self._end.values.take(token),
        )

    def _look_up(self, texts: Sequence[str]) -> tuple[Ints, list[int]]:
        """Return the number of each piece of all texts, and the number of pieces of each text."""
        split = [text.split() for text in texts]
        counts = list(map(len, split))
        found = map(self._number.__getitem__, chain.from_iterable(split))
        pieces = np.fromiter(found, np.intp, sum(counts))
        if self._number.new:
            new: list[str] = self._number.new  # type: ignore[assignment]
            self._add(*split_pieces(new), list(map(depends_on_context, new)))
        return pieces, counts

    def _starts(
        self, texts: Sequence[str], pieces: Ints, counts: Sequence[int]
    ) -> tuple[Ints, list[int]]:
        """Return where each piece begins in its text, and the texts that may have blank lines.

        In most texts, one character stands between two pieces.
        """
        lengths = self._length.values.take(pieces) + 1
        ends = lengths.cumsum()
        of_texts = np.concatenate([[0], ends]).take([0, *accumulate(counts)])
        starts = ends - lengths - of_texts[:-1].repeat(counts)
        spread, place = [], 0
        for i, (text, count, size) in enumerate(zip(texts, counts, np.diff(of_texts), strict=True)):
            if count and (size != len(text) + 1 or "\u2029" in text):
                starts[place : place + count] = piece_starts(text)
                spread.append(i)
            place += count
        return starts, spread

    def _split_by_context(
        self, texts: Sequence[str], pieces: Ints, starts: Ints, bounds: Sequence[int]
    ) -> None:
        """Replace the pieces that depend on what is around them by pieces with the right tokens."""
        places = self._depends.values.take(pieces).nonzero()[0]
        which = np.searchsorted(bounds, places, side="right") - 1
        begins = starts.take(places)
        ends = begins + self._length.values.take(pieces.take(places))
        for place, i, begin, end in zip(
            *(each.tolist() for each in (places, which, begins, ends)), strict=True
        ):
            pieces[place] = self._number[tokens_between(texts[i], begin, end)]
        if self._number.new:
            new: list[tuple[str, ...]] = self._number.new  # type: ignore[assignment]
            counts = list(map(len, new))
            self._add(list(chain.from_iterable(new)), counts, [False] * len(new))

    def _add(self, tokens: list[str], counts: list[int], depends: list[bool]) -> None:
        """Add pieces: all their tokens, the number of tokens of each, whether it `depends`."""
        count, length = np.array(counts), np.fromiter(map(len, tokens), np.intp, len(tokens))
        types = self.types.numbers(tokens)
        last = count.cumsum()
        ends = length.cumsum()
        begins_of_pieces = (ends - length).take(last - count)
        ends -= begins_of_pieces.repeat(count)
        self._first.append(len(self._type) + last - count)
        self._count.append(count)
        self._depends.append(depends)
        self._length.append(ends.take(last - 1))
        self._type.append(types)
        self._start.append(ends - length)
        self._end.append(ends)
        self._may_end.append(list(map(may_end_sentence, tokens)))
        self._number.new = []

    def _sentence_starts(self, token: Ints, ends: Ints, of_texts: Ints) -> Booleans:
        """Return whether each token begins a sentence; blank lines are not looked at.

        Parameters
        ----------
        token
            (N,) where each token is among those of the known pieces.
        ends
            (P,) the end of the tokens of each piece.
        of_texts
            (D + 1,) the bounds of the tokens of each text.
        """
        is_first = np.zeros(len(token), bool)
        is_first[of_texts[:-1][np.diff(of_texts) > 0]] = True
        is_last = np.zeros(len(token), bool)  # of its piece
        is_last[ends - 1] = True
        tokens = self.types.words(self._type.values.take(token))
        candidates = self._may_end.values.take(token).nonzero()[0]
        text = of_texts.searchsorted(candidates, side="right")
        bounds = zip(of_texts[text - 1].tolist(), of_texts[text].tolist(), strict=True)
        found = sentence_starts(tokens, is_last.tobytes(), candidates.tolist(), bounds)
        is_first[list(found)] = True
        return is_first
