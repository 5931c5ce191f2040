"""Find the corpus to use: files, a corpus in memory, or the bundled sample corpus."""

from dataclasses import dataclass, replace
from pathlib import Path

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus, Document
from window_ner.errors import InputError
from window_ner.storage.resources import resource_folder

SAMPLE = "sample"
SPLITS = ("train", "dev", "test")

Split = str | Path | Corpus
"""A CoNLL file, or a corpus in memory."""


@dataclass(frozen=True)
class CorpusFiles:
    """The name of a corpus, and the files of its splits.

    A file is None where there is no such split, and all are None if the corpus is not in files.
    """

    name: str | None = None
    train: str | None = None
    dev: str | None = None
    test: str | None = None


def corpus_files(train: Split | None, dev: Split | None) -> CorpusFiles:
    """Name the files of the splits by their full paths, so that they are found later.

    Raises
    ------
    InputError
        If there is a dev split but no train split.
    """
    if train is None and dev is None:
        folder = resource_folder("data/sample")
        return CorpusFiles(SAMPLE, *(str(folder / f"{split}.conll") for split in SPLITS))
    if train is None:
        raise InputError("--dev without --train: name the training data with --train too")
    if isinstance(train, Corpus) or isinstance(dev, Corpus):
        name = Path(train.name if isinstance(train, Corpus) else train).name or "in memory"
        return CorpusFiles(name)
    dev_file = str(Path(dev).resolve()) if dev else None
    return CorpusFiles(Path(train).name, str(Path(train).resolve()), dev_file)


def found_files(files: CorpusFiles) -> CorpusFiles:
    """Return the files of a corpus; the sample may be elsewhere than when a model was trained."""
    return corpus_files(None, None) if files.name == SAMPLE else files


def read_split(split: Split) -> Corpus:
    """Read a CoNLL file; return a corpus in memory unchanged."""
    return split if isinstance(split, Corpus) else read_conll(split)


def training_corpora(train: Split, dev: Split | None) -> tuple[Corpus, Corpus]:
    """Read the train and dev splits; without a dev split, hold one out of the training data."""
    if dev is None:
        return hold_out_dev(read_split(train))
    return read_split(train), read_split(dev)


def find_split(split: Split, files: CorpusFiles) -> Corpus:
    """Read a CoNLL file, or the split of that name of the corpus a model was trained on.

    Raises
    ------
    InputError
        If there is no such split, or the file is invalid.
    """
    if isinstance(split, Corpus) or split not in SPLITS or Path(split).is_file():
        return read_split(split)
    files = found_files(files)
    if split == "dev" and files.train and files.dev is None:
        return training_corpora(files.train, None)[1]
    file: str | None = getattr(files, str(split))
    if not file:
        raise InputError(
            f"the model's corpus ({files.name or 'unknown'}) has no {split} split; "
            "name a CoNLL file instead"
        )
    return read_conll(file)


def hold_out_dev(corpus: Corpus, fraction: float = 0.1) -> tuple[Corpus, Corpus]:
    """Split a corpus that has no dev split into train and dev.

    By default every tenth document is in dev, or every tenth sentence if there are few documents.

    Raises
    ------
    InputError
        If the corpus has only one sentence.
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
