"""The state of a trainer: everything it needs to continue where it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from window_ner.nn.arrays import LARGEST, Floats, check_numbers

_GROUPS = ("parameters", "optimizer", "average")

_OF_OPTIMIZER = float(np.finfo(np.float32).max)
"""Its arrays have any finite numbers, such as squares of gradients: only weights have a limit."""


@dataclass(frozen=True)
class TrainerState:
    """Everything that changes in training.

    Attributes
    ----------
    parameters, average
        The trained parameters by name, and their moving average; of tables, only trained rows.
    optimizer
        The arrays of the optimiser, such as ``W.first_moment``.
    steps
        Number of mini-batches so far.
    """

    parameters: Mapping[str, Floats]
    optimizer: Mapping[str, Floats]
    average: Mapping[str, Floats]
    steps: int

    def as_arrays(self) -> dict[str, Floats]:
        """Return the state as named arrays, for a file."""
        arrays = {
            f"{group}/{name}": array
            for group in _GROUPS
            for name, array in getattr(self, group).items()
        }
        return {**arrays, "steps": np.array(self.steps)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Floats]) -> "TrainerState":
        """Read what `as_arrays` returned.

        Raises
        ------
        KeyError, ValueError
            If the arrays are not a state, or a number is not finite.
        """
        groups: dict[str, dict[str, Floats]] = {group: {} for group in _GROUPS}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            if rest:
                groups[group][rest] = array
            if array.ndim:
                check_numbers(array, name, _OF_OPTIMIZER if group == "optimizer" else LARGEST)
            elif not 0 <= array < LARGEST:
                raise ValueError(f"{name} is {array}")
        return cls(**groups, steps=int(arrays["steps"]))
