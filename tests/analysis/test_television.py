"""TV, telly, television on made windows: what is learnt, what moves, what the plane shows."""

import numpy as np
import pytest

from window_ner.analysis import television
from window_ner.analysis.television import DISLIKED, TRIPLE, WINDOWS, Reviews, left_behind
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError


@pytest.fixture(scope="module")
def vectors():
    """Random vectors, in which television lies near TV."""
    rng = np.random.default_rng(1)
    others = {word for window in WINDOWS for word in window} - {television.BLANK}
    words = [*TRIPLE.words, *DISLIKED, *sorted(others)]
    table = rng.normal(size=(len(words), 8))
    table[2] = table[0] + rng.normal(size=8) / 20
    return WordVectors("made", words, table.astype(np.float32))


@pytest.fixture(scope="module")
def report(vectors):
    return left_behind(vectors, seeds=1)


def test_both_networks_learn_the_trained_words(report):
    for word in report.triple.words[:2]:
        assert word.frozen > 1
        assert word.after > 1


def test_the_trained_words_move_and_television_stays(report):
    tv, telly, left = report.triple.words
    assert min(tv.moved, telly.moved) > 0 == left.moved
    assert (tv.count, telly.count, left.count) == (6, 6, 0)
    assert left.before == left.after
    assert tv.cosines[1] < tv.cosines[0]


def test_the_words_and_their_scores_lie_in_the_plane(vectors):
    reviews = Reviews(vectors, 1).train(fine_tune=True)
    plane = reviews.plane(points=400)
    E = reviews.E[[reviews.row(word) for word in TRIPLE.words]]
    between = np.linalg.norm(E[:, None] - E, axis=2)
    np.testing.assert_allclose(
        np.linalg.norm(plane.places[:, None] - plane.places, axis=2), between, atol=1e-9
    )
    for (x, y), score in zip(plane.places, reviews.scores(E), strict=True):
        nearest = plane.scores[np.abs(plane.ys - y).argmin(), np.abs(plane.xs - x).argmin()]
        assert nearest == pytest.approx(score, abs=0.1)


def test_frozen_vectors_stay(vectors):
    reviews = Reviews(vectors, 1).train(fine_tune=False)
    assert not (reviews.E - reviews.before).any()
    plane = reviews.plane(points=2)
    np.testing.assert_allclose(plane.places, plane.before)


def test_vectors_without_one_of_the_words_are_refused(vectors):
    few = WordVectors("few", vectors.words[1:], vectors.table[1:])
    with pytest.raises(InputError, match="few: has no vector of tv; choose other --vectors"):
        left_behind(few)
