"""Batch normalisation: the z of a unit, shifted and scaled to mean 0 and variance 1 in its batch.

For one unit and the N rows of a mini-batch (Ioffe & Szegedy, 2015), forward::

    μ = 1/N Σ zₙ      σ² = 1/N Σ (zₙ − μ)²      s = √(σ² + ε)
    ẑ = (z − μ) / s   y = γ ẑ + β

γ and β are learned, one of each for a unit: they can take the normalisation back. Backward, with
the upstream gradient ∂J/∂y::

    ∂J/∂β = Σ ∂J/∂yₙ          ∂J/∂γ = Σ ∂J/∂yₙ ẑₙ          ∂J/∂ẑ = γ ∂J/∂y
    ∂J/∂z = 1/s (∂J/∂ẑ − mean(∂J/∂ẑ) − ẑ mean(∂J/∂ẑ ẑ))

The last line has three terms since z goes three ways: directly, through μ and through σ. Derived in
docs/deep-stacks.md. It is not a setting of the tagger: with one or two hidden layers no gradient
vanishes, and a word's score would depend on the other words of its batch.
"""

from dataclasses import dataclass

import numpy as np

from window_ner.nn.arrays import Floats

EPSILON = 1e-5


@dataclass(frozen=True)
class Normalised:
    """What the forward pass leaves for the backward pass.

    Attributes
    ----------
    z_hat : (N, H) floats
        ẑ.
    s : (H,) floats
        √(σ² + ε).
    """

    z_hat: Floats
    s: Floats


def batch_norm(
    z: Floats, gamma: Floats, beta: Floats, epsilon: float = EPSILON
) -> tuple[Floats, Normalised]:
    """Normalise each unit over the batch.

    Parameters
    ----------
    z : (N, H) floats
    gamma, beta : (H,) floats
    epsilon : float
        Keeps the division from failing where all zₙ are equal.

    Returns
    -------
    y : (N, H) floats
    normalised : Normalised
        For `batch_norm_backward`.

    Raises
    ------
    ValueError
        If the batch has no row to take a mean of.
    """
    if not len(z):
        raise ValueError("batch normalisation needs at least one row")
    centred = z - z.mean(axis=0)
    s: Floats = np.sqrt(np.mean(centred * centred, axis=0) + z.dtype.type(epsilon))
    z_hat = centred / s
    return gamma * z_hat + beta, Normalised(z_hat, s)


def batch_norm_backward(
    dy: Floats, gamma: Floats, normalised: Normalised
) -> tuple[Floats, Floats, Floats]:
    """Carry ∂J/∂y back to z, γ and β.

    Parameters
    ----------
    dy : (N, H) floats
    gamma : (H,) floats
    normalised : Normalised
        What `batch_norm` has left.

    Returns
    -------
    dz : (N, H) floats
    dgamma, dbeta : (H,) floats
    """
    z_hat, s = normalised.z_hat, normalised.s
    dgamma: Floats = (dy * z_hat).sum(axis=0)
    dbeta: Floats = dy.sum(axis=0)
    # mean(∂J/∂ẑ) = γ ∂J/∂β / N and mean(∂J/∂ẑ ẑ) = γ ∂J/∂γ / N
    n = len(dy)
    return gamma / s * (dy - dbeta / n - z_hat * (dgamma / n)), dgamma, dbeta
