"""The application of ``window-ner annotate``: its page, and what the page asks."""

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from window_ner.data.name_list import NameList
from window_ner.data.tag_schemes import Span, spans_of
from window_ner.errors import reason
from window_ner.model.entity import Entity, entities_of_spans
from window_ner.model.listed_names import combine
from window_ner.web.annotate.answers import (
    REASONS,
    STATUSES,
    Answer,
    Item,
    Mark,
    marks_of,
)
from window_ner.web.annotate.exports import WRITERS
from window_ner.web.annotate.learning import Learner
from window_ner.web.annotate.picking import (
    ORDERS,
    RECENT,
    Disagreement,
    Order,
    disagreements,
    pick,
)
from window_ner.web.annotate.store import ConflictError, Store
from window_ner.web.app import page, safe_app
from window_ner.web.body import RequestError, checked_text, json_object, refuse_other_keys
from window_ner.web.limits import Limits
from window_ner.web.work_queue import WorkQueue

_SHOWN_SECONDS = 600
"""A sentence that one tab shows is given to no other tab for this long."""
_LARGEST_OFFSET = 1_000_000
"""A body has no more bytes."""


class AnnotateApi:
    """Answers the page of annotate."""

    def __init__(
        self, store: Store, learner: Learner, names: NameList | None, guideline: str
    ) -> None:
        self.store = store
        self.learner = learner
        self.names = names
        self.guideline = guideline
        self.limits = Limits(answer_seconds=120)
        self.queue = WorkQueue(self.limits)
        self._rng = np.random.default_rng(0)
        self._task = _task_of(store)
        self._output = checked_text(str(store.path), "output")
        self._shown: dict[str, tuple[int, float]] = {}  # tab -> sentence, and since when
        learner.tell(self._learnable())

    async def state(self, _: Request) -> Response:
        """``GET /api/state``: progress, and how good the model is."""
        return await self._do(self._state)

    async def next(self, request: Request) -> Response:
        """``POST /api/next``: the next sentence; null if all are answered."""
        body = await self._body(request, "order", "tab")
        tab = checked_text(body.get("tab", ""), "tab")[:40]
        order = body.get("order", "teach")
        if order not in ORDERS:
            raise RequestError(422, f"order must be one of {', '.join(ORDERS)}")
        return await self._do(lambda: self._next(order, tab))

    async def open(self, request: Request) -> Response:
        """``POST /api/open``: a sentence by its number."""
        body = await self._body(request, "number")
        number = self._number(body.get("number"))
        return await self._do(lambda: self._view(self.store.items[number], "review"))

    async def answer(self, request: Request) -> Response:
        """``POST /api/answer``: store an answer; it is on disk before this answers."""
        body = await self._body(request, "number", "version", "status", "marks", "picked")
        number = self._number(body.get("number"))
        status, version = body.get("status"), body.get("version")
        if status not in STATUSES:
            raise RequestError(422, f"status must be one of {', '.join(STATUSES)}")
        if isinstance(version, bool) or not isinstance(version, int):
            raise RequestError(422, "version must be a whole number")
        picked = body.get("picked", "order")
        if picked not in REASONS:
            raise RequestError(422, "picked must say why the sentence was shown")
        given = Answer(status, _marks(body.get("marks")), version, picked)
        return await self._do(lambda: self._store(number, given))

    async def review(self, _: Request) -> Response:
        """``GET /api/review``: where annotation and model disagree most."""
        return await self._do(self._review)

    async def export(self, request: Request) -> Response:
        """``POST /api/export``: the annotation as a file."""
        body = await json_object(request, self.limits)
        refuse_other_keys(body, ("format",))
        form = checked_text(body.get("format"), "format")
        if form not in WRITERS:
            raise RequestError(422, f"format must be one of {', '.join(WRITERS)}")
        name, kind, write = WRITERS[form]
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(write(self.store), media_type=kind, headers=headers)

    async def _body(self, request: Request, *keys: str) -> dict[str, Any]:
        """Read a request about sentences; refuse a page of another text, labels or output."""
        body = await json_object(request, self.limits)
        refuse_other_keys(body, ("task", *keys))
        if checked_text(body.get("task"), "task") != self._task:
            raise RequestError(409, "the server annotates something else now; load the page anew")
        return body

    async def _do(self, work: Callable[[], Any]) -> Response:
        """Do one thing after another, in the thread of the queue."""
        (answer,) = await self.queue.run(lambda _: [work()], [None], 1)
        return JSONResponse(answer)

    def _number(self, given: object) -> int:
        is_whole = isinstance(given, int) and not isinstance(given, bool)
        if not is_whole or not 0 <= given < len(self.store.items):  # type: ignore[operator]
            raise RequestError(422, f"number must be from 0 to {len(self.store.items) - 1}")
        assert isinstance(given, int)
        return given

    def _state(self) -> dict[str, Any]:
        learnt = self.learner.learnt
        return {
            "task": self._task,
            "labels": list(self.store.labels),
            "guideline": self.guideline,
            "total": len(self.store.items),
            **{status: self.store.count(status) for status in STATUSES},
            "training": self.learner.is_training,
            "has_learnt": learnt.has_learnt,
            "trained_on": learnt.trained_on,
            "seconds": round(learnt.seconds, 1),
            "curve": [asdict(point) for point in learnt.curve],
            "problem": learnt.problem,
            "to_review": len(self._disagreements()),
            "output": Path(self._output).name,
        }

    def _next(self, order: Order, tab: str) -> dict[str, Any] | None:
        left = [item for item in self.store.items if item.number not in self.store.answers]
        if not left:
            return None
        now = time.monotonic()
        shown = {
            each: known for each, known in self._shown.items() if known[1] > now - _SHOWN_SECONDS
        }
        elsewhere = {number for each, (number, _) in shown.items() if each != tab}
        free = [item for item in left if item.number not in elsewhere] or left
        learnt = self.learner.learnt
        tagger = learnt.tagger if learnt.has_learnt else None
        chosen = pick(order, free, self.store.last_answered(RECENT), tagger, self._rng)
        self._shown = {**shown, tab: (chosen.item.number, now)}
        return self._view(chosen.item, chosen.why)

    def _view(self, item: Item, picked: str) -> dict[str, Any]:
        answer, held_out = self.store.answers.get(item.number), self._held_out(item)
        return {
            "number": item.number,
            "text": item.text,
            "tokens": list(zip(item.tokenized.starts, item.tokenized.ends, strict=True)),
            "version": self.store.version(item.number),
            "status": answer.status if answer else None,
            "marks": [asdict(mark) for mark in answer.marks] if answer else [],
            "suggestions": [
                {
                    "start": e.start,
                    "end": e.end,
                    "label": e.label,
                    "score": round(e.score, 4) if held_out is None else None,
                    "source": e.source,
                }
                for e in self._suggestions(item, held_out)
            ],
            "picked": picked,
        }

    def _held_out(self, item: Item) -> list[Span] | None:
        """Return what a model found in an answered sentence that it was not trained on.

        None if the sentence has no answer, or no such model has read it.
        """
        is_answered = item.number in self.store.answers
        return self.learner.learnt.held_out.get(item.number) if is_answered else None

    def _suggestions(self, item: Item, held_out: Sequence[Span] | None) -> list[Entity]:
        """Return what the model and the list of names find in a sentence; the list wins.

        ``held_out``, from `_held_out`, takes the place of what the model finds.
        """
        texts, tokenized = [item.text], [item.tokenized]
        if held_out is not None:
            found = entities_of_spans(texts, tokenized, held_out, [1.0] * len(held_out))[0]
        else:
            tagger = self.learner.learnt.tagger
            found = tagger.entities_in(texts, tokenized)[0] if tagger else []
        known = [entity for entity in found if entity.label in self.store.labels]
        if self.names is None:
            return known
        spans = [
            span for span in self.names.find(item.tokenized) if span.label in self.store.labels
        ]
        listed = entities_of_spans(texts, tokenized, spans, [1.0] * len(spans))[0]
        return combine(known, [e._replace(source="list") for e in listed])

    def _store(self, number: int, given: Answer) -> dict[str, Any]:
        try:
            stored = self.store.answer(number, given)
        except ConflictError as error:
            raise RequestError(409, str(error)) from None
        except OSError as error:
            message = f"{self._output}: the answer cannot be written ({reason(error)})"
            raise RequestError(500, message) from None
        self.learner.tell(self._learnable())
        return {"version": stored.version, "state": self._state()}

    def _learnable(self) -> int:
        return self.store.count("complete") + self.store.count("partial")

    def _review(self) -> list[dict[str, Any]]:
        found = []
        for each in self._disagreements()[:50]:
            item = self.store.items[each.number]
            found.append(
                {
                    "number": each.number,
                    "text": item.text,
                    "missing": [asdict(mark) for mark in marks_of(item, each.missing)],
                    "extra": [asdict(mark) for mark in marks_of(item, each.extra)],
                }
            )
        return found

    def _disagreements(self) -> list[Disagreement]:
        """Compare complete answers with models that have not seen them."""
        gold = {
            each.number: spans_of(each.sentence.tags)
            for each in self.store.examples()
            if each.is_complete
        }
        return disagreements(gold, self.learner.learnt.held_out)


