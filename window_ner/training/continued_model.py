"""Makes the model that a training begins with if it starts from a trained model.

The vocabulary, the features and the weights (`window_ner.training.start`) go on. Words of the new
corpus that the vocabulary lacks join it with their word vectors; all its words join the tables of
the features clusters and casing.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.encoder import Encoder
from window_ner.data.lexicon_package import with_words
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING
from window_ner.data.word_types import Booleans
from window_ner.data.word_vectors import WordVectors, with_new_words
from window_ner.errors import InputError
from window_ner.model.about import About
from window_ner.model.model import Model
from window_ner.model.objectives.registry import make_objective
from window_ner.model.second_pass import second_pass_inputs
from window_ner.nn.arrays import Floats
from window_ner.nn.tables import MovedVectors, Table
from window_ner.settings.tables import Settings
from window_ner.training.start import Start


def settings_from(base: Model, settings: Settings) -> Settings:
    """Return the settings of a training that starts from a model: its words, features and network.

    The agreement needs no training, so it is that of the settings; where that is 0, of the model.

    Raises
    ------
    InputError
        If the model has two passes, or has one score.
    """
    own = base.about.settings
    if own.second_pass.folds:
        raise InputError("a training can start only from a model with one pass; this one has two")
    if base.objective.outputs == 1:
        raise InputError(
            "a training can start only from a model that finds names with labels; this one has "
            f"one score ({own.network.loss})"
        )
    second = settings.second_pass
    if second.folds:
        if settings.start.freeze:
            raise InputError(
                "a second pass has new weights to learn, and start.freeze would keep them at 0; "
                "set start.freeze to false, or second_pass.folds to 0"
            )
        if not own.network.hidden:
            raise InputError(
                "the model to start from has no hidden layer, and two passes need one; set "
                "second_pass.folds to 0"
            )
        second = replace(second, first_hidden=own.network.hidden)
    agreement = settings.network.agreement or own.network.agreement
    return replace(
        settings,
        vectors=own.vectors,
        features=own.features,
        network=replace(own.network, agreement=agreement),
        second_pass=second,
    )


def continued_model(
    base: Model,
    settings: Settings,
    corpus: Corpus,
    vector_sets: Sequence[WordVectors],
    *,
    start: Start,
    seed: int = 1,
) -> Model:
    """Make the model that a training begins with; with two passes, only the second.

    Parameters
    ----------
    base
        The model to start from. It is not changed.
    settings
        The settings of the training, from `settings_from`.
    corpus
        The training data.
    vector_sets
        The word vectors of the model; none if they are not available: then no word is added.
    start
        The weights and the labels to begin with.
    seed
        Random seed.
    """
    rng = np.random.default_rng(seed)
    words = corpus.tokens
    E = base.network.parameters["E"]
    if not isinstance(E, Table):  # a trainer copies a stored table
        E = np.array(E, dtype=np.float32)
    vocabulary, table = with_new_words(base.encoder.vocabulary, E, vector_sets, words, rng)
    seen = np.zeros(len(vocabulary), dtype=bool)
    seen[: len(base.seen)] = base.seen
    seen[vocabulary.rows(words)] = True
    network = start.with_new_units(settings.network)
    twice = settings.second_pass.folds > 0
    settings = replace(settings, network=network)
    if twice:
        second = replace(settings.second_pass, first_hidden=network.hidden)
        settings = replace(settings, second_pass=second)
    features = base.encoder.features
    encoder = replace(
        base.encoder,
        vocabulary=vocabulary,
        features=replace(features, lexicon=with_words(features.lexicon, words)),
        context_vectors=_before_training(base.encoder, table, seen),
        same_words=twice,
    )
    outputs = make_objective(settings.network.loss, start.labels).outputs
    centre = second_pass_inputs(outputs) if twice else 0
    scorer = start.draw(settings.network, table, encoder, rng, centre)
    return Model(scorer, encoder, seen, About(settings, start.labels, seed=seed))


def _before_training(encoder: Encoder, table: Floats, seen: Booleans) -> MovedVectors | None:
    """Return the word vectors from before any training: the context features are their means."""
    old = encoder.context_vectors
    if old is None:
        return None
    rows = np.union1d(np.flatnonzero(seen), [PADDING, UNKNOWN])
    if isinstance(old, MovedVectors):
        rows = np.union1d(rows, old.rows)
    values = table.take(rows, axis=0)
    known = rows < len(old)
    values[known] = old.take(rows[known], axis=0)
    return MovedVectors(table, rows, values)
