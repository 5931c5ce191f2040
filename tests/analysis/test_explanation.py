"""Explanations: the graph equals the model, and the output shows the computed values."""

import json
import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from rich.cells import cell_len

from window_ner.analysis.explained_layers import explained_layers
from window_ner.analysis.explanation import explain, score_graph
from window_ner.analysis.picture import svg
from window_ner.analysis.picture_shapes import signed
from window_ner.analysis.verdict import why_not
from window_ner.analysis.window_game import average_word, window_game
from window_ner.cli import main
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import random_word_vectors
from window_ner.errors import InputError
from window_ner.model.stored_model import save_model
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
    "no hidden layer": ("lecture", "hidden=[]"),
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
    hidden=st.lists(st.integers(1, 5), max_size=3),
    flags=st.booleans(),
    centre=st.booleans(),
    outputs=st.integers(1, 4),
)
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
def test_gradient_times_input_is_a_words_part_of_x_times_its_gradient(models, name):
    found = explain(models[name], SENTENCES)
    x, gradient = found.nodes.x.value[0], found.nodes.x.upstream[0]
    width = found.word_width
    parts = [
        sum(x[i] * gradient[i] for i in range(width * w, width * (w + 1)))
        for w in range(len(found.words))
    ]
    guess = found.gradient_times_input
    assert_allclose(guess.words, parts, rtol=1e-3, atol=1e-5)
    assert_allclose(guess.total, x @ gradient, rtol=1e-3, atol=1e-5)


def test_with_prelu_only_the_biases_are_missing_from_gradient_times_input(models):
    found = explain(models["deep"], SENTENCES)
    biases = sum(
        np.vdot(node.value, node.upstream)
        for node in found.nodes.graph.order
        if node.name in ("b1", "b2")
    )
    assert abs(biases) > 0.01
    assert_allclose(found.gradient_times_input.total + biases, found.score, rtol=1e-4)
    assert why_not(found).endswith(f"the biases are left out, which add {biases:+.3f}")


def test_with_tanh_gradient_times_input_is_not_the_score_because_of_its_curve(models):
    assert "tanh is curved" in why_not(explain(models["lecture"], SENTENCES))


def test_hard_tanh_is_not_called_curved_as_it_is_made_of_straight_lines():
    model = untrained_model(load_config("lecture", ["activation=hard-tanh"]), CORPUS, VECTORS)
    said = why_not(explain(model, SENTENCES))
    assert said == "not the score: hard-tanh has corners, so a slope holds for small changes only"


def test_only_inputs_about_the_centre_word_make_a_context(models):
    for name, expected in (("lecture", False), ("tagger", True)):
        found = explain(models[name], SENTENCES)
        for parts in (found.shapley, found.gradient_times_input):
            assert (parts.context is not None) == expected


def test_a_number_names_the_token_to_explain(models):
    tokens = [word for sentence in SENTENCES for word in sentence]
    for number in (0, 5, len(tokens) - 1):
        assert explain(models["lecture"], SENTENCES, number).centre == tokens[number]
        assert explain(models["lecture"], SENTENCES, np.int64(number)).centre == tokens[number]
    with pytest.raises(InputError, match=f"no word number {len(tokens)}"):
        explain(models["lecture"], SENTENCES, len(tokens))


@pytest.mark.parametrize("name", MODELS)
def test_what_the_units_of_a_layer_pass_on_is_what_arrives_above(models, name):
    found = explain(models[name], SENTENCES, 1)
    layers = explained_layers(found)
    b = {node.name: node.value for node in found.nodes.graph.order}
    arriving = [layers.from_words, *layers.upward]
    for number, flows in zip(layers.names, arriving[:-1], strict=True):
        z = found.node(f"z{number}").value[0]
        assert_allclose(flows.sum(axis=1) + b[f"b{number}"], z, rtol=1e-4, atol=1e-5)
    assert_allclose(arriving[-1].sum(), found.score, rtol=1e-4, atol=1e-5)


# What each word adds


