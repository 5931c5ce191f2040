"""Listens on an address and runs an application there until it is interrupted."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from window_ner.errors import InputError, reason

_MOST_CONNECTIONS = 1_000
_SECONDS_TO_ASK = 20.0


def listen(host: str, port: int) -> socket.socket:
    """Open the socket before anything slow is loaded, so that a port in use is reported at once.

    Parameters
    ----------
    port
        0 lets the system choose a free one.

    Raises
    ------
    InputError
        If the port is in use, or the address is not one of this machine.
    """
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise InputError(f"--host {host}: {reason(error)}") from None
    except UnicodeError:  # a name with an empty or a very long part
        raise InputError(f"--host {host}: is no name of a machine") from None
    listener = socket.socket(kind, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                f"port {port} is in use; choose another one with --port, or --port 0 for any free "
                "one"
            ) from None
        raise InputError(f"cannot listen on {host}, port {port} ({reason(error)})") from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address to type into a browser."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def run(app: ASGIApp, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM; open requests are answered first.

    Raises
    ------
    KeyboardInterrupt
        When it has stopped.
    """
    logging.getLogger("uvicorn.error").addFilter(_has_no_traceback)
    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        loop="asyncio",
        log_level="warning",
        access_log=False,  # addresses may contain text
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    server.ready = ready
    server.run(sockets=[listener])


class _Connection(H11Protocol):
    """Is closed if no request, with all its headers, comes in time after the one before it."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        self._expect_request()
        super().on_response_complete()  # it may begin with the next request

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(_SECONDS_TO_ASK, self._close_after, self.cycle)

    def _close_after(self, last: object) -> None:
        if self.cycle is last:
            self.transport.close()


class _Server(uvicorn.Server):
    """Calls ``ready`` when it answers."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def _has_no_traceback(record: logging.LogRecord) -> bool:
    """Drop tracebacks from a record: their messages could contain the text of a client."""
    record.exc_info = None
    return True
