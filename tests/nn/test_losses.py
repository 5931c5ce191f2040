import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.gradient_check import check_gradients
from window_ner.nn.losses import (
    l2,
    logistic_loss,
    max_margin_loss,
    mse,
    partial_cross_entropy,
    softmax,
    softmax_cross_entropy,
)

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 8)


def assert_gradients(loss, parameters, gradients):
    for check in check_gradients(loss, parameters, gradients, rng=np.random.default_rng(0)):
        assert check.passed, check


def test_logistic_loss_of_known_scores_is_the_mean_log_loss():
    loss, _ = logistic_loss(np.array([0.0, np.log(3)]), np.array([1, 0]))
    assert loss == pytest.approx((np.log(2) + np.log(4)) / 2)


@given(seed=seeds, n=sizes)
def test_the_gradient_of_the_logistic_loss_agrees_with_central_differences(seed, n):
    rng = np.random.default_rng(seed)
    scores, targets = rng.normal(0, 3, n), rng.integers(0, 2, n)
    _, ds = logistic_loss(scores, targets)
    assert_gradients(lambda: logistic_loss(scores, targets)[0], {"s": scores}, {"s": ds})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logistic_loss_is_stable_for_any_score(dtype):
    scores = np.array([1e4, -1e4, 1e4, -1e4], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, ds = logistic_loss(scores, np.array([1, 0, 0, 1]))
    assert loss == pytest.approx(5e3)
    assert_array_equal(ds, [0, 0, 0.25, -0.25])


def test_logistic_loss_of_a_very_certain_right_answer_is_small_but_not_zero():
    loss, _ = logistic_loss(np.array([20], np.float32), np.array([1]))
    assert loss == pytest.approx(np.exp(-20), rel=1e-6)


def test_logistic_loss_refuses_targets_that_are_no_probabilities():
    with pytest.raises(ValueError, match="from 0 to 1"):
        logistic_loss(np.zeros(2), np.array([0, 2]))
    with pytest.raises(ValueError, match="from 0 to 1"):
        logistic_loss(np.zeros(2), np.array([-1, 1]))


def test_mse_of_known_predictions_is_the_mean_of_half_the_squared_errors():
    loss, dpredicted = mse(np.array([3.0, 5.0]), np.array([1, 6]))
    assert loss == pytest.approx((4 + 1) / 2 / 2)
    assert_allclose(dpredicted, [1, -0.5])


@given(seed=seeds, n=sizes)
def test_the_gradient_of_mse_agrees_with_central_differences(seed, n):
    rng = np.random.default_rng(seed)
    predicted, targets = rng.normal(0, 3, n), rng.normal(0, 3, n)
    _, dpredicted = mse(predicted, targets)
    assert_gradients(lambda: mse(predicted, targets)[0], {"y": predicted}, {"y": dpredicted})


def test_max_margin_loss_counts_only_pairs_closer_than_the_margin():
    loss, ds, ds_corrupted = max_margin_loss(np.array([3.0, 0.5]), np.array([1.0, 0.0]))
    assert loss == pytest.approx(0.25)
    assert_array_equal(ds, [0, -0.5])
    assert_array_equal(ds_corrupted, [0, 0.5])


def test_a_pair_that_just_meets_the_margin_has_no_gradient():
    loss, ds, ds_corrupted = max_margin_loss(np.array([2.0]), np.array([0.5]), margin=1.5)
    assert loss == 0
    assert_array_equal(ds, [0])
    assert_array_equal(ds_corrupted, [0])


@given(seed=seeds, n=sizes, margin=st.sampled_from([0.5, 1.0, 3.0]))
def test_both_gradients_of_the_max_margin_loss_agree_with_central_differences(seed, n, margin):
    rng = np.random.default_rng(seed)
    scores, corrupted = rng.normal(size=n), rng.normal(size=n)
    _, ds, ds_corrupted = max_margin_loss(scores, corrupted, margin)
    assert_gradients(
        lambda: max_margin_loss(scores, corrupted, margin)[0],
        {"s": scores, "s_c": corrupted},
        {"s": ds, "s_c": ds_corrupted},
    )


def test_softmax_of_known_scores():
    assert_allclose(softmax(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]])


