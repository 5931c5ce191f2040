"""Losses. Each function returns the loss and its gradient with respect to the scores.

A loss is the mean over the mini-batch, so the same learning rate suits any batch size. The
gradients have the dtype and shape of the scores. The loss is a Python float.
"""

import numpy as np
from numpy.typing import NDArray

from window_ner.nn.activations import logistic
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.arithmetic import log_sum_exp


def logistic_loss(scores: Floats, targets: Floats | Ints) -> tuple[float, Floats]:
    """Cross-entropy of a yes-or-no question, here whether a word is part of a name.

    With p = σ(s), J = −t log p − (1 − t) log (1 − p) = max(s, 0) − t s + log(1 + e^-|s|). The code
    uses the last form, which does not overflow and is precise for very small losses. Since
    d log p / ds = 1 − p and d log(1 − p) / ds = −p, ∂J/∂s = −t (1 − p) + (1 − t) p = p − t.

    Parameters
    ----------
    scores : (N,) floats
    targets : (N,) 0 or 1 (or a probability)

    Returns
    -------
    loss : float
    ds : (N,) floats
        ∂loss/∂scores.

    Raises
    ------
    ValueError
        If the shapes differ, the batch is empty, or a target is not between 0 and 1.
    """
    _check_batch(scores, targets)
    if targets.min() < 0 or targets.max() > 1:
        raise ValueError("the targets of the logistic loss must be from 0 to 1")
    targets = targets.astype(scores.dtype, copy=False)
    losses = np.maximum(scores, 0) - targets * scores + np.log1p(np.exp(-np.abs(scores)))
    ds = logistic(scores) - targets
    ds /= len(scores)
    return float(losses.mean()), ds


def mse(predicted: Floats, targets: Floats) -> tuple[float, Floats]:
    """Half the squared error, for a score that is a number itself: a price, a pupil's mark.

    J = ½ (ŷ − y)², so ∂J/∂ŷ = ŷ − y: the half is there to cancel the 2.

    Parameters
    ----------
    predicted : (N,) floats
        ŷ, the scores as they are: no σ stands between.
    targets : (N,) floats
        y.

    Returns
    -------
    loss : float
    dpredicted : (N,) floats
        ∂loss/∂predicted.

    Raises
    ------
    ValueError
        If the shapes differ or the batch is empty.
    """
    _check_batch(predicted, targets)
    errors: Floats = predicted - targets.astype(predicted.dtype, copy=False)
    return float(np.vdot(errors, errors)) / 2 / len(errors), errors / len(errors)


def max_margin_loss(
    scores: Floats, corrupted: Floats, margin: float = 1.0
) -> tuple[float, Floats, Floats]:
    """Penalise a true window that does not score higher than its corrupted window by a margin.

    J = max(0, margin − s + s_c) (Collobert & Weston, 2008; the lecture's window classifier). Where
    J > 0, ∂J/∂s = −1 and ∂J/∂s_c = +1; elsewhere, and at the kink, both are 0.

    Parameters
    ----------
    scores : (N,) floats
        s, the scores of windows with a name at their centre.
    corrupted : (N,) floats
        s_c, the scores of the corrupted windows, which have no name at their centre.
    margin : float

    Returns
    -------
    loss : float
    ds : (N,) floats
        ∂loss/∂scores.
    ds_corrupted : (N,) floats
        ∂loss/∂corrupted.

    Raises
    ------
    ValueError
        If the shapes differ or the batch is empty.
    """
    _check_batch(scores, corrupted)
    losses = np.maximum(margin - scores + corrupted, 0)
    ds_corrupted: Floats = (losses > 0).astype(scores.dtype)
    ds_corrupted /= len(scores)
    return float(losses.mean()), -ds_corrupted, ds_corrupted


def softmax(scores: Floats) -> Floats:
    """Turn each row of scores into probabilities, p_k = e^{s_k} / Σ_j e^{s_j}.

    The largest score of each row is subtracted first. This does not change the result, and the
    exponentials cannot overflow.

    Parameters
    ----------
    scores : (..., K) floats

    Returns
    -------
    (..., K) floats
        Each row sums to 1.
    """
    probabilities: Floats = scores - scores.max(axis=-1, keepdims=True)
    np.exp(probabilities, out=probabilities)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    return probabilities


