"""Explanations: the graph is that of the model, and what is shown is what was computed."""

import json
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from window_ner.analysis.explanation import explain, score_graph
from window_ner.cli import main
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import random_word_vectors
from window_ner.errors import InputError
from window_ner.model.files import save_model
from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.row_gradient import RowGradient
from window_ner.nn.window_network import WindowBatch, WindowNetwork, make_layers
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.new_model import untrained_model

SAMPLE = read_conll(resource_folder("data/sample") / "dev.conll")
CORPUS = Corpus(SAMPLE.documents[:3], name="three documents", has_documents=True)
WORDS = [token for s in CORPUS.sentences for token in s.tokens]
VECTORS = [random_word_vectors("random-6d", WORDS, seed=1)]
SENTENCES = [list(s.tokens) for s in CORPUS.sentences[:3]]
MODELS = {
    "lecture": ("lecture",),
    "deep": ("lecture", "hidden=[5, 4]", "loss=softmax", "activation=prelu"),
    "tagger": ("tagger", "hidden=20"),
}


def make_model(name):
    config, *changes = MODELS[name]
    model = untrained_model(load_config(config, changes), CORPUS, VECTORS)
    rng = np.random.default_rng(0)
    weights = [p for name, p in model.network.parameters.items() if name[0] in "bWU"]
    for array in weights:
        array[...] += rng.normal(0, 0.3, array.shape).astype(np.float32)
    return model


@pytest.fixture(scope="module")
def models():
    return {name: make_model(name) for name in MODELS}


# The graph


