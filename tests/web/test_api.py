import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

TEXT = "Angela Merkel met Tim Cook at Apple in Cupertino."


def names(answer):
    return [(e["word"], e["entity_group"]) for e in answer]


def test_one_text_is_answered_with_its_names_as_hugging_face_does(client):
    answer = client.post("/api/tag", json={"inputs": TEXT}).json()
    assert [set(each) for each in answer] == [{"entity_group", "score", "word", "start", "end"}] * 4
    assert names(answer)[:2] == [("Angela Merkel", "PER"), ("Tim Cook", "PER")]
    assert all(TEXT[e["start"] : e["end"]] == e["word"] for e in answer)


def test_a_list_of_texts_is_answered_with_a_list_for_each(client):
    answer = client.post("/api/tag", json={"inputs": [TEXT, "", "no names here"]}).json()
    assert [len(each) for each in answer] == [4, 0, 0]
    assert client.post("/api/tag", json={"inputs": []}).json() == []
    assert client.post("/api/tag", json={"inputs": ""}).json() == []


def test_the_names_are_those_of_the_tagger(client, tagger):
    answer = client.post("/api/tag", json={"inputs": TEXT}).json()
    assert names(answer) == [(e.text, e.label) for e in tagger(TEXT)]


def test_parameters_of_a_client_of_hugging_face_are_understood(client):
    parameters = {"aggregation_strategy": "simple", "ignore_labels": ["PER"]}
    body = {"inputs": TEXT, "parameters": parameters, "options": {"wait_for_model": True}}
    assert names(client.post("/api/tag", json=body).json()) == [
        ("Apple", "ORG"),
        ("Cupertino", "LOC"),
    ]
    body = {"inputs": TEXT, "parameters": {"min_score": 0.95}}
    assert all(e["score"] >= 0.95 for e in client.post("/api/tag", json=body).json())


def test_offsets_count_characters_and_markup_is_only_text(client):
    text = "😀 <b>Angela Merkel</b> 👩‍👩‍👧 met Tim Cook"
    answer = client.post("/api/tag", json={"inputs": text}).json()
    assert all(text[e["start"] : e["end"]] == e["word"] for e in answer)
    assert ("Tim Cook", "PER") in names(answer)


