import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.crf.agreement import label_probabilities, with_agreement
from window_ner.nn.crf.likelihood import token_marginals
from window_ner.nn.crf.transitions import Transitions

seeds = st.integers(0, 2**32 - 1)
some_lengths = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(np.array)
LABELS = np.array([0, 1, 5])
B_LOC, S_LOC, S_ORG = 1, 4, 8


def a_text(seed, lengths, bioes_crf):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(lengths.sum(), 9)) * 3, bioes_crf(rng, types=2)


@given(seeds, some_lengths)
def test_a_place_is_as_sure_as_a_crf_over_three_tokens(bioes_crf, seed, lengths):
    _, scores, transitions = a_text(seed, lengths, bioes_crf)
    found = label_probabilities(scores, lengths, transitions, LABELS, np.arange(len(scores)))
    free = np.zeros(9)
    token = 0
    for length in lengths:
        for t in range(length):
            low, high = max(t - 1, 0), min(t + 2, length)
            between, start, end = transitions
            three = Transitions(between, free if t else start, end if t == length - 1 else free)
            rows = scores[token - t + low : token - t + high]
            marginals = token_marginals(rows, np.array([high - low]), three)[t - low]
            expected = np.add.reduceat(marginals, LABELS)
            assert_allclose(found[token], expected, atol=1e-12)
            token += 1


@given(seeds, some_lengths)
def test_a_label_gains_what_the_surest_place_has_more(bioes_crf, seed, lengths):
    rng, scores, transitions = a_text(seed, lengths, bioes_crf)
    tokens = np.arange(len(scores))
    names = rng.integers(0, 3, len(scores))
    before = scores.copy()
    after = with_agreement(scores, lengths, transitions, LABELS, (tokens, names), 2.0)
    assert_array_equal(scores, before)
    sure = label_probabilities(scores, lengths, transitions, LABELS, tokens)
    label = [0, *[1] * 4, *[2] * 4]
    for token in tokens:
        surest = sure[names == names[token]].max(axis=0)
        assert_allclose(after[token], scores[token] + 2 * (surest - sure[token])[label])


def test_tokens_that_are_no_repeated_name_keep_their_scores(bioes_crf):
    lengths = np.array([3, 2])
    _, scores, transitions = a_text(0, lengths, bioes_crf)
    places = np.array([1, 4]), np.array([7, 7])
    after = with_agreement(scores, lengths, transitions, LABELS, places, 2.0)
    assert_array_equal(after[[0, 2, 3]], scores[[0, 2, 3]])
    assert (after[[1, 4]] != scores[[1, 4]]).any()


def test_a_place_that_is_not_sure_follows_one_that_is():
    scores = np.zeros((3, 9))
    scores[0, [S_LOC, S_ORG]] = 1.0, 1.1  # a place or a club?
    scores[2, S_LOC] = 9.0
    free = Transitions(np.zeros((9, 9)), np.zeros(9), np.zeros(9))
    places = np.array([0, 2]), np.array([0, 0])
    after = with_agreement(scores, np.array([1, 2]), free, LABELS, places, 2.0)
    assert after[0].argmax() == S_LOC
    assert_allclose(after[2, S_LOC], scores[2, S_LOC])  # nobody is surer
    assert after.dtype == scores.dtype


@pytest.mark.filterwarnings("error")
def test_scores_of_neighbours_that_contradict_each_other_are_sure_of_nothing(bioes_crf):
    scores = np.zeros((3, 9))
    scores[0, B_LOC] = scores[1, S_LOC] = 2000.0  # B-LOC needs I-LOC or E-LOC after it
    scores[2, S_LOC] = 9.0
    lengths, places = np.array([2, 1]), (np.array([1, 2]), np.array([0, 0]))
    transitions = bioes_crf(np.random.default_rng(0), types=2)
    sure = label_probabilities(scores, lengths, transitions, LABELS, np.arange(3))
    assert_array_equal(sure[:2], 0)
    assert_allclose(sure[2].sum(), 1)
    after = with_agreement(scores, lengths, transitions, LABELS, places, 2.0)
    assert_allclose(after[1, S_LOC], 2000 + 2 * sure[2, 1])
    assert np.isfinite(after).all()


@given(seeds, some_lengths, some_lengths)
def test_other_documents_make_no_difference_to_the_last_bit(bioes_crf, seed, one, other):
    lengths = np.concatenate([one, other])
    rng, scores, transitions = a_text(seed, lengths, bioes_crf)
    scores = scores.astype(np.float32)
    names = rng.integers(0, 3, one.sum()), rng.integers(3, 6, other.sum())
    tokens = np.arange(len(scores))
    together = with_agreement(
        scores, lengths, transitions, LABELS, (tokens, np.concatenate(names)), 2.0
    )
    alone = with_agreement(
        scores[: one.sum()], one, transitions, LABELS, (tokens[: one.sum()], names[0]), 2.0
    )
    assert_array_equal(together[: one.sum()], alone)