@given(
    seed=st.integers(0, 2**32 - 1),
    activation=st.sampled_from(list(ACTIVATIONS)),
    hidden=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    flags=st.booleans(),
    centre=st.booleans(),
    outputs=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_scores_and_gradients_are_those_of_the_fused_model(
    seed, activation, hidden, flags, centre, outputs
):
    rng = np.random.default_rng(seed)
    n, window = int(rng.integers(1, 4)), 3
    tables = {"E": rng.normal(size=(6, 4)), "affixes": rng.normal(size=(5, 2))}
    batch = WindowBatch(
        {"E": rng.integers(0, 6, n * window), "affixes": rng.integers(0, 5, (n * window, 3))},
        flags=rng.normal(size=(n * window, 2)) if flags else None,
        centre=rng.normal(size=(n, 3)) if centre else None,
    )
    inputs = window * (4 + 3 * 2 + 2 * flags) + 3 * centre
    layers = make_layers(
        inputs, hidden, outputs, activation=activation, initializer="xavier-normal", rng=rng
    )
    parameters = tables | {name: array.astype(float) for name, array in layers.items()}
    network = WindowNetwork(parameters, window, activation)

    nodes = score_graph(network, batch)
    nodes.graph.backward()
    scores, trace = network.forward(batch)
    assert_allclose(nodes.scores.value, scores, rtol=1e-12, atol=1e-14)
    fused = network.backward(np.ones_like(scores), batch, trace)
    found = nodes.graph.gradients()
    assert found.keys() == fused.keys()
    for name in found:
        one, other = found[name], fused[name]
        if isinstance(one, RowGradient):
            assert (one.rows == other.rows).all()
            one, other = one.values, other.values
        assert_allclose(one, other, rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("name", MODELS)
def test_the_score_is_the_models(models, name):
    model = models[name]
    scores = model.scored(model.encode(SENTENCES)).scores
    words = [word for sentence in SENTENCES for word in sentence]
    word = next(w for w in words if words.count(w) == 1)
    for tag in model.objective.tags if scores.shape[1] > 1 else [None]:
        column = model.objective.tags.index(tag) if tag else 0
        found = explain(model, SENTENCES, word, tag)
        assert_allclose(found.score, scores[words.index(word), column], rtol=1e-4, atol=1e-5)
        assert found.nodes.graph.output.value.shape == (1, 1)


@pytest.mark.parametrize("name", MODELS)
def test_a_word_s_contribution_is_its_part_of_x_times_the_gradient(models, name):
    found = explain(models[name], SENTENCES)
    x, gradient = found.nodes.x.value[0], found.nodes.x.upstream[0]
    width = found.word_width
    parts = [
        sum(x[i] * gradient[i] for i in range(width * w, width * (w + 1)))
        for w in range(len(found.words))
    ]
    assert_allclose(found.contributions, parts, rtol=1e-3, atol=1e-5)
    total = parts + ([found.context] if found.context is not None else [])
    assert_allclose(sum(total), x @ gradient, rtol=1e-3, atol=1e-5)


def test_only_inputs_about_the_centre_word_make_a_context(models):
    assert explain(models["lecture"], SENTENCES).context is None
    assert explain(models["tagger"], SENTENCES).context is not None


# Which word, and which score


def test_by_default_it_is_the_word_that_is_most_of_a_name(models):
    scores = models["lecture"].scored(models["lecture"].encode(SENTENCES)).scores
    assert_allclose(explain(models["lecture"], SENTENCES).score, scores.max(), rtol=1e-5)


def test_the_window_has_padding_beyond_its_sentence(models):
    sentences = [["One", "two"], ["Three", "four", "five"]]
    assert explain(models["lecture"], sentences, "two").words == (None, "One", "two", None, None)
    assert explain(models["lecture"], sentences, "four").words == (
        *(None, "Three", "four", "five", None),
    )


def test_of_equal_words_it_is_the_one_with_the_highest_score(models):
    sentences = [["Oslo", "is", "Oslo", "in", "Oslo"]]
    scores = models["lecture"].scored(models["lecture"].encode(sentences)).scores[:, 0]
    assert_allclose(
        explain(models["lecture"], sentences, "Oslo").score, scores[[0, 2, 4]].max(), rtol=1e-5
    )


def test_by_default_it_is_the_score_of_the_decided_tag(models):
    model = models["deep"]
    found = explain(model, SENTENCES)
    best = model.scored(model.encode(SENTENCES)).scores.max(axis=1)
    assert found.tag == found.decided
    assert np.isclose(best, found.score, rtol=1e-4).any()


@pytest.mark.parametrize(
    ("name", "word", "tag", "message"),
    [
        ("lecture", "Atlantis", None, "no word 'Atlantis' in the text; its words: We, met, Ann"),
        ("lecture", None, "B-PER", "one score"),
        ("deep", None, "B-DOG", r"no tag 'B-DOG'; the model's tags: O, B-"),
    ],
)
def test_a_word_or_tag_that_is_not_there_is_refused(models, name, word, tag, message):
    with pytest.raises(InputError, match=message):
        explain(models[name], [["We", "met", "Ann"]], word, tag)


def test_a_text_without_words_is_refused(models):
    with pytest.raises(InputError, match="no word"):
        explain(models["lecture"], [[]])


# The command


@pytest.fixture(scope="module")
def folders(models, tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    for name, model in models.items():
        save_model(model, root / name)
    return root


@pytest.fixture
def command(folders, monkeypatch, capsys):
    def run(*arguments, model="lecture"):
        given = ["window-ner", "explain", *arguments, "--model", str(folders / model)]
        monkeypatch.setattr(sys, "argv", given)
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return stopped.value.code or 0, out, err

    return run


TEXT = "Museums in Paris are amazing"


def test_text_goes_from_the_score_down_to_the_words(command):
    code, out, _ = command(TEXT, "--word", "Paris")
    assert code == 0
    assert out.startswith("Paris: s = ")
    places = [out.index(f"\n{start}") for start in ("s = ", "h = tanh(z)", "z = ", "x = ", "E ")]
    assert places == sorted(places)
    for word in ("value", "upstream", "local", "downstream"):
        assert f"\n  {word} " in out
    *_, before, centre, after, _last = out.splitlines()
    assert before.split()[0] == "in"
    assert centre.split()[0] == "[Paris]"
    assert after.split()[0] == "are"


@pytest.mark.parametrize("name", MODELS)
def test_json_has_every_node_with_its_gradients(command, name):
    code, out, _ = command(TEXT, "--format", "json", model=name)
    assert code == 0
    report = json.loads(out)
    nodes = report["nodes"]
    assert nodes[-1]["name"] == "s"
    assert nodes[-1]["value"]["values"] == [[pytest.approx(report["score"])]]
    for node in nodes:
        assert all(source < node["id"] for source in node["inputs"])
        assert node["upstream"] is not None
        assert len(node["downstream"]) == len(node["inputs"])
    table = next(node for node in nodes if node["name"] == "E")
    assert set(table["upstream"]["rows"]) <= {"<padding>", "<unknown>", *WORDS}
    assert len(report["window"]) == 5


@pytest.mark.parametrize("name", MODELS)
def test_svg_is_xml_with_the_words(command, name):
    code, out, _ = command(TEXT, "--format", "svg", "--word", "Paris", model=name)
    assert code == 0
    texts = [node.text for node in ET.fromstring(out).iter("{http://www.w3.org/2000/svg}text")]
    for word in TEXT.split():
        assert word in texts


def test_svg_escapes_what_looks_like_markup_and_drops_what_xml_cannot_hold(command):
    # As an argument of a command, a byte that is not UTF-8 is a lone surrogate.
    hostile = 'Ann <script>alert(1)</script> & "Bob" \x01\x1b[0m \udcff ]]> 東京 e\u0301 👩‍👩‍👧'
    for word in (None, "<", "&", "script"):
        code, out, err = command(hostile, "--format", "svg", *(["--word", word] if word else []))
        assert code == 0, err
        assert "<script" not in ET.canonicalize(out).replace("&lt;", "")
        assert "{http://www.w3.org/2000/svg}script" not in {
            n.tag for n in ET.fromstring(out).iter()
        }


def test_svg_keeps_a_long_word_in_its_place(command):
    word = "Donaudampfschifffahrtsgesellschaft" * 3
    _, out, _ = command(f"Die {word} fährt", "--word", word, "--format", "svg")
    shown = [n for n in ET.fromstring(out).iter("{http://www.w3.org/2000/svg}text")]
    cut = [n for n in shown if n.text.startswith("Donau") and n.text.endswith("…")]
    assert len(cut) == 1
    assert cut[0].find("{http://www.w3.org/2000/svg}title").text == word
    assert word not in [n.text for n in shown]


def test_svg_goes_to_a_file(command, tmp_path):
    code, out, _ = command(TEXT, "--format", "svg", "--output", str(tmp_path / "x.svg"))
    assert (code, out) == (0, "")
    ET.parse(tmp_path / "x.svg")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TEXT, "--word", "London"), "its words: Museums, in, Paris, are, amazing"),
        ((" \n",), "no word to explain"),
        ((TEXT, "--tag", "B-LOC"), "--tag"),
        ((TEXT, "--output", "no/such/folder/x"), "cannot be written"),
    ],
)
def test_a_wrong_call_gets_one_line_and_exit_code_2(command, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_bars_are_as_long_as_the_contributions(command):
    _, out, _ = command(TEXT, "--format", "json")
    amounts = [w["contribution"] for w in json.loads(out)["window"]]
    _, out, _ = command(TEXT)
    bars = out.splitlines()[-5:]
    longest = int(np.argmax(np.abs(amounts)))
    assert bars[longest].count("█") == 20
    for amount, bar in zip(amounts, bars, strict=True):
        left, _, right = bar.partition("│")
        assert "█" not in (left if amount >= 0 else right)
