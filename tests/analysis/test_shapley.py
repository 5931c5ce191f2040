"""Shapley values: the four properties that define them, exact and sampled."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from window_ner.analysis.shapley import (
    EXACT_PLAYERS,
    exact_shapley_values,
    sampled_shapley_values,
    shapley_values,
)

seeds = st.integers(0, 2**32 - 1)
counts = st.integers(1, 5)


def number(subsets):
    """Number subsets (N, n) as bits: player i is 2ⁱ."""
    return subsets @ (1 << np.arange(subsets.shape[1]))


def random_game(n, seed):
    values = np.random.default_rng(seed).normal(size=2**n)
    return lambda subsets: values[number(subsets)]


def sampled(game, n, seed=0, orders=64):
    return sampled_shapley_values(game, n, orders, np.random.default_rng(seed))


@given(n=counts, seed=seeds)
def test_exact_values_are_the_mean_over_all_orders_of_joining(n, seed):
    game = random_game(n, seed)
    added = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        subset = np.zeros((1, n), dtype=bool)
        for player in order:
            before = game(subset)[0]
            subset[0, player] = True
            added[player] += game(subset)[0] - before
    assert_allclose(exact_shapley_values(game, n).values, added / len(orders), atol=1e-12)


@given(n=st.integers(2, 8), seed=seeds)
def test_efficiency_the_values_sum_to_all_minus_none(n, seed):
    game = random_game(n, seed)
    none, everyone = game(np.array([[False] * n, [True] * n]))
    for found in (exact_shapley_values(game, n), sampled(game, n, orders=4)):
        assert (found.nobody, found.everyone) == (none, everyone)
        assert_allclose(found.values.sum(), everyone - none, atol=1e-12)


@given(n=st.integers(2, 6), seed=seeds)
def test_symmetry_players_that_add_the_same_get_the_same(n, seed):
    of_rest = random_game(n, seed)

    def game(subsets):
        first_two = np.sort(subsets[:, :2], axis=1)
        return of_rest(np.hstack([first_two, subsets[:, 2:]]))

    values = exact_shapley_values(game, n).values
    assert_allclose(values[0], values[1], atol=1e-12)


@given(n=st.integers(2, 6), seed=seeds)
def test_dummy_a_player_that_changes_nothing_gets_nothing(n, seed):
    of_rest = random_game(n - 1, seed)

    def game(subsets):
        return of_rest(subsets[:, 1:])

    assert_allclose(exact_shapley_values(game, n).values[0], 0, atol=1e-12)
    assert sampled(game, n).values[0] == 0
    assert sampled(game, n).errors[0] == 0


@given(n=counts, seed=seeds, factor=st.floats(-3, 3))
def test_linearity_the_values_of_a_sum_are_the_sums_of_the_values(n, seed, factor):
    one, other = random_game(n, seed), random_game(n, seed + 1)
    both = exact_shapley_values(lambda s: one(s) + factor * other(s), n).values
    apart = exact_shapley_values(one, n).values + factor * exact_shapley_values(other, n).values
    assert_allclose(both, apart, atol=1e-11)


@pytest.mark.parametrize("values_of", [exact_shapley_values, sampled])
def test_in_a_game_of_independent_players_each_gets_its_own_worth(values_of):
    worth = np.array([3.0, -1.0, 0.5, 0.0])
    assert_allclose(values_of(lambda s: s @ worth + 7, 4).values, worth, atol=1e-12)


def test_sampled_values_are_within_their_errors_of_the_exact_ones():
    game = random_game(6, seed=1)
    exact = exact_shapley_values(game, 6)
    found = sampled(game, 6, orders=2_000)
    assert (exact.errors == 0).all()
    assert (found.errors > 0).all()
    assert (np.abs(found.values - exact.values) < 4 * found.errors).all()
    assert found.errors.max() < 0.1


def test_an_order_and_its_reverse_are_exact_where_players_meet_in_pairs():
    bonus = np.triu(np.random.default_rng(0).normal(size=(5, 5)))

    def game(subsets):
        return np.einsum("ni,ij,nj->n", subsets.astype(float), bonus, subsets.astype(float))

    assert_allclose(sampled(game, 5, orders=4).values, exact_shapley_values(game, 5).values)


@pytest.mark.parametrize(("n", "exact"), [(EXACT_PLAYERS, True), (EXACT_PLAYERS + 1, False)])
def test_many_players_are_sampled_and_add_up_all_the_same(n, exact):
    subsets_seen = []

    def game(subsets):
        subsets_seen.append(len(subsets))
        return np.sin(number(subsets))

    found = shapley_values(game, n, np.random.default_rng(0))
    assert (found.errors.max() == 0) == exact
    assert_allclose(found.values.sum(), found.everyone - found.nobody, atol=1e-12)
    assert max(subsets_seen) <= 2**EXACT_PLAYERS


def test_a_seed_repeats_the_sample():
    game = random_game(6, seed=2)
    assert (sampled(game, 6, seed=3).values == sampled(game, 6, seed=3).values).all()
    assert (sampled(game, 6, seed=3).values != sampled(game, 6, seed=4).values).any()
