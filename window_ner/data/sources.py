"""Find the corpus to use: files, corpora in memory, or the bundled sample corpus."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from window_ner.data.annotation import find_annotated
from window_ner.data.corpus import Corpus, join_corpora, single_sentences
from window_ner.data.corpus_files import CorpusFiles
from window_ner.data.formats.reading import read_corpus
from window_ner.errors import InputError
from window_ner.storage.places import real_path
from window_ner.storage.resources import resource_folder

SAMPLE = "sample"
SPLITS = ("train", "dev", "test")

Split = str | Path | Corpus
"""A file in a format that `read_corpus` reads, or a corpus in memory."""

Splits = Split | Sequence[Split]
"""A split that is in one file or in several."""


def corpus_files(train: Splits = (), dev: Splits = ()) -> CorpusFiles:
    """Name the files of the splits by their full paths, so that they are found later.

    Without splits, these are the files of the sample corpus.

    Raises
    ------
    InputError
        If there is a dev split but no train split.
    """
    trains, devs = as_list(train), as_list(dev)
    if not trains and not devs:
        folder = resource_folder("data/sample")
        train_files, dev_files, test_files = ((str(folder / f"{s}.conll"),) for s in SPLITS)
        return CorpusFiles(SAMPLE, train_files, dev_files, test_files)
    if not trains:
        raise InputError("dev without train: name the training data, too")
    names = (Path(t.name if isinstance(t, Corpus) else t).name or "in memory" for t in trains)
    name = " + ".join(dict.fromkeys(names))
    if any(isinstance(split, Corpus) for split in [*trains, *devs]):
        return CorpusFiles(name)
    return CorpusFiles(name, _full_paths(trains), _full_paths(devs))


def as_list(splits: Splits | None) -> list[Split]:
    """Return the files or corpora of a split as a list."""
    if splits is None:
        return []
    return [splits] if isinstance(splits, str | Path | Corpus) else list(splits)


def _full_paths(splits: Sequence[Split]) -> tuple[str, ...]:
    return tuple(str(real_path(Path(split))) for split in splits if not isinstance(split, Corpus))


def found_files(files: CorpusFiles) -> CorpusFiles:
    """Return the files of a corpus; the sample may be elsewhere than when a model was trained."""
    return corpus_files() if files.name == SAMPLE else files


def read_split(split: Splits, labels: Iterable[str] = ()) -> Corpus:
    """Read files as one corpus, with the labels that each annotates.

    ``labels`` are the other labels of the model; see `window_ner.data.annotation.find_annotated`.
    """
    parts = [part if isinstance(part, Corpus) else read_corpus(part) for part in as_list(split)]
    if not parts:
        raise InputError("no file and no corpus is given")
    return join_corpora(find_annotated(parts, labels))


def training_corpora(files: CorpusFiles) -> tuple[Corpus, Corpus | None]:
    """Read the train and dev splits that a model was trained on; None if it had no dev split."""
    train = read_split(files.train)
    if files.held_out:
        return hold_out_dev(train)
    return train, read_split(files.dev) if files.dev else None


def find_split(split: Split, files: CorpusFiles, labels: Iterable[str], *, partial: bool) -> Corpus:
    """Read a file, or the split of that name of the corpus that a model was trained on.

    ``labels`` are those that this corpus need not annotate; see `read_split`. Without ``partial``,
    it annotates all, as in the training.

    Raises
    ------
    InputError
        If there is no such split, or the file is invalid.
    """
    if isinstance(split, Corpus) or split not in SPLITS or Path(split).is_file():
        return read_split(split)
    corpus = _split_of(files, str(split), labels)
    return corpus if partial else corpus.annotating(None)


def _split_of(files: CorpusFiles, split: str, labels: Iterable[str]) -> Corpus:
    files = found_files(files)
    if split == "dev" and files.train and files.held_out:
        return hold_out_dev(read_split(files.train, labels))[1]
    found: tuple[str, ...] = getattr(files, split)
    if not found:
        raise InputError(
            f"the model's corpus ({files.name or 'unknown'}) has no {split} split; "
            "name a file of annotated text: eval FILE, or report --split FILE"
        )
    return read_split(found, labels)


def hold_out_dev(corpus: Corpus, fraction: float = 0.1) -> tuple[Corpus, Corpus]:
    """Split a corpus that has no dev split into train and dev.

    By default every tenth document is in dev, or every tenth sentence if there are few documents.

    Raises
    ------
    InputError
        If the corpus has only one sentence, or all its names would be in dev.
    """
    share = Fraction(fraction).limit_denominator(100)
    units = corpus.documents
    if len(units) * share < 2:
        units = single_sentences(units)
    if len(units) < 2:
        raise InputError(
            f"{corpus.name}: too few sentences ({len(units)}) to hold out a dev split; add "
            "sentences, or give a dev split of your own"
        )
    share = max(share, Fraction(1, len(units)))
    is_dev = [int((i + 1) * share) > int(i * share) for i in range(len(units))]
    dev = tuple(u for u, held in zip(units, is_dev, strict=True) if held)
    rest = tuple(u for u, held in zip(units, is_dev, strict=True) if not held)
    train = replace(corpus, documents=rest)
    if corpus.labels and not train.labels:
        raise InputError(
            f"{corpus.name}: all its names are in the part that would be held out as dev; add "
            "sentences with names, or give a dev split of your own"
        )
    return train, replace(corpus, documents=dev)
