"""The precomputed first layer scores what the plain forward pass scores."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.corpus import Sentence
from window_ner.data.encoder import Encoder
from window_ner.data.features import build_features
from window_ner.data.vocabulary import Vocabulary
from window_ner.model.precomputed import PrecomputedNetwork
from window_ner.nn.window_network import WindowNetwork, make_layers
from window_ner.settings.inputs import FLAGS, FeatureSettings

WORDS = [
    "the",
    "The",
    "THE",
    "Paris",
    "PARIS",
    "eBay",
    "U.S.",
    "1996",
    "of",
    "walked",
    "Xyz",
    "xyz",
]
DIMENSION = 3

sentences_of_words = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), min_size=1, max_size=12
)


def a_model(rng, *, window, hidden, activation, features):
    vocabulary = Vocabulary(("the", "paris", "u.s.", "of"))
    built = build_features(features, [Sentence(tuple(WORDS), ("O",) * len(WORDS))])
    vectors = rng.normal(size=(len(vocabulary), DIMENSION)).astype(np.float32)
    encoder = Encoder(vocabulary, window, built, vectors if features.context else None)
    layers = make_layers(
        encoder.inputs(DIMENSION), hidden, 5, activation=activation, initializer="he", rng=rng
    )
    tables = {t: rng.normal(size=s).astype(np.float32) for t, s in built.table_shapes.items()}
    for name in layers:
        if name[0] == "b":
            layers[name] += rng.normal(size=layers[name].shape).astype(np.float32)
    return encoder, WindowNetwork({"E": vectors, **tables, **layers}, window, activation)


def plain_scores(network, text):
    return network.forward(text.sentences(np.arange(len(text.lengths))))[0]


FULL = FeatureSettings(
    capitals=2,
    shape=2,
    shape_min_count=1,
    affixes=2,
    affixes_min_count=1,
    flags=tuple(FLAGS),
    context=("sentence", "headline", "document"),
)


@given(
    sentences=sentences_of_words,
    window=st.sampled_from([1, 3, 5, 7]),
    hidden=st.sampled_from([(8,), (300,), (6, 4)]),
    activation=st.sampled_from(["tanh", "relu", "prelu"]),
    features=st.sampled_from([FeatureSettings(), FULL]),
    seed=st.integers(0, 99),
)
def test_it_equals_the_forward_pass(sentences, window, hidden, activation, features, seed):
    rng = np.random.default_rng(seed)
    encoder, network = a_model(
        rng, window=window, hidden=hidden, activation=activation, features=features
    )
    text = encoder.encode(sentences)
    centre = 0 if text.context is None else text.context.shape[1]
    fast = PrecomputedNetwork(network, len(features.flags), 0, centre, rows=10_000)
    expected = plain_scores(network, text)
    # the rows of the table are rounded to 16 bits, so errors grow with the largest scores
    atol = max(1e-2, 5e-3 * np.abs(expected).max(initial=0))
    for _ in range(2):  # from an empty table, and from a filled one
        np.testing.assert_allclose(fast.scores(text), expected, rtol=1e-2, atol=atol)


def test_numbers_of_the_centre_word_count_too():
    rng = np.random.default_rng(3)
    encoder, network = a_model(rng, window=3, hidden=(8,), activation="relu", features=FULL)
    text = encoder.encode([["Paris", "walked"], ["of", "the", "U.S."]])
    own = rng.uniform(-1, 1, size=(5, 2)).astype(np.float32)
    W = network.parameters["W"]
    split = W.shape[1] - text.context.shape[1]
    more = rng.normal(size=(len(W), 2)).astype(np.float32)
    network.parameters["W"] = np.concatenate([W[:, :split], more, W[:, split:]], axis=1)
    text = type(text)(text.rows, text.lengths, text.size, text.flags, own, text.context, text.typed)
    fast = PrecomputedNetwork(network, len(FULL.flags), 2, text.context.shape[1], rows=10_000)
    np.testing.assert_allclose(fast.scores(text), plain_scores(network, text), rtol=1e-2, atol=1e-2)


@pytest.fixture
def small_table(monkeypatch):
    """Make a table that is full after a few types, and an encoder that forgets."""
    monkeypatch.setattr("window_ner.model.precomputed._FEWEST_ROWS", 1)
    rng = np.random.default_rng(5)
    encoder, network = a_model(rng, window=5, hidden=(8,), activation="tanh", features=FULL)
    types = encoder.word_types()
    types.most = 6
    encode = partial(encoder.encode, types=types)
    centre = 3 * DIMENSION
    return encode, network, PrecomputedNetwork(network, len(FULL.flags), 0, centre, rows=0)


def test_a_full_table_starts_anew(small_table):
    encode, network, fast = small_table
    rng = np.random.default_rng(6)
    for _ in range(30):
        sentences = [list(rng.choice(WORDS, size=rng.integers(1, 7))) for _ in range(5)]
        text = encode(sentences)
        np.testing.assert_allclose(
            fast.scores(text), plain_scores(network, text), rtol=1e-2, atol=1e-2
        )
    assert len(fast._table[0]) == 21


def test_a_sentence_with_more_types_than_the_table_holds(small_table):
    encode, network, fast = small_table
    text = encode([["The"], [*WORDS, *(f"w{i}" for i in range(40)), *WORDS], ["of"]])
    np.testing.assert_allclose(fast.scores(text), plain_scores(network, text), rtol=1e-2, atol=1e-2)
    assert len(fast._table[0]) == 21


def test_texts_of_different_numberings_do_not_mix(small_table):
    encode, network, fast = small_table
    old = encode([WORDS])
    new = encode([WORDS[::-1]])
    assert old.typed.numbering is not new.typed.numbering
    for text in (old, new, old):
        np.testing.assert_allclose(
            fast.scores(text), plain_scores(network, text), rtol=1e-2, atol=1e-2
        )


def test_a_full_table_keeps_the_rows_that_are_used_most():
    rng = np.random.default_rng(7)
    features = FeatureSettings()
    encoder, network = a_model(rng, window=3, hidden=(8,), activation="relu", features=features)
    words = [f"w{i}" for i in range(12_000)]
    rows = 4_000
    fast = PrecomputedNetwork(network, 0, 0, 0, rows=rows)
    encode = partial(encoder.encode, types=encoder.word_types())
    text = encode([["the", "Paris", words[0]]])
    for _ in range(40):
        fast.scores(text)
    often = fast._cache._row_of[text.typed.numbers[:3]].copy()
    for i in range(0, len(words), 500):
        fast.scores(encode([words[i : i + 500]]))
    assert often.tolist() == fast._cache._row_of[text.typed.numbers[:3]].tolist()
    assert len(fast._cache._key_of) == rows
    np.testing.assert_allclose(fast.scores(text), plain_scores(network, text), rtol=1e-2, atol=1e-2)
