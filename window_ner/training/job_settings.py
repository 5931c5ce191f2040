"""Chooses the config of a training and changes its settings, as the arguments of a job say."""

from collections.abc import Sequence
from pathlib import Path

from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import is_random
from window_ner.data.vector_files import NAMED
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.model.objectives.base import NAME
from window_ner.settings.tables import FineTune, Settings
from window_ner.settings.toml import Changes, load_config
from window_ner.settings.toml import change_settings as change
from window_ner.storage.places import real_path
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.plan import Base

UNTYPED_CONFIG, TYPED_CONFIG, FEW_CONFIG = "lecture", "tagger", "few"
"""The default configs for a corpus without labels, such as the sample; for one with labels; and for
a small one, if the training starts from a model."""

FEW_SENTENCES = 2_000
"""A corpus with fewer sentences is small."""


def default_config(corpus: Corpus, base: Base | None) -> str:
    """Choose a config by the labels and the size of the training data."""
    if base:
        return FEW_CONFIG if len(corpus.sentences) < FEW_SENTENCES else TYPED_CONFIG
    return UNTYPED_CONFIG if is_untyped(corpus) else TYPED_CONFIG


def settings_for(
    config: str,
    base: Base | None,
    vectors: Sequence[str | Path],
    fine_tune: FineTune | None,
    changes: Changes,
) -> Settings:
    """Return the settings of a config with all changes to them."""
    if base and vectors:
        raise InputError(
            "a training that starts from a model keeps its vectors; leave out the vectors"
        )
    settings = _settings_of(base.model, config, changes) if base else load_config(config, changes)
    if vectors:
        settings = change(settings, {"vectors.sets": [_in_full(source) for source in vectors]})
    if fine_tune is not None:
        settings = change(settings, {"fine_tuning.mode": fine_tune})
    return settings


def _settings_of(model: Model, config: str, changes: Changes) -> Settings:
    """Return a config's settings for a training that starts from a model.

    Raises
    ------
    InputError
        If a change would change the model's words, features or network.
    """
    settings = change(continued_settings(model, load_config(config)), changes)
    kept = continued_settings(model, settings)
    for table in ("vectors", "features", "network"):
        if getattr(settings, table) != getattr(kept, table):
            raise InputError(
                f"a training that starts from a model keeps its {table}; leave out the changes "
                f"of [{table}]"
            )
    return kept


def _in_full(source: str | Path) -> str:
    """Return an absolute path for a file of word vectors, so that it is found from any folder."""
    name = str(source)
    return name if name in NAMED or is_random(name) else str(real_path(Path(name)))


def is_untyped(corpus: Corpus) -> bool:
    """Whether the names of a corpus have no labels, which is stored as the one label `NAME`."""
    return set(corpus.labels) <= {NAME}
