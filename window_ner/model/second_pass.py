"""A second pass over a text, which uses the results of the first for the same word elsewhere.

"Blackburn" in a table of results may be a place or a club; two lines further down it is clear. So
a first network reads the whole document. A second network then gets, with each centre word,

    c_t = [mean; max] of p(tag | first pass) over the other tokens of the document that are the
          same word, whatever its case; 0 if there are none                           (2 K numbers)

beside the inputs of the first network. The mean is what the document mostly says. The maximum
finds the one certain place, such as "MaliVai Washington", who is only "Washington" afterwards.
(Krishnan & Manning, 2006, do this with two CRFs, and majorities.)

On sentences that it was trained on, the first pass is better than on new ones. So the training data
is cut into folds of documents, and each fold is read by a first pass that was trained on the others
(stacking; Wolpert, 1992).
"""

import numpy as np

from window_ner.nn.arrays import Floats, Ints


def second_pass_inputs(outputs: int) -> int:
    """Return the size of c_t for a first pass with ``outputs`` outputs."""
    return 2 * outputs


def of_others(values: Floats, groups: Ints) -> Floats:
    """Compute the mean and the maximum over the other tokens of a group.

    Parameters
    ----------
    values
        (N, K) numbers of each token.
    groups
        (N,) the group of each token, numbered from 0 on.

    Returns
    -------
    (N, 2 K), the means first; 0 for a token that is alone in its group.
    """
    count = np.bincount(groups)[groups] - 1
    others = np.zeros((len(values), second_pass_inputs(values.shape[1])), dtype=values.dtype)
    shared = np.flatnonzero(count)
    if not len(shared):
        return others
    shared = shared[groups[shared].argsort(kind="stable")]
    own, group = values[shared], groups[shared]
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff(begins, append=len(group))

    sums = np.add.reduceat(own, begins, axis=0).repeat(sizes, axis=0)
    means = (sums - own) / count[shared, None].astype(own.dtype)

    greatest = np.maximum.reduceat(own, begins, axis=0).repeat(sizes, axis=0)
    is_greatest = own == greatest
    alone = np.add.reduceat(is_greatest, begins, axis=0, dtype=np.intp) == 1
    second = np.maximum.reduceat(np.where(is_greatest, -np.inf, own), begins, axis=0)
    own_is_only = is_greatest & alone.repeat(sizes, axis=0)
    of_the_others = np.where(own_is_only, second.repeat(sizes, axis=0), greatest)
    others[shared] = np.concatenate([means, of_the_others], axis=1)
    return others
