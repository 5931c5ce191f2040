"""A word-window named-entity tagger in plain NumPy, every gradient derived by hand.

>>> import window_ner
>>> tagger = window_ner.load()
>>> [entity.text for entity in tagger("Angela Merkel met Tim Cook in Cupertino.")]
['Angela Merkel', 'Tim Cook', 'Cupertino']
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from window_ner.analysis.explain_text import explain
    from window_ner.api import evaluate, train
    from window_ner.data.conll import read_conll
    from window_ner.data.corpus import Corpus, make_corpus
    from window_ner.data.formats.reading import read_corpus
    from window_ner.data.name_list import NameList
    from window_ner.data.name_list_file import read_names
    from window_ner.errors import InputError
    from window_ner.model.entities import Entities
    from window_ner.model.entity import Entity
    from window_ner.model.tagger import Tagger

__all__ = [
    "Corpus",
    "Entities",
    "Entity",
    "InputError",
    "NameList",
    "Tagger",
    "evaluate",
    "explain",
    "load",
    "make_corpus",
    "read_conll",
    "read_corpus",
    "read_names",
    "train",
]

_HOMES = {
    "Corpus": "window_ner.data.corpus",
    "Entities": "window_ner.model.entities",
    "Entity": "window_ner.model.entity",
    "InputError": "window_ner.errors",
    "NameList": "window_ner.data.name_list",
    "Tagger": "window_ner.model.tagger",
    "evaluate": "window_ner.api",
    "explain": "window_ner.analysis.explain_text",
    "make_corpus": "window_ner.data.corpus",
    "read_conll": "window_ner.data.conll",
    "read_corpus": "window_ner.data.formats.reading",
    "read_names": "window_ner.data.name_list_file",
    "train": "window_ner.api",
}


def load(model: "str | Path | None" = None) -> "Tagger":
    """Load a tagger.

    Parameters
    ----------
    model
        A model folder, the name of a bundled model, or ``hf://user/model`` of the Hugging Face Hub.
        None loads ``english``.

    Raises
    ------
    InputError
        If there is no such model, or it is damaged.
    """
    from window_ner.model.stored_model import load_model
    from window_ner.model.tagger import Tagger
    from window_ner.storage.resources import model_folder

    return Tagger(load_model(model_folder() if model is None else model_folder(model)))


if not TYPE_CHECKING:  # mypy would take any name for one of the package

    def __getattr__(name: str) -> Any:
        """Import a name when it is first used, so that ``import window_ner`` is fast."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module 'window_ner' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
