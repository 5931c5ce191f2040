"""Bodies that are broken in many ways, drawn with a fixed seed, to every address that takes one."""

import json
import random
from collections import Counter

import pytest

from window_ner.web.annotate.answers import sentences_of
from window_ner.web.annotate.api import AnnotateApi, make_annotate_app
from window_ner.web.annotate.learning import Learner
from window_ner.web.annotate.store import Store

COUNT = 200
NOT_A_STRING = (3, -0.5, True, {}, {"a": "b"})
NOT_A_NUMBER = ("1", True, [], {}, [1])
NOT_A_LIST = (1, "a", True, {}, {"start": 0})
TASK = "notes"
NOT_TASK = (*NOT_A_STRING, None, [], "", "\ud83d", "another")
NAME = {"start": 5, "end": 12, "label": "DRUG"}

# For each address: a right body, and values that are wrong for its keys.
SERVE = {
    "/api/tag": (
        {"inputs": "Angela Merkel", "model": "english", "parameters": {"min_score": 0.5}},
        {
            "inputs": (*NOT_A_STRING, None, [None], [["a"]], ["a", {}], ["a"] * 1001),
            "model": (*NOT_A_STRING, [], "", "\ud83d", "english\x00"),
            "parameters": (1, "a", [], {"x": 1}, {"min_score": 2}, {"min_score": "1"}),
        },
    ),
    "/api/read": (
        {"text": "Angela Merkel", "model": "english"},
        {"text": (*NOT_A_STRING, None, []), "model": (*NOT_A_STRING, "x", "\udc00")},
    ),
    "/api/explain": (
        {"text": "Angela Merkel", "start": 0, "tag": "O"},
        {
            "text": (*NOT_A_STRING, None, "", " \n"),
            "start": (*NOT_A_NUMBER, -1, 14, 0.5, 10**30),
            "tag": (*NOT_A_STRING, "o", "\ud83d"),
        },
    ),
    "/api/export": (
        {"text": "Angela Merkel", "format": "csv", "min_score": 0, "ignore_labels": []},
        {
            "text": (*NOT_A_STRING, None, []),
            "format": (*NOT_A_STRING, None, "exe", "\ud83d", "../csv"),
            "min_score": (*NOT_A_NUMBER, None, -1, 1.5, 10**400),
            "ignore_labels": (*NOT_A_LIST, [1], [[]], [None]),
        },
    ),
}
ANNOTATE = {
    "/api/next": (
        {"task": TASK, "order": "teach", "tab": "a"},
        {"task": NOT_TASK, "order": (*NOT_A_STRING, None, [], "x", "\ud83d"), "tab": NOT_A_STRING},
    ),
    "/api/open": (
        {"task": TASK, "number": 0},
        {"task": NOT_TASK, "number": (*NOT_A_NUMBER, None, -1, 99, 0.5, 10**30)},
    ),
    "/api/answer": (
        {
            **{"task": TASK, "number": 0, "version": 0},
            **{"status": "complete", "marks": [NAME], "picked": "teach"},
        },
        {
            "task": NOT_TASK,
            "number": (*NOT_A_NUMBER, None, -1, 99, 10**30),
            "version": (*NOT_A_NUMBER, None, 0.5, -1, 7, 10**30),
            "status": (*NOT_A_STRING, None, [], "done", "\ud83d"),
            "marks": (
                *NOT_A_LIST,
                None,
                [1],
                [None],
                [[]],
                [NAME, NAME],
                [NAME] * 10_001,
                *(
                    [{**NAME, key: wrong}]
                    for key in NAME
                    for wrong in (None, [], {}, "\ud83d", 0.5, -1, 10**30, 10**4000, True)
                ),
            ),
            "picked": (*NOT_A_STRING, None, [], "because"),
        },
    ),
    "/api/export": ({"format": "conll"}, {"format": (*NOT_A_STRING, None, [], "x", "\udfff")}),
}


def noise(rng, right, wrong):
    return rng.randbytes(rng.randrange(80))


def cut(rng, right, wrong):
    body = json.dumps(right).encode()
    return body[: rng.randrange(len(body))]


def one_byte_more(rng, right, wrong):
    return json.dumps(right).encode() + rng.choice([b"}", b"x", b"\x00", b"{}", b"\xff"])


def another_value(rng, right, wrong):
    key = rng.choice(list(wrong))
    return json.dumps({**right, key: rng.choice(wrong[key])}).encode()


def another_key(rng, right, wrong):
    key = rng.choice(["", "Inputs", "__proto__", "\ud83d", "a" * 5000, "text\x00", "😀"])
    return json.dumps({**right, key: rng.choice([None, 1, "a", {}])}).encode()


