"""A tagger for a corpus before training: its vocabulary and features, its weights as drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.encoder import Encoder
from window_ner.data.features import build_features
from window_ner.data.word_vectors import WordVectors, build_vocabulary, embedding_table
from window_ner.errors import InputError
from window_ner.model.objectives.base import Objective
from window_ner.model.objectives.registry import make_objective
from window_ner.model.second_pass import second_pass_inputs
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats
from window_ner.nn.initializers import small_uniform
from window_ner.nn.window_network import WindowNetwork, make_layers
from window_ner.settings.tables import NetworkSettings, Settings


def untrained_tagger(
    settings: Settings,
    corpus: Corpus,
    vector_sets: Sequence[WordVectors],
    *,
    seed: int = 1,
    about: dict[str, Any] | None = None,
) -> Tagger:
    """Build a tagger for a corpus; see `window_ner.training.run.train`."""
    labels = corpus.labels
    if not labels:
        raise InputError(f"{corpus.name}: no names in it; every tag is O")
    objective = make_objective(settings.network.loss, labels)
    words = [token for s in corpus.sentences for token in s.tokens]
    vocabulary = build_vocabulary(vector_sets, words, settings.vectors.most_frequent)
    rng = np.random.default_rng(seed)
    table = embedding_table(vocabulary, vector_sets, rng)
    twice = settings.second_pass.folds > 0
    encoder = Encoder(
        vocabulary,
        settings.network.window,
        build_features(settings.features, corpus.sentences),
        table.copy() if settings.features.context else None,
        same_words=twice,
    )
    seen = np.zeros(len(vocabulary), dtype=bool)
    seen[vocabulary.rows(words)] = True
    first_pass = None
    if twice:
        first_settings = settings.for_first_pass().network
        first_pass = draw_network(first_settings, table.copy(), encoder, objective, rng)
    centre = second_pass_inputs(objective.outputs) if twice else 0
    return Tagger(
        draw_network(settings.network, table, encoder, objective, rng, centre),
        objective,
        encoder,
        seen,
        dict(about or {}),
        [],
        first_pass=first_pass,
    )


def draw_network(
    settings: NetworkSettings,
    table: Floats,
    encoder: Encoder,
    objective: Objective,
    rng: np.random.Generator,
    centre: int = 0,
) -> WindowNetwork:
    """Draw the weights of a network on the word vectors (V, d) of ``table``.

    ``centre`` counts the numbers that it gets of a first pass.
    """
    tables = {
        name: small_uniform(shape, rng, np.float32)
        for name, shape in encoder.features.table_shapes.items()
    }
    layers = make_layers(
        encoder.inputs(table.shape[1]) + centre,
        settings.hidden,
        objective.outputs,
        activation=settings.activation,
        initializer=settings.initializer,
        rng=rng,
    )
    parameters = {"E": table, **tables, **layers, **objective.parameters()}
    return WindowNetwork(parameters, settings.window, settings.activation)
