from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.corpus import Sentence
from window_ner.data.feature_files import feature_files, features_from
from window_ner.data.features import build_features
from window_ner.data.lexicon import (
    WordTable,
    casing_keys,
    cluster_keys,
    find_path,
    word_table_from,
)
from window_ner.data.lexicon_package import casing_bins, read_lexicon, with_words
from window_ner.errors import InputError
from window_ner.settings.inputs import FeatureSettings

WORDS = {"paris", "london", "apple", "left", "lebron", "i", "mcdonald", "!", "ibm", "with space"}

NAMES, VALUES = (
    st.text("abAB ", min_size=1).map(lambda w: w.replace(" ", "")),
    st.sampled_from("xyz"),
)

pytestmark = pytest.mark.usefixtures("lexicon_package")


def test_a_path_begins_with_the_lowest_bit_of_the_cluster():
    table = read_lexicon(["clusters"], WORDS)["clusters"]
    assert table.get("London") == "11"
    assert table.get("apple") == "101"
    assert table.get("Apple") == "1101"
    assert table.get("paris") == "011"


def test_the_path_is_that_of_the_word_else_in_lower_case_else_capitalised():
    look_up = read_lexicon(["clusters"], WORDS)["clusters"].get
    assert find_path(look_up, "Apple") == "1101"
    assert find_path(look_up, "aPPLE") == "101"
    assert find_path(look_up, "LONDON") == find_path(look_up, "london") == "11"
    assert find_path(look_up, "Oslo") == find_path(look_up, "left") == ""


def test_a_word_whose_path_is_found_under_another_spelling_is_not_stored():
    stored = dict(read_lexicon(["clusters"], WORDS)["clusters"].items())
    assert stored.keys() == {"paris", "London", "apple", "Apple", "LeBron", "lebron"}


@given(st.dictionaries(st.sampled_from(["ab", "Ab", "AB", "aB", "b", "B"]), st.integers(0, 3)))
def test_what_is_not_stored_changes_no_path(clusters):
    whole = {word: bin(n)[:1:-1] for word, n in clusters.items() if n}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("window_ner.data.lexicon_package._read_package", lambda name: clusters)
        patch.setattr(
            "window_ner.data.lexicon_package.cache_folder", lambda: Path("/dev/null/no-folder")
        )
        table = read_lexicon(["clusters"], {"ab", "b"})["clusters"]
    for word in ("ab", "Ab", "AB", "aB", "b", "B"):
        assert find_path(table.get, word) == find_path(lambda w: whole.get(w, ""), word)


def test_the_package_is_read_once(monkeypatch):
    first = read_lexicon(["casing"], WORDS)
    monkeypatch.setattr("window_ner.data.lexicon_package._read_package", None)
    assert read_lexicon(["casing"], WORDS) == first


def test_a_damaged_copy_is_made_again(monkeypatch, tmp_path):
    monkeypatch.setattr("window_ner.data.lexicon_package.cache_folder", lambda: tmp_path)
    first = read_lexicon(["clusters"], WORDS)
    (copy,) = tmp_path.iterdir()
    copy.write_text("x\n")
    assert read_lexicon(["clusters"], WORDS) == first


def test_a_word_has_a_key_for_each_prefix_of_its_path():
    keys = cluster_keys("0110010101")
    assert keys == ("4:0110", "6:011001", "8:01100101", "12:0110010101", "18:0110010101")
    assert cluster_keys("") == ("4:", "6:", "8:", "12:", "18:")


@pytest.mark.parametrize(
    ("word", "bins"),
    [
        ("apple", "1 -5 -10"),
        ("i", "9 -9 -4"),  # one letter is Capitalised, not in CAPITALS
        ("mcdonald", "9 -9 -12"),  # the more frequent of McDonald and Mcdonald
        ("!", "-9 -9 -5"),
        ("ibm", "0 9 -13"),
        ("oslo", ""),
    ],
)
def test_the_spellings_of_a_word_are_compared(word, bins):
    assert read_lexicon(["casing"], WORDS)["casing"].get(word) == bins


def test_differences_of_log_frequencies_are_rounded_and_limited():
    assert casing_bins(-13.6, -10.9, -16.3) == "3 -5 -11"
    assert casing_bins(-4.0, -22.0, -22.0) == "-9 -9 -4"
    assert casing_keys("3 -5 -11") == ("0:3", "1:-5", "2:-11")
    assert casing_keys("") == ("0:", "1:", "2:")


def test_only_the_words_asked_for_are_kept_in_every_spelling():
    tables = read_lexicon(["clusters", "casing"], ["apple", "london", "oslo"])
    assert dict(tables["clusters"].items()).keys() == {"apple", "Apple", "London"}
    assert dict(tables["casing"].items()).keys() == {"apple"}


