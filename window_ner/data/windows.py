"""Sentences -> windows -> concatenated vectors.

The sentences of a batch are placed in one row, with padding between them:

    . . The cat sat . . Paris . . Kofi Annan spoke . .        ( . is padding, window 5)

Every window is a slice of this row, so all windows can be looked up in one call.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar

import numpy as np

from window_ner.data.word_types import Booleans, TypedTokens
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import WindowBatch
from window_ner.records import record

_Numbers = TypeVar("_Numbers", Ints, Floats)

PADDING = 0
"""Id of the padding before and after a sentence, in every vocabulary."""


def window_positions(lengths: Ints, size: int) -> tuple[Ints, int]:
    """Find the positions of the windows of consecutive sentences in the padded row.

    Parameters
    ----------
    lengths
        (B,) the number of tokens of each sentence.
    size
        The number of tokens of a window, odd.

    Returns
    -------
    positions
        (N, size) the places of each token's window in the padded row; column ``size // 2`` is the
        centre word.
    padded_length
        Length of the padded row.

    Raises
    ------
    ValueError
        If the size is not a positive odd number.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"a window has a centre word, so its size must be odd; got {size}")
    edge = size // 2
    centres, padded_length = centre_places(np.asarray(lengths), edge)
    return centres[:, None] + np.arange(-edge, edge + 1), padded_length


def centre_places(lengths: Ints, edge: int) -> tuple[Ints, int]:
    """Return the place of each of N tokens in the padded row, (N,), and the length of the row."""
    centres = (edge * np.arange(1, len(lengths) + 1)).repeat(lengths)
    centres += np.arange(len(centres))
    return centres, len(centres) + edge * (len(lengths) + 1)


def pad_sentences(values: _Numbers, positions: Ints, padded_length: int) -> _Numbers:
    """Copy the values of N tokens to their places in the padded row: (N, …) -> (padded, …)."""
    row = np.full((padded_length, *values.shape[1:]), PADDING, dtype=values.dtype)
    row[positions[:, positions.shape[1] // 2]] = values
    return row


@record(eq=False)
class EncodedSentences:
    """N tokens of B consecutive sentences as numbers, from which windows are taken.

    ``rows``, ``flags`` and ``centre`` are as in a `WindowBatch`, one for each of the N tokens.
    ``lengths`` (B,) is the number of tokens of each sentence, and ``size`` the number of tokens of
    a window. ``context`` (B, C) are inputs that all centre words of a sentence share. ``typed`` are
    the tokens as word types, if they were encoded by type. ``same_word`` (N,) has equal numbers for
    tokens of a document that are the same word, ignoring case; it is None if it is not needed.
    ``has_capital`` (N,) says which tokens have a capital letter, if ``same_word`` is there.
    """

    rows: Mapping[str, Ints]
    lengths: Ints
    size: int
    flags: Floats | None = None
    centre: Floats | None = None
    context: Floats | None = None
    typed: TypedTokens | None = None
    same_word: Ints | None = None
    has_capital: Booleans | None = None

    def __len__(self) -> int:
        return int(self.lengths.sum()) if self.typed is None else len(self.typed.numbers)

    def windows(self, tokens: Ints) -> WindowBatch:
        """Return the windows of any n tokens; the windows do not share places."""
        edge = self.size // 2
        places = (self._centres.take(tokens)[:, None] + np.arange(-edge, edge + 1)).ravel()
        return WindowBatch(
            rows={table: rows.take(places, axis=0) for table, rows in self._padded.items()},
            flags=None if self._padded_flags is None else self._padded_flags[places],
            centre=self._centre(tokens),
        )

    def sentences(self, which: Ints) -> WindowBatch:
        """Return all windows of some sentences; windows that overlap share their places."""
        tokens, lengths = self.tokens(which), self.lengths[which]
        positions, padded_length = window_positions(lengths, self.size)

        def pad(values: _Numbers) -> _Numbers:
            return pad_sentences(values[tokens], positions, padded_length)

        return WindowBatch(
            rows={table: pad(rows) for table, rows in self.rows.items()},
            windows=positions,
            flags=None if self.flags is None else pad(self.flags),
            centre=self._centre(tokens),
        )

    def _centre(self, tokens: Ints) -> Floats | None:
        """Join the inputs of the centre word only: of the token, and of its sentence."""
        parts = [] if self.centre is None else [self.centre[tokens]]
        if self.context is not None:
            sentence = np.searchsorted(self.starts, tokens, side="right") - 1
            parts.append(self.context[sentence])
        return np.concatenate(parts, axis=1) if parts else None

    @cached_property
    def repeated_names(self) -> tuple[Ints, Ints]:
        """The tokens with a capital that a document repeats: (M,) tokens, (M,) the word of each.

        There are none if ``same_word`` is None.
        """
        if self.same_word is None or self.has_capital is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        tokens = np.flatnonzero(self.has_capital)
        words = self.same_word.take(tokens)
        repeated = np.bincount(words, minlength=1).take(words) > 1
        return tokens[repeated], words[repeated]

    def tokens(self, which: Ints) -> Ints:
        """Return the indices of the tokens of some sentences, one sentence after another."""
        lengths = self.lengths[which]
        firsts = np.repeat(self.starts[which], lengths)
        return firsts + np.arange(len(firsts)) - np.repeat(np.cumsum(lengths) - lengths, lengths)

    @cached_property
    def starts(self) -> Ints:
        """(B,) the index of the first token of each sentence."""
        starts: Ints = np.cumsum(self.lengths) - self.lengths
        return starts

    @cached_property
    def _layout(self) -> tuple[Ints, int]:
        return window_positions(self.lengths, self.size)

    @cached_property
    def _centres(self) -> Ints:
        """(N,) the place of each token in the padded row."""
        return np.ascontiguousarray(self._layout[0][:, self.size // 2])

    @cached_property
    def _padded(self) -> dict[str, Ints]:
        return {table: pad_sentences(rows, *self._layout) for table, rows in self.rows.items()}

    @cached_property
    def _padded_flags(self) -> Floats | None:
        return None if self.flags is None else pad_sentences(self.flags, *self._layout)
