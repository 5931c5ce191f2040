"""The gradient of a table of vectors when a mini-batch looks up only a few of its rows."""

from typing import NamedTuple

import numpy as np

from window_ner.nn.arrays import Floats, Ints


class RowGradient(NamedTuple):
    """The gradient of a matrix that is zero except in a few rows.

    Attributes
    ----------
    rows : (R,) ints
        The indices of these rows, sorted and without duplicates.
    values : (R, d) floats
        The gradient of each of these rows.
    """

    rows: Ints
    values: Floats


Gradient = Floats | RowGradient


def dense(gradient: Gradient, shape: tuple[int, ...]) -> Floats:
    """Turn a RowGradient into an array of the table's shape, with zeros in the other rows."""
    if not isinstance(gradient, RowGradient):
        return gradient
    table = np.zeros(shape, gradient.values.dtype)
    table[gradient.rows] = gradient.values
    return table


# Most words of a mini-batch occur once or twice. Up to this many occurrences, adding whole rows is
# faster than np.add.reduceat, which has a cost for each element of each sum.
_ROUNDS = 2


def row_gradient(ids: Ints, upstream: Floats) -> RowGradient:
    """Compute the gradient of a table from the gradients of the rows that were looked up.

    A look-up copies row ids[m] of the table to position m. The gradients of all copies of a row are
    added: the gradient of row r is the sum of upstream[m] over all m with ids[m] = r. The positions
    are sorted by id, and those with the same id are added in their original order, so the sums are
    identical to the last bit on any machine.

    Parameters
    ----------
    ids : (M,) ints
    upstream : (M, d) floats

    Returns
    -------
    RowGradient
        Its arrays have the dtypes of the ids and of the upstream gradient.

    Raises
    ------
    ValueError
        If the number of ids differs from the number of upstream rows.
    """
    if ids.shape != upstream.shape[:1]:
        raise ValueError(f"{ids.shape} ids do not fit upstream gradients of {upstream.shape}")
    if not len(ids):
        return RowGradient(ids, upstream)
    # Sorting (id, position) packed into one integer is several times faster than a stable argsort,
    # and twice as fast again if 32 bits are enough.
    bits = len(ids).bit_length()
    small = int(ids.max()) < 1 << (32 - bits)
    packed: Ints = ids.astype(np.uint32 if small else np.int64)
    packed <<= bits
    packed |= np.arange(len(ids), dtype=packed.dtype)
    packed.sort()
    order, sorted_ids = packed & ((1 << bits) - 1), packed >> bits
    is_first = np.empty(len(ids), dtype=bool)
    is_first[0] = True
    np.not_equal(sorted_ids[1:], sorted_ids[:-1], out=is_first[1:])
    starts = is_first.nonzero()[0]
    counts = np.empty(len(starts), dtype=np.intp)
    counts[-1] = len(ids) - starts[-1]
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])

    values = upstream.take(order.take(starts), axis=0)
    for k in range(1, _ROUNDS):
        again = (counts > k).nonzero()[0]
        values[again] += upstream.take(order.take(starts.take(again) + k), axis=0)
    often = (counts > _ROUNDS).nonzero()[0]
    if len(often):
        lengths = counts.take(often) - _ROUNDS
        begins = lengths.cumsum() - lengths
        rest = (starts.take(often) + _ROUNDS - begins).repeat(lengths)
        rest += np.arange(len(rest))
        later = upstream.take(order.take(rest), axis=0)
        values[often] += np.add.reduceat(later, begins, axis=0)
    return RowGradient(sorted_ids.take(starts).astype(ids.dtype), values)
