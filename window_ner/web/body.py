"""Reads the body of a request, and checks it while it arrives."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from window_ner.web.limits import Limits

_SURROGATES = re.compile("[\ud800-\udfff]")


class RequestError(Exception):
    """A request that cannot be answered; the message tells the client why, in one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def json_object(request: Request, limits: Limits) -> dict[str, Any]:
    """Read the body, which must be a JSON object.

    Raises
    ------
    RequestError
        400: not JSON, 408: too slow, 413: too long, 415: of another type, 422: not an object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestError(415, "send JSON with the header Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestError(415, "send the body without compression")
    body = await _read(request, limits)
    try:
        parsed = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise RequestError(400, "the body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise RequestError(400, "the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise RequestError(422, 'send a JSON object, like {"inputs": "Museums in Paris"}')
    return parsed


async def _read(request: Request, limits: Limits) -> bytes:
    """Read the body in pieces, so that one that is too long is refused before it is here."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limits.body_bytes):
        raise _too_long(limits)
    pieces, size = [], 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for piece in request.stream():
                size += len(piece)
                if size > limits.body_bytes:
                    raise _too_long(limits)
                pieces.append(piece)
    except TimeoutError:
        raise RequestError(408, "the body took too long to arrive") from None
    except ClientDisconnect:
        raise RequestError(400, "the client left before its body was here") from None
    return b"".join(pieces)


def _too_long(limits: Limits) -> RequestError:
    return RequestError(413, f"the body is longer than {limits.body_bytes:,} bytes")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # Python would read NaN and Infinity, which are not JSON


def refuse_other_keys(given: Mapping[str, Any], known: tuple[str, ...], where: str = "") -> None:
    """Refuse a key that has no meaning here: it may be misspelt."""
    for key in given:
        if key not in known:
            raise RequestError(422, f"{where}unknown key {key!r:.60}; known: {', '.join(known)}")


def checked_text(value: object, name: str) -> str:
    """Check that a value is a text; replace halves of characters, which are not Unicode text."""
    if not isinstance(value, str):
        raise RequestError(422, f"{name} must be a string")
    return _SURROGATES.sub("\ufffd", value)


def texts_of(value: object, limits: Limits) -> list[str]:
    """Check ``inputs``: a text or a list of texts."""
    if isinstance(value, str):
        return [checked_text(value, "inputs")]
    if not isinstance(value, list):
        raise RequestError(422, "inputs must be a string or a list of strings")
    if len(value) > limits.texts:
        raise RequestError(413, f"at most {limits.texts:,} texts in one request")
    return [checked_text(text, f"inputs[{i}]") for i, text in enumerate(value)]


def number_between(value: object, name: str, least: float, most: float) -> float:
    """Check that a value is a number between two others."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise RequestError(422, f"{name} must be a number from {least:g} to {most:g}")
    return float(value)