@given(seed=seeds, shift=st.floats(-1e4, 1e4))
def test_softmax_does_not_change_when_all_scores_shift(seed, shift):
    scores = np.random.default_rng(seed).normal(size=(3, 4))
    assert_allclose(softmax(scores + shift), softmax(scores), atol=1e-10)


def test_softmax_works_on_the_last_axis_of_any_shape_and_does_not_change_the_scores():
    scores = np.arange(24.0).reshape(2, 3, 4)
    assert_allclose(softmax(scores).sum(axis=-1), np.ones((2, 3)))
    assert_array_equal(scores.ravel(), np.arange(24))


def test_cross_entropy_of_equal_scores_is_the_log_of_the_number_of_classes():
    loss, dscores = softmax_cross_entropy(np.zeros((2, 4)), np.array([0, 3]))
    assert loss == pytest.approx(np.log(4))
    assert_allclose(dscores, np.array([[-3, 1, 1, 1], [1, 1, 1, -3]]) / 8)


@given(seed=seeds, n=sizes, k=st.integers(1, 6))
def test_indices_and_one_hot_rows_give_the_same_loss_and_gradient(seed, n, k):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(size=(n, k)), rng.integers(0, k, n)
    loss, dscores = softmax_cross_entropy(scores, labels)
    loss_one_hot, dscores_one_hot = softmax_cross_entropy(scores, np.eye(k, dtype=int)[labels])
    assert loss == pytest.approx(loss_one_hot)
    assert_allclose(dscores, dscores_one_hot)


@given(seed=seeds, n=sizes, k=st.integers(2, 6))
def test_the_gradient_of_the_cross_entropy_agrees_with_central_differences(seed, n, k):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (n, k))
    for labels in (rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)):
        _, dscores = softmax_cross_entropy(scores, labels)
        assert_gradients(
            lambda labels=labels: softmax_cross_entropy(scores, labels)[0],
            {"s": scores},
            {"s": dscores},
        )


@given(seed=seeds)
def test_two_classes_with_one_score_at_zero_are_the_logistic_loss(seed):
    rng = np.random.default_rng(seed)
    scores, targets = rng.normal(size=5), rng.integers(0, 2, 5)
    loss, ds = logistic_loss(scores, targets)
    loss_two, ds_two = softmax_cross_entropy(np.stack([np.zeros(5), scores], axis=1), targets)
    assert loss == pytest.approx(loss_two)
    assert_allclose(ds, ds_two[:, 1], atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_is_stable_for_any_scores(dtype):
    scores = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss, dscores = softmax_cross_entropy(scores, np.array([0, 0]))
    assert loss == pytest.approx(1e4)
    assert_array_equal(dscores, [[0, 0], [-0.5, 0.5]])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 3]), "from 0 to 2"),
        (np.array([-1, 0]), "from 0 to 2"),
        (np.array([0, 1, 2]), "2 integer labels"),
        (np.array([0.0, 1.0]), "integer labels, got float64"),
        (np.ones((2, 2)) / 2, "do not fit"),
        (np.ones((2, 3)), "sum to 1"),
    ],
)
def test_invalid_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        softmax_cross_entropy(np.zeros((2, 3)), labels)


def test_batches_that_would_broadcast_are_refused():
    for loss in (logistic_loss, max_margin_loss, mse):
        with pytest.raises(ValueError, match=r"got \(2,\), \(2, 1\)"):
            loss(np.zeros(2), np.zeros((2, 1)))


def test_an_empty_batch_has_no_mean_and_is_refused():
    for loss in (logistic_loss, max_margin_loss, mse):
        with pytest.raises(ValueError, match=r"\(0,\)"):
            loss(np.zeros(0), np.zeros(0))
    with pytest.raises(ValueError, match=r"\(0, 3\)"):
        softmax_cross_entropy(np.zeros((0, 3)), np.zeros(0, int))


def test_l2_is_half_the_squared_norm_times_the_strength():
    loss, gradient = l2(np.array([[3.0, 4.0]]), 0.1)
    assert loss == pytest.approx(1.25)
    assert_allclose(gradient, [[0.3, 0.4]])


