import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.optimizers import OPTIMIZERS, make_optimizer
from window_ner.nn.row_gradient import RowGradient, row_gradient

NAMES = ["sgd", "momentum", "adagrad", "rmsprop", "adam"]
STEPS = 50
RATE = 0.05


def random_parameters(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return {
        "W": rng.normal(size=(3, 4)).astype(dtype),
        "b": rng.normal(size=3).astype(dtype),
    }


def random_gradients(seed=1, dtype=np.float64, steps=STEPS):
    rng = np.random.default_rng(seed)
    return [
        {"W": rng.normal(size=(3, 4)).astype(dtype), "b": rng.normal(size=3).astype(dtype)}
        for _ in range(steps)
    ]


def random_row_gradients(seed=1, steps=STEPS, rows=6, dtype=np.float64):
    """Gradients of a (rows, 3) table; the last row never has a gradient."""
    rng = np.random.default_rng(seed)
    return [
        row_gradient(rng.integers(0, rows - 1, 4), rng.normal(size=(4, 3)).astype(dtype))
        for _ in range(steps)
    ]


def dense(gradient, shape):
    table = np.zeros(shape)
    table[gradient.rows] = gradient.values
    return table


def run(optimizer, parameters, all_gradients, rate=RATE):
    for gradients in all_gradients:
        optimizer.step(parameters, gradients, rate)
    return parameters


class TestRowGradient:
    @given(
        ids=st.lists(st.integers(0, 6), max_size=60),
        spread=st.sampled_from([1, 2**25, 2**29, 2**40]),
        width=st.integers(1, 5),
        seed=st.integers(0, 2**32 - 1),
    )
    def test_it_is_the_sum_of_the_upstream_rows_of_each_id(self, ids, spread, width, seed):
        ids = np.array(ids, np.int64)
        # Whole numbers, so that the sums are exact in any order.
        upstream = np.random.default_rng(seed).integers(-99, 99, (len(ids), width)).astype(float)
        table = np.zeros((7, width))
        np.add.at(table, ids, upstream)
        gradient = row_gradient(ids * spread, upstream)
        assert_array_equal(gradient.rows, np.unique(ids) * spread)
        assert_array_equal(gradient.values, table[np.unique(ids)])

    def test_it_adds_up_a_large_batch_of_mostly_a_few_words(self):
        rng = np.random.default_rng(0)
        ids = rng.zipf(1.3, 5000).clip(max=300_000).astype(np.int32)
        upstream = rng.normal(size=(5000, 7)).astype(np.float32)
        table = np.zeros((300_001, 7))
        np.add.at(table, ids, upstream)
        gradient = row_gradient(ids, upstream)
        assert_allclose(gradient.values, table[gradient.rows], atol=1e-3)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("ids", [[], [4], [2, 2, 2, 2, 2, 2, 0]])
    def test_dtypes_are_kept(self, ids, dtype):
        gradient = row_gradient(np.array(ids, np.int32), np.ones((len(ids), 2), dtype))
        assert gradient.rows.dtype == np.int32
        assert gradient.values.dtype == dtype

    def test_an_empty_batch_touches_no_row(self):
        gradient = row_gradient(np.array([], int), np.ones((0, 3)))
        assert gradient.rows.shape == (0,)
        assert gradient.values.shape == (0, 3)

    def test_the_upstream_gradient_is_not_changed(self):
        upstream = np.ones((6, 2))
        row_gradient(np.array([1, 1, 1, 1, 1, 1]), upstream)
        assert_array_equal(upstream, np.ones((6, 2)))

    def test_ids_that_do_not_fit_the_upstream_rows_are_refused(self):
        with pytest.raises(ValueError, match="do not fit"):
            row_gradient(np.array([0, 1]), np.ones((3, 2)))


class TestAgainstClosedForms:
    """Fifty steps computed as one sum over all gradients, without a state."""

    start = random_parameters()["W"]
    g = np.array([gradients["W"] for gradients in random_gradients()])

    def finish(self, optimizer):
        return run(optimizer, random_parameters(), random_gradients())["W"]

    def test_sgd_moves_by_the_sum_of_the_gradients(self):
        assert_allclose(self.finish(make_optimizer("sgd")), self.start - RATE * self.g.sum(axis=0))

    def test_momentum_repeats_each_gradient_ever_more_weakly(self):
        ages = np.arange(STEPS, 0, -1)  # how many steps a gradient has had its effect
        weights = (1 - 0.8**ages) / (1 - 0.8)
        expected = self.start - RATE * np.tensordot(weights, self.g, 1)
        assert_allclose(self.finish(make_optimizer("momentum", momentum=0.8)), expected)

    def test_adagrad_divides_by_the_root_of_all_squares_so_far(self):
        squares = (self.g**2).cumsum(axis=0)
        expected = self.start - RATE * (self.g / (np.sqrt(squares) + 0.1)).sum(axis=0)
        assert_allclose(self.finish(make_optimizer("adagrad", epsilon=0.1)), expected)

    def test_rmsprop_divides_by_the_root_of_the_moving_average_of_squares(self):
        lags = np.subtract.outer(np.arange(STEPS), np.arange(STEPS))
        weights = np.where(lags >= 0, 0.3 * 0.7 ** np.maximum(lags, 0), 0)
        squares = np.tensordot(weights, self.g**2, 1)
        expected = self.start - RATE * (self.g / (np.sqrt(squares) + 0.1)).sum(axis=0)
        assert_allclose(self.finish(make_optimizer("rmsprop", decay=0.7, epsilon=0.1)), expected)

    def test_adam_divides_a_moving_average_by_the_root_of_that_of_the_squares(self):
        """Kingma and Ba (2015), in the order at the end of their section 2."""
        steps = np.arange(1, STEPS + 1)
        lags = np.subtract.outer(steps, steps)

        def average(values, decay):
            weights = np.where(lags >= 0, (1 - decay) * decay ** np.maximum(lags, 0), 0)
            return np.tensordot(weights, values, 1)

        mean, square = average(self.g, 0.9), average(self.g**2, 0.999)
        rates = RATE * np.sqrt(1 - 0.999**steps) / (1 - 0.9**steps)
        moved = np.tensordot(rates, mean / (np.sqrt(square) + 1e-3), 1)
        assert_allclose(self.finish(make_optimizer("adam", epsilon=1e-3)), self.start - moved)

    def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient(self):
        parameters = random_parameters()
        make_optimizer("adam").step(parameters, {"W": self.g[0]}, RATE)
        assert_allclose(parameters["W"], self.start - RATE * np.sign(self.g[0]), rtol=1e-5)


class TestAgainstPyTorch:
    @pytest.mark.parametrize("name", NAMES)
    def test_fifty_steps_agree(self, name):
        torch = pytest.importorskip("torch")
        build = {
            "sgd": lambda p: torch.optim.SGD(p, RATE),
            "momentum": lambda p: torch.optim.SGD(p, RATE, momentum=0.9),
            "adagrad": lambda p: torch.optim.Adagrad(p, RATE, eps=1e-8),
            "rmsprop": lambda p: torch.optim.RMSprop(p, RATE, alpha=0.9, eps=1e-8),
            "adam": lambda p: torch.optim.Adam(p, RATE, eps=1e-12),
        }[name]
        theirs = {
            key: torch.tensor(array, requires_grad=True)
            for key, array in random_parameters().items()
        }
        reference = build(list(theirs.values()))
        for gradients in random_gradients():
            for key, tensor in theirs.items():
                tensor.grad = torch.tensor(gradients[key])
            reference.step()
        # Its Adam puts epsilon elsewhere than ours: hence one too small to matter.
        optimizer = make_optimizer(name, **({"epsilon": 1e-12} if name == "adam" else {}))
        ours = run(optimizer, random_parameters(), random_gradients())
        for key, tensor in theirs.items():
            assert_allclose(ours[key], tensor.detach().numpy(), rtol=1e-9)

    @pytest.mark.parametrize("name", ["sgd", "adagrad", "adam"])
    def test_fifty_sparse_steps_agree(self, name):
        torch = pytest.importorskip("torch")
        build = {
            "sgd": lambda p: torch.optim.SGD(p, RATE),
            "adagrad": lambda p: torch.optim.Adagrad(p, RATE, eps=1e-8),
            "adam": lambda p: torch.optim.SparseAdam(p, RATE),
        }[name]
        tensor = torch.ones((6, 3), dtype=torch.float64, requires_grad=True)
        reference = build([tensor])
        table = np.ones((6, 3))
        optimizer = make_optimizer(name)
        for gradient in random_row_gradients():
            tensor.grad = torch.sparse_coo_tensor(
                torch.tensor(gradient.rows[None]),
                torch.tensor(gradient.values),
                (6, 3),
            )
            reference.step()
            optimizer.step({"E": table}, {"E": gradient}, RATE)
        assert_allclose(table, tensor.detach().numpy(), rtol=1e-12)


class TestRowGradients:
    @pytest.mark.parametrize("name", ["sgd", "adagrad"])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_sgd_and_adagrad_move_exactly_as_with_the_dense_gradient(self, name, dtype):
        sparse, full = np.ones((6, 3), dtype), np.ones((6, 3), dtype)
        one, other = make_optimizer(name), make_optimizer(name)
        for gradient in random_row_gradients(dtype=dtype):
            one.step({"E": sparse}, {"E": gradient}, RATE)
            other.step({"E": full}, {"E": dense(gradient, full.shape)}, RATE)
        assert_array_equal(sparse, full)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_gradient_of_all_rows_equals_the_dense_gradient(self, name):
        everything = [
            {key: RowGradient(np.arange(3), array) for key, array in gradients.items()}
            for gradients in random_gradients()
        ]
        sparse = run(make_optimizer(name), random_parameters(), everything)
        full = run(make_optimizer(name), random_parameters(), random_gradients())
        for key in full:
            assert_array_equal(sparse[key], full[key])

    @pytest.mark.parametrize("name", NAMES)
    def test_rows_outside_the_batch_neither_move_nor_fade(self, name):
        table, optimizer = np.ones((4, 3)), make_optimizer(name)
        rng = np.random.default_rng(0)
        optimizer.step({"E": table}, {"E": row_gradient(np.arange(4), rng.normal(size=(4, 3)))}, 1)
        before = {"E": table.copy(), **optimizer.state()}
        optimizer.step({"E": table}, {"E": row_gradient(np.array([2]), np.ones((1, 3)))}, 1)
        after = {"E": table, **optimizer.state()}
        for key in before.keys() - {"steps_taken"}:
            assert_array_equal(before[key][[0, 1, 3]], after[key][[0, 1, 3]])
            assert (before[key][2] != after[key][2]).all()

    @pytest.mark.parametrize("name", ["momentum", "rmsprop"])
    def test_a_row_moves_as_if_the_steps_without_it_did_not_exist(self, name):
        table, row = np.ones((6, 3)), np.ones((1, 3))
        one, other = make_optimizer(name), make_optimizer(name)
        for gradient in random_row_gradients():
            one.step({"E": table}, {"E": gradient}, RATE)
            if 2 in gradient.rows:
                other.step({"r": row}, {"r": gradient.values[gradient.rows == 2]}, RATE)
        assert 0 < other.steps_taken < STEPS
        assert_array_equal(table[2], row[0])

    def test_adam_fades_the_moments_by_row_and_corrects_their_bias_by_the_global_step(self):
        table, optimizer = np.ones((6, 3)), make_optimizer("adam")
        expected, m, n = np.ones((6, 3)), np.zeros((6, 3)), np.zeros((6, 3))
        for t, gradient in enumerate(random_row_gradients(), start=1):
            optimizer.step({"E": table}, {"E": gradient}, RATE)
            for r, g in zip(gradient.rows, gradient.values, strict=True):
                m[r] = 0.9 * m[r] + 0.1 * g
                n[r] = 0.999 * n[r] + 0.001 * g**2
                rate = RATE * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
                expected[r] -= rate * m[r] / (np.sqrt(n[r]) + 1e-8)
        assert_allclose(table, expected, rtol=1e-12)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_batch_without_rows_changes_nothing(self, name):
        table = np.ones((4, 3))
        empty = row_gradient(np.array([], int), np.ones((0, 3)))
        make_optimizer(name).step({"E": table}, {"E": empty}, RATE)
        assert_array_equal(table, np.ones((4, 3)))


@pytest.mark.parametrize("name", NAMES)
class TestEveryOptimizer:
    def test_it_finds_the_minimum_of_a_quadratic_function(self, name):
        w, optimizer = np.array([1.0, -2.0]), make_optimizer(name)
        for t in range(500):
            optimizer.step({"w": w}, {"w": w * [1, 3]}, 0.3 / (1 + t / 100))
        assert np.abs(w).max() < 0.05

    def test_a_resumed_run_ends_with_identical_numbers(self, name):
        straight = run(make_optimizer(name), random_parameters(), random_gradients())
        first = make_optimizer(name)
        parameters = run(first, random_parameters(), random_gradients()[:20])
        second = make_optimizer(name)
        second.load_state(first.state())
        run(second, parameters, random_gradients()[20:])
        for key in straight:
            assert_array_equal(parameters[key], straight[key])

    def test_its_state_is_copied_when_it_is_returned_and_when_it_is_loaded(self, name):
        optimizer, parameters = make_optimizer(name), random_parameters()
        one, two = random_gradients(steps=2)
        optimizer.step(parameters, one, RATE)
        state = optimizer.state()
        kept = {key: array.copy() for key, array in state.items()}
        other = make_optimizer(name)
        other.load_state(state)
        optimizer.step(parameters, two, RATE)
        other.step(parameters, two, RATE)
        assert state.keys() == kept.keys()
        for key, array in kept.items():
            assert_array_equal(state[key], array)

    def test_it_keeps_float32_in_parameters_and_memory(self, name):
        parameters = random_parameters(dtype=np.float32)
        optimizer = make_optimizer(name)
        run(optimizer, parameters, random_gradients(dtype=np.float32), np.float64(RATE))
        memories = {key: a for key, a in optimizer.state().items() if key != "steps_taken"}
        assert {array.dtype for array in (parameters | memories).values()} == {np.dtype("f4")}

    def test_it_updates_the_arrays_in_place_and_does_not_change_the_gradients(self, name):
        parameters, gradients = random_parameters(), random_gradients(steps=1)[0]
        w, start = parameters["W"], parameters["W"].copy()
        make_optimizer(name).step(parameters, gradients, RATE)
        assert parameters["W"] is w
        assert (w != start).all()
        for key, untouched in random_gradients(steps=1)[0].items():
            assert_array_equal(gradients[key], untouched)

    def test_a_parameter_can_be_a_single_number(self, name):
        slope = np.array(0.25, np.float32)
        optimizer = make_optimizer(name)
        optimizer.step({"slope": slope}, {"slope": 2.0}, 0.01)
        optimizer.step({"slope": slope}, {"slope": 2.0}, 0.01)
        assert slope.dtype == np.float32
        assert 0 < slope < 0.25

    def test_each_parameter_can_have_its_own_rate_and_does_not_move_without_a_gradient(self, name):
        parameters, (gradients,) = random_parameters(), random_gradients(steps=1)
        frozen = np.ones(2)
        make_optimizer(name).step(
            {**parameters, "E": frozen}, gradients, {"W": 0.5, "b": 0.25, "E": 1.0}
        )
        for key, rate in (("W", 0.5), ("b", 0.25)):
            alone = random_parameters()
            make_optimizer(name).step(alone, {key: gradients[key]}, rate)
            assert_array_equal(parameters[key], alone[key])
        assert_array_equal(frozen, [1, 1])

    def test_the_arrays_that_would_broadcast_are_refused(self, name):
        for gradient in (np.ones((3, 1)), np.ones(1), RowGradient(np.array([0]), np.ones((1, 3)))):
            with pytest.raises(ValueError, match="b: expected an array of shape"):
                make_optimizer(name).step(random_parameters(), {"b": gradient}, RATE)

    def test_the_state_of_another_kind_is_refused(self, name):
        for state in ({"steps_taken": np.array(1.0), "W.mood": np.ones(2)}, {}):
            with pytest.raises(ValueError, match="not the state of"):
                make_optimizer(name).load_state(state)


def test_every_optimizer_is_known_by_its_name():
    assert list(OPTIMIZERS) == NAMES


def test_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match="'adamw'; known: sgd, momentum, adagrad, rmsprop, adam"):
        make_optimizer("adamw")


