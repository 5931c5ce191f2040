"""The base class of the optimisers: it finds the arrays of each update, and updates rows alone.

The gradient of the word vectors is zero except for the few rows whose words are in the mini-batch.
A RowGradient contains only these rows. Every optimiser treats it in the same way: it updates these
rows of the parameter, and of the optimiser's own arrays, as if they were the whole matrix. It does
not change the other rows. For SGD and Adagrad this equals the dense update. Momentum, RMSprop and
Adam differ from it: their averages of a row decay only in the steps where the row has a gradient,
and the row does not move in between. So a rare word does not move in steps without it. (TensorFlow
calls this a lazy update; PyTorch's SparseAdam does the same.)
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from window_ner.nn.arrays import Floats
from window_ner.nn.row_gradient import Gradient, RowGradient


@dataclass
class Optimizer(ABC):
    """Base class of the optimisers; a subclass implements the update of one array in ``_update``.

    ``memory_names`` names the arrays that the optimiser keeps for each parameter. They have the
    shape and dtype of the parameter and start as zeros.
    """

    memory_names: ClassVar[tuple[str, ...]] = ()

    steps_taken: int = field(default=0, init=False)
    _memories: dict[str, Floats] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @abstractmethod
    def _update(
        self, parameter: Floats, gradient: Floats, learning_rate: float, *memories: Floats
    ) -> None:
        """Update the parameter and the memories in place; do not change the gradient."""

    def step(
        self,
        parameters: Mapping[str, Floats],
        gradients: Mapping[str, Gradient | float],
        learning_rate: float | Mapping[str, float],
    ) -> None:
        """Update in place each parameter that has a gradient.

        Parameters
        ----------
        parameters : name -> floats of any shape
        gradients : name -> floats of the same shape, or a RowGradient
        learning_rate : float, or name -> float
            One rate for all parameters, or a rate for each parameter that has a gradient.

        Raises
        ------
        ValueError
            If a gradient has no parameter, no learning rate, or another shape than its parameter.
        """
        self.steps_taken += 1
        rates = learning_rate
        if not isinstance(rates, Mapping):
            rates = dict.fromkeys(gradients, rates)
        for name, gradient in gradients.items():
            if name not in parameters:
                raise ValueError(f"no parameter {name!r}; known: {', '.join(parameters)}")
            if name not in rates:
                raise ValueError(f"no learning rate for {name!r}; given: {', '.join(rates)}")
            parameter, rate = parameters[name], float(rates[name])
            memories = [self._memory(name, memory, parameter) for memory in self.memory_names]
            if isinstance(gradient, RowGradient):
                _check_shape(name, gradient.values, (len(gradient.rows), *parameter.shape[1:]))
                self._update_rows(parameter, gradient, rate, *memories)
            else:
                dense = np.asarray(gradient, parameter.dtype)
                _check_shape(name, dense, parameter.shape)
                self._update(parameter, dense, rate, *memories)

    def _update_rows(
        self, parameter: Floats, gradient: RowGradient, learning_rate: float, *memories: Floats
    ) -> None:
        """Update the rows that have a gradient as if there were no others."""
        whole = [parameter, *memories]
        touched, *touched_memories = parts = [array.take(gradient.rows, axis=0) for array in whole]
        self._update(touched, gradient.values, learning_rate, *touched_memories)
        for array, part in zip(whole, parts, strict=True):
            array[gradient.rows] = part

    def state(self) -> dict[str, Floats]:
        """Return a copy of everything that a resumed training needs to get identical results.

        Returns
        -------
        name -> floats
            ``steps_taken`` as a 0-d array, and ``<parameter>.<memory>`` for each memory.
        """
        memories = {name: array.copy() for name, array in self._memories.items()}
        return {"steps_taken": np.array(float(self.steps_taken)), **memories}

    def load_state(self, state: Mapping[str, Floats]) -> None:
        """Restore a state that an optimiser of the same class returned.

        Raises
        ------
        ValueError
            If it is the state of another class.
        """
        memories = {name: array for name, array in state.items() if name != "steps_taken"}
        foreign = [name for name in memories if name.rpartition(".")[2] not in self.memory_names]
        if "steps_taken" not in state or foreign:
            raise ValueError(f"not the state of {type(self).__name__}: it has {', '.join(state)}")
        self.steps_taken = int(state["steps_taken"])
        self._memories = {name: array.copy() for name, array in memories.items()}

    def _memory(self, name: str, memory: str, parameter: Floats) -> Floats:
        key = f"{name}.{memory}"
        if key not in self._memories:
            # Unlike zeros_like, zeros takes memory only for the rows that are used.
            self._memories[key] = np.zeros(parameter.shape, parameter.dtype)
        _check_shape(key, self._memories[key], parameter.shape)
        return self._memories[key]


def _check_shape(name: str, array: Floats, shape: tuple[int, ...]) -> None:
    """Refuse a shape that would broadcast to a wrong update."""
    if array.shape != shape:
        raise ValueError(f"{name}: expected an array of shape {shape}, got {array.shape}")
