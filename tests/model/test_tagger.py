import json
import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.settings.inputs import CONTEXTS, FLAGS
from window_ner.settings.toml import settings_from
from window_ner.storage.arrays import arrays_from_bytes, arrays_to_bytes
from window_ner.storage.model_folder import read_model_folder as read
from window_ner.storage.model_folder import write_model_folder
from window_ner.training.plan import Plan
from window_ner.training.run import train

TEXT = """
-DOCSTART- X O

Ann NNP B-PER
Lee NNP I-PER
left VBD O
Rome NNP B-LOC

ROME NNP B-LOC
IS VBZ O
COLD JJ O

-DOCSTART- X O

Bob NNP B-PER
saw VBD O
Ann NNP B-PER

The DT O
man NN O
left VBD O
"""
CORPUS = parse_conll(TEXT, name="tiny")
SENTENCES = [list(s.tokens) for s in CORPUS.sentences]
ACTIVATIONS = {"logistic": "prelu", "softmax": "tanh", "crf": "relu"}


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory, lexicon_package):
    path = tmp_path_factory.mktemp("lists") / "places.txt"
    path.write_text("Rome\nNew York\n")
    return str(path)


def trained(loss, gazetteer):
    words = sorted({t.lower() for s in SENTENCES for t in s} | {"paris"})
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    features = {
        "capitals": 3,
        "shape": 2,
        "affixes": 2,
        "affixes_min_count": 1,
        "gazetteers": 2,
        "gazetteers_files": [gazetteer],
        "clusters": 2,
        "casing": 2,
        "columns": 2,
        "columns_numbers": [1],
        "flags": list(FLAGS),
        "context": list(CONTEXTS),
    }
    settings = settings_from(
        {
            "features": features if loss != "logistic" else {},
            "network": {"loss": loss, "hidden": [10, 6], "activation": ACTIVATIONS[loss]},
            "training": {"epochs": 8, "patience": 8, "batch_size": 2, "learning_rate": 0.02},
            "fine_tuning": {"mode": "on"},
        },
        "test",
    )
    return Tagger(train(Plan(settings, CORPUS, CORPUS, [WordVectors("tiny", words, table)])))


@pytest.fixture(scope="module", params=ACTIVATIONS)
def tagger(request, gazetteer):
    return trained(request.param, gazetteer)


@pytest.fixture(scope="module")
def full(gazetteer):
    return trained("crf", gazetteer)


@pytest.fixture
def stored(full, tmp_path):
    full.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_gives_the_very_same_scores(tagger, tmp_path):
    tagger.save(tmp_path / "model")
    model, loaded = tagger.model, load_model(tmp_path / "model")
    first, again = (m.scored(m.encode_corpus(CORPUS)).scores for m in (model, loaded))
    assert_array_equal(first, again)
    assert_array_equal(Tagger(loaded).read_corpus(CORPUS).scores, tagger.read_corpus(CORPUS).scores)
    assert loaded.history == model.history
    assert_array_equal(loaded.seen, model.seen)
    assert loaded.about == model.about


def test_a_loaded_model_can_be_saved_again(stored, tmp_path):
    save_model(load_model(stored), tmp_path / "copy")
    assert read(tmp_path / "copy") == read(stored)


def test_what_is_found_are_spans_with_probabilities(tagger):
    spans, probabilities = tagger.find(SENTENCES)
    assert len(spans) == len(probabilities) > 0
    assert ((probabilities > 0) & (probabilities <= 1 + 1e-6)).all()
    assert all(0 <= s.start < s.end <= CORPUS.token_count for s in spans)


def test_empty_sentences_change_nothing(full):
    spans, probabilities = full.find(SENTENCES, [2, 2])
    with_empty = [[], *SENTENCES[:2], [], [], *SENTENCES[2:], []]
    again, same = full.find(with_empty, [4, 4])
    assert again == spans
    assert_allclose(same, probabilities, rtol=1e-5)
    assert full.tag_batch([[], ["Rome"], []])[::2] == [[], []]


def test_nothing_to_read_is_nothing_found(full):
    assert full.find([])[0] == full.find([[], []])[0] == []
    assert full.tag_batch([]) == []
    assert full(" \n") == []


def test_a_document_does_not_hear_of_the_others(full):
    alone = [full.find(document)[1] for document in (SENTENCES[:2], SENTENCES[2:])]
    assert_allclose(full.find(SENTENCES, [2, 2])[1], np.concatenate(alone), rtol=1e-4)


