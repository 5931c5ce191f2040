"""Two ways to add and multiply positive numbers: as they are, or by their logarithms."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from window_ner.nn.arrays import Floats


class Arithmetic(NamedTuple):
    """How positive numbers are represented, and how to add and multiply them.

    `enter` converts a score (the logarithm of a number) into the representation, and `leave`
    converts it back; `probability` converts the representation into the number. `product` is the
    matrix product, `total` the sum over the last axis, and `inner` the sum over the last axis of
    the products of two arrays. `size` is about as large as `total`, and a division by it loses no
    digits.
    """

    enter: Callable[..., Floats]
    leave: Callable[..., Floats]
    probability: Callable[..., Floats]
    times: Callable[..., Floats]
    over: Callable[..., Floats]
    product: Callable[[Floats, Floats, Floats], Any]
    total: Callable[[Floats], Floats]
    size: Callable[[Floats], Floats]
    inner: Callable[[Floats, Floats], Floats]


def log_sum_exp(x: Floats) -> Floats:
    """Return log(sum(exp(x))) over the last axis, without overflow."""
    peak = x.max(axis=-1)
    result: Floats = np.log(np.exp(x - peak[..., None]).sum(axis=-1)) + peak
    return result


def _log_product(x: Floats, matrix: Floats, out: Floats) -> None:
    terms = x.T[:, :, None] + matrix[:, None, :]  # so that the sum runs over the first axis: fast
    peak = terms.max(axis=0)
    terms -= peak
    np.exp(terms, out=terms)
    np.log(terms.sum(axis=0, out=out), out=out)
    out += peak


NUMBERS = Arithmetic(
    enter=np.exp,
    leave=np.log,
    probability=np.positive,
    times=np.multiply,
    over=np.divide,
    product=np.ndarray.dot,  # np.dot takes twice as long to dispatch to it
    total=lambda x: x.sum(axis=-1),
    size=lambda x: np.ldexp(1.0, np.frexp(x.max(axis=-1))[1]),  # a power of two
    inner=lambda x, y: np.einsum("nk,nk->n", x, y),
)
NUMBERS_ROW_BY_ROW = NUMBERS._replace(
    product=lambda x, matrix, out: np.matmul(x[:, None], matrix, out=out[:, None])
)
"""The products of a row do not depend on the other rows; twice as slow."""
LOGARITHMS = Arithmetic(
    enter=np.positive,
    leave=np.positive,
    probability=np.exp,
    times=np.add,
    over=np.subtract,
    product=_log_product,
    total=log_sum_exp,
    size=lambda x: np.rint(x.max(axis=-1)),
    inner=lambda x, y: log_sum_exp(x + y),
)