def assert_adds_up(found, tolerance=1e-9):
    assert_allclose(found.empty_score + found.shapley.total, found.score, atol=tolerance)
    assert_allclose(found.score, found.nodes.scores.value.item(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_shapley_values_add_up_to_the_score_of_every_word_and_tag(models, name):
    model = models[name]
    for word in SENTENCES[0][:4]:
        for tag in model.objective.tags[:3] if model.objective.outputs > 1 else [None]:
            found = explain(model, SENTENCES, word, tag)
            assert found.sampling_error == 0
            assert_adds_up(found)


def test_shapley_values_of_the_bundled_model_add_up(english):
    sentences = [["Angela", "Merkel", "met", "Tim", "Cook", "in", "Paris", "."]]
    for word, tag in (("Merkel", None), ("Merkel", "O"), ("Paris", "S-LOC")):
        found = explain(english.model, sentences, word, tag)
        assert_adds_up(found)
        assert found.words[np.argmax(np.abs(found.shapley.words))] == word


def test_the_empty_window_is_the_same_for_every_sentence_without_padding(models):
    words = [f"w{i}" for i in range(5)]
    one = explain(models["lecture"], [words], "w2")
    other = explain(models["lecture"], [["The", "old", "man", "and", "Ann"]], "man")
    assert one.empty_score == other.empty_score
    assert one.score != other.score


def test_padding_is_no_player(models):
    first, second = SENTENCES[0][:2]
    found = explain(models["lecture"], [[first, second]], first)
    assert found.words == (None, None, first, second, None)
    assert (found.shapley.words[[0, 1, 4]] == 0).all()
    assert (found.shapley.words[[2, 3]] != 0).all()
    assert_adds_up(found)


def test_an_average_word_adds_nothing(models):
    model = models["lecture"]
    row = model.encoder.vocabulary.row("in")
    before = model.network.parameters["E"][row].copy()
    model.network.parameters["E"][row] = average_word(model).words
    word = next(w for w in WORDS if w != "in")
    found = explain(model, [["The", word, "in", word, "."]], "in")
    model.network.parameters["E"][row] = before
    assert abs(found.shapley.words[found.words.index("in")]) < 1e-3
    assert abs(found.shapley.words[found.words.index(word)]) > 1e-2


@pytest.mark.parametrize("name", MODELS)
def test_a_subset_has_the_score_of_the_window_with_average_words_for_the_others(models, name):
    model = models[name]
    batch = model.encode(SENTENCES).windows(np.array([4]))
    average = average_word(model)
    x = model.network.inputs(batch)[0]
    width = len(average.words)
    game, players = window_game(model.network, batch, range(5), average)
    assert players == 5 + (average.centre is not None)
    subset = np.arange(players) % 2 == 0  # the first word, the third and the fifth
    for word in (1, 3):
        x[word * width : (word + 1) * width] = average.words
    if players > 5:
        x[5 * width :] = average.centre
    h = x
    for layer in model.network.layers:
        W, b = (model.network.parameters[kind + layer] for kind in "Wb")
        h = model.network.activation.forward(W @ h + b, model.network.slope(layer))
    expected = (model.network.parameters["U"] @ h)[0]
    assert_allclose(game(subset[None]), [expected], rtol=1e-4, atol=1e-5)


def test_a_long_window_is_sampled_and_adds_up_too(models):
    model = untrained_model(load_config("lecture", ["window=13"]), CORPUS, VECTORS)
    words = [WORDS[i] for i in range(20)]
    found = explain(model, [words], words[10])
    assert 0 < found.sampling_error < 0.1
    assert_adds_up(found)
    again = explain(model, [words], words[10])
    assert (again.shapley.words == found.shapley.words).all()


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


def test_an_error_lists_the_first_words_of_a_long_text(models):
    with pytest.raises(InputError, match=r"its words: (We, ){20}…$"):
        explain(models["lecture"], [["We"] * 21], "Atlantis")


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
def command(folders, call_main):
    def run(*arguments, model="lecture"):
        return call_main("explain", *arguments, "--model", str(folders / model))

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
    shapley, guess = bars(out)
    assert [*shapley] == ["average words", "Museums", "in", "[Paris]", "are", "amazing", "= score"]
    assert [*guess] == ["Museums", "in", "[Paris]", "are", "amazing", "sum"]


def bars(out):
    """Read the two blocks of bars: name -> number."""
    blocks = out[out.index("What each word adds") :].split("\n\n")
    return [
        {
            name.strip(): float(number)
            for name, number in re.findall(r"^  (.*?) +([+-]\d+\.\d+)", block, re.MULTILINE)
        }
        for block in blocks
    ]


@pytest.mark.parametrize("name", MODELS)
def test_text_json_and_svg_show_the_same_numbers(command, name):
    arguments = (TEXT, "--word", "amazing")
    shapley, guess = bars(command(*arguments, model=name)[1])
    report = json.loads(command(*arguments, "--format", "json", model=name)[1])
    svg = ET.fromstring(command(*arguments, "--format", "svg", model=name)[1])
    texts = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}text")]
    entries = report["window"] + ([report["context"]] if report["context"] else [])
    assert (report["context"] is not None) == (name == "tagger")
    fair = [entry["shapley"] for entry in entries]
    first_order = [entry["gradient_times_input"] for entry in entries]
    assert_allclose(report["empty_score"] + sum(fair), report["score"], atol=1e-9)
    assert report["sampling_error"] == 0
    words = [f for f, entry in zip(fair, entries, strict=True) if entry.get("word", "context")]
    shown = [report["empty_score"], *words, report["score"]]
    padding = shapley.pop("·", 0.0)
    assert padding == 0
    assert_allclose([*shapley.values()], shown, atol=6e-4)
    assert_allclose(guess["sum"], sum(first_order), atol=6e-4)
    for number in (*fair, *first_order):
        assert signed(number) in texts
    assert any(signed(report["empty_score"]) in line for line in texts if "add up" in line)
    assert any(signed(sum(first_order)) in line for line in texts if "sums to" in line)


def test_without_a_hidden_layer_gradient_times_input_is_the_score(command):
    report = json.loads(command(TEXT, "--format", "json", model="no hidden layer")[1])
    assert sum(e["gradient_times_input"] for e in report["window"]) == pytest.approx(
        report["score"]
    )
    assert "the score: without a hidden layer" in command(TEXT, model="no hidden layer")[1]


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


def test_svg_takes_the_gradient_of_x_from_the_first_layer(command):
    for name, said in (("lecture", "Wᵀ δ"), ("deep", "W1ᵀ δ1"), ("no hidden layer", "Uᵀ")):
        assert f">∂s/∂x = {said}<" in command(TEXT, "--format", "svg", model=name)[1]


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


def test_svg_of_a_very_long_window_has_no_negative_widths():
    model = untrained_model(load_config("lecture", ["window=101"]), CORPUS, VECTORS)
    picture = ET.fromstring(svg(explain(model, SENTENCES)))
    widths = [float(n.get("width")) for n in picture.iter("{http://www.w3.org/2000/svg}rect")]
    assert len(widths) > 300
    assert min(widths) >= 0


def test_svg_goes_to_a_file(command, tmp_path):
    code, out, _ = command(TEXT, "--format", "svg", "--output", str(tmp_path / "x.svg"))
    assert (code, out) == (0, "")
    ET.parse(tmp_path / "x.svg")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TEXT, "--word", "London"), "its words: Museums, in, Paris, are, amazing"),
        ((" \n",), "no word to explain"),
        ((TEXT, "--tag", "B-LOC"), "no tag 'B-LOC'"),
        ((TEXT, "--output", "no/such/folder/x"), "cannot be written"),
    ],
)
def test_a_wrong_call_gets_one_line_and_exit_code_2(command, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


@pytest.mark.parametrize("text", ["東京 の Paris", "Paris e\u0301 👩 ｱｲ"])
def test_bars_begin_in_one_column_also_after_characters_of_two_columns_or_none(command, text):
    _, out, _ = command(text, "--word", "Paris")
    shapley, guess = (
        [line for line in block.splitlines() if "│" in line] for block in out.split("\n\n")[-2:]
    )
    assert len(shapley) == len(guess) == 5
    assert len({cell_len(line.partition("│")[0]) for line in shapley + guess}) == 1


def test_bars_are_as_long_as_what_they_show(command):
    report = json.loads(command(TEXT, "--format", "json")[1])
    _, out, _ = command(TEXT)
    drawn = [line for line in out.splitlines() if "│" in line]
    for kind, block in (("shapley", drawn[:5]), ("gradient_times_input", drawn[5:])):
        amounts = [w[kind] for w in report["window"]]
        longest = int(np.argmax(np.abs(amounts)))
        assert block[longest].count("█") == 20
        for amount, bar in zip(amounts, block, strict=True):
            left, _, right = bar.partition("│")
            assert "█" not in (left if amount >= 0 else right)


def test_a_tagger_explains_a_word_of_a_text_and_a_notebook_shows_a_picture(
    english, capsys, monkeypatch
):
    explanation = english.explain("Museums in Paris are amazing.", "Paris")
    picture = explanation._repr_svg_()
    assert ET.fromstring(picture).tag.endswith("svg")
    assert re.fullmatch(r"Paris: s = \d+\.\d{3} for \w-LOC", repr(explanation))
    command = ["explain", "Museums in Paris are amazing.", "--word", "Paris", "--format", "svg"]
    monkeypatch.setattr(sys, "argv", ["window-ner", *command])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out == picture
    with pytest.raises(InputError, match="no word 'Rome' in the text"):
        english.explain("Museums in Paris.", "Rome")
    with pytest.raises(InputError, match="the text has no word"):
        english.explain(" ")
