"""Writes a model to a folder, and reads it again."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.encoder import CONTEXT_VALUES, Encoder
from window_ner.data.feature_files import feature_files, features_from
from window_ner.data.vocabulary import StoredWords, Vocabulary
from window_ner.data.word_types import Booleans
from window_ner.errors import InputError
from window_ner.model.about import About, Epoch, are_labels
from window_ner.model.array_checks import checked_scorer
from window_ner.model.fine_labels import FineLabels
from window_ner.model.model import Model
from window_ner.model.objectives.base import Objective
from window_ner.model.objectives.registry import make_objective
from window_ner.model.scorer import Scorer
from window_ner.model.second_pass import second_pass_inputs
from window_ner.nn.arrays import Floats
from window_ner.nn.tables import moved_vectors, rows_that_differ
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes, compact, restore
from window_ner.storage.model_folder import read_model_folder, write_model_folder
from window_ner.storage.places import real_path

_FIRST = "first."
"""Prefix of the names of the first pass's parameters, among the arrays of a model."""

_FIRST_ROWS, _FIRST_VALUES = _FIRST + "E.rows", _FIRST + "E.values"

_FINE = "fine."
"""Prefix of the names of the weights of fine labels."""

_VECTORS = ("E", CONTEXT_VALUES, _FIRST_VALUES)
"""Word vectors. They stay rounded in memory, because tagging looks up few of their rows."""

