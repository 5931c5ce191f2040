import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.initializers import INITIALIZERS, get_initializer, small_uniform

NAMES = ["small-uniform", "xavier-uniform", "xavier-normal", "he"]
FAN_OUT, FAN_IN = 100, 400


def draw(name, dtype=np.float64, seed=0):
    return get_initializer(name)((FAN_OUT, FAN_IN), np.random.default_rng(seed), dtype)


def test_every_initializer_is_known_by_its_name():
    assert list(INITIALIZERS) == NAMES


def test_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match=r"'ones'.*small-uniform, xavier-uniform.*he"):
        get_initializer("ones")


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("small-uniform", 0.05**2 / 3),
        ("xavier-uniform", 2 / (FAN_IN + FAN_OUT)),
        ("xavier-normal", 2 / (FAN_IN + FAN_OUT)),
        ("he", 2 / FAN_IN),
    ],
)
def test_weights_have_mean_zero_and_the_variance_of_the_formula(name, variance):
    weights = draw(name)
    assert abs(weights.mean()) < 4 * np.sqrt(variance / weights.size)
    assert_allclose(weights.var(), variance, rtol=0.03)


@pytest.mark.parametrize(
    ("name", "bound"), [("small-uniform", 0.05), ("xavier-uniform", np.sqrt(6 / 500))]
)
def test_uniform_weights_fill_their_range_and_do_not_leave_it(name, bound):
    largest = np.abs(draw(name)).max()
    assert 0.99 * bound < largest <= bound


def test_the_bound_of_the_small_uniform_can_be_chosen():
    weights = small_uniform((50, 50), np.random.default_rng(0), bound=2.0)
    assert 1.9 < np.abs(weights).max() <= 2


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name):
    assert_array_equal(draw(name, seed=1), draw(name, seed=1))
    assert not np.array_equal(draw(name, seed=1), draw(name, seed=2))


@pytest.mark.parametrize("name", NAMES)
def test_float32_weights_are_the_rounded_float64_weights(name):
    assert draw(name, np.float32).dtype == np.float32
    assert_array_equal(draw(name, np.float32), draw(name, np.float64).astype(np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_float32_is_the_default(name):
    assert get_initializer(name)((2, 3), np.random.default_rng(0)).dtype == np.float32