def test_scores_do_not_depend_on_how_the_text_is_cut_into_chunks(full, monkeypatch):
    text = full.model.encode_corpus(CORPUS)
    whole = full.model.scored(text).scores
    monkeypatch.setattr("window_ner.model.scorer._TOKENS_AT_ONCE", 3)
    assert_allclose(full.model.scored(text).scores, whole, rtol=1e-4, atol=1e-6)


def test_entities_are_slices_of_the_text(tagger):
    text = "  Ann Lee left\tRome.\n\nBob saw Ann  in Paris!"
    for entity in tagger(text):
        assert text[entity.start : entity.end] == entity.text != ""


def test_a_word_of_the_vectors_that_training_lacked_is_unseen(full):
    text = full.model.encode([["Rome", "Paris", "Xyzzy"]])
    assert full.model.unseen(text).tolist() == [False, True, False]


def change_array(folder, name, change):
    files = read(folder)
    arrays = arrays_from_bytes(files["weights.safetensors"], "test")
    if change is None:
        del arrays[name]
    else:
        arrays[name] = change(arrays[name])
    write_model_folder(folder, {**files, "weights.safetensors": arrays_to_bytes(arrays)})


@pytest.mark.parametrize(
    "name", ["E", "capitals", "affixes", "W1", "b2", "U", "transitions", "context.rows", "seen"]
)
def test_a_model_that_lacks_an_array_is_refused(stored, name):
    change_array(stored, name, None)
    with pytest.raises(InputError):
        load_model(stored)


@pytest.mark.parametrize("name", ["E", "shape", "column1", "W1", "U", "context.values", "seen"])
def test_a_model_with_an_array_cut_off_is_refused(stored, name):
    change_array(stored, name, lambda array: array[:-1].copy())
    with pytest.raises(InputError):
        load_model(stored)


@pytest.mark.parametrize("name", ["E", "gazetteers", "W2", "context.values"])
def test_a_model_with_a_number_that_is_none_is_refused(stored, name):
    change_array(stored, name, lambda array: np.full_like(array, np.nan))
    with pytest.raises(InputError):
        load_model(stored)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("W1", lambda array: array.astype(np.float64)),
        ("U", lambda array: array.astype(np.int32)),
        ("E", lambda array: array * np.float32(1e30)),
        ("temperature", lambda array: array * 0),
        ("context.values", lambda array: array.astype(np.float16)),
        ("context.rows", lambda array: array + 10_000),
        ("context.rows", lambda array: array[:, None]),
        ("seen", lambda array: array.astype(np.float32)),
    ],
)
def test_a_model_with_numbers_that_no_training_writes_is_refused(stored, name, change):
    change_array(stored, name, change)
    with pytest.raises(InputError, match=r"the model is damaged \("):
        load_model(stored)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", ["LOC", "LOC"]),
        ("labels", "PER"),
        ("labels", ["LOC", "PER\n"]),
        ("labels", ["LOC", "\ud800"]),
        pytest.param("labels", [f"L{i}" for i in range(50_000)], id="a label for each of 50,000"),
        ("windows", -1),
        ("seed", "1"),
        ("fine_tuning", {}),
        ("fine_tuning", {"fine_tune": 1, "reason": "", "warning": "", "trials": {}}),
        ("corpus", {"name": 3}),
        ("config", []),
    ],
)
def test_a_model_that_says_of_itself_what_no_training_says_is_refused(stored, name, value):
    files = read(stored)
    about = {**json.loads(files["settings.json"]), name: value}
    write_model_folder(stored, {**files, "settings.json": json.dumps(about).encode()})
    with pytest.raises(InputError, match=r"the model is damaged \("):
        load_model(stored)


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("history.jsonl", b"null"),
        ("history.jsonl", b'{"epoch": 1}'),
        ("history.jsonl", b"[" * 100_000),
        ("features.json", b'{"keys": [[]], "gazetteers": []}'),
        ("features.json", b"{}"),
        ("features.json", b"[]"),
        ("features.json", b'{"keys": {}, "gazetteers": []}'),
        ("features.json", b"not json"),
        ("keys.txt", b""),
        ("settings.json", b"{}"),
        ("settings.json", b"[]"),
        ("vocabulary.txt", b"\xff"),
        ("vocabulary.txt", b"one\nword"),
        ("history.jsonl", b"{"),
    ],
)
def test_a_model_with_another_file_in_its_place_is_refused(stored, name, contents):
    write_model_folder(stored, {**read(stored), name: contents})
    with pytest.raises(InputError, match=str(stored)):
        load_model(stored)


