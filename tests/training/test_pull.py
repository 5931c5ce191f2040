"""The pull towards the weights that a training starts from."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.model.objectives.crf import Crf
from window_ner.model.scorer import Scorer
from window_ner.nn.window_network import WindowNetwork
from window_ner.training.pull import PullToStart

OLD, NEW = slice(0, 5), slice(5, 9)


@pytest.fixture
def scorer():
    rng = np.random.default_rng(0)
    shapes = {"E": (6, 2), "W": (3, 10), "b": (3,), "U": (9, 3)}
    network = WindowNetwork({n: rng.normal(size=shape) for n, shape in shapes.items()}, 5, "relu")
    return Scorer(network, Crf(["PER", "TOY"]))


def test_a_step_goes_a_part_of_the_way_back(scorer):
    pull = PullToStart(scorer, ["O", "B-PER", "I-PER", "E-PER", "S-PER"], strength=4)
    start = {name: p.copy() for name, p in scorer.parameters.items()}
    for parameter in scorer.parameters.values():
        parameter[:] += 1
    pull.step(scorer.parameters, learning_rate=0.1)
    moved = {name: p - start[name] for name, p in scorer.parameters.items()}
    for name in ("W", "b"):
        assert_allclose(moved[name], 0.6)
    assert_allclose(moved["U"][OLD], 0.6)
    assert_allclose(moved["transitions"][OLD, OLD], 0.6, rtol=1e-3)
    assert_allclose(moved["E"], 1)


def test_new_tags_are_free(scorer):
    pull = PullToStart(scorer, ["O", "B-PER", "I-PER", "E-PER", "S-PER"], strength=4)
    for parameter in scorer.parameters.values():
        parameter[:] += 1
    before = {name: p.copy() for name, p in scorer.parameters.items()}
    pull.step(scorer.parameters, learning_rate=0.1)
    now = scorer.parameters
    for name in ("U", "start", "end", "transitions"):
        assert_array_equal(now[name][NEW], before[name][NEW])
    assert_array_equal(now["transitions"][:, NEW], before["transitions"][:, NEW])


def test_it_is_the_step_along_the_gradient_of_the_penalty(scorer):
    """θ − η ∂(λ/2 ‖θ − θ₀‖²)/∂θ, with the gradient from central differences."""
    pull = PullToStart(scorer, scorer.objective.tags, strength=3)
    W = scorer.parameters["W"]
    start = W.copy()
    W += np.random.default_rng(1).normal(size=W.shape)
    there = W.copy()

    def penalty(x):
        return 3 / 2 * np.sum((x - start) ** 2)

    unit = np.zeros_like(W)
    unit[1, 2] = 1e-6
    slope = (penalty(there + unit) - penalty(there - unit)) / 2e-6
    pull.step(scorer.parameters, learning_rate=0.01)
    assert_allclose(W[1, 2], there[1, 2] - 0.01 * slope, rtol=1e-6)


def test_a_strong_pull_does_not_go_past_the_start(scorer):
    pull = PullToStart(scorer, scorer.objective.tags, strength=1e6)
    start = scorer.parameters["W"].copy()
    scorer.parameters["W"][:] += 1
    pull.step(scorer.parameters, learning_rate=0.1)
    assert_allclose(scorer.parameters["W"], start)
