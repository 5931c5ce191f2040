"""An array that grows at its end."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class GrowingArray:
    """An array to which rows are appended, without copying all earlier rows each time.

    Parameters
    ----------
    dtype
        Of the numbers.
    shape
        The shape of a row; () if the array has one dimension.
    """

    def __init__(self, dtype: DTypeLike, shape: tuple[int, ...] = ()) -> None:
        self._memory = np.empty((64, *shape), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """The rows so far, as a view that later rows do not change."""
        return self._memory[: self._size]

    def append(self, rows: NDArray[Any] | list[Any]) -> None:
        """Add rows at the end."""
        end = self._size + len(rows)
        if end > len(self._memory):
            larger = np.empty((2 * end, *self._memory.shape[1:]), self._memory.dtype)
            larger[: self._size] = self.values
            self._memory = larger
        self._memory[self._size : end] = rows
        self._size = end