@pytest.mark.parametrize("change", [{"window": 3}, {"hidden": [10]}, {"activation": "prelu"}])
def test_settings_that_do_not_fit_the_weights_are_refused(stored, change):
    files = read(stored)
    about = json.loads(files["settings.json"])
    about["settings"]["network"] |= change
    write_model_folder(stored, {**files, "settings.json": json.dumps(about).encode()})
    with pytest.raises(InputError, match="weights"):
        load_model(stored)


def test_loading_does_not_need_the_gazetteer_files(full, tmp_path):
    full.save(tmp_path / "model")
    files = read(tmp_path / "model")
    about = json.loads(files["settings.json"])
    about["settings"]["features"]["gazetteers_files"] = ["/nowhere/places.txt"]
    files = {**files, "settings.json": json.dumps(about).encode()}
    write_model_folder(tmp_path / "model", files)
    rows = load_model(tmp_path / "model").encoder.encode([["Rome"]]).rows["gazetteers"]
    assert_array_equal(rows, full.model.encoder.encode([["Rome"]]).rows["gazetteers"])


def test_evaluation_reads_a_corpus_with_its_documents_and_columns(tagger, monkeypatch):
    read_texts = []
    read_corpus = Tagger.read_corpus

    def spy(self, corpus):
        scored = read_corpus(self, corpus)
        read_texts.append(scored.text)
        return scored

    monkeypatch.setattr(Tagger, "read_corpus", spy)
    evaluate_tagger(tagger, CORPUS)
    expected = tagger.model.encode_corpus(CORPUS)
    (text,) = read_texts
    for table, rows in expected.rows.items():
        assert_array_equal(text.rows[table], rows)
    for part in ("flags", "context"):
        if getattr(expected, part) is not None:
            assert_array_equal(getattr(text, part), getattr(expected, part))


def test_a_stream_of_texts_is_tagged_as_its_texts_are(full):
    texts = ["Ann left Rome .", "", "It rained in Paris ."] * 3
    assert list(full.pipe(iter(texts), batch_size=2)) == [full(text) for text in texts]


@pytest.mark.parametrize(
    "text, problem",
    [
        (None, "None; leave it out, or put '' in its place"),
        (float("nan"), "nan; leave it out"),
        (b"Ann", r"bytes; decode them first, like text\.decode\('utf-8'\)"),
        (["Ann left", "Bob"], r"a list; for many texts use tagger\.pipe\(texts\)"),
    ],
)
def test_what_is_no_text_is_refused(full, text, problem):
    with pytest.raises(InputError, match=f"expected a text, got {problem}"):
        full(text)


def test_a_tagger_is_shown_in_one_line(full):
    assert re.fullmatch("Tagger of [A-Z, ]+, which knows [0-9,]+ words", repr(full))


def test_an_entity_knows_its_tokens(full):
    text = "Ann Lee left Rome , Bob saw Ann"
    for entity in full(text, pretokenized=True):
        assert " ".join(text.split()[entity.start_token : entity.end_token]) == entity.text


def test_a_tagger_can_be_sent_to_another_process(full):
    full.tag(["Ann"])
    copy = pickle.loads(pickle.dumps(full))
    assert copy.tag(["Ann", "left", "Rome"]) == full.tag(["Ann", "left", "Rome"])


def test_threads_may_share_a_tagger(full):
    words = ["Ann", "Lee", "left", "Rome", "The", "man", "saw", "Bob", "COLD"]
    sentences = [[w + str(i) for w in words[: 1 + i % 9]] + words for i in range(200)]
    expected = [full.tag(s) for s in sentences]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(full.tag, sentences)) == expected


def test_a_small_model_is_rounded_and_reads_as_before(full, tmp_path, monkeypatch):
    monkeypatch.setattr("window_ner.storage.arrays._LARGE", 60)  # so that these tables are large
    full.save(tmp_path / "small", small=True)
    arrays = arrays_from_bytes(read(tmp_path / "small")["weights.safetensors"], "x")
    assert arrays["E"].dtype == np.uint8  # half a byte a number
    small = load_model(tmp_path / "small")
    model = full.model
    E = model.network.parameters["E"]
    assert_allclose(small.network.parameters["E"], E, atol=float(np.abs(E).max()) / 20)
    text, as_before = (t.encoder.encode_corpus(CORPUS) for t in (small, model))
    assert_allclose(text.context, as_before.context, atol=0.05)
    scores = model.scored(as_before).scores
    assert_allclose(small.scored(text).scores, scores, atol=0.05 * float(np.abs(scores).max()))
