"""Which word vectors training has moved, and how that is shown."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import window_ner
from window_ner.analysis.movement import (
    Movement,
    movement,
    nearest_words,
    project,
    stretch,
    usual_labels,
)
from window_ner.cli.report.label_places import Box, place_labels
from window_ner.data.conll import parse_conll
from window_ner.data.vocabulary import Vocabulary
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model, save_model
from window_ner.settings.inputs import VectorSettings

TRAIN = parse_conll(
    "Ann B-PER\nsaw O\nOslo B-LOC\n\nOslo B-PER\nand O\nOslo B-LOC\n\n", name="tiny"
)
WORDS = {"ann", "saw", "oslo", "and", "lima", "ANN"}


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    file = tmp_path_factory.mktemp("vectors") / "small.txt"
    rng = np.random.default_rng(1)
    rows = (f"{w} {' '.join(map(str, rng.normal(size=4).round(2)))}\n" for w in sorted(WORDS))
    file.write_text("".join(rows))
    return file


def trained(vectors, **settings) -> Model:
    changes = {"epochs": 2, "fine_tuning.mode": "on", **settings}
    return window_ner.train(
        "lecture", train=TRAIN, dev=TRAIN, vectors=vectors, settings=changes
    ).model


def words_of(model, moved):
    return {model.encoder.vocabulary.word(row) for row in moved.rows.tolist()}


def test_the_old_vectors_that_a_model_has_kept_are_used(vectors, tmp_path):
    plain = trained(vectors)
    keeps_them = {"features.context": ["sentence"], "network.loss": "crf"}
    keeping = trained(vectors, **keeps_them)
    save_model(keeping, tmp_path / "model")
    stored = load_model(tmp_path / "model")
    vectors_of = {}
    for name, model in (("rebuilt", plain), ("kept", keeping), ("loaded", stored)):
        moved = movement(model, None)
        assert words_of(model, moved) == {"ann", "saw", "oslo", "and"}
        assert_array_equal(moved.after, model.network.parameters["E"].take(moved.rows, axis=0))
        order = np.argsort(moved.rows)
        vectors_of[name] = moved.before[order]
    assert_array_equal(vectors_of["rebuilt"], vectors_of["kept"])
    assert_array_equal(vectors_of["rebuilt"], vectors_of["loaded"])


def test_what_was_rounded_before_training_has_not_moved_by_that(vectors):
    moved = movement(trained(vectors, rounded=True, learning_rate=1e-9), None)
    assert moved.distances.max(initial=0) < 1e-6


def test_the_farthest_moved_come_first(vectors):
    moved = movement(trained(vectors), None)
    assert (np.diff(moved.distances) <= 0).all()
    expected = np.linalg.norm(moved.after - moved.before, axis=1)
    assert_allclose(moved.distances, expected / np.linalg.norm(moved.before, axis=1))


def test_the_distance_of_a_zero_vector_is_its_new_length():
    moved = Movement(np.array([2]), np.zeros((1, 2)), np.array([[3.0, 4.0]]))
    assert moved.distances.tolist() == [5]


def test_frozen_vectors_have_not_moved_and_nobody_looks_for_the_old_ones(vectors):
    model = trained(vectors, **{"fine_tuning.mode": "off"})
    about = model.about
    settings = replace(about.settings, vectors=VectorSettings(("gone.txt",)))
    model = replace(model, about=replace(about, settings=settings))
    assert len(movement(model, None).rows) == 0


def test_random_vectors_are_drawn_again_from_the_training_data():
    model = trained("random-4d")
    assert words_of(model, movement(model, TRAIN)) == {"Ann", "saw", "Oslo", "and"}
    with pytest.raises(InputError, match="not available"):
        movement(model, None)


def test_points_in_a_plane_are_projected_without_loss():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
    flat = rng.normal(size=(10, 2))
    before, after, share = project((flat @ axes)[:5] + 3, (flat @ axes)[5:] + 3)
    assert share == pytest.approx(1)
    shown = np.concatenate([before, after])
    for i in range(10):  # seen from any other point, it is as far away as it was
        distances = np.linalg.norm(shown - shown[i], axis=1)
        assert_allclose(distances, np.linalg.norm(flat - flat[i], axis=1), atol=1e-9)


def test_vectors_of_one_number_are_projected_too():
    before, after, share = project(np.ones((2, 1)), np.full((2, 1), 2.0))
    assert before.shape == after.shape == (2, 2)
    assert share == pytest.approx(1)


@pytest.mark.parametrize(("moved", "times"), [(3.0, 1), (0.6, 2), (0.21, 5), (0.0, 50)])
def test_arrows_too_short_to_be_seen_are_drawn_longer(moved, times):
    before = np.array([[0.0, 0], [10, 5]])
    assert stretch(before, before + np.array([[0, moved], [0, 0]])) == times


def test_the_nearest_words_before_and_after_use_the_vectors_of_that_time():
    vocabulary = Vocabulary(("east", "north", "up", "moved"))
    after = np.array([[0, 0, 9], [9, 9, 9], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.1, 1, 0.2]])
    model = SimpleNamespace(
        encoder=SimpleNamespace(vocabulary=vocabulary),
        network=SimpleNamespace(parameters={"E": after}),
    )
    moved = Movement(np.array([5]), np.array([[1, 0.2, 0.1]]), after[[5]])
    ((before_it, after_it),) = nearest_words(model, moved, 1)
    assert before_it == ["east", "north", "up"]
    assert after_it == ["north", "up", "east"]


def test_a_word_is_what_it_mostly_is(vectors):
    model = trained(vectors, **{"network.loss": "softmax"})
    rows = model.encoder.vocabulary.rows(["oslo", "and", "ann"]).tolist()
    assert usual_labels(model, TRAIN, rows) == [("LOC", 3), ("O", 1), ("PER", 1)]


points = st.tuples(st.integers(100, 300), st.integers(100, 200))


@given(st.lists(st.tuples(points, points), min_size=1, max_size=4))
def test_labels_of_a_few_arrows_never_overlap(arrows):
    tails, heads = np.array(arrows).transpose(1, 0, 2)
    boxes = place_labels(tails, heads, [(30.0, 9.0)] * len(arrows), Box(0, 0, 400, 300))
    for i, one in enumerate(boxes):
        assert (one.right - one.left, one.top - one.bottom) == pytest.approx((30, 9))
        for other in boxes[:i]:
            apart = min(one.right, other.right) <= max(one.left, other.left) + 1e-9
            assert apart or min(one.top, other.top) <= max(one.bottom, other.bottom) + 1e-9


def test_a_label_goes_on_where_its_arrow_points_and_stays_within_the_frame():
    frame = Box(0, 0, 400, 300)
    places = {
        head: place_labels(np.array([[200.0, 150]]), np.array([head]), [(30, 9)], frame)[0]
        for head in [(250, 150), (150, 150), (399, 150)]
    }
    assert places[250, 150].left > 250
    assert places[150, 150].right < 150
    assert places[399, 150].right <= 400
