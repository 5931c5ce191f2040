"""Looks for what is wrong in annotated text, or probably wrong, to tell before it is used."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from window_ner.data.corpus import Corpus
from window_ner.data.tag_schemes import spans_of
from window_ner.errors import MOST_LISTED, InputError, listed

FEW_NAMES = 5
"""A label with fewer names is mentioned."""

MUCH = 0.3
"""A note says if this share of dev is in the training data too, or, without dev, if this share of
the sentences occurs more than once. Short sentences often do."""

_Counts = dict[str, tuple[int, str]]
"""label -> the number of its names, and the first of them."""


def refuse_no_names(corpus: Corpus) -> None:
    """Refuse a corpus that nothing can be learned from.

    Raises
    ------
    InputError
        If no token is in a name.
    """
    if not corpus.labels:
        raise InputError(f"{corpus.name}: no names in it; every tag is O")


def notes_on(train: Corpus, dev: Corpus | None, known_labels: Iterable[str] = ()) -> list[str]:
    """Return notes for the user on the data of a training.

    Parameters
    ----------
    dev
        None if the training has no dev split.
    known_labels
        The labels of the model that the training starts from.
    """
    notes: dict[str, None] = {}  # a set in order: a dev split that is held out repeats the notes
    for corpus in (train, dev) if dev else (train,):
        notes |= dict.fromkeys([*corpus.notes, *corpus.annotation_notes])
        if corpus.repaired:
            notes[
                f"{corpus.repaired:,} sentences of {corpus.name} break {corpus.scheme}; they are "
                "read as conlleval reads them"
            ] = None
    if dev is None and (share := _share_repeated(train)) >= MUCH:
        notes[
            f"{100 * share:.0f}% of the sentences occur more than once, so the model will be worse "
            "on new text than cross-validation says"
        ] = None
    in_train, in_dev = _count_names(train), _count_names(dev) if dev else {}
    if in_train and dev and (share := _share_in(train, dev)) >= MUCH:
        notes[
            f"{100 * share:.0f}% of the sentences of dev are in the training data too, so the "
            "model will be worse on new text than on dev"
        ] = None
    if in_train and dev and not in_dev:
        notes[
            "no name in dev, so the first epoch counts as the best; name a file with names with "
            "--dev, or add sentences"
        ] = None
    return [*notes, *_notes_on_labels(in_train, in_dev, known_labels)]


def notes_on_scoring(
    split: Corpus, model_labels: Collection[str], chosen: Collection[str] | None = None
) -> list[str]:
    """Return notes on labels that a model and the text that it is scored on do not share.

    Parameters
    ----------
    chosen
        The labels to score; None means all.
    """
    notes, in_split = [], split.labels
    annotated = {
        label
        for label in model_labels
        if any(d.annotated is None or label in d.annotated for d in split.documents)
    }
    if missing := sorted(set(chosen or in_split) - set(model_labels)):
        has = listed(sorted(model_labels))
        notes.append(f"the model has no label {listed(missing)}; it has {has}")
    if unknown := sorted((set(chosen or ()) & set(model_labels)) - annotated):
        notes.append(f"the text does not annotate {listed(unknown)}; no such name is scored")
    scored = annotated if chosen is None else annotated & set(chosen)
    shared = sorted(set(model_labels) & set(in_split))
    if (absent := sorted(scored - set(in_split))) and (shared or chosen):
        advice = f"the labels of the text are {listed(in_split) or 'none'}"
        if chosen is None:
            others = f": --labels {','.join(shared)}" if len(shared) <= MOST_LISTED else ""
            advice = f"if the text does not annotate these labels, score the others{others}"
        notes.append(
            f"no name of the text has the label {listed(absent)}, so each that the model finds "
            f"counts as wrong; {advice}"
        )
    return notes


def _share_in(train: Corpus, dev: Corpus) -> float:
    """Return the share of the sentences of dev that the training data has too."""
    known = {sentence.tokens for sentence in train.sentences}
    return sum(s.tokens in known for s in dev.sentences) / (len(dev.sentences) or 1)


def _share_repeated(corpus: Corpus) -> float:
    """Return the share of the sentences that occur more than once."""
    counts = Counter(sentence.tokens for sentence in corpus.sentences)
    return sum(n for n in counts.values() if n > 1) / (counts.total() or 1)


def _count_names(corpus: Corpus) -> _Counts:
    counts: _Counts = {}
    for sentence in corpus.sentences:
        for start, end, label in spans_of(sentence.tags):
            count, first = counts.get(label, (0, " ".join(sentence.tokens[start:end])))
            counts[label] = count + 1, first
    return counts


def _notes_on_labels(train: _Counts, dev: _Counts, known_labels: Iterable[str]) -> Iterator[str]:
    few = [f"{label} ({n})" for label, (n, _) in sorted(train.items()) if n < FEW_NAMES]
    if few:
        yield (
            f"fewer than {FEW_NAMES} names in the training data: {listed(few)}; the model will "
            "hardly find such names, so add examples"
        )
    if missing := sorted(set(dev) - set(train) - set(known_labels)):
        yield (
            f"labels in dev, but not in the training data: {listed(missing)}; the model cannot "
            "find these names"
        )
    of_case: dict[str, list[str]] = {}
    for label in sorted({*train, *dev, *known_labels}):
        of_case.setdefault(label.lower(), []).append(label)
    for labels in of_case.values():
        if len(labels) > 1:
            where = (f"{label} ({_shown(label, train, dev)})" for label in labels)
            yield (
                f"labels that differ in case only: {', '.join(where)}; if they are one label, "
                "write them the same"
            )


def _shown(label: str, train: _Counts, dev: _Counts) -> str:
    """Say how often a label occurs, and show a name."""
    for counts, split in ((train, ""), (dev, " in dev")):
        if label in counts:
            count, first = counts[label]
            return f"{count:,}{split}, like {first!r}"
    return "of the model to start from"
