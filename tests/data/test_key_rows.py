"""Rows of keys are the same, whether a word's keys are looked up or remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.corpus import Sentence
from window_ner.data.features import affixes, build_features, capitals, shape
from window_ner.data.key_rows import Aspect, KeyRows, rows_of_keys, spelling
from window_ner.data.vocabulary import UNKNOWN
from window_ner.settings.inputs import FeatureSettings

a_word = st.text("aBz09.-'Éßıǅ漢", min_size=1, max_size=8) | st.text(min_size=1, max_size=6)


@given(a_word)
def test_words_of_one_spelling_have_one_capitalisation_and_shape(word):
    assert capitals(spelling(word)) == capitals(word)
    assert shape(spelling(word)) == shape(word)


@given(st.sets(a_word), st.lists(a_word))
def test_a_key_has_the_same_row_in_a_short_text_and_in_a_long_one(known, asked):
    keys = rows_of_keys(sorted(known))
    short, long = keys.get_for(1), keys.get_for(10_000)
    for key in [*known, *asked]:
        assert short(key, UNKNOWN) == long(key, UNKNOWN)
        assert (long(key, UNKNOWN) == UNKNOWN) == (key not in known)


@given(st.lists(a_word, max_size=5), st.lists(a_word, max_size=5))
def test_remembered_rows_are_those_of_the_keys(first, second):
    rows = {table: dict(zip(keys, range(2, 99), strict=False)) for table, keys in KEYS.items()}
    for words in (first, second, first):
        found = FEATURES.form_rows(words)
        for table, keys_of in EXPECTED.items():
            keys = [[rows[table].get(key, UNKNOWN) for key in keys_of(word)] for word in words]
            assert found[table].tolist() == keys


FEATURES = build_features(
    FeatureSettings(capitals=2, shape=2, shape_min_count=1, affixes=2, affixes_min_count=1),
    [Sentence(("Baz", "aB9-", "Éß.", "漢"), ("O",) * 4)],
)
KEYS = FEATURES.keys
EXPECTED = {
    "capitals": lambda word: (capitals(word),),
    "shape": lambda word: (shape(word),),
    "affixes": affixes,
}


@pytest.mark.parametrize("most", [0, 2])
def test_what_is_remembered_is_bounded(monkeypatch, most):
    monkeypatch.setattr("window_ner.data.key_rows._MOST", most)
    rows = KeyRows(Aspect(str.lower, lambda lower: (lower, lower[:1])), rows_of_keys(["a", "ab"]))
    for word in ("A", "Ab", "b", "A", "aB"):
        found = rows.look_up([word]).tolist()
        assert found == [{"a": [2, 2], "ab": [3, 2], "b": [1, 1]}[word.lower()]]
        assert len(rows._known) <= most + 1
