"""A tagger as a model folder: written, and read again."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.encoder import CONTEXT_VALUES, Encoder
from window_ner.data.features import features_from
from window_ner.data.vocabulary import Vocabulary
from window_ner.errors import InputError
from window_ner.model.objectives.registry import make_objective
from window_ner.model.second_pass import (
    FIRST_VALUES,
    arrays_of_first_pass,
    first_pass_arrays,
    second_pass_inputs,
)
from window_ner.model.tagger import Tagger
from window_ner.model.validation import check_about, checked_network
from window_ner.settings.toml import settings_from
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes, compact, restore
from window_ner.storage.model_folder import read_model_folder, write_model_folder

_LOOKED_UP = ("E", CONTEXT_VALUES, FIRST_VALUES)
"""Arrays of a model that stay as small as they were stored: little of them is looked up."""


def save_tagger(
    tagger: Tagger,
    folder: Path,
    extra: Mapping[str, bytes],
    *,
    durable: bool,
    small: bool,
) -> None:
    """Write a model folder; see `Tagger.save`."""
    history = "".join(json.dumps(record) + "\n" for record in tagger.history)
    parameters = tagger.network.parameters
    tables: dict[str, Any] = {
        **parameters,
        **tagger.encoder.context_arrays(parameters["E"]),
        **first_pass_arrays(tagger.first_pass, parameters["E"]),
        "seen": np.packbits(tagger.seen),
    }
    arrays = {name: np.asarray(table) for name, table in tables.items()}
    write_model_folder(
        folder,
        {
            "weights.safetensors": arrays_to_bytes(compact(arrays) if small else arrays),
            "settings.json": json.dumps(tagger.about, indent=1).encode(),
            "vocabulary.txt": "\n".join(tagger.encoder.vocabulary.words).encode(),
            "features.json": json.dumps(tagger.encoder.features.as_dict(), indent=0).encode(),
            "history.jsonl": history.encode(),
            **extra,
        },
        durable=durable,
    )


def load_tagger(folder: Path) -> Tagger:
    """Load a model folder; needs numpy and the folder alone.

    Raises
    ------
    InputError
        If it is not a model folder, or a file of it is missing or damaged.
    """
    files = read_model_folder(folder)
    try:
        about = json.loads(files["settings.json"])
        settings = settings_from(about["settings"], where=f"{folder}/settings.json")
        words = files["vocabulary.txt"].decode().split("\n")
        vocabulary = Vocabulary(tuple(words) if words != [""] else ())
        features = features_from(settings.features, json.loads(files["features.json"]))
        history = [json.loads(line) for line in files["history.jsonl"].splitlines()]
        check_about(about, history)
        about["settings"] = json.loads(json.dumps(settings.as_dict()))  # nothing left out
        weights = files.pop("weights.safetensors")  # and with it its memory
        stored = arrays_from_bytes(weights, f"{folder}/weights.safetensors")
        del weights
        arrays = restore(stored, rounded=_LOOKED_UP)
        del stored
        packed = arrays.pop("seen")
        if packed.dtype != np.uint8 or packed.shape != (-(-len(vocabulary) // 8),):
            raise ValueError("which words were seen in training is told for others")
        seen = np.unpackbits(packed, count=len(vocabulary)).astype(bool)
        objective = make_objective(settings.network.loss, about["labels"])
    except KeyError as error:
        raise InputError(f"{folder}: the model lacks {error}; it was changed") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise InputError(f"{folder}: the model is damaged ({error})") from None
    twice = settings.second_pass.folds > 0
    encoder = Encoder(vocabulary, settings.network.window, features, same_words=twice)
    network_of = partial(checked_network, encoder=encoder, objective=objective)
    first_pass = None
    try:
        centre = second_pass_inputs(objective.outputs) if twice else 0
        network = network_of(arrays, settings.network, centre)
        encoder = encoder.with_context(arrays)
        if twice:
            of_first_pass = arrays_of_first_pass(arrays)
            hidden = replace(settings.network, hidden=settings.second_pass.first_hidden)
            first_pass = network_of(of_first_pass, hidden, 0)
    except ValueError as error:
        raise InputError(f"{folder}: the model is damaged ({error})") from None
    return Tagger(network, objective, encoder, seen, about, history, first_pass=first_pass)
