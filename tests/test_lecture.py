"""The lecture in one file has the package's gradients, in float64."""

import runpy

import numpy as np
import pytest

from window_ner import lecture
from window_ner.nn.losses import logistic_loss, max_margin_loss
from window_ner.nn.window_network import WindowBatch, WindowNetwork

WORDS, DIMENSION = 9, 4
WINDOWS = np.array([[0, 0, 2, 3, 4], [0, 2, 3, 4, 2], [5, 5, 5, 6, 1], [7, 6, 2, 0, 0]])
TARGETS = np.array([1, 0, 1, 0])


@pytest.fixture
def parameters():
    rng = np.random.default_rng(3)
    W, U = lecture.draw((lecture.H, 5 * DIMENSION), rng), lecture.draw((1, lecture.H), rng)[0]
    E, b = rng.normal(size=(WORDS, DIMENSION)), rng.normal(size=lecture.H)
    return {"E": E, "W": W, "b": b, "U": U}


def of_package(parameters, loss):
    """Return loss and gradients as the package computes them; E's as a whole table."""
    network = WindowNetwork({**parameters, "U": parameters["U"][None]}, 5, "tanh")
    batch = WindowBatch({"E": WINDOWS.ravel()})
    scores, trace = network.forward(batch)
    s, ds = scores[:, 0], np.zeros(len(scores))
    if loss == "logistic":
        J, ds = logistic_loss(s, TARGETS)
    else:
        J, ds[TARGETS == 1], ds[TARGETS == 0] = max_margin_loss(s[TARGETS == 1], s[TARGETS == 0])
    gradients = network.backward(ds[:, None], batch, trace)
    E = np.zeros_like(parameters["E"])
    E[gradients["E"].rows] = gradients["E"].values
    return J, {**gradients, "U": gradients["U"][0], "E": E}


@pytest.mark.parametrize("loss", ["logistic", "max-margin"])
def test_loss_and_every_gradient_are_those_of_the_package(parameters, loss):
    x, h, s = lecture.forward(parameters, WINDOWS)
    J, ds = lecture.LOSSES[loss](s, TARGETS)
    gradients = lecture.backward(parameters, WINDOWS, x, h, ds)
    expected_loss, expected = of_package(parameters, loss)
    assert abs(J - expected_loss) < 1e-12
    assert gradients.keys() == expected.keys() == parameters.keys()
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=0, atol=1e-10, err_msg=name)
        assert np.abs(gradient).max() > 0


def test_a_pair_with_margin_enough_teaches_nothing():
    J, ds = lecture.max_margin_loss(np.array([2.0, 0.5, 0.0, 0.5]), TARGETS)
    assert abs(J - 0.75) < 1e-12
    assert ds.tolist() == [0, 0, -0.5, 0.5]


def test_in_pairs_each_window_of_no_name_comes_once_after_one_of_a_name():
    t = np.array([0, 1, 0, 0, 1, 0, 0])
    order = lecture.order_of_epoch(t, np.random.default_rng(0), in_pairs=True)
    assert t[order].tolist() == [1, 0] * 5
    assert sorted(order[1::2]) == [0, 2, 3, 5, 6]


@pytest.mark.parametrize("loss", lecture.LOSSES)
def test_training_lowers_the_loss_and_leaves_the_word_vectors_alone(parameters, loss, monkeypatch):
    monkeypatch.setattr(lecture, "BATCH", 4)
    before = parameters["E"].copy()
    rng = np.random.default_rng(0)
    losses = list(lecture.train(parameters, WINDOWS, TARGETS, loss, rng))
    assert len(losses) == lecture.EPOCHS
    assert losses[-1] < losses[0] / 2
    assert (parameters["E"] == before).all()


def test_a_loss_that_is_not_there_is_refused_before_anything_is_read():
    with pytest.raises(SystemExit, match="no loss 'maxmargin'; the losses are logistic,"):
        lecture.main("maxmargin")


@pytest.mark.parametrize("seed", ["one", "-1", "1.5", ""])
def test_a_seed_that_is_no_number_is_refused_before_anything_is_read(seed):
    with pytest.raises(SystemExit, match="the seed is a number, such as 1, not"):
        lecture.main("logistic", seed)


def test_a_third_argument_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setattr("sys.argv", ["lecture.py", "logistic", "2", "3"])
    with pytest.raises(SystemExit, match="at most a loss and a seed"):
        runpy.run_path(lecture.__file__, run_name="__main__")