def test_an_unknown_setting_lists_the_known_settings():
    with pytest.raises(ValueError, match="'momentum' of adam; known: beta1, beta2, epsilon"):
        make_optimizer("adam", momentum=0.9)
    with pytest.raises(ValueError, match="'steps_taken' of sgd; known: none"):
        make_optimizer("sgd", steps_taken=3)


@pytest.mark.parametrize(
    ("name", "setting"),
    [("momentum", "momentum"), ("rmsprop", "decay"), ("adam", "beta1"), ("adam", "beta2")],
)
@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_a_setting_out_of_range_is_refused(name, setting, value):
    with pytest.raises(ValueError, match=f"{setting} must be at least 0 and below 1"):
        make_optimizer(name, **{setting: value})


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam"])
def test_an_epsilon_of_0_is_refused_which_would_divide_0_by_0(name):
    with pytest.raises(ValueError, match="epsilon must be above 0, not 0"):
        make_optimizer(name, epsilon=0)


def test_gradients_and_rates_must_belong_to_a_parameter():
    with pytest.raises(ValueError, match="no parameter 'V'; known: W, b"):
        make_optimizer("sgd").step(random_parameters(), {"V": np.ones(1)}, RATE)
    with pytest.raises(ValueError, match="no learning rate for 'b'; given: W"):
        make_optimizer("sgd").step(random_parameters(), {"b": np.ones(3)}, {"W": RATE})


def test_a_state_that_does_not_fit_the_parameters_is_refused():
    optimizer = make_optimizer("momentum")
    optimizer.load_state({"steps_taken": np.array(1.0), "b.velocity": np.ones(7)})
    with pytest.raises(ValueError, match=r"b\.velocity: expected an array of shape"):
        optimizer.step(random_parameters(), {"b": np.ones(3)}, RATE)
