"""Sentences -> windows -> concatenated vectors.

The sentences of a batch are laid out in one row, with padding between them:

    . . The cat sat . . Paris . . Kofi Annan spoke . .        ( . is padding, window 5)

so that every window is a slice of that row, and all windows are one gather.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from window_ner.data.word_types import TypedTokens
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import WindowBatch

_Numbers = TypeVar("_Numbers", Ints, Floats)

PADDING = 0
"""Id of the padding that stands beyond the sentence's edges, in every vocabulary."""


def window_positions(lengths: Ints, size: int) -> tuple[Ints, int]:
    """Find where the windows of consecutive sentences lie in the padded row.

    Parameters
    ----------
    lengths
        (B,) tokens of each sentence.
    size
        Tokens of a window, odd.

    Returns
    -------
    positions
        (N, size) places in the padded row, for each of the N tokens; the centre's are column
        ``size // 2``.
    padded_length
        Length of the padded row.

    Raises
    ------
    ValueError
        If the size is not a positive odd number: a window has a centre.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"a window has a centre word, so its size is odd; got {size}")
    edge = size // 2
    centres, padded_length = centre_places(np.asarray(lengths), edge)
    return centres[:, None] + np.arange(-edge, edge + 1), padded_length


def centre_places(lengths: Ints, edge: int) -> tuple[Ints, int]:
    """Find the place of each of N tokens in the padded row, (N,), and the length of that row."""
    centres = (edge * np.arange(1, len(lengths) + 1)).repeat(lengths)
    centres += np.arange(len(centres))
    return centres, len(centres) + edge * (len(lengths) + 1)


def pad_sentences(values: _Numbers, positions: Ints, padded_length: int) -> _Numbers:
    """Lay the values of N tokens out in the padded row; (N, …) -> (padded_length, …)."""
    row = np.full((padded_length, *values.shape[1:]), PADDING, dtype=values.dtype)
    row[positions[:, positions.shape[1] // 2]] = values
    return row


@dataclass(frozen=True)
class EncodedSentences:
    """N tokens of B consecutive sentences as numbers, to be looked at through windows.

    ``rows``, ``flags`` and ``centre`` are those of a `WindowBatch`, one for each of the N tokens;
    ``lengths`` is (B,), the tokens of each sentence; ``size`` is the tokens of a window;
    ``context`` is (B, C) numbers that the centre words of a sentence share; ``typed`` are the
    tokens as word types, if they were encoded by type; ``same_word`` is (N,) numbers, equal where
    a document has the same word again, whatever its case, if anybody needs to know.
    """

    rows: Mapping[str, Ints]
    lengths: Ints
    size: int
    flags: Floats | None = None
    centre: Floats | None = None
    context: Floats | None = None
    typed: TypedTokens | None = None
    same_word: Ints | None = None

    def __len__(self) -> int:
        return int(self.lengths.sum()) if self.typed is None else len(self.typed.numbers)

    def windows(self, tokens: Ints) -> WindowBatch:
        """Take the windows of any n tokens; each has places of its own."""
        edge = self.size // 2
        places = (self._centres.take(tokens)[:, None] + np.arange(-edge, edge + 1)).ravel()
        return WindowBatch(
            rows={table: rows.take(places, axis=0) for table, rows in self._padded.items()},
            flags=None if self._padded_flags is None else self._padded_flags[places],
            centre=self._centre(tokens),
        )

    def sentences(self, which: Ints) -> WindowBatch:
        """Take all windows of some sentences; those that overlap share their places."""
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
        """Put together what goes with the centre word alone: of the token, and of its sentence."""
        parts = [] if self.centre is None else [self.centre[tokens]]
        if self.context is not None:
            sentence = np.searchsorted(self.starts, tokens, side="right") - 1
            parts.append(self.context[sentence])
        return np.concatenate(parts, axis=1) if parts else None

    def tokens(self, which: Ints) -> Ints:
        """List the tokens of some sentences, one sentence after another."""
        lengths = self.lengths[which]
        firsts = np.repeat(self.starts[which], lengths)
        return firsts + np.arange(len(firsts)) - np.repeat(np.cumsum(lengths) - lengths, lengths)

    @cached_property
    def starts(self) -> Ints:
        """(B,) first token of each sentence."""
        starts: Ints = np.cumsum(self.lengths) - self.lengths
        return starts

    @cached_property
    def _layout(self) -> tuple[Ints, int]:
        return window_positions(self.lengths, self.size)

    @cached_property
    def _centres(self) -> Ints:
        """(N,) place of each token in the padded row."""
        return np.ascontiguousarray(self._layout[0][:, self.size // 2])

    @cached_property
    def _padded(self) -> dict[str, Ints]:
        return {table: pad_sentences(rows, *self._layout) for table, rows in self.rows.items()}

    @cached_property
    def _padded_flags(self) -> Floats | None:
        return None if self.flags is None else pad_sentences(self.flags, *self._layout)