def softmax_cross_entropy(scores: Floats, labels: Ints | Floats) -> tuple[float, Floats]:
    """Cross-entropy of a choice among K classes.

    J = −Σ_k y_k log p_k = log Σ_j e^{s_j} − Σ_k y_k s_k with p = softmax(s) and Σ_k y_k = 1, so
    ∂J/∂s_k = e^{s_k} / Σ_j e^{s_j} − y_k = p_k − y_k.

    Parameters
    ----------
    scores : (N, K) floats
    labels : (N,) ints, or (N, K) ints or floats
        The index of the right class, or one-hot rows, or rows of probabilities.

    Returns
    -------
    loss : float
    dscores : (N, K) floats
        ∂loss/∂scores.

    Raises
    ------
    ValueError
        If the batch is empty, the labels have neither shape, an index is not below K, or a row of
        probabilities does not sum to 1.
    """
    if scores.ndim != 2 or not scores.size:
        raise ValueError(f"expected scores of shape (N, K), got {scores.shape}")
    shifted = scores.T.copy()  # sums over the first axis are several times faster
    shifted -= shifted.max(axis=0)
    dscores = np.exp(shifted)
    totals = dscores.sum(axis=0)
    dscores /= totals
    if labels.ndim == 2:
        y = _check_probabilities(labels, scores).astype(scores.dtype, copy=False)
        right_scores = np.vdot(y.T, shifted)
        dscores -= y.T
    else:
        picked = _check_indices(labels, scores), np.arange(len(scores))
        right_scores = shifted[picked].sum()
        dscores[picked] -= 1
    dscores /= len(scores)
    return float(np.log(totals).sum() - right_scores) / len(scores), dscores.T


def partial_cross_entropy(scores: Floats, allowed: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Cross-entropy if the right class is only known to be in a set A.

    J = −log Σ_{k in A} p_k = log Σ_j e^{s_j} − log Σ_{k in A} e^{s_k}. Both parts are logarithms of
    sums, so with q = softmax(s) over A alone, and 0 elsewhere, ∂J/∂s_k = p_k − q_k. With one class
    in A it is `softmax_cross_entropy`; with all of them it is 0.

    Parameters
    ----------
    scores : (N, K) floats
    allowed : (N, K) booleans
        Whether a class is in A; at least one of each row.

    Returns
    -------
    loss : float
    dscores : (N, K) floats
        ∂loss/∂scores.

    Raises
    ------
    ValueError
        If the batch is empty, the shapes differ, or a row allows no class.
    """
    if scores.ndim != 2 or not scores.size or allowed.shape != scores.shape:
        raise ValueError(f"expected (N, K) scores and sets, got {scores.shape}, {allowed.shape}")
    if not allowed.any(axis=1).all():
        raise ValueError("each row must allow at least one class")
    inside = np.where(allowed, scores, -np.inf)
    losses = log_sum_exp(scores) - log_sum_exp(inside)
    dscores: Floats = softmax(scores) - softmax(inside)
    dscores /= len(scores)
    return float(losses.mean()), dscores


def l2(parameter: Floats, strength: float) -> tuple[float, Floats]:
    """Weight decay (L2), to add to any loss: strength/2 · ‖w‖², with the gradient strength · w.

    Parameters
    ----------
    parameter : floats of any shape
    strength : float

    Returns
    -------
    loss : float
    gradient : floats of the parameter's shape
    """
    strength = float(strength)  # a NumPy float64 would turn the gradient into float64
    return strength / 2 * float(np.vdot(parameter, parameter)), strength * parameter


def _check_batch(scores: Floats, others: Floats | Ints) -> None:
    """Refuse shapes that would broadcast to a wrong result, such as (N,) with (N, 1)."""
    if scores.ndim != 1 or not scores.size or scores.shape != others.shape:
        raise ValueError(f"expected two batches of shape (N,), got {scores.shape}, {others.shape}")


def _check_indices(labels: Ints | Floats, scores: Floats) -> Ints | Floats:
    if labels.shape != scores.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"expected {len(scores)} integer labels, got {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise ValueError(f"labels must be from 0 to {scores.shape[1] - 1}")
    return labels


def _check_probabilities(labels: Ints | Floats, scores: Floats) -> Ints | Floats:
    if labels.shape != scores.shape:
        raise ValueError(f"labels of shape {labels.shape} do not fit scores of {scores.shape}")
    if not np.allclose(labels.sum(axis=1), 1, atol=1e-4):
        raise ValueError("each row of label probabilities must sum to 1")
    return labels
