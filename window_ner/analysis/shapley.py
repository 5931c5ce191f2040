"""Shapley values: divide the result of a group of players fairly among them.

A game gives each subset S of the n players a value v(S). The Shapley value of player i is what i
adds to a subset, averaged over all orders in which the players could join::

    φᵢ = Σ_{S ∌ i}  |S|! (n − |S| − 1)! / n!  · ( v(S ∪ {i}) − v(S) )

It is the only division with these four properties:

    efficiency   Σ φᵢ = v(all) − v(none)
    symmetry     players that add the same to every subset get the same
    dummy        a player that adds nothing to any subset gets 0
    linearity    the values of v + w are the sums of those of v and of w

Shapley, 1953, "A value for n-person games". Štrumbelj & Kononenko, 2010 and 2014, use it to explain
a prediction: the players are the inputs, and v(S) is the prediction from S alone. Lundberg & Lee,
2017, show that many other explanations are approximations of it (SHAP).

The exact sum needs all 2ⁿ subsets. With more than `EXACT_PLAYERS` players, random orders estimate
it (Castro, Gómez & Tejada, 2009). Each order is followed by its reverse, whose error tends to have
the opposite sign (antithetic sampling; Mitchell et al., 2022). In each order, the parts of the
players sum to v(all) − v(none), so the estimates add up exactly too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np

from window_ner.data.word_types import Booleans
from window_ner.nn.arrays import Floats

Game = Callable[[Booleans], Floats]
"""(N, n) booleans, a row for each subset, True for its members -> the values of the subsets, (N,).

It is called with many subsets at once, so that a network can evaluate them as one batch."""

EXACT_PLAYERS = 11
"""With more players the values are estimated: 2¹¹ = 2,048 subsets are quick, 2¹³ are not."""

ORDERS = 512
"""Random orders of the players for an estimate, half of them the reverse of another."""

_SUBSETS_AT_ONCE = 2_048


@dataclass(frozen=True)
class Shapley:
    """The Shapley values of a game.

    Attributes
    ----------
    values
        (n,) float64: φ of each player; they sum to ``everyone - nobody``.
    nobody, everyone
        v of the empty subset, and of all players.
    errors
        (n,) standard error of each value; 0 where it is exact.
    """

    values: Floats
    nobody: float
    everyone: float
    errors: Floats


def shapley_values(game: Game, players: int, rng: "np.random.Generator") -> Shapley:
    """Compute the Shapley values, exactly for few players and by sampling for many.

    Parameters
    ----------
    game
        The value of each subset.
    players
        n, at least 1.
    rng
        Draws the orders, if there are more than `EXACT_PLAYERS` players.
    """
    if players <= EXACT_PLAYERS:
        return exact_shapley_values(game, players)
    return sampled_shapley_values(game, players, ORDERS, rng)


def exact_shapley_values(game: Game, players: int) -> Shapley:
    """Evaluate all 2ⁿ subsets; see the formula above.

    In φᵢ, v(S) has the factor w(|S| − 1) if i is in S, and −w(|S|) if not, where
    w(s) = s! (n − s − 1)! / n!.
    """
    n = players
    members = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)
    value = np.asarray(game(members), dtype=np.float64)
    w = np.array([1 / (n * comb(n - 1, s)) for s in range(n)])
    size = members.sum(axis=1)
    factors = np.where(members, w[size - 1, None], -w[np.minimum(size, n - 1), None])
    return Shapley(value @ factors, float(value[0]), float(value[-1]), np.zeros(n))


def sampled_shapley_values(
    game: Game, players: int, orders: int, rng: "np.random.Generator"
) -> Shapley:
    """Average what each player adds over random orders.

    Parameters
    ----------
    game
        The value of each subset.
    players
        n, at least 2.
    orders
        Number of orders: even, as each order is followed by its reverse, and at least 4.
    rng
        Draws the orders.
    """
    n = players
    nobody, everyone = (float(game(np.full((1, n), full))[0]) for full in (False, True))
    forward = rng.permuted(np.tile(np.arange(n), (orders // 2, 1)), axis=1)
    place = np.stack([forward, n - 1 - forward], axis=1).reshape(-1, n)  # of a player in an order
    added = np.empty((orders, n))
    at_once = max(1, _SUBSETS_AT_ONCE // n)
    for first in range(0, orders, at_once):
        part = place[first : first + at_once]
        # After k players have joined, those at the places below k are in the subset.
        joined = part[:, None, :] < np.arange(1, n)[:, None]
        between = np.asarray(game(joined.reshape(-1, n)), dtype=np.float64).reshape(-1, n - 1)
        ends = ((0, 0), (1, 1))
        values = np.pad(between, ends, constant_values=((0, 0), (nobody, everyone)))
        added[first : first + at_once] = np.take_along_axis(np.diff(values), part, axis=1)
    pairs = added.reshape(-1, 2, n).mean(axis=1)
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    return Shapley(added.mean(axis=0), nobody, everyone, errors)
