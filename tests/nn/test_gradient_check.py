import numpy as np
import pytest
from numpy.testing import assert_array_equal

from window_ner.nn.gradient_check import check_gradients, differences
from window_ner.nn.row_gradient import RowGradient, row_gradient


def rng():
    return np.random.default_rng(0)


def half_square(w):
    """A loss whose gradient is w itself."""
    return lambda: float(np.vdot(w, w)) / 2


def test_a_right_gradient_passes():
    w = rng().normal(size=(3, 4))
    (check,) = check_gradients(half_square(w), {"W": w}, {"W": w.copy()}, rng=rng())
    assert (check.name, check.shape, check.checked) == ("W", (3, 4), 12)
    assert check.passed
    assert check.max_relative_error < 1e-6


def test_one_wrong_entry_fails():
    w = rng().normal(size=(3, 4))
    wrong = w.copy()
    wrong[1, 2] *= 1.0001
    (check,) = check_gradients(half_square(w), {"W": w}, {"W": wrong}, rng=rng())
    assert not check.passed
    assert check.max_relative_error == pytest.approx(5e-5, rel=1e-3)


def test_a_gradient_of_opposite_sign_has_the_largest_relative_error_of_one():
    w = np.array([2.0])
    (check,) = check_gradients(half_square(w), {"w": w}, {"w": -w}, rng=rng())
    assert check.max_relative_error == pytest.approx(1)


def test_a_wrong_gradient_is_caught_even_where_all_gradients_are_tiny():
    w = np.full(3, 1e-9)
    (right,) = check_gradients(half_square(w), {"w": w}, {"w": w.copy()}, rng=rng())
    (wrong,) = check_gradients(half_square(w), {"w": w}, {"w": 2 * w}, rng=rng())
    assert right.passed
    assert not wrong.passed


def test_the_rounding_of_a_large_loss_does_not_fail_a_small_gradient():
    w = rng().normal(size=5)
    (check,) = check_gradients(
        lambda: 1e6 + 1e-3 * half_square(w)(), {"w": w}, {"w": 1e-3 * w}, rng=rng()
    )
    assert check.passed


def test_a_gradient_that_is_not_a_number_fails():
    w = np.ones(2)
    (check,) = check_gradients(half_square(w), {"w": w}, {"w": np.array([1, np.nan])}, rng=rng())
    assert not check.passed


def test_the_parameters_are_restored_exactly_even_if_the_loss_raises():
    w = rng().normal(size=4)
    before, gradient = w.copy(), w.copy()
    check_gradients(half_square(w), {"w": w}, {"w": gradient}, rng=rng())
    assert_array_equal(w, before)

    def fails_when_moved():
        if not np.array_equal(w, before):
            raise ArithmeticError
        return 0.0

    with pytest.raises(ArithmeticError):
        check_gradients(fails_when_moved, {"w": w}, {"w": gradient}, rng=rng())
    assert_array_equal(w, before)


def test_a_sample_of_a_large_array_is_checked_and_depends_on_the_seed():
    w = rng().normal(size=(20, 20))
    wrong = w * np.linspace(1, 2, 400).reshape(20, 20)

    def error(seed):
        (check,) = check_gradients(
            half_square(w), {"W": w}, {"W": wrong}, rng=np.random.default_rng(seed), max_entries=7
        )
        assert check.checked == 7
        return check.max_relative_error

    assert error(1) == error(1)
    assert error(1) != error(2)


def test_a_row_gradient_is_checked_in_the_touched_rows_and_in_a_few_others():
    table = rng().normal(size=(30, 4))
    ids = np.array([3, 8, 3])
    gradient = row_gradient(ids, table[ids])
    (check,) = check_gradients(
        lambda: float((table[ids] ** 2).sum()) / 2, {"E": table}, {"E": gradient}, rng=rng()
    )
    assert check.passed
    assert check.checked == 2 * 4 + 10


def test_a_row_gradient_with_missing_rows_fails():
    table = rng().normal(size=(3, 4))
    gradient = RowGradient(np.array([1]), table[[1]])
    (check,) = check_gradients(half_square(table), {"E": table}, {"E": gradient}, rng=rng())
    assert not check.passed


def test_a_row_gradient_with_all_rows_is_checked_completely():
    table = rng().normal(size=(3, 4))
    gradient = RowGradient(np.arange(3), table.copy())
    (check,) = check_gradients(half_square(table), {"E": table}, {"E": gradient}, rng=rng())
    assert check.passed
    assert check.checked == 12


def test_a_single_number_can_be_checked():
    slope = np.array(0.25)
    (check,) = check_gradients(half_square(slope), {"a": slope}, {"a": 0.25}, rng=rng())
    assert check.passed
    assert check.shape == ()


def test_parameters_without_a_gradient_are_left_out():
    w, frozen = np.ones(2), np.ones(3)
    checks = check_gradients(half_square(w), {"E": frozen, "w": w}, {"w": w.copy()}, rng=rng())
    assert [check.name for check in checks] == ["w"]


def test_float32_is_refused():
    w = np.ones(2, np.float32)
    with pytest.raises(TypeError, match="float64 only; w is float32"):
        check_gradients(half_square(w), {"w": w}, {"w": w}, rng=rng())


def test_a_gradient_of_another_shape_is_refused():
    w = np.ones((2, 3))
    for gradient in (np.ones(3), RowGradient(np.array([0]), np.ones((1, 2)))):
        with pytest.raises(ValueError, match="W: expected a gradient of shape"):
            check_gradients(half_square(w), {"W": w}, {"W": gradient}, rng=rng())


def test_a_gradient_without_a_parameter_is_refused():
    with pytest.raises(ValueError, match="no parameter 'V'; known: W"):
        check_gradients(lambda: 0.0, {"W": np.ones(1)}, {"V": np.ones(1)}, rng=rng())


def test_differences_move_each_entry_up_and_down_and_put_it_back():
    x = np.array([[1.0, 2.0], [-1.0, 0.0]])
    before = x.copy()
    gradient = RowGradient(np.array([0]), np.array([[3.0, 12.0]]))
    found = differences(lambda: float((x[0] ** 3).sum()), x, gradient, step=0.1)
    assert (x == before).all()
    assert [d.index for d in found] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    first = found[0]
    assert (first.value, first.derived) == (1.0, 3.0)
    assert first.loss_above == pytest.approx(1.1**3 + 8)
    assert first.one_sided == pytest.approx(3 + 3 * 0.1 + 0.1**2)  # off by 3h + h²
    assert first.central == pytest.approx(3 + 0.1**2)  # off by h²
    assert [d.derived for d in found[2:]] == [0, 0]
