from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from window_ner.nn.schedules import SCHEDULES, ReduceOnPlateau, make_schedule

DECAYS = ["constant", "step", "inverse-time", "exponential", "cosine", "linear"]
NAMES = [*DECAYS, "reduce-on-plateau"]


def multipliers(schedule, steps):
    return [schedule(step) for step in steps]


def test_every_schedule_is_known_by_its_name():
    assert list(SCHEDULES) == NAMES


def test_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match=r"'sine'; known: constant, step, .*, reduce-on-plateau"):
        make_schedule("sine", 10)


def test_an_unknown_setting_lists_the_known_settings():
    with pytest.raises(ValueError, match="'final' of step; known: drops, factor"):
        make_schedule("step", 10, final=0.1)
    with pytest.raises(ValueError, match="'factor' of constant; known: none"):
        make_schedule("constant", 10, factor=0.1)
    with pytest.raises(ValueError, match="'best' of reduce-on-plateau; known: factor, patience"):
        make_schedule("reduce-on-plateau", 10, best=0.1)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("constant", {}, [1, 1, 1, 1, 1]),
        ("step", {}, [1, 0.5, 0.25, 0.125, 0.125]),
        ("step", {"drops": 1, "factor": 0.1}, [1, 1, 0.1, 0.1, 0.1]),
        ("inverse-time", {"final": 0.2}, [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        ("exponential", {"final": 1 / 16}, [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16]),
        ("cosine", {}, [1, (2 + np.sqrt(2)) / 4, 1 / 2, (2 - np.sqrt(2)) / 4, 0]),
        ("cosine", {"final": 0.5}, [1, (6 + np.sqrt(2)) / 8, 3 / 4, (6 - np.sqrt(2)) / 8, 0.5]),
        ("linear", {}, [1, 0.75, 0.5, 0.25, 0]),
        ("linear", {"final": 0.2}, [1, 0.8, 0.6, 0.4, 0.2]),
    ],
)
def test_multipliers_agree_with_the_formula(name, values, expected):
    schedule = make_schedule(name, 100, **values)
    assert multipliers(schedule, range(0, 101, 25)) == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
@given(total=st.integers(1, 60), data=st.data())
def test_the_rate_climbs_to_one_in_the_warm_up_and_never_rises_again(name, total, data):
    warmup = data.draw(st.integers(0, total - 1))
    schedule = make_schedule(name, total, warmup)
    climb = multipliers(schedule, range(warmup + 1))
    assert climb[0] > 0
    assert_allclose(np.diff(climb, prepend=0), 1 / (warmup + 1))
    assert schedule(warmup) == 1
    fall = multipliers(schedule, range(warmup, total + 3))
    assert all(later <= earlier for earlier, later in pairwise(fall))
    assert fall[-1] >= 0


@pytest.mark.parametrize("name", DECAYS)
def test_the_final_multiplier_stays_after_the_end(name):
    schedule = make_schedule(name, 10, 3)
    assert schedule(11) == schedule(1000) == schedule(10)


@pytest.mark.parametrize("name", DECAYS)
def test_after_the_warm_up_the_schedule_covers_the_remaining_steps(name):
    warmed, plain = make_schedule(name, 50, 10), make_schedule(name, 40)
    assert multipliers(warmed, range(10, 50)) == multipliers(plain, range(40))


@pytest.mark.parametrize(("total", "warmup"), [(10, 10), (10, -1), (0, 0)])
def test_a_warm_up_that_leaves_no_step_is_refused(total, warmup):
    with pytest.raises(ValueError, match="do not fit"):
        make_schedule("linear", total, warmup)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("linear", {"final": -0.1}),
        ("cosine", {"final": 1.5}),
        ("inverse-time", {"final": 0}),
        ("exponential", {"final": 0}),
        ("step", {"factor": 2}),
        ("step", {"drops": 0}),
        ("reduce-on-plateau", {"patience": 0}),
        ("reduce-on-plateau", {"factor": 1.1}),
    ],
)
def test_a_setting_out_of_range_is_refused(name, values):
    with pytest.raises(ValueError, match="must be"):
        make_schedule(name, 10, **values)


class TestReduceOnPlateau:
    def test_the_rate_falls_when_the_patience_is_over_without_a_new_best_score(self):
        plateau = ReduceOnPlateau(factor=0.1, patience=2)
        seen = []
        for score in (0.5, 0.4, 0.6, 0.6, 0.5, 0.7, 0.1):
            plateau.observe(score)
            seen.append(plateau(0))
        assert seen == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1])

    def test_the_count_restarts_after_each_fall(self):
        plateau = ReduceOnPlateau(factor=0.5, patience=2)
        for score in (0.9, 0, 0, 0):
            plateau.observe(score)
        assert plateau(0) == 0.5
        plateau.observe(0)
        assert plateau(0) == 0.25

    def test_it_warms_up_too(self):
        plateau = make_schedule("reduce-on-plateau", 100, 3, patience=1, factor=0.5)
        assert multipliers(plateau, range(5)) == [0.25, 0.5, 0.75, 1, 1]
        plateau.observe(0.5)
        plateau.observe(0.5)
        assert multipliers(plateau, range(5)) == [0.125, 0.25, 0.375, 0.5, 0.5]

    def test_a_score_that_is_not_a_number_is_no_new_best(self):
        plateau = ReduceOnPlateau(patience=1)
        plateau.observe(float("nan"))
        assert plateau(0) == 0.5
