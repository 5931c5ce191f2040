"""Which corpus a command means: files, or the sample that comes with the project."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from window_ner.errors import InputError
from window_ner.resources import resource_folder

if TYPE_CHECKING:
    from window_ner.data.conll import Corpus

SAMPLE = "sample"
SPLITS = ("train", "dev", "test")


def training_corpora(files: dict[str, Any]) -> "tuple[Corpus, Corpus]":
    """Read the train and dev splits; a dev split that is not given is held out of train.

    ``files`` is what `corpus_files` returns, and what the model keeps.
    """
    from window_ner.data.conll import read_conll  # noqa: PLC0415 (keeps --help quick)
    from window_ner.training import hold_out_dev  # noqa: PLC0415

    train = read_conll(files["train"])
    if files["dev"] is None:
        return hold_out_dev(train)
    return train, read_conll(files["dev"])


def corpus_files(train: Path | None, dev: Path | None) -> dict[str, str | None]:
    """Name the files of the splits, in full, so that they are found from anywhere later."""
    if train is None and dev is None:
        folder = resource_folder("data/sample")
        return {"name": SAMPLE, **{split: str(folder / f"{split}.conll") for split in SPLITS}}
    if train is None:
        raise InputError("--dev without --train: which corpus is it the dev split of?")
    return {
        "name": train.name,
        "train": str(train.resolve()),
        "dev": str(dev.resolve()) if dev else None,
        "test": None,
    }


def find_split(split: str, about: dict[str, Any]) -> "Corpus":
    """Read a CoNLL file, or the split of that name of the corpus a model was trained on.

    Raises
    ------
    InputError
        If there is no such split, or the file is not what it should be.
    """
    from window_ner.data.conll import read_conll  # noqa: PLC0415

    if split not in SPLITS or Path(split).is_file():
        return read_conll(split)
    files = about.get("corpus", {})
    if files.get("name") == SAMPLE:
        files = corpus_files(None, None)  # it may lie elsewhere than when the model was trained
    if split == "dev" and files.get("train") and files.get("dev") is None:
        return training_corpora(files)[1]
    if not files.get(split):
        raise InputError(
            f"the model's corpus ({files.get('name', 'unknown')}) has no {split} split; "
            "name a CoNLL file instead"
        )
    return read_conll(files[split])
