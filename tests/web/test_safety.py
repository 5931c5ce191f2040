import asyncio
import json

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from window_ner.errors import InputError
from window_ner.web.app import safe_app
from window_ner.web.limits import Limits
from window_ner.web.safety import Safe
from window_ner.web.work_queue import WorkQueue


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/healthz", "/api/models", "/nothing"])
def test_every_answer_forbids_what_the_page_does_not_need(client, path):
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:1", "[::1]:8000", "192.168.1.5"]
)
def test_the_server_answers_to_its_own_names(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[x", "a b"]
)
def test_a_name_that_was_pointed_at_this_machine_is_refused(client, host):
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 421
    assert answer.headers["content-security-policy"]


def test_a_page_of_another_origin_may_not_send_anything(client):
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9", "http://[::"):
        answer = client.post("/api/tag", json={"inputs": "a"}, headers={"origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    own = client.post("/api/tag", json={"inputs": "a"}, headers={"origin": "http://127.0.0.1"})
    assert own.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_picture_or_a_link_in_a_page_of_another_origin_does_not_reach_the_api(client, site):
    """Such requests have no Origin."""
    headers = {"sec-fetch-site": site}
    assert client.get("/api/explain?text=Oslo", headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 200
    friend = {**headers, "origin": "https://friend.example"}
    assert client.get("/api/models", headers=friend).status_code == 200


@pytest.mark.parametrize(
    "given, sent",
    [
        ("https://A.b:443/", "https://a.b"),
        ("http://a.b:80", "http://a.b"),
        ("http://a.b:443", "http://a.b:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("chrome-extension://abc", "chrome-extension://abc"),
        ("null", "null"),
    ],
)
def test_an_origin_is_compared_as_browsers_send_it(given, sent):
    client = TestClient(Safe(Starlette(routes=[]), origins=[given]), base_url="http://localhost")
    assert client.options("/", headers={"origin": sent}).status_code == 204


def test_an_origin_that_is_named_may_use_the_api(client):
    headers = {"origin": "https://friend.example"}
    asked = client.options("/api/tag", headers=headers)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-headers"] == "content-type"
    answer = client.post("/api/tag", json={"inputs": "a"}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"
    assert "origin" in answer.headers["vary"]


def test_an_error_in_the_server_is_logged_without_the_text(caplog):
    def fail(request):
        raise RuntimeError("the secret text")

    app = safe_app([Route("/", fail)], WorkQueue(Limits()))
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer.json() == {"error": "an error in the server; see its log"}
    assert "secret" not in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("host", ["ner.example", "NER.example:8000"])
def test_a_host_can_be_allowed(host):
    app = Safe(Starlette(routes=[]), hosts=[host])
    client = TestClient(app, base_url="http://ner.example:8000")
    assert client.get("/").status_code == 404


@pytest.mark.parametrize(
    "host",
    ["http://ner.example", "", "[x", "a b", "*.x.de", "münchen.de", "a_b:99999", "a..b", "u@a.b"],
)
def test_a_host_that_no_browser_names_is_refused(host):
    with pytest.raises(InputError, match=r"--allow-host .*: is no name of a host"):
        Safe(Starlette(routes=[]), hosts=[host])


@pytest.mark.parametrize(
    "origin",
    [
        *("friend.example", "https://friend.example/page", "*", "", "https://", "://a.b"),
        *("https://münchen.de", "https://u@a.b", "https://a.b?x", "https://[x", "https://a.b:x"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(origin):
    with pytest.raises(InputError, match=r"--allow-origin .*: is no origin; give its scheme"):
        Safe(Starlette(routes=[]), origins=[origin])


def test_a_request_that_is_open_when_the_server_stops_is_told_so():
    sent = []

    async def never(scope, receive, send):
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    async def stop_while_asked():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
        task = asyncio.create_task(Safe(never)(scope, None, send))
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(stop_while_asked())
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"]) == {"error": "the server stops"}