_DAMAGE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""Errors raised by files that `save_model` did not write."""


def save_model(
    model: Model,
    folder: Path,
    extra: Mapping[str, bytes] | None = None,
    *,
    durable: bool = True,
    small: bool = False,
    card: str | None = None,
) -> None:
    """Write a model folder.

    Parameters
    ----------
    model, folder
        The model, and the folder to write.
    extra
        More files for the folder.
    durable
        Whether to wait until the files are on the disk; not needed if the model is soon replaced.
    small
        Whether to round the tables (`window_ner.storage.arrays.compact`).
    card
        The model card; None writes one from the facts about the model.

    Raises
    ------
    InputError
        If the folder has something else in it, or cannot be written.
    """
    from window_ner.model.card import write_card  # not needed to load

    files = {**model_files(model, small=small), **(extra or {})}
    card = write_card(real_path(folder).name, model) if card is None else card
    write_model_folder(folder, files, card=card, durable=durable)


def model_files(model: Model, *, small: bool = False) -> dict[str, bytes]:
    """Return the files of a model folder by name, which `model_from` reads; see `save_model`."""
    about = model.about.as_dict()
    if model.fine_labels is not None:
        about["fine_labels"] = list(model.fine_labels.labels)
    history = "".join(json.dumps(epoch.as_dict()) + "\n" for epoch in model.history)
    return {
        "weights.safetensors": arrays_to_bytes(
            compact(_arrays(model), exactly=not small, vectors=_VECTORS)
        ),
        "settings.json": json.dumps(about, indent=1).encode(),
        "vocabulary.txt": "\n".join(model.encoder.vocabulary.words).encode(),
        **feature_files(model.encoder.features),
        "history.jsonl": history.encode(),
    }


def _arrays(model: Model) -> dict[str, Any]:
    """Return the arrays of a model by name; of E before training, only the rows that changed."""
    parameters = model.scorer.parameters
    arrays: dict[str, Any] = {**parameters, **model.encoder.context_arrays(parameters["E"])}
    if model.first_pass is not None:
        first = {_FIRST + name: p for name, p in model.first_pass.parameters.items()}
        E = first.pop(_FIRST + "E")
        arrays |= first
        arrays[_FIRST_ROWS], arrays[_FIRST_VALUES] = rows_that_differ(parameters["E"], E)
    if model.fine_labels is not None:
        arrays |= {_FINE + name: p for name, p in model.fine_labels.arrays.items()}
    arrays["seen"] = np.packbits(model.seen)
    return arrays


def load_model(folder: Path) -> Model:
    """Load a model folder; this needs only numpy and the folder.

    Raises
    ------
    InputError
        If it is not a model folder, or a file of it is missing or damaged.
    """
    return model_from(read_model_folder(folder), folder)


def model_from(files: dict[str, bytes], folder: Path) -> Model:
    """Make a model from the files of a folder; the files of arrays are removed from ``files``.

    Raises
    ------
    InputError
        See `load_model`.
    """
    try:
        settings = json.loads(files["settings.json"])
        about = About.from_json(settings, f"{folder}/settings.json")
        fine = settings.get("fine_labels", [])
        words = files["vocabulary.txt"]
        vocabulary = Vocabulary(StoredWords(words) if words else ())
        features = features_from(about.settings.features, files)
        lines = files["history.jsonl"].splitlines()
        history = tuple(Epoch.from_json(json.loads(line)) for line in lines)
        weights = files.pop("weights.safetensors")  # frees its memory
        stored = arrays_from_bytes(weights, f"{folder}/weights.safetensors")
        del weights
        arrays = restore(stored, rounded=_VECTORS)
        del stored
        seen = _seen(arrays.pop("seen"), len(vocabulary))
        network = about.settings.network
        if len(about.labels) > len(arrays.get("U", ())) > 1:  # an objective has arrays of that size
            raise ValueError("it has more labels than rows of U")
        objective = make_objective(network.loss, about.labels, network.agreement)
    except KeyError as error:
        raise InputError(f"{folder}: the model lacks {error}; it was changed") from None
    except _DAMAGE as error:
        raise InputError(f"{folder}: the model is damaged ({error})") from None
    twice = about.settings.second_pass.folds > 0
    encoder = Encoder(vocabulary, about.settings.network.window, features, same_words=twice)
    try:
        scorer, first_pass = _scorers(arrays, about, encoder, objective)
        encoder = encoder.with_context(arrays)
        fine_labels = _fine_labels(fine, arrays, scorer) if fine else None
    except ValueError as error:
        raise InputError(f"{folder}: the model is damaged ({error})") from None
    return Model(scorer, encoder, seen, about, history, first_pass, fine_labels)


def _fine_labels(labels: Any, arrays: Mapping[str, Floats], scorer: Scorer) -> FineLabels:
    if not are_labels(labels):
        raise ValueError("fine_labels")
    own = {n.removeprefix(_FINE): p for n, p in arrays.items() if n.startswith(_FINE)}
    return FineLabels.from_arrays(tuple(labels), own, scorer)


def _seen(packed: Any, words: int) -> Booleans:
    """Unpack which words of the vocabulary were seen in training: (V,)."""
    if packed.dtype != np.uint8 or packed.shape != (-(-words // 8),):
        raise ValueError("`seen` does not match the vocabulary")
    return np.unpackbits(packed, count=words).astype(bool)


def _scorers(
    arrays: Mapping[str, Floats], about: About, encoder: Encoder, objective: Objective
) -> tuple[Scorer, Scorer | None]:
    """Make the scorers of the passes.

    Raises
    ------
    ValueError
        If an array is missing, or does not fit the others.
    """
    settings = about.settings
    scorer_of = partial(checked_scorer, encoder=encoder)
    if not settings.second_pass.folds:
        return scorer_of(arrays, settings.network, 0, objective=objective), None
    inputs = second_pass_inputs(objective.outputs)
    scorer = scorer_of(arrays, settings.network, inputs, objective=objective)
    if _FIRST_ROWS not in arrays or _FIRST_VALUES not in arrays:
        raise ValueError("it lacks the word vectors of its first pass")
    E: Any = moved_vectors(arrays["E"], arrays[_FIRST_ROWS], arrays[_FIRST_VALUES], "first pass")
    own = {n.removeprefix(_FIRST): p for n, p in arrays.items() if n.startswith(_FIRST)}
    first = objective.with_agreement(0)
    network = settings.for_first_pass().network
    return scorer, scorer_of({**own, "E": E}, network, 0, objective=first)
