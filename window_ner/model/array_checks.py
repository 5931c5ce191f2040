"""Checks that the arrays of a model folder make a model that can run.

Even if the checksums are right, the arrays can be wrong.
"""

from collections.abc import Mapping

from window_ner.data.encoder import Encoder
from window_ner.model.objectives.base import Objective
from window_ner.model.scorer import Scorer
from window_ner.nn.activations import get_activation
from window_ner.nn.arrays import Floats
from window_ner.nn.tables import check_table
from window_ner.nn.window_network import WindowNetwork
from window_ner.settings.tables import NetworkSettings

_TEMPERATURES = 1e-3, 1e3


def checked_scorer(
    arrays: Mapping[str, Floats],
    network: NetworkSettings,
    centre: int,
    *,
    encoder: Encoder,
    objective: Objective,
) -> Scorer:
    """Make a scorer from arrays, after checking that their shapes and numbers match.

    Raises
    ------
    ValueError
        If an array is missing, or its shape, type or numbers are wrong.
    """
    if "E" not in arrays or len(arrays["E"].shape) != 2 or not all(arrays["E"].shape):
        raise ValueError("weights E: expected a vector for each word")
    shapes = _shapes(arrays["E"].shape[1], centre, encoder, objective, network)
    check_arrays(arrays, shapes, "weights")
    low, high = _TEMPERATURES
    if not low <= arrays["temperature"][0] <= high:
        raise ValueError(f"temperature: expected {low} to {high}, found {arrays['temperature'][0]}")
    own = {name: arrays[name] for name in shapes if name not in objective.parameters}
    return Scorer(
        WindowNetwork(own, encoder.window, network.activation), objective.with_parameters(arrays)
    )


def check_arrays(
    arrays: Mapping[str, Floats], shapes: Mapping[str, tuple[int, ...]], what: str
) -> None:
    """Check that there is an array of floats for each name, with this shape and finite numbers.

    Raises
    ------
    ValueError
        If not; the message begins with ``what``.
    """
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            found = arrays[name].shape if name in arrays else "nothing"
            raise ValueError(f"{what} {name}: expected the shape {shape}, found {found}")
        check_table(arrays[name], f"{what} {name}")


def _shapes(
    dimension: int, centre: int, encoder: Encoder, objective: Objective, network: NetworkSettings
) -> dict[str, tuple[int, ...]]:
    """Return the shapes that the parameters of a network must have."""
    shapes: dict[str, tuple[int, ...]] = {"E": (len(encoder.vocabulary), dimension)}
    shapes |= encoder.features.table_shapes
    inputs = encoder.inputs(dimension) + centre
    for i, units in enumerate(network.hidden, 1):
        layer = str(i) if len(network.hidden) > 1 else ""
        shapes["W" + layer], shapes["b" + layer] = (units, inputs), (units,)
        if get_activation(network.activation).learned_slope is not None:
            shapes["a" + layer] = (1,)
        inputs = units
    of_objective = {name: array.shape for name, array in objective.parameters.items()}
    return shapes | {"U": (objective.outputs, inputs)} | of_objective
