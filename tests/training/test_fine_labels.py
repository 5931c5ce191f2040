"""A model knows finer labels than its own; a training for new labels begins with them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.fine_labels import FineLabels
from window_ner.model.stored_model import load_model, model_files, model_from, save_model
from window_ner.model.tagger import Tagger
from window_ner.settings.tables import StartSettings
from window_ner.settings.toml import change_settings, settings_from
from window_ner.training.continued_model import continued_model
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.plan import Base, Plan
from window_ner.training.run import train
from window_ner.training.start import Start

TOWNS = ["Oslo", "Rome", "Bonn"]
RIVERS = ["Rhine", "Tiber", "Nile"]


def corpus_with(town, river):
    """Make sentences whose towns and rivers have these labels."""
    lines = [f"in O\n{name} B-{town}\nnow O\n" for name in TOWNS]
    lines += [f"in O\n{name} B-{river}\nnow O\n" for name in RIVERS]
    return parse_conll("\n".join(lines), name="places")


SETTINGS = settings_from(
    {
        "network": {"hidden": [4], "activation": "relu", "loss": "crf"},
        "features": {"shape": 2},
        "training": {"epochs": 20, "patience": 20, "batch_size": 2, "learning_rate": 0.04},
        "fine_tuning": {"mode": "off"},
        "start": {"new_units": 7},
    },
    "test",
)


@pytest.fixture(scope="module")
def vectors():
    words = ["in", "now", *map(str.lower, [*TOWNS, *RIVERS])]
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]


@pytest.fixture(scope="module")
def coarse(vectors):
    places = corpus_with("LOC", "LOC")
    return train(Plan(SETTINGS, places, places, vectors))


def trained_from(base, vectors, corpus, **changes):
    settings = continued_settings(base, change_settings(SETTINGS, changes))
    return train(Plan(settings, corpus, corpus, vectors, base=Base(base, "places")))


@pytest.fixture(scope="module")
def fine(coarse, vectors):
    """The coarse model after a training for fine labels that left its weights as they were."""
    changes = {"start.freeze": True, "epochs": 60, "patience": 60}
    return trained_from(coarse, vectors, corpus_with("town", "river"), **changes)


@pytest.fixture(scope="module")
def base(coarse, fine):
    labels = FineLabels.of_training(fine.about.labels, coarse.scorer, fine.scorer)
    return replace(coarse, fine_labels=labels)


def start_of(base, corpus, **keep):
    return Start.from_model(base, corpus, corpus.labels, settings=StartSettings(), **keep)


def test_a_training_that_freezes_the_model_changes_new_units_and_tags_only(coarse, fine):
    old, new = coarse.scorer.parameters, fine.scorer.parameters
    for name, before in old.items():
        if name in ("W", "b"):
            assert_array_equal(new[name][:4], before)
            assert len(new[name]) == 4 + 7
        elif name not in ("U", "start", "end", "transitions", "temperature"):
            assert_array_equal(new[name], before, err_msg=name)


def test_the_weights_of_another_training_are_refused(coarse, vectors):
    other = trained_from(coarse, vectors, corpus_with("town", "river"), epochs=1)
    with pytest.raises(ValueError, match="other weights"):
        FineLabels.of_training(other.about.labels, coarse.scorer, other.scorer)


def test_the_probabilities_are_those_of_the_network_with_all_units(base, fine):
    text = base.encode([["in", "Oslo", "now"], ["Nile"]])
    found = base.fine_labels.probabilities(base.scorer, text)
    scores = fine.scored(text).scores
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert base.fine_labels.tags == list(fine.objective.tags)


def test_tagging_is_the_same_with_and_without_them(coarse, base):
    text = "in Oslo now"
    assert Tagger(base)(text) == Tagger(coarse)(text)


def test_they_are_stored(base, tmp_path):
    save_model(base, tmp_path / "model")
    again = load_model(tmp_path / "model").fine_labels
    assert again.labels == ("river", "town")
    for name, array in base.fine_labels.arrays.items():
        assert_array_equal(again.arrays[name], array)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"river"', b'"town"'),
        (b'"river"', b'"river town"'),
        (b'"river"', b"3"),
        (b'"river",', b""),
    ],
)
def test_wrong_fine_labels_are_refused(base, tmp_path, old, new):
    files = model_files(base)
    files["settings.json"] = files["settings.json"].replace(old, new)
    with pytest.raises(InputError, match="damaged"):
        model_from(files, tmp_path)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("b", np.ones((), np.float32)),
        ("b", np.ones(6, np.float32)),
        ("W", np.ones((7, 2), np.float32)),
        ("U", np.ones((9, 11), np.int64)),
        ("U", np.full((9, 11), np.nan, np.float32)),
    ],
)
def test_wrong_weights_of_them_are_refused(base, name, array):
    fine = base.fine_labels
    assert fine.U.shape == (9, 11)
    FineLabels.from_arrays(fine.labels, fine.arrays, base.scorer)
    with pytest.raises(ValueError, match="fine labels"):
        FineLabels.from_arrays(fine.labels, {**fine.arrays, name: array}, base.scorer)


def most(like):
    """The fine label that each new one begins as most."""
    return {new: next(old for old in parts if old != "LOC") for new, parts in like.items()}


def rows_of(model, fine, label):
    """U of the tag S- of each label that a label may begin as."""
    old, tag = model.scorer.parameters["U"], f"S-{label}"
    if label in model.about.labels:
        row = old[model.objective.tags.index(tag)]
        return np.pad(row, (0, fine.U.shape[1] - len(row)))
    return fine.U[fine.tags.index(tag)]


def test_a_new_label_begins_as_the_labels_in_its_names(base, fine, vectors):
    corpus = corpus_with("CITY", "WATER")
    start = start_of(base, corpus)
    assert most(start.like) == {"CITY": "town", "WATER": "river"}
    assert f"knows: CITY as {'/'.join(start.like['CITY'])}" in start.note
    settings = continued_settings(base, SETTINGS)
    model = continued_model(base, settings, corpus, vectors, start=start)
    assert_array_equal(model.scorer.parameters["W"], fine.scorer.parameters["W"])
    for new, parts in start.like.items():
        assert sum(parts.values()) == pytest.approx(1)
        mean = sum(part * rows_of(base, base.fine_labels, old) for old, part in parts.items())
        own = model.scorer.parameters["U"][model.objective.tags.index(f"S-{new}")]
        assert_allclose(own, mean, rtol=1e-4, atol=1e-6)
    # before any training, it knows of most which is which
    found = set(model.scored(model.encode_corpus(corpus)).spans)
    assert len(found & set(model.gold_spans(corpus.sentences))) >= 5


def test_a_wider_label_begins_as_several(base):
    start = start_of(base, corpus_with("PLACE", "PLACE"))
    assert set(start.like["PLACE"]) == {"LOC", "river", "town"}


def water_beside(base, *lines):
    """What WATER begins as, three rivers and a town, if LOC stays and there are other sentences."""
    water = [f"in O\n{name} B-WATER\nnow O\n" for name in [*RIVERS, TOWNS[2]]]
    corpus = parse_conll("\n".join([*water, *lines]))
    like = Start.from_model(base, corpus, (*corpus.labels, "LOC"), settings=StartSettings()).like
    return like["WATER"]


@pytest.mark.parametrize("other", ["CITY", "LOC"])
def test_a_fine_label_is_a_smaller_part_of_a_label_if_another_one_has_most_of_it(base, other):
    towns = [f"in O\n{name} B-{other}\nnow O\n" for name in TOWNS[:2]]
    alone, beside = water_beside(base), water_beside(base, *towns)
    assert set(alone) == {"river", "town"}
    assert beside.get("town", 0.0) < alone["town"]


def test_a_new_label_without_names_keeps_random_weights(base, vectors):
    """Also if a fine label has its name."""
    corpus, labels = corpus_with("CITY", "CITY"), ("CITY", "river")
    start = Start.from_model(base, corpus, labels, settings=StartSettings())
    assert [*start.like] == ["CITY"]
    model = continued_model(base, continued_settings(base, SETTINGS), corpus, vectors, start=start)
    own = model.scorer.parameters["U"][model.objective.tags.index("S-river")]
    fine = base.fine_labels
    assert not np.allclose(own, fine.U[fine.tags.index("S-river")])


def test_an_old_label_comes_before_a_fine_one_of_the_same_name(coarse, fine, vectors):
    labels = FineLabels.of_training(fine.about.labels, coarse.scorer, fine.scorer)
    base = replace(coarse, fine_labels=replace(labels, labels=("LOC", "river")))
    corpus = corpus_with("PLACE", "PLACE")
    start = start_of(base, corpus)
    assert set(start.like["PLACE"]) == {"LOC", "river"}
    model = continued_model(base, continued_settings(base, SETTINGS), corpus, vectors, start=start)
    parts = start.like["PLACE"].items()
    mean = sum(part * rows_of(base, base.fine_labels, old) for old, part in parts)
    own = model.scorer.parameters["U"][model.objective.tags.index("S-PLACE")]
    assert_allclose(own, mean, rtol=1e-4, atol=1e-6)


def test_of_many_new_labels_a_note_tells_the_first(base):
    start = start_of(base, corpus_with("CITY", "WATER"))
    many = replace(start, like={f"L{i:02}": {"town": 1.0} for i in range(25)})
    assert many.note.endswith("L18 as town, L19 as town and 5 more")


def test_a_new_label_with_the_name_of_a_fine_one_may_mean_another(base):
    like = start_of(base, corpus_with("river", "town")).like
    assert most(like) == {"river": "town", "town": "river"}


def test_kept_labels_keep_their_weights_and_new_ones_begin_with_the_fine_ones(base, vectors):
    rivers = corpus_with("X", "WATER").annotating(["WATER"])
    start = Start.from_model(
        base, rivers, ("LOC", "WATER"), keep_labels=True, settings=StartSettings()
    )
    assert most(start.like) == {"WATER": "river"}
    model = continued_model(base, continued_settings(base, SETTINGS), rivers, vectors, start=start)
    was, now = base.scorer.parameters, model.scorer.parameters
    old, new = (m.objective.tags.index("S-LOC") for m in (base, model))
    assert_array_equal(now["U"][new, :4], was["U"][old])
    assert not now["U"][new, 4:].any()


def test_without_new_labels_the_fine_ones_are_left_out(base):
    start = start_of(base, corpus_with("LOC", "LOC"))
    assert start.fine is None
    assert start.new_units == 0


def test_a_second_pass_reads_its_inputs_beside_them(base, vectors):
    corpus = corpus_with("CITY", "WATER")
    settings = change_settings(SETTINGS, {"second_pass.folds": 2})
    model = continued_model(
        base, continued_settings(base, settings), corpus, vectors, start=start_of(base, corpus)
    )
    W, fine = model.network.parameters["W"], base.fine_labels.W
    assert_array_equal(W[4:, : fine.shape[1]], fine)
    assert not W[:, fine.shape[1] :].any()
