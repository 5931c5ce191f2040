"""The network with its first layer computed in advance, for tagging.

The first layer is linear in each position of the window,

    z_t = b + Σ_p W_p v(t + p) + C c_t

with v the vector of a token, W_p the columns of W for position p, and c the inputs about the centre
word alone. v depends only on the word type and its flags. So W_p v is computed once, when the type
first occurs, stored as a row of a table, and looked up afterwards. A token then costs ``size``
look-ups and sums of H numbers instead of a matrix product, and features cost nothing.

The rows are 16-bit integers: multiples of a step. Each unit has its own step, chosen so that no sum
can overflow. Integers take half the memory of floats, and their sums are exact. All products are
exact, too (`window_ner.nn.exact`). So a score depends on the text and the network alone, not on the
batch or on what was tagged before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from window_ner.data.windows import PADDING, EncodedSentences, centre_places
from window_ner.data.word_types import TypedTokens
from window_ner.model.integer_layers import FirstLayer, LastLayers
from window_ner.model.row_cache import RowCache
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import WindowBatch, WindowNetwork

_TOKENS_AT_ONCE = 8_192
"""The most tokens whose types are in the table together; fewer if they fill most of it before."""

_FEWEST_ROWS = 1_024

_NUMBERS_AT_ONCE = 50_000
"""The most numbers of hidden layers that are computed at once, so that they fit into the cache."""


class PrecomputedNetwork:
    """Computes the scores of `WindowNetwork.forward` much faster, to about a thousandth.

    Parameters
    ----------
    network
        The network; its parameters must not change any more.
    flags
        Number of flags of a token.
    centre
        Number of inputs about each centre word (``EncodedSentences.centre``), from -1 to 1.
    context
        Number of inputs about each sentence (``EncodedSentences.context``): mean word vectors.
    memory
        Size of the table, in bytes.
    """

    def __init__(
        self, network: WindowNetwork, flags: int, centre: int, context: int, memory: int
    ) -> None:
        self.network = network
        self._columns_of_centre, self._columns_of_context = centre, context
        hidden = network.first_hidden
        self._dtype = network.parameters["U"].dtype
        self._flag_values = 1 << np.arange(flags)
        self._flag_values_as_floats = self._flag_values.astype(np.float32)
        self._rows_at_once = max(1, _NUMBERS_AT_ONCE // hidden)
        fewest = _FEWEST_ROWS + 4 * network.window  # room for part of a sentence and its edges
        most_rows = max(fewest, memory // (2 * hidden * network.window))
        self._tokens_at_once = min(_TOKENS_AT_ONCE, most_rows * 3 // 4)
        # The system allocates the memory of a row when the row is written.
        self._table = np.empty((network.window, most_rows, hidden), np.int16)
        self._tables = list(self._table)  # of each position
        edge = network.window // 2
        self._offsets = np.arange(-edge, edge + 1)[:, None]
        self._edge = edge
        self._first: FirstLayer | None = None
        self._last = LastLayers(network, self._rows_at_once)
        self._numbering: object = None
        self._cache: RowCache

    def scores(self, text: EncodedSentences) -> Floats:
        """Score all windows of sentences whose word types are known: (N, K)."""
        assert text.typed is not None
        if text.typed.numbering is not self._numbering:
            self._begin(text.typed)
        keys = text.typed.numbers << len(self._flag_values)
        if text.flags is not None:
            keys += (text.flags @ self._flag_values_as_floats).astype(np.int64)
        scores = np.empty((len(keys), len(self.network.parameters["U"])), dtype=self._dtype)
        for part in _parts(text.lengths, self._tokens_at_once, self._edge):
            rows = self._rows(keys[part.tokens], text.typed)
            context = None if text.context is None else text.context[part.sentences]
            centre = None if text.centre is None else text.centre[part.tokens]
            of_part = self._score(rows, part.lengths, context, centre)
            scores[part.scored] = of_part[part.kept]
        return scores

    def _begin(self, typed: TypedTokens) -> None:
        """Start with a table that has only the padding, in row 0."""
        if self._first is None:
            self._first = FirstLayer(
                self.network, typed.rows, self._columns_of_centre, self._columns_of_context
            )
        self._numbering = typed.numbering
        self._cache = RowCache(self._table.shape[1])
        padding = {t: np.full((1, *r.shape[1:]), PADDING) for t, r in typed.rows.items()}
        no_flags = np.zeros((1, len(self._flag_values)), dtype=int)
        self._write(np.zeros(1, dtype=int), padding, no_flags)

    def _rows(self, keys: Ints, typed: TypedTokens) -> Ints:
        """Return the table's row for each type with its flags; new ones get a row."""
        most = (len(typed.rows["E"])) << len(self._flag_values)
        rows, new_keys, new_rows = self._cache.find(keys, most)
        if len(new_keys):
            types = new_keys >> len(self._flag_values)
            flags = (new_keys[:, None] & self._flag_values) != 0
            self._write(new_rows, {t: r.take(types, axis=0) for t, r in typed.rows.items()}, flags)
        return rows

    def _write(self, rows: Ints, of_types: Mapping[str, Ints], flags: Ints) -> None:
        """Write W_p v of T types to rows, given their rows in the network's tables and flags."""
        assert self._first is not None
        v = self.network.token_vectors(WindowBatch(of_types, flags=flags.astype(self._dtype)))
        for begin in range(0, len(v), self._rows_at_once):
            some = slice(begin, begin + self._rows_at_once)
            products = self._first.of_tokens(v[some])
            for position, table in enumerate(self._tables):
                table[rows[some]] = products[:, position]

    def _score(
        self, rows: Ints, lengths: Ints, context: Floats | None, centre: Floats | None
    ) -> Floats:
        """Score sentences, given the table's rows of their tokens: (N, K)."""
        assert self._first is not None
        centres, padded_length = centre_places(lengths, self._edge)
        padded = np.zeros(padded_length, dtype=np.intp)  # the type that take would convert to
        padded[centres] = rows
        windows = padded.take(centres + self._offsets)
        of_context = None
        if context is not None:
            of_context = self._first.of_context(context)
            sentence = np.arange(len(lengths)).repeat(lengths)
        scores = np.empty((len(rows), len(self.network.parameters["U"])), dtype=self._dtype)
        most = min(self._rows_at_once, len(rows))
        sums = np.empty((2, most, self.network.first_hidden), np.int16)
        for begin in range(0, len(rows), self._rows_at_once):
            here = slice(begin, min(begin + self._rows_at_once, len(rows)))
            z, more = sums[:, : here.stop - begin]
            # only mode clip lets take write to out without a buffer; all rows are in range
            first, *others = zip(self._tables, windows[:, here], strict=True)
            first[0].take(first[1], 0, z, "clip")
            for table, window in others:
                table.take(window, 0, more, "clip")
                z += more
            if of_context is not None:
                of_context.take(sentence[here], 0, more, "clip")
                z += more
            if centre is not None:
                z += self._first.of_centre(centre[here])
            scores[here] = self._last.scores(z, self._first.step)
        return scores


