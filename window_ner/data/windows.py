"""Sentences -> windows -> concatenated vectors.

The sentences of a batch are laid out in one row, with padding between them:

    . . The cat sat . . Paris . . Kofi Annan spoke . .        ( . is padding, window 5)

so that every window is a slice of that row, and all windows are one gather.
"""

import numpy as np

from window_ner.nn.arrays import Floats, Ints

PADDING = 0
"""Id of the padding that stands beyond the sentence's edges, in every vocabulary."""


def window_positions(lengths: Ints, size: int) -> tuple[Ints, int]:
    """Find where the windows of consecutive sentences lie in the padded row.

    Parameters
    ----------
    lengths
        (B,) tokens of each sentence.
    size
        Tokens of a window, odd.

    Returns
    -------
    positions
        (N, size) places in the padded row, for each of the N tokens; the centre's are column
        ``size // 2``.
    padded_length
        Length of the padded row.

    Raises
    ------
    ValueError
        If the size is not a positive odd number: a window has a centre.
    """
    if size < 1 or size % 2 == 0:
        raise ValueError(f"a window has a centre word, so its size is odd; got {size}")
    edge = size // 2
    lengths = np.asarray(lengths)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    centres = np.arange(len(sentence)) + edge * (sentence + 1)
    positions = centres[:, None] + np.arange(-edge, edge + 1)
    return positions, len(sentence) + edge * (len(lengths) + 1)


def pad_sentences(values: Ints, positions: Ints, padded_length: int) -> Ints:
    """Lay the values of N tokens out in the padded row; (N, …) -> (padded_length, …)."""
    row = np.full((padded_length, *values.shape[1:]), PADDING, dtype=values.dtype)
    row[positions[:, positions.shape[1] // 2]] = values
    return row


def window_ids(ids: Ints, lengths: Ints, size: int) -> Ints:
    """Look at every token through a window.

    Parameters
    ----------
    ids
        (N,) ids of the tokens of consecutive sentences.
    lengths
        (B,) tokens of each sentence; they sum to N.
    size
        Tokens of a window, odd.

    Returns
    -------
    (N, size) ids, `PADDING` beyond the sentence's edges.
    """
    positions, padded_length = window_positions(lengths, size)
    return pad_sentences(ids, positions, padded_length)[positions]


def concatenate_windows(vectors: Floats, windows: Ints) -> Floats:
    """Put the vectors of each window side by side: x = [E[t-2]; E[t-1]; E[t]; E[t+1]; E[t+2]].

    (V, d) vectors and (N, size) ids -> (N, size · d).
    """
    return np.take(vectors, windows, axis=0).reshape(len(windows), -1)
