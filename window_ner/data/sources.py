"""Which corpus is meant: files, one in memory, or the sample that comes with the project."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus, Document
from window_ner.errors import InputError
from window_ner.storage.resources import resource_folder

SAMPLE = "sample"
SPLITS = ("train", "dev", "test")

Split = str | Path | Corpus
"""A CoNLL file, or a corpus in memory."""


def corpus_files(train: Split | None, dev: Split | None) -> dict[str, Any]:
    """Name the files of the splits, in full, so that they are found from anywhere later.

    Returns
    -------
    The ``name`` of the corpus and the files of its ``train``, ``dev`` and ``test`` splits: None
    for a split that there is not, and for all of a corpus that is not in files.

    Raises
    ------
    InputError
        If there is a dev split alone.
    """
    if train is None and dev is None:
        folder = resource_folder("data/sample")
        return {"name": SAMPLE, **{split: str(folder / f"{split}.conll") for split in SPLITS}}
    if train is None:
        raise InputError("--dev without --train: which corpus is it the dev split of?")
    if isinstance(train, Corpus) or isinstance(dev, Corpus):
        name = Path(train.name if isinstance(train, Corpus) else train).name or "in memory"
        return {"name": name, **dict.fromkeys(SPLITS)}
    return {
        "name": Path(train).name,
        "train": str(Path(train).resolve()),
        "dev": str(Path(dev).resolve()) if dev else None,
        "test": None,
    }


def find_files(about: dict[str, Any]) -> dict[str, Any]:
    """Name the files of the corpus that a model says it was trained on."""
    files: dict[str, Any] = about.get("corpus", {})
    # The sample may lie elsewhere than when the model was trained.
    return corpus_files(None, None) if files.get("name") == SAMPLE else files


def read_split(split: Split) -> Corpus:
    """Read a CoNLL file; a corpus is one already."""
    return split if isinstance(split, Corpus) else read_conll(split)


def training_corpora(train: Split, dev: Split | None) -> tuple[Corpus, Corpus]:
    """Read the train and dev splits; a dev split that is not given is held out of train."""
    if dev is None:
        return hold_out_dev(read_split(train))
    return read_split(train), read_split(dev)


def find_split(split: Split, about: dict[str, Any]) -> Corpus:
    """Read a CoNLL file, or the split of that name of the corpus a model was trained on.

    Raises
    ------
    InputError
        If there is no such split, or the file is not what it should be.
    """
    if isinstance(split, Corpus) or split not in SPLITS or Path(split).is_file():
        return read_split(split)
    files = find_files(about)
    if split == "dev" and files.get("train") and files.get("dev") is None:
        return training_corpora(files["train"], None)[1]
    if not files.get(split):
        raise InputError(
            f"the model's corpus ({files.get('name', 'unknown')}) has no {split} split; "
            "name a CoNLL file instead"
        )
    return read_conll(files[split])


def hold_out_dev(corpus: Corpus, fraction: float = 0.1) -> tuple[Corpus, Corpus]:
    """Split a corpus that came without a dev split.

    Every tenth document is dev, or every tenth sentence if there are few documents.

    Raises
    ------
    InputError
        If there is too little to split.
    """
    stride = round(1 / fraction)
    units = corpus.documents
    if len(units) < 2 * stride:
        units = tuple(Document((s,)) for s in corpus.sentences)
    if len(units) < 2:
        raise InputError(f"{corpus.name}: one sentence is too little to hold out a dev split")
    stride = min(stride, len(units))
    is_dev = [i % stride == stride - 1 for i in range(len(units))]
    dev = tuple(u for u, held in zip(units, is_dev, strict=True) if held)
    rest = tuple(u for u, held in zip(units, is_dev, strict=True) if not held)
    return replace(corpus, documents=rest), replace(corpus, documents=dev)
