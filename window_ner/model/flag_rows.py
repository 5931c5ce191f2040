"""Rows for the flags of a window, to be added to those of its words.

The flags of a word depend on its document. With flags, a word type has up to 2^F rows of its own;
without, it has one. So the flags have tables of their own, which are small: F flags in n positions
have 2^(F n) patterns, of which few occur. The positions are divided into groups of so few patterns
that each can have a row. English news then needs half as many rows of types, and the rows of flags
stay in the cache.
"""

import numpy as np

from window_ner.model.integer_layers import Integers
from window_ner.nn.arrays import Floats, Ints

_BITS = 15
"""The most flags of a group: its table has 2^15 rows, of which those in use take memory."""


class FlagRows:
    """The addends of z for flags; rows are computed when their pattern first occurs.

    Parameters
    ----------
    of_flags
        (window, F, H) the addend of each flag in each position: floats with integer values, so
        that their sums are exact. F is at least 1.
    """

    def __init__(self, of_flags: Floats) -> None:
        window, flags, hidden = of_flags.shape
        positions = max(1, _BITS // flags)  # of a group
        self._groups = [
            _Group(
                first - window // 2, of_flags[first : first + positions].reshape(-1, hidden), flags
            )
            for first in range(0, window, positions)
        ]
        self._values = (1 << np.arange(flags)).astype(np.float32)

    def look_up(
        self, flags: Floats, centres: Ints, padded_length: int
    ) -> list[tuple[Integers, Ints]]:
        """Return a table for each group of positions, and the row of each token's window there.

        Parameters
        ----------
        flags
            (N, F), 0 or 1.
        centres, padded_length
            From `window_ner.data.windows.centre_places`.
        """
        padded = np.zeros(padded_length, dtype=np.intp)
        padded[centres] = flags @ self._values
        return [group.look_up(padded, centres) for group in self._groups]


class _Group:
    """Neighbouring positions of the window whose flags share a table.

    Parameters
    ----------
    first
        The first position, counted from the centre word.
    of_flags
        (n F, H) the addend of each flag of each of the n positions.
    flags
        F.
    """

    def __init__(self, first: int, of_flags: Floats, flags: int) -> None:
        self._first, self._of_flags, self._flags = first, of_flags, flags
        patterns = 1 << len(of_flags)
        self._table = np.empty((patterns, of_flags.shape[1]), np.int16)
        self._is_known = np.zeros(patterns, dtype=bool)

    def look_up(self, padded: Ints, centres: Ints) -> tuple[Integers, Ints]:
        patterns = np.zeros(len(centres), dtype=np.intp)
        for position in range(len(self._of_flags) // self._flags):
            of_neighbour = padded.take(centres + (self._first + position))
            patterns += of_neighbour << (self._flags * position)
        if not self._is_known.take(patterns).all():
            self._learn(patterns)
        return self._table, patterns

    def _learn(self, patterns: Ints) -> None:
        is_new = np.bincount(patterns, minlength=len(self._table)).astype(bool) & ~self._is_known
        new = is_new.nonzero()[0]
        bits = (new[:, None] >> np.arange(len(self._of_flags))) & 1
        self._table[new] = bits.astype(np.float32) @ self._of_flags
        self._is_known[new] = True
