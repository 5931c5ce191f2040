"""What protects the server and the browser, around every answer.

- The server answers only to its own names, because a page elsewhere could point a name of its own
  at this machine and read the answers (DNS rebinding). With an IP address, that is impossible.
- A page of another origin may not use the API, unless it is allowed by name.
- The headers of each answer tell the browser to run nothing but the page's own files.
- An unexpected error is logged by its type and place. Its message could contain a client's text.
"""

import asyncio
import ipaddress
import logging
import re
import traceback
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from window_ner.errors import InputError

_LOG = logging.getLogger("window_ner.web")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


class Safe:
    """Checks each request before the app sees it, and adds the safe headers to each answer.

    Parameters
    ----------
    hosts
        Names that the server answers to, besides localhost and IP addresses.
    origins
        Pages of other origins that may use the API, like ``https://example.org``.

    Raises
    ------
    InputError
        If no browser would send one of these names.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] = (), origins: Collection[str] = ()
    ) -> None:
        self.app = app
        self.hosts = {"localhost", *map(_checked_host, hosts)}
        self.origins = set(map(_checked_origin, origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "").lower()
        is_allowed = origin in self.origins
        has_begun = False

        async def send_safely(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                safe = MutableHeaders(scope=message)
                safe.update(SAFE_HEADERS)
                if is_allowed:
                    _allow(safe, origin)
            await send(message)

        refused = self._refusal(scope, headers, origin)
        if refused is not None:
            await refused(scope, receive, send_safely)
            return
        try:
            await self.app(scope, receive, send_safely)
        except asyncio.CancelledError:  # the server stops, and the answer is not there yet
            if not has_begun:
                answer = JSONResponse({"error": "the server stops"}, 503)
                await answer(scope, receive, send_safely)
        except Exception as error:  # the app has answered with 500, and raises it again
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error("%s in %s:%s", type(error).__name__, place.filename, place.lineno)

    def _refusal(self, scope: Scope, headers: Headers, origin: str) -> Response | None:
        """Return the answer to a request that the app must not see."""
        host = headers.get("host", "")
        if not self._is_own(host):
            message = f"this server does not answer to the name {host[:100]!r}; see --allow-host"
            return JSONResponse({"error": message}, 421)
        if origin in self.origins:
            is_preflight = scope["method"] == "OPTIONS"
            return Response(status_code=204) if is_preflight else None
        # A picture or a link has no Origin, but browsers say that another site asks for it.
        is_foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        is_api = scope["path"].startswith("/api/")
        if (origin and not _is_at(origin, host.lower())) or (is_foreign and is_api):
            return JSONResponse({"error": "pages of other origins may not use this server"}, 403)
        return None

    def _is_own(self, host: str) -> bool:
        """Whether a Host header names this server, with or without a port."""
        name = _name_in(host)
        if name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name_in(host: str) -> str:
    """Return the name in a Host header, without its port; empty if there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # it has half of the brackets of an IPv6 address
        return ""


_HOST = re.compile(r"([a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
"""The name of a host as browsers send it, and its port. They send other letters as xn--…"""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def _checked_host(given: str) -> str:
    name, _ = _host_and_port(given.lower())
    if not name:
        raise InputError(
            f"--allow-host {given}: is no name of a host; give one like example.org, as browsers "
            "send it (münchen.de is xn--mnchen-3ya.de)"
        )
    return _name_in(name)


def _checked_origin(given: str) -> str:
    origin = given.lower().rstrip("/")
    if origin == "null":  # a page in a file
        return origin
    scheme, _, host = origin.partition("://")
    name, port = _host_and_port(host)
    if not _SCHEME.fullmatch(scheme) or not name:
        raise InputError(
            f"--allow-origin {given}: is no origin; give its scheme and host, like "
            "https://example.org, as browsers send it (münchen.de is xn--mnchen-3ya.de)"
        )
    is_default = port == {"http": 80, "https": 443}.get(scheme)  # browsers leave it out
    return f"{scheme}://{name}" if port is None or is_default else f"{scheme}://{name}:{port}"


def _host_and_port(host: str) -> tuple[str, int | None]:
    """Split a host in small letters from its port; its name is empty if no browser sends it."""
    found = _HOST.fullmatch(host)
    if found is None:
        return "", None
    port = None if found[2] is None else int(found[2])
    return ("", None) if port is not None and port > 65535 else (found[1], port)


def _is_at(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc == host
    except ValueError:  # it has half of the brackets of an IPv6 address
        return False


def _allow(headers: MutableHeaders, origin: str) -> None:
    headers["access-control-allow-origin"] = origin
    headers["access-control-allow-methods"] = "GET, POST"
    headers["access-control-allow-headers"] = "content-type"
    headers["cross-origin-resource-policy"] = "cross-origin"
    headers.append("vary", "origin")
