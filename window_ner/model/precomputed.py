"""The network with its first layer computed in advance, for tagging.

The first layer is linear in each position of the window,

    z_t = b + Σ_p W_p v(t + p) + C c_t

with v the vector of a token, W_p the columns of W that meet it in position p, and c what goes with
the centre word alone. v depends on the word type and its flags only; so W_p v is a row that is
computed once, when the type is met, and looked up ever after. A token then costs ``size`` look-ups
and sums of H numbers instead of a matrix product, and features cost nothing.
"""

from collections.abc import Mapping

import numpy as np

from window_ner.data.windows import PADDING, EncodedSentences, centre_places
from window_ner.data.word_types import TypedTokens
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import WindowBatch, WindowNetwork

_TOKENS_AT_ONCE = 8_192
"""The types of so many tokens are in the table together, or as many as fill most of it."""

_FEWEST_ROWS = 1_024

_FADING = 0.98
"""What a use still counts for each time rows are given up: to forget faster, or never, keeps the
wrong ones."""

_NUMBERS_AT_ONCE = 100_000
"""So many numbers of hidden layers stay in the cache."""


class PrecomputedNetwork:
    """Scores what `WindowNetwork.forward` scores, to rounding, in a fraction of the time.

    Parameters
    ----------
    network
        The network; its parameters must not change any more.
    flags
        Flags of a token.
    centre
        Numbers that go with the centre word alone.
    memory
        Bytes that the table may take.
    """

    def __init__(self, network: WindowNetwork, flags: int, centre: int, memory: int) -> None:
        self.network = network
        first = network.layers[0]
        self._bias = network.parameters["b" + first]
        columns = network.parameters["W" + first].T
        split = len(columns) - centre
        hidden = len(self._bias)
        self._W = np.ascontiguousarray(columns[:split]).reshape(network.window, -1, hidden)
        self._C = np.ascontiguousarray(columns[split:])
        self._flag_values = 1 << np.arange(flags)
        self._flag_values_as_floats = self._flag_values.astype(np.float32)
        self._rows_at_once = max(1, _NUMBERS_AT_ONCE // hidden)
        fewest = _FEWEST_ROWS + 4 * network.window  # a part of a sentence has room with its edges
        most_rows = max(fewest, memory // (4 * hidden * network.window))
        self._tokens_at_once = min(_TOKENS_AT_ONCE, most_rows * 3 // 4)
        self._numbering: object = None
        # The system gives memory to rows as they are written.
        self._table = np.empty((network.window, most_rows, hidden), self._bias.dtype)
        self._tables = list(self._table)  # of each position
        edge = network.window // 2
        self._offsets = np.arange(-edge, edge + 1)[:, None]
        self._row_of: Ints  # key -> row, 0 if it has none
        self._key_of: Ints  # row -> key, -1 if it has none
        self._uses: Floats  # row -> in how many texts it was used, the earlier ones counting less
        self._free: Ints

    def scores(self, text: EncodedSentences) -> Floats:
        """Score all windows of sentences whose tokens are typed: (N, K)."""
        assert text.typed is not None
        if text.typed.numbering is not self._numbering:
            self._begin(text.typed)
        keys = text.typed.numbers << len(self._flag_values)
        if text.flags is not None:
            keys += (text.flags @ self._flag_values_as_floats).astype(np.int64)
        scores = np.empty((len(keys), len(self.network.parameters["U"])), dtype=self._bias.dtype)
        if len(keys) <= self._tokens_at_once:  # nothing to divide; a single sentence is in a hurry
            rows = self._rows(keys, text.typed)
            self._score(rows, text.lengths, text.context, text.centre, scores)
            return scores
        ends = text.lengths.cumsum()
        first = end = 0
        while first < len(ends):
            begin = end
            last = int(ends.searchsorted(begin + self._tokens_at_once, side="right"))
            last = max(last, first + 1)
            end = int(ends[last - 1])
            lengths = text.lengths[first:last]
            context = None if text.context is None else text.context[first:last]
            first = last
            if end - begin <= self._tokens_at_once:
                centre = None if text.centre is None else text.centre[begin:end]
                rows = self._rows(keys[begin:end], text.typed)
                self._score(rows, lengths, context, centre, scores[begin:end])
                continue
            # One sentence, too long for the table: in parts, each with the words at its edges.
            edge = len(self._W) // 2
            for some in range(begin, end, self._tokens_at_once):
                until = min(some + self._tokens_at_once, end)
                left, right = max(some - edge, begin), min(until + edge, end)
                centre = None if text.centre is None else text.centre[left:right]
                rows = self._rows(keys[left:right], text.typed)
                part = np.empty((right - left, scores.shape[1]), dtype=scores.dtype)
                self._score(rows, np.array([right - left]), context, centre, part)
                scores[some:until] = part[some - left : until - left]
        return scores

    def _score(
        self,
        rows: Ints,
        lengths: Ints,
        context: Floats | None,
        centre: Floats | None,
        scores: Floats,
    ) -> None:
        """Score sentences into ``scores``, from the table's rows of their tokens."""
        edge = len(self._W) // 2
        centres, padded_length = centre_places(lengths, edge)
        padded = np.zeros(padded_length, dtype=np.intp)  # what take would make of other integers
        padded[centres] = rows
        windows = padded.take(centres + self._offsets)
        of_context = None
        if context is not None:
            of_context = context @ self._C[len(self._C) - context.shape[1] :]
            sentence = np.arange(len(lengths)).repeat(lengths)
        U = self.network.parameters["U"]
        hidden = np.empty(
            (2, min(self._rows_at_once, len(rows)), len(self._bias)), self._bias.dtype
        )
        for begin in range(0, len(rows), self._rows_at_once):
            here = slice(begin, min(begin + self._rows_at_once, len(rows)))
            z, more = hidden[:, : here.stop - begin]
            # clip is take's one mode that writes to out without a buffer; all rows are in range
            first, *others = zip(self._tables, windows[:, here], strict=True)
            first[0].take(first[1], 0, z, "clip")
            for table, window in others:
                table.take(window, 0, more, "clip")
                z += more
            if of_context is not None:
                of_context.take(sentence[here], 0, more, "clip")
                z += more
            if centre is not None:
                np.matmul(centre[here], self._C[: centre.shape[1]], out=more)
                z += more
            np.matmul(self._last_hidden(z), U.T, out=scores[here])

    def _last_hidden(self, z: Floats) -> Floats:
        """Go on from z of the first layer as `WindowNetwork.forward` does; z is used up."""
        network, parameters = self.network, self.network.parameters
        h = network.activation.forward(z, network.slope(network.layers[0]), out=z)
        for layer in network.layers[1:]:
            z = h @ parameters["W" + layer].T + parameters["b" + layer]
            h = network.activation.forward(z, network.slope(layer), out=z)
        return h

    def _rows(self, keys: Ints, typed: TypedTokens) -> Ints:
        """Find the table's row for each type with its flags; new ones get a row."""
        most = (len(typed.rows["E"])) << len(self._flag_values)
        if most > len(self._row_of):
            grown = np.zeros(2 * most, dtype=np.int32)
            grown[: len(self._row_of)] = self._row_of
            self._row_of = grown
        rows = self._row_of.take(keys)
        if not rows.all():
            new = _distinct(keys[rows == 0])
            if len(self._free) < len(new):
                self._forget(len(new), rows)
            own, self._free = np.split(self._free, [len(new)])
            types, flags = new >> len(self._flag_values), new[:, None] & self._flag_values
            self._write(own, {t: r.take(types, axis=0) for t, r in typed.rows.items()}, flags != 0)
            self._row_of[new], self._key_of[own] = own, new
            rows = self._row_of.take(keys)
        self._uses.put(rows, self._uses.take(rows) + 1)
        return rows

    def _forget(self, least: int, needed: Ints) -> None:
        """Free an eighth of the rows, at least so many: those used least, lately above all."""
        self._uses *= _FADING
        uses = self._uses.copy()
        uses[needed] = uses[0] = np.inf
        count = min(max(least, len(uses) // 8), int(np.count_nonzero(uses != np.inf)))
        self._free = np.argpartition(uses, count)[:count]
        keys = self._key_of[self._free]
        self._row_of[keys[keys >= 0]] = 0
        self._key_of[self._free] = -1
        self._uses[self._free] = 0

    def _begin(self, typed: TypedTokens) -> None:
        """Start with an empty table but for the padding, row 0."""
        self._numbering = typed.numbering
        most_rows = self._table.shape[1]
        self._row_of = np.zeros(0, dtype=np.int32)
        self._key_of = np.full(most_rows, -1)
        self._uses = np.zeros(most_rows, dtype=np.float32)
        self._free = np.arange(1, most_rows)
        padding = {t: np.full((1, *r.shape[1:]), PADDING) for t, r in typed.rows.items()}
        self._write(
            np.zeros(1, dtype=int), padding, np.zeros((1, len(self._flag_values)), dtype=int)
        )

    def _write(self, rows: Ints, of_types: Mapping[str, Ints], flags: Ints) -> None:
        """Write W_p v of T types to rows, given their rows in the network's tables and flags."""
        v = self.network.token_vectors(WindowBatch(of_types, flags=flags.astype(self._bias.dtype)))
        products = np.empty((min(self._rows_at_once, len(v)), len(self._bias)), self._bias.dtype)
        for position, (W, table) in enumerate(zip(self._W, self._table, strict=True)):
            for begin in range(0, len(v), self._rows_at_once):
                some = slice(begin, begin + self._rows_at_once)
                product = np.matmul(v[some], W, out=products[: len(v) - begin])
                if position == len(self._W) // 2:
                    product += self._bias
                table[rows[some]] = product


def _distinct(keys: Ints) -> Ints:
    """List distinct keys; `np.unique` would first import all of masked arrays."""
    return np.array(list(dict.fromkeys(keys.tolist())), dtype=np.int64)