def _task_of(store: Store) -> str:
    """Return a key that a page of another text, other labels or another output does not have."""
    task = store.path.resolve(), store.labels, [item.text for item in store.items]
    return hashlib.sha256(repr(task).encode()).hexdigest()


def _marks(given: object) -> tuple[Mark, ...]:
    if not isinstance(given, list) or len(given) > 10_000:
        raise RequestError(422, "marks must be a list of {start, end, label}")
    marks = []
    for each in given:
        if not isinstance(each, dict) or set(each) != {"start", "end", "label"}:
            raise RequestError(422, "each mark must have start, end and label")
        offsets = each["start"], each["end"]
        if not all(type(n) is int and 0 <= n <= _LARGEST_OFFSET for n in offsets):
            raise RequestError(
                422, f"start and end must be whole numbers from 0 to {_LARGEST_OFFSET:,}"
            )
        marks.append(Mark(*offsets, checked_text(each["label"], "label")))
    return tuple(marks)


def make_annotate_app(api: AnnotateApi, hosts: Collection[str] = ()) -> ASGIApp:
    """Make the application of ``window-ner annotate``."""
    routes = [
        Route("/", page("annotate.html")),
        Route("/api/state", api.state),
        Route("/api/next", api.next, methods=["POST"]),
        Route("/api/open", api.open, methods=["POST"]),
        Route("/api/answer", api.answer, methods=["POST"]),
        Route("/api/review", api.review),
        Route("/api/export", api.export, methods=["POST"]),
    ]
    return safe_app(routes, api.queue, hosts=hosts)
