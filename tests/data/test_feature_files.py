import json

import pytest

from window_ner.data.corpus import Sentence
from window_ner.data.feature_files import feature_files, features_from
from window_ner.data.features import build_features
from window_ner.settings.inputs import FeatureSettings

CORPUS = [
    Sentence(("Rome", "is", "in", "Italy"), ("O",) * 4, (("NNP", "VBZ", "IN", "NNP"),)),
    Sentence(("Rome", "1996"), ("O",) * 2, (("NNP", "CD"),)),
]
CAPITALS = FeatureSettings(capitals=2)


def files(stored, keys=b""):
    return {"features.json": json.dumps(stored).encode(), "keys.txt": keys}


def test_features_survive_being_stored(tmp_path):
    (tmp_path / "a").write_text("Rome\n")
    asked = FeatureSettings(
        capitals=2, gazetteers=3, gazetteers_files=(str(tmp_path / "a"),), columns=1,
        columns_numbers=(1,),
    )  # fmt: skip
    features = build_features(asked, CORPUS)
    again = features_from(asked, feature_files(features))
    words = ["Rome", "is", "new"]
    assert again.table_shapes == features.table_shapes
    for table, rows in features.form_rows(words).items():
        assert again.form_rows(words)[table].tolist() == rows.tolist()


@pytest.mark.parametrize("word", ["two words", "\ud800", "\u2028", "\r", "é\x85"])
def test_a_key_may_have_any_character_but_a_line_end(word):
    sentence = Sentence(("Rome",), ("O",), ((word,),))
    asked = FeatureSettings(columns=1, columns_numbers=(1,))
    features = build_features(asked, [sentence])
    assert features_from(asked, feature_files(features)).keys == {"column1": [word]}


def test_a_token_with_a_line_end_has_only_keys_that_can_be_stored():
    """Such tokens are in no file of a corpus, but a corpus can be made in Python."""
    asked = FeatureSettings(shape=2, shape_min_count=1, affixes=2, affixes_min_count=1)
    features = build_features(asked, [Sentence(("a\nb", "Oslo"), ("O", "O"))])
    assert features_from(asked, feature_files(features)).keys == features.keys
    assert "Xxx" in features.keys["shape"]


@pytest.mark.parametrize(
    ("stored", "keys"),
    [
        ({}, b""),
        ([], b""),
        ({"keys": {}, "gazetteers": []}, b""),
        ({"keys": {"capitals": 1, "shape": 1}, "gazetteers": []}, b"Title\nx\n"),
        ({"keys": {"capitals": 2}, "gazetteers": []}, b"Title\n"),
        ({"keys": {"capitals": 1}, "gazetteers": []}, b"Title\nlower\n"),
        ({"keys": {"capitals": 1}, "gazetteers": []}, b"Title\nlower"),
        ({"keys": {"capitals": 1}, "gazetteers": []}, b"\xff\n"),
        ({"keys": {"capitals": -1, "shape": 2}, "gazetteers": []}, b"Title\n"),
        ({"keys": {"capitals": 1.0}, "gazetteers": []}, b"Title\n"),
        ({"keys": {"capitals": "1"}, "gazetteers": []}, b"Title\n"),
        ({"keys": {"capitals": None}, "gazetteers": []}, b""),
        ({"keys": {"capitals": 1}, "gazetteers": [{"rome": "w"}]}, b"Title\n"),
        ({"keys": {"capitals": 1}}, b"Title\n"),
    ],
)
def test_files_that_do_not_fit_the_settings_are_refused(stored, keys):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        features_from(CAPITALS, files(stored, keys))


def test_keys_that_are_not_sorted_are_refused():
    stored = {"keys": {"capitals": 2}, "gazetteers": []}
    with pytest.raises(ValueError, match="the keys of capitals are not sorted"):
        features_from(CAPITALS, files(stored, b"lower\nTitle\n"))
