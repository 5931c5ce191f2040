import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.corpus import Sentence
from window_ner.data.features import (
    Features,
    affixes,
    build_features,
    capitals,
    shape,
)
from window_ner.data.gazetteers import read_gazetteer
from window_ner.errors import InputError
from window_ner.settings.inputs import FeatureSettings

EVERYTHING = FeatureSettings(
    capitals=2, shape=3, shape_min_count=2, affixes=4, affixes_min_count=2, affixes_lengths=(1, 3)
)
CORPUS = [
    Sentence(("Rome", "is", "in", "Italy"), ("O",) * 4, (("NNP", "VBZ", "IN", "NNP"),)),
    Sentence(("Rome", "1996"), ("O",) * 2, (("NNP", "CD"),)),
]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("the", "lower"),
        ("o'clock", "lower"),
        ("Paris", "Title"),
        ("élan", "lower"),
        ("Élan", "Title"),
        ("EU", "CAPITALS"),
        ("U.S.", "CAPITALS"),
        ("J.", "Initial"),
        ("A", "Initial"),
        ("McGee", "MiXed"),
        ("London-Based", "MiXed"),
        ("London-based", "Title"),
        ("eBay", "miXed"),
        ("1996", "number"),
        ("3-1", "number"),
        ("3rd", "number+letters"),
        ("--", "mark"),
        ("'", "mark"),
    ],
)
def test_the_capitalisation_of_a_word_has_a_class(word, expected):
    assert capitals(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Paris", "Xxx"),
        ("London-based", "Xxx-xx"),
        ("U.S.", "X.X."),
        ("12,000", "00,00"),
        ("a1b2c3d4e5f6", "x0x0x0x0x0"),
        ("....", ".."),
    ],
)
def test_a_shape_cuts_runs_to_two_and_words_to_ten(word, expected):
    assert shape(word) == expected


def test_affixes_are_lower_cased_and_empty_where_the_word_is_too_short():
    assert affixes("Rom", (1, 2, 4)) == ("^r", "^ro", "", "m$", "om$", "")


@given(st.text(min_size=1, max_size=15))
def test_every_string_has_a_form(word):
    classes = "lower Title CAPITALS Initial MiXed miXed number number+letters mark"
    assert capitals(word) in classes.split()
    assert 1 <= len(shape(word)) <= 10
    assert len(affixes(word)) == 8


def test_keys_that_are_too_rare_have_no_row():
    features = build_features(EVERYTHING, CORPUS)
    assert features.keys == {
        "capitals": ["Title", "lower", "number"],
        "shape": ["Xxx", "xx"],
        "affixes": ["^i", "^r", "^rom", "e$", "ome$"],
    }


def test_rows_count_from_two_and_what_is_unknown_is_one():
    rows = build_features(EVERYTHING, CORPUS).form_rows(["Rome", "U.S."])
    assert rows["capitals"].tolist() == [[2], [1]]
    assert rows["shape"].tolist() == [[2], [1]]
    assert rows["affixes"].tolist() == [[3, 4, 5, 6], [1, 1, 1, 1]]


def test_no_words_have_no_rows():
    rows = build_features(EVERYTHING, CORPUS).form_rows([])
    assert {table: found.shape for table, found in rows.items()} == {
        "capitals": (0, 1),
        "shape": (0, 1),
        "affixes": (0, 4),
    }


def test_the_dimensions_of_a_token_are_those_of_its_rows_and_flags():
    features = build_features(
        FeatureSettings(
            capitals=2, affixes=4, affixes_lengths=(1, 3), columns=5, columns_numbers=(1,),
            flags=("sentence-start",),
        ),
        CORPUS,
    )  # fmt: skip
    assert features.dimension == 2 + 4 * 4 + 5 + 1
    assert features.table_shapes["column1"] == (2 + 4, 5)
    assert Features().dimension == 0


def test_the_values_of_a_column_are_looked_up():
    features = build_features(FeatureSettings(columns=3, columns_numbers=(1,)), CORPUS)
    assert features.keys == {"column1": ["CD", "IN", "NNP", "VBZ"]}
    assert features.column_rows("column1", ["NNP", "CD", "UH"]).tolist() == [4, 2, 1]


def test_a_column_that_the_corpus_lacks_is_an_error():
    with pytest.raises(InputError, match="no column 2"):
        build_features(FeatureSettings(columns=3, columns_numbers=(1, 2)), CORPUS)


def test_a_gazetteer_has_the_roles_of_a_word_in_its_entries(tmp_path):
    (tmp_path / "places.txt").write_text("# places\nNew York\nYork\n\nRome # and more\n")
    assert read_gazetteer(tmp_path / "places.txt") == {"new": "b", "york": "cw", "rome": "w"}


def test_an_empty_gazetteer_is_an_error(tmp_path):
    (tmp_path / "places.txt").write_text("# nothing yet\n")
    with pytest.raises(InputError, match=r"places\.txt: no name"):
        read_gazetteer(tmp_path / "places.txt")


def test_words_are_looked_up_in_every_gazetteer(tmp_path):
    for name, entries in (("a", "Rome\nRome Fiumicino\n"), ("b", "Italy\n")):
        (tmp_path / name).write_text(entries)
    files = tuple(str(tmp_path / name) for name in "ab")
    features = build_features(FeatureSettings(gazetteers=3, gazetteers_files=files), CORPUS)
    assert features.keys == {"gazetteers": ["0", "0bw", "1", "1w"]}
    assert features.form_rows(["ROME", "Italy"])["gazetteers"].tolist() == [[3, 4], [2, 5]]
