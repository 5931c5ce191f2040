import pytest

from window_ner.data.tag_schemes import Span
from window_ner.web.annotate.answers import sentences_of
from window_ner.web.annotate.api import AnnotateApi, make_annotate_app
from window_ner.web.annotate.learning import Learner, Learnt
from window_ner.web.annotate.store import Store

FOUND = Learnt(None, held_out={0: [Span(1, 2, "DRUG"), Span(2, 3, "OTHER")]})


@pytest.fixture
def client(tmp_path):
    """A client of the page of annotate, with a model that was cross-validated."""
    from starlette.testclient import TestClient

    items = list(sentences_of("Take aspirin daily. Rest.", {"file": "a.txt"}, 0))
    store = Store(items, ["DRUG"], tmp_path / "mine.jsonl")
    with store.open():
        learner = Learner(None, store.examples)
        learner.learnt = FOUND
        app = make_annotate_app(AnnotateApi(store, learner, None, ""))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            yield client


def test_an_answered_sentence_has_the_names_of_a_model_that_has_not_seen_the_answer(client):
    assert client.post("/api/open", json={"number": 0}).json()["suggestions"] == []
    answer = {"number": 0, "version": 0, "status": "complete", "marks": [], "picked": "order"}
    client.post("/api/answer", json=answer).raise_for_status()
    view = client.post("/api/open", json={"number": 0}).json()
    name = {"start": 5, "end": 12, "label": "DRUG", "score": None, "source": "model"}
    assert view["suggestions"] == [name]
    (listed,) = client.get("/api/review").json()
    assert (listed["number"], listed["extra"]) == (0, [])
    assert {"start": 5, "end": 12, "label": "DRUG"} in listed["missing"]


def test_two_tabs_are_given_different_sentences(client):
    """So that they do not overwrite each other."""
    given = {client.post("/api/next", json={}).json()["number"] for _ in range(2)}
    assert given == {0, 1}


def test_wrong_answers_are_refused_and_not_stored(client, tmp_path):
    right = {"number": 0, "version": 0, "status": "complete", "marks": []}
    name = {"start": 5, "end": 12, "label": "DRUG"}
    for wrong in (
        {"number": 99},
        {"number": -1},
        {"number": True},
        {"number": None},
        {"version": "0"},
        {"status": "done"},
        {"picked": "x"},
        {"marks": None},
        {"marks": [1]},
        {"marks": [{**name, "x": 1}]},
        {"marks": [{**name, "start": 0.5}]},
        {"marks": [{**name, "label": 3}]},
        {"marks": [{**name, "label": "X"}]},
        {"marks": [{**name, "end": 11}]},
        {"marks": [name, name]},
        {"other": 1},
    ):
        answer = client.post("/api/answer", json={**right, **wrong})
        assert (answer.status_code, set(answer.json())) == (422, {"error"}), wrong

    def post(path, **request):
        return client.post(path, **request).status_code

    assert post("/api/answer", json=right, headers={"Origin": "https://evil.example"}) == 403
    assert post("/api/answer", content=b"{", headers={"Content-Type": "application/json"}) == 400
    assert not (tmp_path / "mine.jsonl").exists()
    assert post("/api/answer", json={**right, "marks": [name]}) == 200
    answer = client.post("/api/answer", json=right)
    assert (answer.status_code, "elsewhere" in answer.json()["error"]) == (409, True)
    assert post("/api/next", json={"order": "x"}) == 422
    assert post("/api/export", json={"format": "x"}) == 422


def test_an_answer_that_cannot_be_written_is_told(client, tmp_path):
    (tmp_path / "mine.jsonl").mkdir()
    right = {"number": 0, "version": 0, "status": "complete", "marks": []}
    answer = client.post("/api/answer", json=right)
    assert answer.status_code == 500
    assert "mine.jsonl: the answer cannot be written (Is a directory)" in answer.json()["error"]