def no_object(rng, right, wrong):
    return json.dumps(rng.choice([None, True, 0, "a", [], [right], "\ud83d"])).encode()


def deep(rng, right, wrong):
    depth = rng.choice([50, 900, 5_000, 100_000])
    before, after = rng.choice(["[]", ('{"a":', "}")])
    key = json.dumps(rng.choice(list(wrong)))
    return f"{{{key}: {before * depth}1{after * depth}}}".encode()


def huge_number(rng, right, wrong):
    number = rng.choice(["1e999", "-1e999", "9" * 4_000, "9" * 90_000, "1e-", "0x10", "NaN"])
    return f"{{{json.dumps(rng.choice(list(wrong)))}: {number}}}".encode()


def half_a_character(rng, right, wrong):
    half = rng.choice([b"\xed\xa0\xbd", b"\xed\xbf\xbf", b"\xf0\x9f\x98", b"\xc0\x80", b"\xff\xfe"])
    body = json.dumps(right).encode()
    at = rng.randrange(1, len(body))
    return body[:at] + half + body[at:]


def too_long(rng, right, wrong):
    return b'{"text": "' + bytes(rng.choices(b"abc ", k=1_000)) * 1_001 + b'"}'


WAYS = [noise, cut, one_byte_more, another_value, another_value, another_value, another_key]
WAYS += [no_object, deep, huge_number, half_a_character]
JSON = "application/json"
TYPES = ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
TYPES += ["application/jsonx", "text/json", "application/xml", "\x00", "application/" + "j" * 9_000]


def broken_requests(count, addresses, seed):
    """Yield addresses with the bodies and headers of requests, none of which is right."""
    rng = random.Random(seed)
    for number in range(count):
        path = rng.choice(list(addresses))
        right, wrong = addresses[path]
        if number % 10 == 0:
            body = json.dumps(right).encode()
            headers = rng.choice(
                [
                    {"content-type": rng.choice(TYPES)},
                    {"content-type": JSON, "content-encoding": rng.choice(["gzip", "br", "x"])},
                    {"content-type": JSON, "host": rng.choice(["evil.example", "", "[::"])},
                    {"content-type": JSON, "origin": "https://evil.example"},
                ]
            )
        else:
            way = too_long if number % 100 == 1 else rng.choice(WAYS)
            body, headers = way(rng, right, wrong), {"content-type": JSON}
        yield path, body, headers


def check_all(client, addresses, count, seed=17):
    statuses = Counter()
    for path, body, headers in broken_requests(count, addresses, seed):
        answer = client.post(path, content=body, headers=headers)
        told = f"{path} {headers} {body[:300]!r}: {answer.status_code} {answer.text[:300]}"
        assert 400 <= answer.status_code < 500, told
        message = answer.json()["error"]
        assert message, told
        assert "\n" not in message and len(message) < 500, told
        statuses[answer.status_code] += 1
    return statuses


@pytest.fixture
def annotate(tmp_path, monkeypatch):
    """A client of the page of annotate, and the file with its answers."""
    from starlette.testclient import TestClient

    items = list(sentences_of("Take aspirin daily. Rest.", {"file": "a.txt"}, 0))
    store = Store(items, ["DRUG"], tmp_path / "mine.jsonl")
    monkeypatch.setattr("window_ner.web.annotate.api._task_of", lambda store: TASK)
    with store.open():
        api = AnnotateApi(store, Learner(None, store.examples), None, "")
        app = make_annotate_app(api)
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            yield client, store.path


def test_serve_answers_broken_bodies_with_what_is_wrong(client):
    statuses = check_all(client, SERVE, COUNT)
    assert {400, 403, 413, 415, 421, 422} <= set(statuses)


def test_annotate_answers_broken_bodies_with_what_is_wrong_and_stores_none(annotate):
    client, path = annotate
    statuses = check_all(client, ANNOTATE, COUNT)
    assert {400, 403, 409, 413, 415, 421, 422} <= set(statuses)
    assert not path.exists()


@pytest.mark.parametrize("path", ANNOTATE)
def test_the_right_bodies_that_are_broken_here_are_accepted(annotate, path):
    client, _ = annotate
    assert client.post(path, json=ANNOTATE[path][0]).status_code == 200


@pytest.mark.parametrize("path", SERVE)
def test_serve_accepts_the_right_bodies_that_are_broken_here(client, path):
    assert client.post(path, json=SERVE[path][0]).status_code == 200
