"""Makes an untrained model for a corpus: vocabulary, features, and random weights."""

from collections.abc import Sequence

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.corpus_checks import refuse_no_names
from window_ner.data.encoder import Encoder
from window_ner.data.features import build_features
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING
from window_ner.data.word_types import Booleans
from window_ner.data.word_vectors import WordVectors, build_vocabulary, embedding_table
from window_ner.model.about import About
from window_ner.model.model import Model
from window_ner.model.objectives.registry import make_objective
from window_ner.model.scorer import Scorer
from window_ner.model.second_pass import second_pass_inputs
from window_ner.nn.arrays import Floats
from window_ner.nn.initializers import small_uniform
from window_ner.nn.tables import MovedVectors
from window_ner.nn.window_network import WindowNetwork, make_layers
from window_ner.settings.tables import NetworkSettings, Settings


def untrained_model(
    settings: Settings, corpus: Corpus, vector_sets: Sequence[WordVectors], *, seed: int = 1
) -> Model:
    """Build an untrained model for a corpus; with two passes, only the second.

    Raises
    ------
    InputError
        If there is no name in the corpus.
    """
    refuse_no_names(corpus)
    labels = corpus.labels
    words = corpus.tokens
    vocabulary = build_vocabulary(vector_sets, words, settings.vectors.most_frequent)
    rng = np.random.default_rng(seed)
    table = embedding_table(vocabulary, vector_sets, rng, rounded=settings.vectors.rounded)
    twice = settings.second_pass.folds > 0
    seen = np.zeros(len(vocabulary), dtype=bool)
    seen[vocabulary.rows(words)] = True
    encoder = Encoder(
        vocabulary,
        settings.network.window,
        build_features(settings.features, corpus.sentences, vocabulary.words),
        _as_before_training(table, seen) if settings.features.context else None,
        same_words=twice,
    )
    outputs = make_objective(settings.network.loss, labels).outputs
    centre = second_pass_inputs(outputs) if twice else 0
    scorer = draw_scorer(settings.network, table, encoder, labels, rng, centre)
    return Model(scorer, encoder, seen, About(settings, labels, seed=seed))


def _as_before_training(table: Floats, seen: Booleans) -> MovedVectors:
    """Keep the rows of E that training can change; a copy of all would be hundreds of megabytes."""
    rows = np.union1d(np.flatnonzero(seen), [PADDING, UNKNOWN])
    return MovedVectors(table, rows, table.take(rows, axis=0))


def draw_scorer(
    settings: NetworkSettings,
    table: Floats,
    encoder: Encoder,
    labels: Sequence[str],
    rng: np.random.Generator,
    centre: int = 0,
) -> Scorer:
    """Draw random weights for a network on the word vectors (V, d) of ``table``.

    ``centre`` is the number of inputs that it gets from a first pass.
    """
    objective = make_objective(settings.loss, labels, settings.agreement)
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
    network = WindowNetwork({"E": table, **tables, **layers}, settings.window, settings.activation)
    return Scorer(network, objective)
