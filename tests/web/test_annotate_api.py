import contextlib

import pytest

from window_ner.data.tag_schemes import Span
from window_ner.web.annotate.answers import sentences_of
from window_ner.web.annotate.api import AnnotateApi, make_annotate_app
from window_ner.web.annotate.learning import Learner, Learnt
from window_ner.web.annotate.store import Store

FOUND = Learnt(None, held_out={0: [Span(1, 2, "DRUG"), Span(2, 3, "OTHER")]})
TEXT = "Take aspirin daily. Rest."
ANSWER = {"number": 0, "version": 0, "status": "complete", "marks": [], "picked": "order"}


class Page:
    """A page that asks the server about its sentences."""

    def __init__(self, client):
        self.client = client
        self.task = client.get("/api/state").json()["task"]

    def ask(self, address, **body):
        return self.client.post(address, json={"task": self.task, **body})

    def next(self, tab="a", order="order"):
        return self.ask("/api/next", order=order, tab=tab).json()["number"]


@contextlib.contextmanager
def serving(folder, name="mine.jsonl", text=TEXT, labels=("DRUG",)):
    """A page of annotate, with a model that was cross-validated."""
    from starlette.testclient import TestClient

    store = Store(list(sentences_of(text, {"file": "a.txt"}, 0)), labels, folder / name)
    with store.open():
        learner = Learner(None, store.examples)
        learner.learnt = FOUND
        app = make_annotate_app(AnnotateApi(store, learner, None, ""))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            yield Page(client)


@pytest.fixture
def page(tmp_path):
    with serving(tmp_path) as page:
        yield page


def test_an_answered_sentence_has_the_names_of_a_model_that_has_not_seen_the_answer(page):
    assert page.ask("/api/open", number=0).json()["suggestions"] == []
    page.ask("/api/answer", **ANSWER).raise_for_status()
    view = page.ask("/api/open", number=0).json()
    name = {"start": 5, "end": 12, "label": "DRUG", "score": None, "source": "model"}
    assert view["suggestions"] == [name]
    (listed,) = page.client.get("/api/review").json()
    assert (listed["number"], listed["extra"]) == (0, [])
    assert {"start": 5, "end": 12, "label": "DRUG"} in listed["missing"]


@pytest.mark.parametrize("looks", range(4))
def test_a_sentence_is_opened_while_a_training_ends(page, monkeypatch, looks):
    """After so many looks at what is learnt, the thread of the learner has replaced it."""
    page.ask("/api/answer", **ANSWER).raise_for_status()
    before = iter([Learnt(None)] * looks)
    monkeypatch.setattr(Learner, "learnt", property(lambda _: next(before, FOUND)), raising=False)
    assert page.ask("/api/open", number=0).status_code == 200


def test_two_tabs_are_given_different_sentences(page):
    """So that they do not overwrite each other."""
    assert {page.next("a"), page.next("b")} == {0, 1}


def test_the_sentence_of_a_tab_is_free_for_that_tab(page):
    """It is shown again after a correction and when the page is loaded again, as the next one."""
    assert [page.next("a"), page.next("a"), page.next("b")] == [0, 0, 1]


@pytest.mark.parametrize(
    "other",
    [{"text": "Take ibuprofen daily. Rest."}, {"labels": ("DRUG", "DOSE")}, {"name": "b.jsonl"}],
)
def test_a_page_of_another_text_labels_or_output_is_told_to_load_anew(tmp_path, other):
    with serving(tmp_path) as page:
        task = page.task
    with serving(tmp_path, **other) as now:
        now.task = task
        for address, body in (("next", {}), ("open", {"number": 0}), ("answer", ANSWER)):
            answer = now.ask(f"/api/{address}", **body)
            assert answer.status_code == 409
            assert "load the page anew" in answer.json()["error"]


def test_a_page_goes_on_when_its_server_starts_again(tmp_path):
    with serving(tmp_path) as page:
        task = page.task
    with serving(tmp_path) as again:
        assert again.task == task


def test_wrong_answers_are_refused_and_not_stored(page, tmp_path):
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
        answer = page.ask("/api/answer", **{**ANSWER, **wrong})
        assert (answer.status_code, set(answer.json())) == (422, {"error"}), wrong

    def post(**request):
        return page.client.post("/api/answer", **request).status_code

    right = {"task": page.task, **ANSWER}
    assert post(json=right, headers={"Origin": "https://evil.example"}) == 403
    assert post(content=b"{", headers={"Content-Type": "application/json"}) == 400
    assert not (tmp_path / "mine.jsonl").exists()
    assert post(json={**right, "marks": [name]}) == 200
    answer = page.ask("/api/answer", **ANSWER)
    assert (answer.status_code, "elsewhere" in answer.json()["error"]) == (409, True)
    assert page.ask("/api/next", order="x").status_code == 422
    assert page.client.post("/api/export", json={"format": "x"}).status_code == 422


def test_an_answer_that_cannot_be_written_is_told(page, tmp_path):
    (tmp_path / "mine.jsonl").mkdir()
    answer = page.ask("/api/answer", **ANSWER)
    assert answer.status_code == 500
    assert "mine.jsonl: the answer cannot be written (Is a directory)" in answer.json()["error"]


def test_the_output_may_have_a_name_that_is_not_utf_8(tmp_path):
    with serving(tmp_path, "\udcff.jsonl") as page:
        assert page.client.get("/api/state").json()["output"] == "\ufffd.jsonl"
