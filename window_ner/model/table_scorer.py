"""Computes scores from tokens for a tagger, with tables that grow with each new word type."""

import threading
from collections.abc import Iterable, Sequence, Sized
from contextlib import nullcontext
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from window_ner.data.encoder import Columns
from window_ner.data.windows import EncodedSentences
from window_ner.data.word_types import WordTypes
from window_ner.errors import InputError
from window_ner.model.model import Model, second_pass_text
from window_ner.model.precomputed import PrecomputedNetwork
from window_ner.model.scorer import Scored
from window_ner.model.second_pass import second_pass_inputs
from window_ner.nn.memory import keep_freed_memory
from window_ner.nn.threads import blas_threads
from window_ner.nn.window_network import WindowNetwork

if TYPE_CHECKING:
    from window_ner.data.pieces import Pieces, TypedTexts

_BYTES_OF_A_TYPE = 500
"""Memory that the data about one word type takes, in bytes, roughly; a piece takes half of it."""

_SHORT = 500
"""For fewer tokens, BLAS threads are not limited: the first time, that takes 25 ms."""


class TableScorer:
    """Encodes and scores sentences; threads may share it.

    Parameters
    ----------
    model
        The model; its parameters must not change any more.
    table_memory
        Bytes for the precomputed first layers of both passes together. What is known of word types
        and of the pieces of text with them may take half as much.
    """

    def __init__(self, model: Model, table_memory: int) -> None:
        self.model = model
        self._memory = table_memory
        self._lock = threading.Lock()  # threads share the data about word types
        keep_freed_memory()

    def read(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None = None,
        columns: Columns | None = None,
    ) -> Scored:
        """Encode the sentences, without empty ones, and score their windows; see `Tagger.find`."""
        try:
            _check_sentences(sentences, documents)
            text = self._encoded(sentences, documents, columns)
        except (TypeError, AttributeError):  # to look at each token before would take time
            _refuse_what_is_no_text(sentences, documents)
            raise
        return self._scored(text)

    def _encoded(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None,
        columns: Columns | None,
    ) -> EncodedSentences:
        filled = [tokens for tokens in sentences if len(tokens)]
        if len(filled) < len(sentences):
            if documents is not None:
                each = iter(sentences)
                documents = [sum(len(s) > 0 for s in islice(each, size)) for size in documents]
            if columns is not None:
                columns = [c for c, s in zip(columns, sentences, strict=True) if len(s)]
        with self._lock:
            return self.model.encoder.encode(filled, documents, columns, self._types)

    def read_texts(self, texts: Sequence[str]) -> "tuple[Scored, TypedTexts]":
        """Split texts into tokens and score them; each text is a document of its own.

        The model must not need columns of a corpus.
        """
        with self._lock:
            split = self._pieces.read(texts)
            text = self.model.encoder.encode_types(
                self._types, split.typed, split.lengths, split.sentences
            )
        return self._scored(text), split

    def _scored(self, text: EncodedSentences) -> Scored:
        # Limiting the threads would take longer than a short text.
        threads = blas_threads(1) if len(text) > _SHORT else nullcontext()
        # All numbers are finite, but BLAS may set the flag at numbers that it pads with.
        with threads, np.errstate(invalid="ignore"):
            return self._score(text)

    def _score(self, text: EncodedSentences) -> Scored:
        """Run the first pass, if there is one, and score the windows, with the tables."""
        model = self.model
        # Columns belong to a token, not to its type; without W there is nothing to precompute.
        if model.encoder.features.columns or not model.network.layers:
            return model.scored(model.after_first_pass(text))
        with self._lock:
            if model.first_pass is not None:
                scores = self._first_pass.scores(text)
                first = Scored.by_network(model.first_pass.objective, text, scores)
                text = second_pass_text(first)
            scores = self._last_pass.scores(text)
        return Scored.by_network(model.objective, text, scores)

    @cached_property
    def _types(self) -> WordTypes:
        types = self.model.encoder.word_types()
        types.most = self._memory // (3 * _BYTES_OF_A_TYPE)
        return types

    @cached_property
    def _pieces(self) -> "Pieces":
        from window_ner.data.pieces import Pieces  # not needed for a short text

        return Pieces(self._types)

    @cached_property
    def _first_pass(self) -> PrecomputedNetwork:
        assert self.model.first_pass is not None
        return self._precompute(self.model.first_pass.network, 0)

    @cached_property
    def _last_pass(self) -> PrecomputedNetwork:
        first = self.model.first_pass
        inputs = 0 if first is None else second_pass_inputs(first.objective.outputs)
        return self._precompute(self.model.network, inputs)

    def _precompute(self, network: WindowNetwork, centre: int) -> PrecomputedNetwork:
        features = self.model.encoder.features.settings
        context = len(features.context) * network.parameters["E"].shape[1]
        passes = [each for each in (self.model.scorer, self.model.first_pass) if each is not None]
        units = sum(each.network.first_hidden for each in passes)
        # As many for each pass. A small network would have millions, more than there are types.
        rows = int(min(self._memory // (2 * network.window * units), self._types.most))
        return PrecomputedNetwork(network, len(features.flags), centre, context, rows)


def _check_sentences(sentences: Sequence[Sequence[str]], documents: Sequence[int] | None) -> None:
    if any(isinstance(tokens, str) for tokens in sentences):
        raise InputError("expected lists of tokens, got a string; for a text use tagger(text)")
    if documents is not None and min(documents, default=0) < 0:
        raise InputError(f"documents has a document of {min(documents)} sentences")
    if documents is not None and sum(documents) != len(sentences):
        raise InputError(f"documents has {sum(documents)} sentences; there are {len(sentences)}")


def _refuse_what_is_no_text(
    sentences: Sequence[Sequence[str]], documents: Sequence[int] | None
) -> None:
    """Say which sentence or token is not text, or that ``documents`` is not a list."""
    if documents is not None and not isinstance(documents, Iterable):
        raise InputError(f"documents: expected numbers of sentences, got {documents!r}")
    for number, tokens in enumerate(sentences):
        if not isinstance(tokens, Sized):
            raise InputError(
                f"sentence {number}: expected a list of tokens, got {type(tokens).__name__}"
            )
        for token in tokens:
            if not isinstance(token, str):
                raise InputError(f"sentence {number}: the token {token!r} is not a string")
