import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.crf import viterbi as module
from window_ner.nn.crf.legality import IMPOSSIBLE, Legality, find_legality
from window_ner.nn.crf.transitions import Transitions
from window_ner.nn.crf.viterbi import best_paths

seeds = st.integers(0, 2**32 - 1)
some_lengths = st.lists(st.integers(1, 5), min_size=1, max_size=8).map(np.array)


def best_path(emissions, transitions, start, end):
    """Try every path; of equally good paths return the one with the smallest tags from the end."""
    length, tags = emissions.shape
    paths = np.array(list(itertools.product(range(tags), repeat=length)))
    scores = start[paths[:, 0]] + end[paths[:, -1]]
    scores = scores + emissions[np.arange(length), paths].sum(axis=1)
    scores = scores + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    best = paths[scores == scores.max()].tolist()
    return min(best, key=lambda path: path[::-1]), scores.max()


def sentences(emissions, lengths):
    return np.split(emissions, np.cumsum(lengths)[:-1])


@given(seeds, some_lengths, st.integers(1, 4), st.sampled_from([1, 3, 10**4]), st.booleans())
def test_the_path_is_the_best_of_all_and_ties_go_to_the_smallest_tags_from_the_end(
    path_scores, seed, lengths, tags, largest, packed
):
    rng = np.random.default_rng(seed)

    def scores(*shape):  # whole numbers: sums are exact, and ties are frequent
        legal = rng.random(shape) >= 0.3
        return np.where(legal, rng.integers(-largest, largest + 1, shape), IMPOSSIBLE)

    emissions = rng.integers(-largest, largest + 1, (lengths.sum(), tags)).astype(np.float64)
    parameters = Transitions(scores(tags, tags), scores(tags), scores(tags))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW", 0 if packed else 10**6)
        actual = best_paths(emissions, lengths, parameters)
    expected = [best_path(sentence, *parameters) for sentence in sentences(emissions, lengths)]
    assert actual.tolist() == [tag for path, _ in expected for tag in path]
    best = path_scores(emissions, actual, lengths, parameters)
    assert best.tolist() == [score for _, score in expected]


@given(seeds, some_lengths.map(lambda x: 7 * x), st.sampled_from([1, 10**5]))
def test_the_path_of_a_sentence_does_not_depend_on_the_batch(bioes_crf, seed, lengths, size):
    rng = np.random.default_rng(seed)
    # few different scores, so that there are ties; the large ones outweigh even illegal steps
    emissions = size * rng.integers(0, 3, (lengths.sum(), 17)).astype(np.float32)
    scores = bioes_crf(rng, dtype=np.float32)
    parameters = Transitions(*(np.where(x > IMPOSSIBLE, x.round(), x) for x in scores))
    results = []
    for few, chunk in ((0, 2048), (0, 2), (10**6, 2048)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "FEW", few)
            patch.setattr(module, "SENTENCES", chunk)
            results.append(best_paths(emissions, lengths, parameters))
    assert_array_equal(results[0], results[1])
    assert_array_equal(results[0], results[2])


@given(seeds, st.sampled_from([1.0, 30.0, 100.0]))
def test_no_path_has_an_illegal_transition(bioes_crf, seed, size):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 12, 20)
    parameters = between, start, end = bioes_crf(rng, dtype=np.float32)
    emissions = size * rng.uniform(-1, 1, (lengths.sum(), 17)).astype(np.float32)
    tags = best_paths(emissions, lengths, parameters)
    for path in sentences(tags, lengths):
        assert (between[path[:-1], path[1:]] > IMPOSSIBLE).all()
        assert start[path[0]] > IMPOSSIBLE
        assert end[path[-1]] > IMPOSSIBLE


def test_leaving_out_illegal_transitions_changes_nothing(bioes_crf):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, 100)
    parameters = bioes_crf(rng, dtype=np.float32)
    emissions = 3 * rng.normal(size=(lengths.sum(), 17)).astype(np.float32)
    legality = find_legality(parameters)
    assert legality.can_be_relied_on(emissions)
    fast = best_paths(emissions, lengths, parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Legality, "can_be_relied_on", lambda *_: False)
        slow = best_paths(emissions, lengths, parameters)
    assert_array_equal(fast, slow)


@pytest.mark.parametrize("few", [0, 10**6])
def test_single_precision_finds_the_path_of_double_precision_in_a_thousand_tokens(
    bioes_crf, path_scores, few, monkeypatch
):
    monkeypatch.setattr(module, "FEW", few)
    rng = np.random.default_rng(1)
    parameters = bioes_crf(rng, dtype=np.float32)
    emissions = (1000 + rng.normal(size=(3000, 17))).astype(np.float32)
    lengths = np.full(3, 1000)
    single = best_paths(emissions, lengths, parameters)
    emissions, *scores = (x.astype(np.float64) for x in (emissions, *parameters))
    double = best_paths(emissions, lengths, Transitions(*scores))
    best = path_scores(emissions, double, lengths, parameters)
    assert_allclose(path_scores(emissions, single, lengths, parameters), best, atol=0.01)


def test_no_sentences_have_no_paths(bioes_crf):
    scores = bioes_crf(np.random.default_rng(3), dtype=np.float32)
    tags = best_paths(np.empty((0, 17), np.float32), np.empty(0, np.intp), scores)
    assert tags.shape == (0,)


def test_numpy_keeps_its_buffer_size(bioes_crf):
    rng = np.random.default_rng(4)
    before = np.setbufsize(4096)
    try:
        best_paths(rng.normal(size=(50, 17)), np.full(50, 1), bioes_crf(rng, dtype=np.float32))
        assert np.getbufsize() == 4096
    finally:
        np.setbufsize(before)


def test_a_long_sentence_keeps_its_precision_beside_sentences_with_larger_scores():
    """In float32; the best score that is subtracted is that of the sentence itself."""
    rng = np.random.default_rng(0)
    emissions = rng.normal(scale=1e-3, size=(8, 300, 3)).astype(np.float32)
    emissions[1:] += 1e4
    transitions = Transitions(*(np.zeros(s, np.float32) for s in [(3, 3), 3, 3]))
    tags = best_paths(emissions.reshape(-1, 3), np.full(8, 300), transitions)
    assert (tags[:300] == emissions[0].argmax(axis=1)).mean() > 0.95
