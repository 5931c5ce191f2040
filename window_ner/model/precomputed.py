"""The network with its first layer computed in advance, for tagging.

The first layer is linear in each position of the window,

    z_t = b + Σ_p W_p v(t + p) + C c_t

with v the vector of a token, W_p the columns of W for position p, and c the inputs about the centre
word alone. Flags apart, v depends only on the word type. So W_p v is computed once, when the
type first occurs, stored as a row of a table, and looked up afterwards. A token then costs ``size``
look-ups and sums of H numbers instead of a matrix product, and features cost nothing. Flags are
looked up in small tables of their own (`window_ner.model.flag_rows`).

The rows are 16-bit integers: multiples of a step. Each unit has its own step, chosen so that no sum
can overflow. Integers take half the memory of floats, and their sums are exact. All products are
exact, too (`window_ner.nn.exact`). So a score depends on the text and the network alone, not on the
batch or on what was tagged before.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from window_ner.data.windows import PADDING, EncodedSentences, centre_places
from window_ner.data.word_types import TypedTokens
from window_ner.model.flag_rows import FlagRows
from window_ner.model.integer_layers import FirstLayer, Integers, LastLayers
from window_ner.model.row_cache import RowCache
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import WindowBatch, WindowNetwork

_TOKENS_AT_ONCE = 8_192
"""The most tokens to score together; fewer for a small table, as each new type needs a row."""

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
    rows
        Number of rows of the table, for word types; it has a thousand at least.
    """

    def __init__(
        self, network: WindowNetwork, flags: int, centre: int, context: int, rows: int
    ) -> None:
        self.network = network
        self._inputs = {"flags": flags, "centre": centre, "context": context}
        hidden = network.first_hidden
        self._rows_at_once = max(1, _NUMBERS_AT_ONCE // hidden)
        fewest = _FEWEST_ROWS + 4 * network.window  # room for part of a sentence and its edges
        rows = max(fewest, rows)
        self._tokens_at_once = min(_TOKENS_AT_ONCE, rows * 3 // 4)
        # The system allocates the memory of a row when the row is written.
        self._table = np.empty((network.window, rows, hidden), np.int16)
        self._tables = list(self._table)  # of each position
        self._edge = network.window // 2
        self._offsets = np.arange(-self._edge, self._edge + 1)[:, None]
        self._sums = np.empty((2, self._rows_at_once, hidden), np.int16)
        self._first: FirstLayer | None = None
        self._last: LastLayers
        self._flags: FlagRows | None = None
        self._numbering: object = None
        self._cache: RowCache

    def scores(self, text: EncodedSentences) -> Floats:
        """Score all windows of sentences whose word types are known: (N, K)."""
        assert text.typed is not None
        if text.typed.numbering is not self._numbering:
            self._begin(text.typed)
        U = self.network.parameters["U"]
        scores = np.empty((len(text.typed.numbers), len(U)), dtype=U.dtype)
        for part in _parts(text.lengths, self._tokens_at_once, self._edge):
            rows = self._rows(text.typed.numbers[part.tokens], text.typed)
            of_part = self._score(rows, part, text)
            scores[part.scored] = of_part[part.kept]
        return scores

    def _begin(self, typed: TypedTokens) -> None:
        """Start with a table that has only the padding, in row 0."""
        if self._first is None:
            self._first = FirstLayer(self.network, typed.rows, **self._inputs)
            self._last = LastLayers(self.network, self._first.step, self._rows_at_once)
            if self._inputs["flags"]:
                self._flags = FlagRows(self._first.of_flags)
        self._numbering = typed.numbering
        self._cache = RowCache(self._table.shape[1])
        padding = {t: np.full((1, *r.shape[1:]), PADDING) for t, r in typed.rows.items()}
        self._write(np.zeros(1, dtype=int), padding)

    def _rows(self, types: Ints, typed: TypedTokens) -> Ints:
        """Return the table's row of each type; new ones get a row."""
        rows, new_types, new_rows = self._cache.find(types, len(typed.rows["E"]))
        if len(new_types):
            self._write(new_rows, {t: r.take(new_types, axis=0) for t, r in typed.rows.items()})
        return rows

    def _write(self, rows: Ints, of_types: Mapping[str, Ints]) -> None:
        """Write W_p v of T types to rows, given their rows in the network's tables."""
        assert self._first is not None
        v = self.network.token_vectors(WindowBatch(of_types))
        for begin in range(0, len(v), self._rows_at_once):
            some = slice(begin, begin + self._rows_at_once)
            products = self._first.of_types(v[some])
            for position, table in enumerate(self._tables):
                table[rows[some]] = products[:, position]

    def _score(self, rows: Ints, part: "_Part", text: EncodedSentences) -> Floats:
        """Score the sentences of a part, given the table's rows of their tokens: (N, K)."""
        assert self._first is not None
        looked_up = self._look_ups(rows, part, text)
        centre = None if text.centre is None else text.centre[part.tokens]
        U = self.network.parameters["U"]
        scores = np.empty((len(rows), len(U)), dtype=U.dtype)
        for begin in range(0, len(rows), self._rows_at_once):
            here = slice(begin, min(begin + self._rows_at_once, len(rows)))
            z, more = self._sums[:, : here.stop - begin]
            # only mode clip lets take write to out without a buffer; all rows are in range
            (table, row), *others = looked_up
            table.take(row[here], 0, z, "clip")
            for table, row in others:
                table.take(row[here], 0, more, "clip")
                z += more
            if centre is not None:
                z += self._first.of_centre(centre[here])
            scores[here] = self._last.scores(z)
        return scores

    def _look_ups(
        self, rows: Ints, part: "_Part", text: EncodedSentences
    ) -> list[tuple[Integers, Ints]]:
        """List the tables whose rows add up to z, with the row of each window there."""
        assert self._first is not None
        centres, padded_length = centre_places(part.lengths, self._edge)
        padded = np.zeros(padded_length, dtype=np.intp)  # the type that take would convert to
        padded[centres] = rows
        windows = padded.take(centres + self._offsets)
        found = list(zip(self._tables, windows, strict=True))
        if self._flags is not None:
            assert text.flags is not None
            found += self._flags.look_up(text.flags[part.tokens], centres, padded_length)
        if text.context is not None:
            sentence = np.arange(len(part.lengths)).repeat(part.lengths)
            found.append((self._first.of_context(text.context[part.sentences]), sentence))
        return found


class _Part(NamedTuple):
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
