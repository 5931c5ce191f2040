import asyncio
import contextlib
import json
import signal
import socket
import time
from functools import partial

import pytest
import uvicorn
from uvicorn.server import ServerState

from window_ner.cli.serve import load_served
from window_ner.errors import InputError
from window_ner.web.server import _Connection, address_of, listen


def ask(port, *pieces, pause=0.0):
    """Send bytes to a server; return the status of its answer, and its text."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:  # it has answered and closed already
                break
            time.sleep(pause)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
    return int(answer.split()[1]), answer.decode()


def head(*lines, method="POST", path="/api/tag", host="127.0.0.1"):
    first = (f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close")
    return "\r\n".join([*first, *lines, "", ""]).encode()


JSON = "Content-Type: application/json"


def test_a_body_is_refused_as_soon_as_it_is_too_long(server):
    declared = head(JSON, "Content-Length: 5000000000")
    assert ask(server.port, declared)[0] == 413
    chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    chunks = [chunk] * 200  # it never ends
    assert ask(server.port, head(JSON, "Transfer-Encoding: chunked"), *chunks)[0] == 413


def test_a_text_in_pieces_is_read(server):
    body = json.dumps({"inputs": "Angela Merkel"}).encode()
    length = f"Content-Length: {len(body)}"
    status, answer = ask(server.port, head(JSON, length), body[:9], body[9:], pause=0.05)
    assert status == 200
    assert "Angela Merkel" in answer


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"x" * 100_000 + b"\r\n\r\n"]
)
def test_what_is_no_http_is_refused(server, sent):
    assert ask(server.port, sent)[0] == 400


class Clock:
    """An event loop whose timers go off when `is_over` says so, and not before."""

    def __init__(self, loop):
        self.create_task = loop.create_task
        self.timers = []

    def call_later(self, seconds, do, *given):
        timer = asyncio.get_running_loop().call_later(1_000_000, do, *given)
        self.timers.append((timer, partial(do, *given)))
        return timer

    def is_over(self):
        for timer, do in self.timers:
            if not timer.cancelled():
                do()


ONE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def all_that_comes(*sent):
    """Send pieces; the time is over while each request is answered, and after the last piece."""

    async def app(scope, receive, send):
        clock.is_over()  # the request is here, so the connection stays
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    clock = Clock(asyncio.get_running_loop())
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
    connection = partial(_Connection, config, ServerState(), {}, clock)
    listening = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    async with listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        answers = b""
        for piece in sent:
            writer.write(piece)
            if piece is ONE:
                answers += await reader.readuntil(b"\r\n\r\n")
        while not clock.timers:
            await asyncio.sleep(0)
        clock.is_over()
        with contextlib.suppress(ConnectionResetError):  # closed before it has read the last piece
            answers += await reader.read()
        writer.close()
        return answers


@pytest.mark.parametrize("sent", [(), (ONE[:9],), (ONE,), (ONE, ONE[:9]), (ONE, ONE)])
def test_a_connection_without_a_whole_request_is_closed_and_no_other(sent):
    answers = asyncio.run(all_that_comes(*sent))
    assert answers.count(b"HTTP/1.1 204") == sent.count(ONE)


def test_a_server_in_a_process_answers_stops_by_a_signal_and_logs_no_text(start_server):
    running = start_server("serve")
    body = json.dumps({"inputs": "a secret about Angela Merkel"}).encode()
    assert ask(running.port, head(JSON, f"Content-Length: {len(body)}"), body)[0] == 200
    ask(running.port, head(method="GET", path="/api/explain?text=secret+Merkel&start=99"))
    ask(running.port, b"secret\r\n\r\n")
    code, printed = running.stop(signal.SIGTERM)
    assert code == 130
    assert "secret" not in printed
    assert "Traceback" not in printed


def test_a_port_in_use_is_told_in_one_line(server, call_main):
    code, out, err = call_main("serve", "--port", str(server.port))
    assert (code, out) == (2, "")
    assert err.startswith(f"window-ner: port {server.port} is in use; ")
    assert err.count("\n") == 1


def test_a_model_that_does_not_exist_is_told_in_one_line(call_main, tmp_path):
    code, _, err = call_main("serve", "--port", "0", "--model", str(tmp_path / "none"))
    assert code == 2
    assert err.count("\n") == 1
    assert "none" in err


def test_an_address_that_is_not_ours_is_told():
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1, port 0"):
        listen("192.0.2.1", 0)
    with pytest.raises(InputError, match="--host no host: "):
        listen("no host", 0)
    with pytest.raises(InputError, match=r"--host a\.\.b: is no name of a machine"):
        listen("a..b", 0)


def test_the_address_can_be_typed_into_a_browser():
    with listen("0.0.0.0", 0) as listener:
        assert address_of(listener) == f"http://localhost:{listener.getsockname()[1]}/"


def test_a_model_of_the_hub_has_its_name_there(monkeypatch, tagger, tmp_path):
    """Its folder in the cache is named after a commit."""
    monkeypatch.setattr("window_ner.cli.models.find_model", lambda named: tmp_path / "0123abcd")
    monkeypatch.setattr("window_ner.cli.models.load_model", lambda named, verbose: tagger)
    assert list(load_served(["hf://ann/news@v1", "here"], verbose=False)) == [
        "ann/news@v1",
        "0123abcd",
    ]


def test_the_missing_extra_is_told(call_main, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name)
    )
    code, _, err = call_main("serve")
    assert code == 2
    assert err == (
        "window-ner: serve needs packages that are not installed: uvicorn; "
        "pip install 'window-ner[web]'\n"
    )