def test_words_can_be_added_later():
    features = ["clusters", "casing"]
    first = read_lexicon(features, ["apple"])
    later = with_words(first, ["London", "IBM", "nowhere"])
    at_once = read_lexicon(features, ["apple", "london", "ibm"])
    assert {f: dict(t.items()) for f, t in later.items()} == {
        f: dict(t.items()) for f, t in at_once.items()
    }
    assert with_words({}, ["London"]) == {}


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES))
def test_a_word_that_a_table_has_keeps_its_value_when_others_join(words, others):
    table = WordTable.of(words).joined_with(others)
    assert dict(table.items()) == {**others, **words}


def test_a_package_that_is_missing_is_to_be_installed(monkeypatch):
    monkeypatch.setattr("window_ner.data.lexicon_package._PACKAGE", "no_such_package")
    with pytest.raises(InputError, match=r"spacy-lookups-data.*pip install 'window-ner\[train\]'"):
        read_lexicon(["casing"], WORDS)


@pytest.mark.parametrize("content", [b"", b"\x00", b"not json", b"[1]", b"\x1f\x8b..."])
def test_a_broken_package_is_an_error_that_names_the_file(content, tmp_path, monkeypatch):
    (tmp_path / "broken_lexicon" / "data").mkdir(parents=True)
    (tmp_path / "broken_lexicon" / "__init__.py").touch()
    (tmp_path / "broken_lexicon" / "data" / "en_lexeme_prob.json.gz").write_bytes(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("window_ner.data.lexicon_package._PACKAGE", "broken_lexicon")
    with pytest.raises(InputError, match=r"en_lexeme_prob\.json\.gz"):
        read_lexicon(["casing"], WORDS)


@given(st.dictionaries(st.text(max_size=4).map(lambda w: w.replace(" ", "")), st.text()))
def test_a_table_is_a_mapping(words):
    table = WordTable.of(words)
    assert dict(table.items()) == words
    assert all(table.get(word) == value for word, value in words.items())
    assert table.get("another word") == ""


FEATURES = FeatureSettings(clusters=3, casing=2)
SENTENCES = [Sentence(("Apple", "left", "oslo"), ("O",) * 3)]


def test_words_of_the_vocabulary_and_of_the_training_data_are_kept():
    features = build_features(FEATURES, SENTENCES, ["London"])
    assert {w for t in features.lexicon.values() for w, _ in t.items()} == {
        "apple",
        "Apple",
        "London",
    }


def test_features_of_the_lexicon_have_a_row_for_each_key_of_the_training_data():
    features = build_features(FEATURES, SENTENCES, ["London"])
    assert features.keys["casing"] == ["0:", "0:1", "1:", "1:-5", "2:", "2:-10"]
    assert features.dimension == 5 * 3 + 3 * 2
    rows = features.form_rows(["APPLE", "Oslo", "London"])
    assert rows["casing"].tolist() == [[3, 5, 7], [2, 4, 6], [2, 4, 6]]
    assert rows["clusters"].shape == (3, 5)
    assert rows["clusters"][1].tolist() == [
        features.keys["clusters"].index(key) + 2 for key in cluster_keys("")
    ]
    assert rows["clusters"][2].tolist() == [1] * 5  # no word of the training data has this cluster


def test_the_lexicon_survives_being_stored_as_text():
    features = build_features(FEATURES, SENTENCES, ["London"])
    again = features_from(FEATURES, feature_files(features))
    assert again.lexicon == features.lexicon
    words = ["APPLE", "London", "x", ""]
    for table, rows in features.form_rows(words).items():
        assert again.form_rows(words)[table].tolist() == rows.tolist()


def test_without_these_features_nothing_is_read_or_stored():
    files = feature_files(build_features(FeatureSettings(), SENTENCES))
    assert files.keys() == {"features.json", "keys.txt"}


@pytest.mark.parametrize("other", [FeatureSettings(), FeatureSettings(clusters=3)])
def test_tables_that_do_not_fit_the_settings_are_refused(other):
    files = feature_files(build_features(FEATURES, SENTENCES))
    with pytest.raises(ValueError, match="do not fit the settings"):
        features_from(other, files)
    with pytest.raises(KeyError, match=r"casing\.txt|clusters\.txt"):
        features_from(FEATURES, feature_files(build_features(other, SENTENCES)))


@pytest.mark.parametrize(
    ("feature", "text"),
    [
        ("clusters", b""),
        ("clusters", b"0a\n"),
        ("clusters", b"01\nPa\tLo\nris 0"),
        ("clusters", b"01\nPa\nris 0\nndon 0"),
        ("casing", b"1 2\n"),
        ("casing", b"\xff\n"),
        ("casing", b"1 2 3\n\xff\nris 0"),
    ],
)
def test_text_that_is_no_table_is_refused(feature, text):
    with pytest.raises(ValueError):
        word_table_from(feature, text)


@pytest.mark.parametrize("text", [b"ris", b"ris 7", b"ris x", b"ris 0 rker", b"ris  0", b"\xff 0"])
def test_a_part_that_is_damaged_is_an_error_when_it_is_needed(text):
    table = word_table_from("clusters", b"01\nPa\tLo\n" + text + b"\nndon 0")
    assert table.get("London") == "01"
    with pytest.raises(InputError, match="the model is damaged: its words that begin with 'Pa'"):
        table.get("Paris")
