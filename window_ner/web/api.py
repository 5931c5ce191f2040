"""The answers of the HTTP API. ``openapi.json`` describes them for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from window_ner.model.entity import Entity
from window_ner.web.body import (
    RequestError,
    checked_text,
    json_object,
    number_between,
    refuse_other_keys,
    texts_of,
)
from window_ner.web.limits import Limits
from window_ner.web.served import Export, Found, Question, ServedModel, choose_model
from window_ner.web.work_queue import WorkQueue


class Api:
    """Answers requests with some models; see `window_ner.web.app.make_app`."""

    def __init__(
        self,
        models: Mapping[str, ServedModel],
        queue: WorkQueue,
        limits: Limits,
        exports: Mapping[str, Export],
    ) -> None:
        self.models = models
        self.queue = queue
        self.limits = limits
        self.exports = exports

    async def health(self, _: Request) -> Response:
        """``GET /healthz``: whether the server runs."""
        return JSONResponse({"status": "ok"})

    async def list_models(self, _: Request) -> Response:
        """``GET /api/models``: the models, and the formats of downloads."""
        described = [model.describe() for model in self.models.values()]
        return JSONResponse({"models": described, "formats": list(self.exports)})

    async def tag(self, request: Request) -> Response:
        """``POST /api/tag``: the names in a text, or in each text of a list.

        The answer is that of Hugging Face's token classification with aggregation.
        """
        body = await json_object(request, self.limits)
        refuse_other_keys(body, ("inputs", "model", "parameters", "options"))
        texts = texts_of(body.get("inputs"), self.limits)
        ignored, least = _tag_parameters(body.get("parameters"))
        model = self._model(body.get("model"))
        found = await self._find(model, texts)
        answers = [[_as_group(e) for e in kept(each.entities, least, ignored)] for each in found]
        return JSONResponse(answers if isinstance(body["inputs"], list) else answers[0])

    async def read(self, request: Request) -> Response:
        """``POST /api/read``: the tokens and names of one text, for the page."""
        body = await json_object(request, self.limits)
        refuse_other_keys(body, ("text", "model"))
        text = checked_text(body.get("text"), "text")
        (found,) = await self._find(self._model(body.get("model")), [text])
        tokens = found.tokenized
        return JSONResponse(
            {
                "tokens": list(zip(tokens.starts, tokens.ends, strict=True)),
                "entities": [{**e.as_dict(), "score": round(e.score, 4)} for e in found.entities],
            }
        )

    async def explain(self, request: Request) -> Response:
        """``GET`` or ``POST /api/explain``: why a word has its score."""
        keys = ("text", "start", "tag", "model")
        if request.method == "POST":
            given = await json_object(request, self.limits)
        else:
            given = dict(request.query_params)
            if "start" in given:
                given["start"] = _whole_number(given["start"])
        refuse_other_keys(given, keys)
        text = checked_text(given.get("text"), "text")
        start, tag = given.get("start"), given.get("tag")
        if start is not None:
            if not isinstance(start, int):
                raise RequestError(422, "start must be a whole number")
            start = int(number_between(start, "start", 0, len(text)))
        if tag is not None:
            tag = checked_text(tag, "tag")
        model = self._model(given.get("model"))
        question = Question(text, start, tag)
        (answer,) = await self.queue.run(model.explain, [question], len(text))
        return JSONResponse(answer)

    async def export(self, request: Request) -> Response:
        """``POST /api/export``: a text with its names as a file."""
        body = await json_object(request, self.limits)
        refuse_other_keys(body, ("text", "format", "model", "min_score", "ignore_labels"))
        text = checked_text(body.get("text"), "text")
        form = checked_text(body.get("format"), "format")
        if form not in self.exports:
            raise RequestError(422, f"format must be one of {', '.join(self.exports)}")
        ignored = _labels(body.get("ignore_labels"))
        least = number_between(body.get("min_score", 0), "min_score", 0, 1)
        (found,) = await self._find(self._model(body.get("model")), [text])
        export = self.exports[form]
        content = export.write(found._replace(entities=kept(found.entities, least, ignored)))
        name = f'attachment; filename="names.{form}"'
        return Response(
            content, media_type=export.media_type, headers={"content-disposition": name}
        )

    def _model(self, name: object) -> ServedModel:
        return choose_model(self.models, None if name is None else checked_text(name, "model"))

    async def _find(self, model: ServedModel, texts: Sequence[str]) -> Sequence[Found]:
        return await self.queue.run(model.find, texts, sum(map(len, texts)))


def kept(entities: Sequence[Entity], least: float, ignored: Sequence[str]) -> list[Entity]:
    """Return the entities with at least this probability, without some labels."""
    return [e for e in entities if round(e.score, 4) >= least and e.label not in ignored]


def _as_group(entity: Entity) -> dict[str, Any]:
    return {
        "entity_group": entity.label,
        "score": round(entity.score, 4),
        "word": entity.text,
        "start": entity.start,
        "end": entity.end,
    }


_STRATEGIES = ("simple", "first", "average", "max")
"""Ways to join word pieces to names. All are the same here: there are no word pieces."""


def _tag_parameters(given: object) -> tuple[list[str], float]:
    """Return the labels to leave out, and the least probability."""
    if given is None:
        return [], 0.0
    if not isinstance(given, dict):
        raise RequestError(422, "parameters must be an object")
    known = ("aggregation_strategy", "ignore_labels", "min_score")
    refuse_other_keys(given, known, "parameters: ")
    strategy = given.get("aggregation_strategy", "simple")
    if strategy is not None and strategy not in _STRATEGIES:
        message = f"aggregation_strategy must be one of {', '.join(_STRATEGIES)}"
        raise RequestError(422, message)
    least = number_between(given.get("min_score", 0), "min_score", 0, 1)
    return _labels(given.get("ignore_labels")), least


def _labels(given: object) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise RequestError(422, "ignore_labels must be a list of labels")
    return [checked_text(label, "ignore_labels") for label in given]


def _whole_number(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise RequestError(422, "start must be a whole number")
    return int(digits)
