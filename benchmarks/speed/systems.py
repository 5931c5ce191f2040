"""The taggers to measure, from the tokens of sentences to their tags."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import peers
from benchmarks.speed.measuring import python_process
from benchmarks.speed.texts import MODELS, Texts


@dataclass(frozen=True)
class System:
    """A tagger to measure; ``make`` returns its `peers.Tag`."""

    name: str
    make: Callable[[], peers.Tag]
    needs: str = "numpy"
    config: str = ""
    """The config of our model that it needs, if any."""


def systems(texts: Texts) -> dict[str, System]:
    from window_ner.storage.resources import BUNDLED_MODEL, model_folder

    model = partial(folder_of, texts=texts)
    found = {
        f"ours-{config}": System(f"**{config}**", partial(peers.ours, model(config)), config=config)
        for config in ("lecture", "fast", "tagger", "best")
    }
    for config in ("lecture", "tagger"):
        network, folder = f"{config}'s network", model(config)
        found |= {
            f"plain-{config}": System(
                f"{network}, no tables", partial(peers.without_tables, folder), config=config
            ),
            f"torch-{config}": System(
                f"{network} in PyTorch", partial(peers.pytorch, folder), "torch", config
            ),
            f"sklearn-{config}": System(
                f"{network} in scikit-learn", partial(peers.scikit_learn, folder), "sklearn", config
            ),
        }
    included = partial(peers.ours, model_folder(BUNDLED_MODEL))
    found["ours-included"] = System(f"**{BUNDLED_MODEL}**", included)
    crf = partial(peers.crfsuite, texts.folder, texts.training)
    tutorial, richer = partial(crf, richer=False), partial(crf, richer=True)
    found |= {
        "crf-tutorial": System("CRFsuite, tutorial features", tutorial, "pycrfsuite"),
        "crf-richer": System("CRFsuite, richer features", richer, "pycrfsuite"),
        "spacy": System(
            "spaCy's CNN",
            partial(peers.spacy_cnn, texts.folder, texts.training),
            "spacy",
        ),
    }
    return found


def trained_model(config: str, texts: Texts) -> Path:
    """Return the folder of our model with this config; train the model if it does not exist."""
    folder = folder_of(config, texts)
    if not folder.is_dir():
        files = ["--train", str(texts.train), "--dev", str(texts.test), "--output", str(folder)]
        python_process("-m", "window_ner", "train", "--config", config, *files)
    return folder


def folder_of(config: str, texts: Texts) -> Path:
    return MODELS / f"{config}-{texts.name}"
