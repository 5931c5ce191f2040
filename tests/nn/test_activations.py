import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.activations import ACTIVATIONS, get_activation
from window_ner.nn.gradient_check import check_gradients

NAMES = ["logistic", "tanh", "hard-tanh", "relu", "leaky-relu", "prelu"]
KINKS = (-1.0, 0.0, 1.0)


def away_from_kinks(rng, shape):
    """Numbers from -4 to 4, none within 1e-3 of where an activation has no derivative."""
    z = rng.uniform(-4, 4, shape)
    for kink in KINKS:
        z[np.abs(z - kink) < 1e-3] += 0.01
    return z


def test_every_activation_is_known_by_its_name():
    assert list(ACTIVATIONS) == NAMES
    assert all(get_activation(name).name == name for name in NAMES)


def test_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match=r"'swish'.*logistic, tanh, hard-tanh, relu, leaky-relu"):
        get_activation("swish")


@pytest.mark.parametrize(
    ("name", "z", "h"),
    [
        ("logistic", [-2, 0, 1], [0.11920292, 0.5, 0.73105858]),
        ("tanh", [-2, 0, 1], [-0.96402758, 0, 0.76159416]),
        ("hard-tanh", [-2, -1, 0.5, 3], [-1, -1, 0.5, 1]),
        ("relu", [-2, 0, 3], [0, 0, 3]),
        ("leaky-relu", [-2, 0, 3], [-0.02, 0, 3]),
        ("prelu", [-2, 0, 3], [-0.5, 0, 3]),
    ],
)
def test_values_agree_with_the_definition(name, z, h):
    assert_allclose(get_activation(name).forward(np.array(z, float)), h, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5), m=st.integers(1, 5))
def test_backward_agrees_with_central_differences(name, seed, n, m):
    rng = np.random.default_rng(seed)
    activation = get_activation(name)
    z, upstream = away_from_kinks(rng, (n, m)), rng.normal(size=(n, m))
    slope = None if activation.learned_slope is None else rng.uniform(-0.5, 0.5)
    dz = activation.backward(upstream, activation.forward(z, slope), z, slope)
    (check,) = check_gradients(
        lambda: float(np.vdot(upstream, activation.forward(z, slope))), {"z": z}, {"z": dz}, rng=rng
    )
    assert check.passed, check


@given(seed=st.integers(0, 2**32 - 1))
def test_the_gradient_of_the_learned_slope_agrees_with_central_differences(seed):
    rng = np.random.default_rng(seed)
    prelu = get_activation("prelu")
    z, upstream = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    slope = np.array(prelu.learned_slope)
    gradients = {"slope": prelu.slope_backward(upstream, z)}
    (check,) = check_gradients(
        lambda: float(np.vdot(upstream, prelu.forward(z, float(slope)))),
        {"slope": slope},
        gradients,
        rng=rng,
    )
    assert check.passed, check


def test_only_prelu_learns_its_slope_and_it_starts_at_a_quarter():
    assert {name: a.learned_slope for name, a in ACTIVATIONS.items() if a.learned_slope} == {
        "prelu": 0.25
    }
    assert [name for name, a in ACTIVATIONS.items() if a.slope_backward] == ["prelu"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("slope", [None, 0.5, np.float64(0.5)])
def test_the_dtype_is_kept_both_ways(name, dtype, slope):
    activation = get_activation(name)
    z = np.linspace(-2, 2, 7, dtype=dtype)
    h = activation.forward(z, slope)
    assert h.dtype == dtype
    assert activation.backward(np.ones_like(z), h, z, slope).dtype == dtype


@pytest.mark.parametrize("name", NAMES)
def test_results_are_new_arrays_and_the_input_is_not_changed(name):
    activation = get_activation(name)
    z, dh = np.array([-2.0, 0.5, 2.0]), np.array([1.0, 2.0, 3.0])
    h = activation.forward(z)
    dz = activation.backward(dh, h, z)
    assert_array_equal(z, [-2, 0.5, 2])
    assert_array_equal(dh, [1, 2, 3])
    assert not np.shares_memory(h, z)
    assert not np.shares_memory(dz, dh)


@pytest.mark.parametrize("name", NAMES)
def test_results_are_the_same_when_they_are_written_to_out(name):
    activation = get_activation(name)
    z, dh = np.linspace(-2, 2, 9), np.linspace(3, -1, 9)
    h = activation.forward(z)
    dz = activation.backward(dh, h, z)
    in_place = z.copy()
    assert_array_equal(activation.forward(in_place, out=in_place), h)
    kept = z if activation.needs_z else h.copy()
    assert_array_equal(activation.backward(dh, h, kept, out=h), dz)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logistic_is_stable_far_from_zero(dtype):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        h = get_activation("logistic").forward(np.array([-1e4, 1e4], dtype))
    assert_array_equal(h, [0, 1])


def test_logistic_keeps_its_relative_precision_far_below_zero():
    assert_allclose(
        get_activation("logistic").forward(np.array([-50.0])), [np.exp(-50)], rtol=1e-14
    )


@given(z=st.floats(-30, 30))
def test_tanh_is_a_rescaled_logistic(z):
    logistic = get_activation("logistic").forward(np.array([2 * z]))
    assert_allclose(get_activation("tanh").forward(np.array([z])), 2 * logistic - 1, atol=1e-15)


def test_at_a_kink_the_derivatives_are_those_of_the_lecture():
    z, one = np.array([-1.0, 0.0, 1.0]), np.ones(3)
    hard_tanh, relu = get_activation("hard-tanh"), get_activation("relu")
    assert_array_equal(hard_tanh.backward(one, hard_tanh.forward(z), z), [1, 1, 1])
    assert_array_equal(relu.backward(one, relu.forward(z), z), [0, 0, 1])


def test_at_the_kink_the_slope_is_that_of_negative_numbers():
    """There is no derivative at 0; as in other libraries, it counts as that of negative numbers."""
    dh = z = np.zeros(1)
    dh = dh + 1
    for name, slope in (("relu", 0.0), ("leaky-relu", 0.01), ("prelu", 0.25)):
        activation = get_activation(name)
        assert activation.backward(dh, activation.forward(z, None), z, None) == slope
