"""The application: which address leads to which answer."""

import contextlib
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from window_ner.errors import InputError
from window_ner.web.api import Api
from window_ner.web.body import RequestError
from window_ner.web.limits import Limits
from window_ner.web.safety import Safe
from window_ner.web.served import Export, ServedModel
from window_ner.web.work_queue import BusyError, SlowError, WorkQueue

_HERE = Path(__file__).parent
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def make_app(
    models: Mapping[str, ServedModel],
    exports: Mapping[str, Export],
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
) -> ASGIApp:
    """Make the application of ``window-ner serve``.

    Parameters
    ----------
    models
        The models by name; the first one answers requests that name none.
    exports
        The formats of downloads by their file endings.
    hosts, origins
        See `window_ner.web.safety.Safe`.
    """
    limits = Limits()
    queue = WorkQueue(limits)
    api = Api(models, queue, limits, exports)
    routes = [
        Route("/", page("index.html")),
        Route("/healthz", api.health),
        Route("/openapi.json", _openapi(models)),
        Route("/api/models", api.list_models),
        Route("/api/tag", api.tag, methods=["POST"]),
        Route("/api/read", api.read, methods=["POST"]),
        Route("/api/explain", api.explain, methods=["GET", "POST"]),
        Route("/api/export", api.export, methods=["POST"]),
    ]
    return safe_app(routes, queue, hosts=hosts, origins=origins)


def safe_app(
    routes: Sequence[BaseRoute],
    queue: WorkQueue,
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
) -> ASGIApp:
    """Make an application from its routes, with the static files, answers to errors, and safety."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with queue:
            yield

    app = Starlette(
        routes=[*routes, Route("/static/{name}", _static_file)],
        lifespan=lifespan,
        exception_handlers={
            RequestError: _request_error,
            InputError: _input_error,
            BusyError: _busy,
            SlowError: _slow,
            HTTPException: _http_error,
            Exception: _server_error,
        },
    )
    app.router.redirect_slashes = False
    return Safe(app, hosts, origins)


def page(name: str) -> Any:
    """Return an endpoint that answers with a static file."""

    async def answer(_: Request) -> Response:
        return _file(name)

    return answer


def _file(name: str) -> Response:
    path = _HERE / "static" / name
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix])


_STATIC = frozenset(path.name for path in (_HERE / "static").iterdir() if path.suffix in _TYPES)


async def _static_file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:  # a name from this list cannot lead out of the folder
        raise HTTPException(404)
    return _file(name)


def _openapi(models: Collection[str]) -> Any:
    """Return an endpoint that describes the API, with the names of the models."""
    document = json.loads((_HERE / "openapi.json").read_text("utf-8"))
    document["info"]["version"] = version("window-ner")
    document["components"]["schemas"]["ModelName"]["enum"] = [*models, None]

    async def answer(_: Request) -> Response:
        return JSONResponse(document)

    return answer


async def _request_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return JSONResponse({"error": str(error)}, error.status)


async def _input_error(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


async def _busy(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 503, headers={"retry-after": "1"})


async def _slow(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 503)


async def _server_error(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": "an error in the server; see its log"}, 500)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
