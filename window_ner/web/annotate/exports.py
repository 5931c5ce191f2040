"""Writes the annotation in the formats of other tools."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from window_ner.web.annotate.answers import Answer, Item, Mark, tagged
from window_ner.web.annotate.store import Store


def _answered(store: Store, *statuses: str) -> Iterator[tuple[Item, Answer]]:
    for number, answer in sorted(store.answers.items()):
        if answer.status in statuses:
            yield store.items[number], answer


_NO_TOKENS = dict.fromkeys(map(ord, "\0\ufeff"), "\ufffd")


def as_conll(store: Store) -> str:
    """Return complete sentences in CoNLL columns, token and IOB2 tag; `train` reads it.

    Partial sentences are left out: the format has no tag for "unknown". U+FFFD stands for NUL,
    which a text cannot have, and for U+FEFF, which a reader drops at the beginning of a file.
    """
    sentences = (tagged(item, answer.marks) for item, answer in _answered(store, "complete"))
    return "".join(
        "".join(
            f"{token.translate(_NO_TOKENS)} {tag}\n"
            for token, tag in zip(s.tokens, s.tags, strict=True)
        )
        + "\n"
        for s in sentences
    )


def as_jsonl(store: Store) -> str:
    """Return an object a line, with offsets of the names, for complete and partial sentences."""
    return "".join(
        json.dumps(
            {
                "text": item.text,
                "entities": [asdict(mark) for mark in answer.marks],
                "complete": answer.status == "complete",
            },
            ensure_ascii=False,
        )
        + "\n"
        for item, answer in _answered(store, "complete", "partial")
    )


def as_label_studio(store: Store) -> str:
    """Return tasks with annotations, as Label Studio imports them."""
    tasks = [
        {
            "data": {"text": item.text},
            "annotations": [{"result": [_region(item, mark) for mark in answer.marks]}],
        }
        for item, answer in _answered(store, "complete", "partial")
    ]
    return json.dumps(tasks, ensure_ascii=False, indent=2) + "\n"


def _region(item: Item, mark: Mark) -> dict[str, Any]:
    return {
        "type": "labels",
        "from_name": "label",
        "to_name": "text",
        "value": {
            "start": mark.start,
            "end": mark.end,
            "text": item.text[mark.start : mark.end],
            "labels": [mark.label],
        },
    }


WRITERS: dict[str, tuple[str, str, Callable[[Store], str]]] = {
    "conll": ("annotation.conll", "text/plain", as_conll),
    "jsonl": ("annotation.jsonl", "application/jsonl", as_jsonl),
    "label-studio": ("label-studio.json", "application/json", as_label_studio),
}
"""Format -> name of the file, its type, and what writes it."""
