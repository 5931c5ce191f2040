"""Assigns the rows of a table to keys when there are more keys than rows."""

import numpy as np

from window_ner.nn.arrays import Floats, Ints

_FADING = 0.98
"""Weight of earlier uses each time that rows are freed. A smaller weight, or none, keeps worse
rows."""


class RowCache:
    """Assigns a row to each key; when all rows are taken, it frees those that are used least.

    It knows only the keys; the caller writes the rows. Row 0 belongs to no key.

    Parameters
    ----------
    rows
        Number of rows. A call of `find` must not ask for more than ``rows - 1`` keys.
    """

    def __init__(self, rows: int) -> None:
        self._row_of: Ints = np.zeros(0, dtype=np.int32)  # key -> row, 0 if it has none
        self._key_of: Ints = np.full(rows, -1)  # row -> key, -1 if it has none
        # row -> how often it was asked for; earlier uses count less
        self._uses: Floats = np.zeros(rows, dtype=np.float32)
        self._free: Ints = np.arange(1, rows)

    def find(self, keys: Ints, most: int) -> tuple[Ints, Ints, Ints]:
        """Find the rows of keys.

        Parameters
        ----------
        keys
            (N,) the keys, from 0 on.
        most
            All keys are below this number.

        Returns
        -------
        rows
            (N,) the row of each key.
        new_keys, new_rows
            (M,) the keys that had no row before, and the rows that are now theirs.
        """
        if most > len(self._row_of):
            grown = np.zeros(2 * most, dtype=np.int32)
            grown[: len(self._row_of)] = self._row_of
            self._row_of = grown
        rows = self._row_of.take(keys)
        new_keys = new_rows = _NOTHING
        if not rows.all():
            new_keys = _distinct(keys[rows == 0])
            if len(self._free) < len(new_keys):
                self._give_up(len(new_keys), rows)
            new_rows, self._free = np.split(self._free, [len(new_keys)])
            self._row_of[new_keys], self._key_of[new_rows] = new_rows, new_keys
            rows = self._row_of.take(keys)
        self._uses.put(rows, self._uses.take(rows) + 1)
        return rows, new_keys, new_rows

    def _give_up(self, least: int, needed: Ints) -> None:
        """Free an eighth of the rows, at least ``least``: those that were least used lately."""
        self._uses *= _FADING
        uses = self._uses.copy()
        uses[needed] = uses[0] = np.inf
        count = min(max(least, len(uses) // 8), int(np.count_nonzero(uses != np.inf)))
        self._free = np.argpartition(uses, count)[:count]
        keys = self._key_of[self._free]
        self._row_of[keys[keys >= 0]] = 0
        self._key_of[self._free] = -1
        self._uses[self._free] = 0


_NOTHING: Ints = np.zeros(0, dtype=np.int64)


def _distinct(keys: Ints) -> Ints:
    """Return the distinct keys; `np.unique` would first import the masked arrays."""
    return np.array(list(dict.fromkeys(keys.tolist())), dtype=np.int64)
