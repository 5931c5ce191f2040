"""The tasks of Label Studio's JSON export; its JSON-MIN export is read by ``records.py``."""

import json
from typing import Any

from window_ner.data.formats.annotated_text import AnnotatedText
from window_ner.data.formats.mentions import RawMention, checked_mentions
from window_ner.data.formats.notes import Notes
from window_ner.errors import InputError


def is_task(value: Any) -> bool:
    """Whether a JSON value is a task of Label Studio."""
    return isinstance(value, dict) and isinstance(value.get("data"), dict)


def annotated_task(task: dict[str, Any], place: str, notes: Notes) -> AnnotatedText | None:
    """Read the text and the annotation of a task; None if nobody annotated it.

    Of several annotations, the one that is marked as ground truth counts.

    Raises
    ------
    InputError
        If the task has no text, its annotations differ and none is marked, or a name is wrong.
    """
    text = _text(task["data"], place)
    given = task.get("annotations") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InputError(f'{place}: "annotations" is not a list of objects')
    found = [one for one in given if not one.get("was_cancelled")]
    found = [one for one in found if one.get("ground_truth")] or found
    if not found:
        return None
    readings = {
        checked_mentions(text, _mentions(one, place), place, notes if one is found[0] else Notes())
        for one in found
    }
    if len(readings) > 1:
        raise InputError(
            f"{place}: has {len(found)} annotations that differ; mark one as ground truth in "
            "Label Studio"
        )
    return AnnotatedText(text, readings.pop(), place)


def task_of_json_min(value: Any, text: str) -> str | None:
    """Name the task that an object of JSON-MIN annotates; None for any other object.

    JSON-MIN has an object for each annotation of a task. Two projects may have the same ids.
    """
    if not isinstance(value, dict) or not value.keys() >= {"id", "annotation_id"}:
        return None
    return json.dumps([value["id"], text])


def check_same_names(first: AnnotatedText, again: AnnotatedText) -> None:
    """Check that two annotations of a task in JSON-MIN have the same names.

    JSON-MIN does not say which of them is the ground truth.

    Raises
    ------
    InputError
        If they differ.
    """
    if first.mentions != again.mentions:
        raise InputError(
            f"{again.place}: differs from another annotation of the same task, {first.place}; "
            "mark one as ground truth in Label Studio, and export JSON instead of JSON-MIN"
        )


def _text(data: dict[str, Any], place: str) -> str:
    """Return the text of a task: ``text``, or the only string in its data."""
    strings = [value for value in data.values() if isinstance(value, str)]
    if isinstance(data.get("text"), str):
        return str(data["text"])
    if len(strings) != 1:
        raise InputError(
            f'{place}: no "text" in the data of the task, which has {", ".join(data) or "no key"}'
        )
    return strings[0]


def _mentions(annotation: dict[str, Any], place: str) -> list[RawMention]:
    """Return the names of an annotation; what else it may contain is left out."""
    results = annotation.get("result", [])
    if not isinstance(results, list):
        raise InputError(f'{place}: "result" is not a list')
    mentions = []
    for result in results:
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            continue
        if other := next(
            (key for key in value if key.endswith("labels") and key != "labels"), None
        ):
            raise InputError(
                f"{place}: has names of the kind {other}, which are not read; only those of a Text "
                "object, of the kind labels, say which characters they have"
            )
        if "labels" not in value:
            continue
        labels = value["labels"]
        if not isinstance(labels, list) or len(labels) != 1:
            raise InputError(f"{place}: a name has the labels {labels!r}; expected one")
        mentions.append(
            RawMention(value.get("start"), value.get("end"), labels[0], value.get("text"))
        )
    return mentions