@dataclass(frozen=True)
class _Part:
    """A part of a text, whose tokens are scored together.

    Attributes
    ----------
    tokens
        The tokens to look up.
    sentences
        The sentences of these tokens.
    lengths
        (B,) number of these tokens in each sentence.
    scored, kept
        The tokens to score, counted in the text and among ``tokens``.
    """

    tokens: slice
    sentences: slice
    lengths: Ints
    scored: slice
    kept: slice


def _parts(lengths: Ints, most: int, edge: int) -> Iterator[_Part]:
    """Cut a text into parts of at most ``most`` tokens, between sentences.

    A longer sentence is cut too; each of its parts then also has the words around it.
    """
    ends = lengths.cumsum()
    first = end = 0
    while first < len(ends):
        begin = end
        last = max(int(ends.searchsorted(begin + most, side="right")), first + 1)
        end = int(ends[last - 1])
        sentences, first = slice(first, last), last
        if end - begin <= most:
            tokens = slice(begin, end)
            yield _Part(tokens, sentences, lengths[sentences], tokens, slice(None))
            continue
        for some in range(begin, end, most):
            until = min(some + most, end)
            left, right = max(some - edge, begin), min(until + edge, end)
            kept = slice(some - left, until - left)
            length = np.array([right - left])
            yield _Part(slice(left, right), sentences, length, slice(some, until), kept)