def test_half_a_character_does_no_harm(client):
    body = b'{"inputs": "Angela Merkel \\ud83d met Tim Cook"}'
    answer = client.post("/api/tag", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()[0]["word"] == "Angela Merkel"


@given(st.text(max_size=200))
def test_any_text_is_read_with_tokens_and_names_in_its_bounds(client, text):
    read = client.post("/api/read", json={"text": text})
    assert read.status_code == 200, read.text
    tokens = read.json()["tokens"]
    assert tokens == sorted(tokens)
    assert all(0 <= start < end <= len(text) for start, end in tokens)
    edges = {edge for token in tokens for edge in token}
    assert all({e["start"], e["end"]} <= edges for e in read.json()["entities"])


BROKEN = {
    "no JSON": (b"{", 400),
    "empty": (b"", 400),
    "not UTF-8": (b'{"inputs": "\xff"}', 400),
    "NaN": (b'{"inputs": NaN}', 400),
    "deep": (b"[" * 100_000, 400),
    "a long number": (b'{"inputs": ' + b"9" * 10_000 + b"}", 400),
    "a list": (b"[]", 422),
    "no inputs": (b"{}", 422),
    "a number": (b'{"inputs": 3}', 422),
    "a list of numbers": (b'{"inputs": ["a", 3]}', 422),
    "a misspelt key": (b'{"input": "a"}', 422),
    "an unknown model": (b'{"inputs": "a", "model": "x"}', 422),
    "a model that is no name": (b'{"inputs": "a", "model": 1}', 422),
    "parameters that are no object": (b'{"inputs": "a", "parameters": []}', 422),
    "an unknown parameter": (b'{"inputs": "a", "parameters": {"x": 1}}', 422),
    "another strategy": (b'{"inputs": "a", "parameters": {"aggregation_strategy": "none"}}', 422),
    "a strategy that is a list": (
        b'{"inputs": "a", "parameters": {"aggregation_strategy": []}}',
        422,
    ),
    "a probability above 1": (b'{"inputs": "a", "parameters": {"min_score": 2}}', 422),
    "labels that are no list": (b'{"inputs": "a", "parameters": {"ignore_labels": "PER"}}', 422),
    "too many texts": (json.dumps({"inputs": ["a"] * 1001}).encode(), 413),
    "too long": (b'{"inputs": "' + b"a" * 1_000_000 + b'"}', 413),
}


@pytest.mark.parametrize("body, status", BROKEN.values(), ids=BROKEN)
def test_a_broken_body_is_answered_with_what_is_wrong(client, body, status):
    answer = client.post("/api/tag", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_refused(client, kind):
    answer = client.post("/api/tag", content=b'{"inputs": "a"}', headers={"content-type": kind})
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["error"]


def test_a_compressed_body_is_refused(client):
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert client.post("/api/tag", content=b"x", headers=headers).status_code == 415


# Explaining


def test_the_word_at_a_character_is_explained(client):
    question = {"text": TEXT, "start": TEXT.index("Cupertino") + 2}
    posted = client.post("/api/explain", json=question).json()
    assert posted == client.get("/api/explain", params=question).json()
    assert (posted["word"], posted["decided"]) == ("Cupertino", "S-LOC")
    assert TEXT[posted["start"] : posted["end"]] == "Cupertino"
    parts = [each["shapley"] for each in posted["window"]] + [posted["context"]["shapley"]]
    assert posted["score"] == pytest.approx(posted["empty_score"] + sum(parts), abs=1e-4)
    assert sum(posted["probabilities"].values()) == pytest.approx(1, abs=0.01)


def test_the_picture_gets_at_most_120_lines_between_two_layers(client):
    network = client.get("/api/explain", params={"text": TEXT}).json()["network"]
    assert len(network["lines"][0]) == 120
    assert 50 < len(network["lines"][1]) <= 120  # units that are 0 pass nothing on
    (hidden,) = network["hidden"]
    for (word, unit, _), (below, above, _) in zip(*network["lines"], strict=False):
        assert word < len(network["words"])
        assert unit < len(hidden["h"]) == len(hidden["delta"])
        assert (below < len(hidden["h"]), above) == (True, 0)


def test_another_tag_can_be_explained(client):
    question = {"text": TEXT, "start": 0, "tag": "O"}
    assert client.post("/api/explain", json=question).json()["tag"] == "O"


@pytest.mark.parametrize(
    "question",
    [
        {"text": ""},
        {"text": "  "},
        {"text": "a", "start": 5},
        {"text": "  a", "start": 0},
        {"text": "a", "start": -1},
        {"text": "a", "start": 0.5},
        {"text": "a", "start": True},
        {"text": "a", "tag": "X"},
        {"text": "a", "word": "a"},
        {"start": 0},
    ],
)
def test_a_question_about_no_word_is_refused(client, question):
    for answer in (
        client.post("/api/explain", json=question),
        client.get("/api/explain", params=question),
    ):
        assert answer.status_code == 422
        assert answer.json()["error"]


def test_a_text_without_a_word_is_refused_with_what_to_send_instead(client):
    answer = client.post("/api/explain", json={"text": " "})
    expected = 'the text has no word to explain; give one like "Museums in Paris."'
    assert (answer.status_code, answer.json()["error"]) == (422, expected)


# Files


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "html", "conll"])
def test_a_download_is_what_predict_writes(client, call_main, form):
    wanted = {"text": TEXT, "format": form, "min_score": 0.8}
    answer = client.post("/api/export", json=wanted)
    assert answer.headers["content-disposition"] == f'attachment; filename="names.{form}"'
    code, printed, _ = call_main("predict", TEXT, "--format", form, "--min-score", "0.8")
    assert (code, printed) == (0, answer.text)


def test_another_format_is_refused(client):
    answer = client.post("/api/export", json={"text": TEXT, "format": "exe"})
    assert answer.status_code == 422
    assert "json, jsonl, csv, html, conll" in answer.json()["error"]


# What else there is


def test_the_models_are_listed(client):
    answer = client.get("/api/models").json()
    (model,) = answer["models"]
    assert (model["name"], model["labels"]) == ("english", ["LOC", "MISC", "ORG", "PER"])
    assert "S-PER" in model["tags"]
    assert client.get("/healthz").json() == {"status": "ok"}


def test_the_openapi_document_names_the_addresses_that_exist(client):
    from importlib.metadata import version

    document = client.get("/openapi.json").json()
    assert document["info"]["version"] == version("window-ner")
    for path, methods in document["paths"].items():
        for method in methods:
            answer = client.request(method, path, json={} if method == "post" else None)
            assert answer.status_code in (200, 422), path
            assert str(answer.status_code) in methods[method]["responses"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/static/nothing.js", "/static/..%2fapp.py", "/static/../app.py", "/api/"]
)
def test_what_does_not_exist_is_not_found(client, path):
    answer = client.get(path)
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


def test_another_method_is_refused(client):
    assert client.get("/api/tag").status_code == 405
    assert client.delete("/healthz").status_code == 405
