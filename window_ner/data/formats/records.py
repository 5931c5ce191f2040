"""JSON objects with a text and its names: those of ``predict``, spaCy, doccano and Prodigy."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from window_ner.data.formats.annotated_text import AnnotatedText
from window_ner.data.formats.json_values import JsonValue
from window_ner.data.formats.label_studio import (
    annotated_task,
    check_same_names,
    is_task,
    task_of_json_min,
)
from window_ner.data.formats.mentions import Mention, RawMention, checked_mentions, in_one_word
from window_ner.data.formats.notes import SKIPPED, Notes
from window_ner.errors import InputError

_NAMES = ("entities", "spans", "label", "labels")
"""The keys of the names, in ``predict`` and spaCy, Prodigy, and doccano."""

_EXPECTED = '{"text": "In Oslo.", "entities": [{"start": 3, "end": 7, "label": "LOC"}]}'


def annotated_records(values: Iterable[JsonValue], notes: Notes) -> Iterator[AnnotatedText]:
    """Read JSON objects; those of Label Studio are recognised too.

    Texts that were not annotated in Label Studio, or not accepted in Prodigy, are left out.

    Raises
    ------
    InputError
        If an object has no text or no names, or a name is wrong; see `checked_mentions`.
    """
    first_of: dict[str, AnnotatedText] = {}  # task -> its first annotation
    for place, value in _latest(values):
        if is_task(value):
            annotated = annotated_task(value, place, notes)
        else:
            annotated = _record(value, place, notes)
        if annotated is None:
            notes.add(SKIPPED, place)
        elif (task := task_of_json_min(value, annotated.text)) in first_of:
            check_same_names(first_of[task], annotated)
        else:
            if task is not None:
                first_of[task] = annotated
            yield annotated


def _latest(values: Iterable[JsonValue]) -> Iterator[JsonValue]:
    """Leave out replaced answers of ``annotate``: if it was killed, its file still has them."""
    keyed = [(_sentence_of(value), place, value) for place, value in values]
    last = {key: place for key, place, _ in keyed}
    for key, place, value in keyed:
        if key is None or last[key] == place:
            yield place, value


def _sentence_of(value: Any) -> str | None:
    """Name the sentence that an answer of ``annotate`` is about; None for any other object."""
    if not isinstance(value, dict) or not value.keys() >= {"text", "version", "picked", "source"}:
        return None
    return json.dumps([value["text"], value["source"]], sort_keys=True)


def _record(value: Any, place: str, notes: Notes) -> AnnotatedText | None:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
        value = {"text": value[0], **value[1]}  # as spaCy's training loop takes it
    if not isinstance(value, dict):
        raise InputError(f"{place}: is not an object; expected {_EXPECTED}")
    text = value.get("text")
    if not isinstance(text, str):
        problem = '"text" is not a string' if "text" in value else 'has no "text"'
        if isinstance(value.get("tokens"), list):  # as the datasets of Hugging Face have them
            raise InputError(f"{place}: {problem}, only tokens; write these as CoNLL columns")
        raise InputError(f"{place}: {problem}; expected {_EXPECTED}")
    if value.get("answer", "accept") != "accept":
        return None
    key = _key_of_names(value)
    if key is None:
        # JSON-MIN of Label Studio and Prodigy leave the key out where nobody found a name.
        if "annotation_id" in value or "_task_hash" in value:
            return AnnotatedText(text, (), place)
        raise InputError(
            f'{place}: has no "entities"; write "entities": [] if no name is in the text'
        )
    if not isinstance(value[key], list):
        raise InputError(f'{place}: "{key}" is not a list; expected {_EXPECTED}')
    mentions = [raw_mention(entity, place) for entity in value[key]]
    found = checked_mentions(text, mentions, place, notes)
    _check_other_keys(value, key, found, place)
    annotated = _annotated_labels(value, place)
    for start, end, label in found:
        if annotated is not None and label not in annotated:
            raise InputError(
                f'{place}: {text[start:end]!r} has the label {label}, which is not in "annotated"'
            )
    if value.get("complete") is False:  # as annotate writes it: the text may have more names
        annotated = frozenset()
    return AnnotatedText(text, found, place, annotated)


def _key_of_names(value: dict[str, Any]) -> str | None:
    """Return the key of the names; in JSON-MIN of Label Studio, a project can give it any name."""
    key = next((key for key in _NAMES if key in value), None)
    if key is None and "annotation_id" in value:
        return next((key for key, of_key in value.items() if _has_regions(of_key)), None)
    return key


def _check_other_keys(
    record: dict[str, Any], key: str, found: tuple[Mention, ...], place: str
) -> None:
    """Refuse a record that has other names under another key, such as those that predict found."""
    for other in _NAMES:
        names = record.get(other)
        if other == key or not isinstance(names, list) or not any(map(_is_name, names)):
            continue
        mentions = [raw_mention(name, place) for name in names]
        if checked_mentions(record["text"], mentions, place, Notes()) != found:
            raise InputError(
                f'{place}: the names in "{key}" and in "{other}" differ; remove one of the two'
            )


def _is_name(value: Any) -> bool:
    """Whether this is a name, and not a label of the whole text."""
    if isinstance(value, dict):
        return not {"start", "start_offset"}.isdisjoint(value)
    return isinstance(value, list) and len(value) == 3


def _has_regions(value: Any) -> bool:
    """Whether a value of JSON-MIN has parts of a text with labels, of whatever kind."""
    return isinstance(value, list) and any(
        key.endswith("labels") for region in value if isinstance(region, dict) for key in region
    )


def _annotated_labels(record: dict[str, Any], place: str) -> frozenset[str] | None:
    """Return the labels that a record says it annotates; None is all of them."""
    labels = record.get("annotated")
    if labels is None:
        return None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f'{place}: "annotated" is not a list of labels; expected ["DRUG"]')
    return frozenset(map(in_one_word, labels))


def raw_mention(entity: Any, place: str) -> RawMention:
    """Read a name: ``[start, end, label]``, or an object with these keys."""
    if isinstance(entity, list) and len(entity) == 3:
        return RawMention(*entity)
    if not isinstance(entity, dict):
        raise InputError(
            f'{place}: {entity!r} is not a name; expected [3, 7, "LOC"] or '
            '{"start": 3, "end": 7, "label": "LOC"}'
        )
    found = []
    for keys in (("start", "start_offset"), ("end", "end_offset"), ("label", "labels")):
        key = next((key for key in keys if key in entity), None)
        if key is None:
            raise InputError(f'{place}: the name {entity!r} has no "{keys[0]}"')
        found.append(entity[key])
    start, end, label = found
    if isinstance(label, list):
        if len(label) != 1:
            raise InputError(f"{place}: a name has {len(label)} labels, {label!r}; keep one")
        label = label[0]
    return RawMention(start, end, label, entity.get("text"))