def test_the_gradient_of_l2_agrees_with_central_differences():
    w = np.random.default_rng(0).normal(size=(3, 4))
    assert_gradients(lambda: l2(w, 0.3)[0], {"w": w}, {"w": l2(w, 0.3)[1]})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_are_plain_floats_and_gradients_keep_the_dtype_of_the_scores(dtype):
    scores, table = np.zeros(2, dtype), np.zeros((2, 3), dtype)
    results = [
        logistic_loss(scores, np.array([0, 1])),
        logistic_loss(scores, np.array([0.0, 1.0])),
        max_margin_loss(scores, scores, np.float64(1)),
        mse(scores, np.array([0.5, 1.0])),
        softmax_cross_entropy(table, np.array([0, 1])),
        softmax_cross_entropy(table, np.eye(3)[:2]),
        l2(table, np.float64(0.1)),
    ]
    for loss, *gradients in results:
        assert type(loss) is float
        assert all(gradient.dtype == dtype for gradient in gradients)


def test_a_row_of_softmax_does_not_depend_on_the_other_rows():
    scores = np.array([[0.0, 0.0], [1e4, 1e4], [-1e4, -1e4]])
    labels = np.array([0, 1, 0])
    with np.errstate(all="raise", under="ignore"):
        assert_array_equal(softmax(scores), np.full((3, 2), 0.5))
        assert_array_equal(softmax(scores[None]), np.full((1, 3, 2), 0.5))
        loss, ds = softmax_cross_entropy(scores, labels)
    assert loss == pytest.approx(np.log(2))
    assert_allclose(np.abs(ds), 1 / 6)


@pytest.mark.parametrize("row", [[0.75, 0.75], [0.5, 0.4], [0.0, 0.0]])
def test_label_probabilities_that_do_not_sum_to_one_are_refused(row):
    with pytest.raises(ValueError, match=r"^each row of label probabilities must sum to 1$"):
        softmax_cross_entropy(np.zeros((1, 2)), np.array([row]))


@given(st.integers(0, 999))
def test_the_partial_cross_entropy_is_that_of_the_probability_of_the_set(seed):
    rng = np.random.default_rng(seed)
    scores = 3 * rng.normal(size=(6, 5))
    allowed = rng.random((6, 5)) < 0.4
    allowed[np.arange(6), rng.integers(0, 5, 6)] = True
    loss, dscores = partial_cross_entropy(scores, allowed)
    assert_allclose(loss, -np.log((softmax(scores) * allowed).sum(axis=1)).mean(), atol=1e-12)
    assert_gradients(
        lambda: partial_cross_entropy(scores, allowed)[0], {"s": scores}, {"s": dscores}
    )


def test_the_partial_cross_entropy_of_one_class_is_the_cross_entropy_and_of_all_is_0():
    scores, labels = np.random.default_rng(0).normal(size=(6, 5)), np.array([0, 1, 2, 3, 4, 0])
    partial = partial_cross_entropy(scores, np.eye(5, dtype=bool)[labels])
    full = softmax_cross_entropy(scores, labels)
    assert_allclose(partial[0], full[0])
    assert_allclose(partial[1], full[1], atol=1e-15)
    loss, dscores = partial_cross_entropy(scores, np.ones((6, 5), dtype=bool))
    assert loss == 0
    assert not dscores.any()


def test_the_partial_cross_entropy_of_extreme_scores_is_finite():
    scores = np.array([[1e4, -1e4, 0.0]], dtype=np.float32)
    loss, dscores = partial_cross_entropy(scores, np.array([[False, True, True]]))
    assert_allclose(loss, 1e4)
    assert_allclose(dscores, [[1, 0, -1]])
    assert dscores.dtype == np.float32


@pytest.mark.parametrize(
    ("allowed", "message"),
    [(np.ones((2, 2), bool), "sets, got"), (np.zeros((2, 3), bool), "at least one class")],
)
def test_sets_that_do_not_fit_the_scores_are_refused(allowed, message):
    with pytest.raises(ValueError, match=message):
        partial_cross_entropy(np.zeros((2, 3)), allowed)
