"""Is what a model folder holds a model that can run? Whoever wrote its checksums may be wrong."""

from collections.abc import Mapping
from typing import Any

from window_ner.data.encoder import Encoder
from window_ner.model.objectives.base import Objective
from window_ner.nn.activations import get_activation
from window_ner.nn.arrays import LARGEST, Floats
from window_ner.nn.tables import check_table
from window_ner.nn.window_network import WindowNetwork
from window_ner.settings.tables import NetworkSettings

_TEMPERATURES = 1e-3, 1e3


def check_about(about: Mapping[str, Any], history: list[dict[str, Any]]) -> None:
    """Hold what a model says of itself against what is asked of it elsewhere.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing, or of another kind.
    """
    labels = about["labels"]
    _require(isinstance(labels, list) and all(_is_word(label) for label in labels), "labels")
    _require(len(set(labels)) == len(labels), "labels")
    for name in ("windows", "seed"):
        _require(_is_count(about.get(name, 0)), name)
    if "fine_tuning" in about:
        _check_decision(about["fine_tuning"])
    corpus = about.get("corpus", {})
    named = isinstance(corpus, dict) and all(isinstance(v, str | None) for v in corpus.values())
    _require(named, "corpus")
    _require(isinstance(about.get("config"), str | None), "config")
    for record in history:
        _require(isinstance(record, dict), "history")
        numbers = [record[name] for name in ("loss", "dev", "dev_unseen_words", "seconds")]
        _require(all(map(_is_number, numbers)) and _is_count(record["epoch"]), "history")
        _require(record["score"] in ("token_f1", "span_f1"), "history")


def _check_decision(decision: Any) -> None:
    fields = {"fine_tune": bool, "reason": str, "warning": str, "trials": dict}
    _require(isinstance(decision, dict) and decision.keys() == fields.keys(), "fine_tuning")
    _require(all(isinstance(decision[k], kind) for k, kind in fields.items()), "fine_tuning")
    for scores in decision["trials"].values():
        both = isinstance(scores, dict) and scores.keys() == {"all_words", "unseen_words"}
        _require(both and all(_is_number(score) for score in scores.values()), "fine_tuning")


def _is_word(value: Any) -> bool:
    """Whether it can be written, and be a part of a tag."""
    return isinstance(value, str) and value.split() == [value] and bool(value.encode())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and -LARGEST < value < LARGEST


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"its {what} is not what a training writes")


def checked_network(
    arrays: Mapping[str, Floats],
    network: NetworkSettings,
    centre: int,
    *,
    encoder: Encoder,
    objective: Objective,
) -> WindowNetwork:
    """Put a network together from arrays that are held against each other.

    Raises
    ------
    ValueError
        If one is missing, or its shape, type or numbers are not what they should be.
    """
    if "E" not in arrays or len(arrays["E"].shape) != 2 or not all(arrays["E"].shape):
        raise ValueError("weights E: expected a vector for each word")
    shapes = _shapes(arrays["E"].shape[1], centre, encoder, objective, network)
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            found = arrays[name].shape if name in arrays else "nothing"
            raise ValueError(f"weights {name}: expected the shape {shape}, found {found}")
        check_table(arrays[name], f"weights {name}")
    low, high = _TEMPERATURES
    if not low <= arrays["temperature"][0] <= high:
        raise ValueError(f"temperature: expected {low} to {high}, found {arrays['temperature'][0]}")
    parameters = {name: arrays[name] for name in shapes}
    return WindowNetwork(parameters, encoder.window, network.activation)


def _shapes(
    dimension: int, centre: int, encoder: Encoder, objective: Objective, network: NetworkSettings
) -> dict[str, tuple[int, ...]]:
    """Tell what shapes the parameters of a network have that can run."""
    shapes: dict[str, tuple[int, ...]] = {"E": (len(encoder.vocabulary), dimension)}
    shapes |= encoder.features.table_shapes
    inputs = encoder.inputs(dimension) + centre
    for i, units in enumerate(network.hidden, 1):
        layer = str(i) if len(network.hidden) > 1 else ""
        shapes["W" + layer], shapes["b" + layer] = (units, inputs), (units,)
        if get_activation(network.activation).learned_slope is not None:
            shapes["a" + layer] = (1,)
        inputs = units
    return shapes | {"U": (objective.outputs, inputs), **objective.shapes()}
