"""Documents of tokens -> the numbers that the network looks up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from window_ner.data.features import Features
from window_ner.data.vocabulary import Vocabulary
from window_ner.data.windows import EncodedSentences
from window_ner.data.word_types import Booleans, TypedTokens, WordTypes
from window_ner.errors import InputError
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.tables import Table, moved_vectors, rows_that_differ
from window_ner.records import record

if TYPE_CHECKING:
    from window_ner.data.corpus import Corpus

Columns = Sequence[Sequence[Sequence[str]]]
"""The other columns of a corpus, between token and tag: for each sentence, a list of columns."""

_TOKENS_AT_ONCE = 2_000

CONTEXT_ROWS, CONTEXT_VALUES = "context.rows", "context.values"
"""Arrays of a model: the rows of E that training has moved, and their values before training."""


@record(eq=False)
class Encoder:
    """Turns tokens into the input of a model.

    Attributes
    ----------
    vocabulary
        The words that have a vector.
    window
        The number of tokens of a window.
    features
        The features of a token in addition to its word vector.
    context_vectors
        (V, d) the word vectors whose means represent sentences and documents. They are the vectors
        from before the training, because the means are constant inputs of the network.
    same_words
        Whether to find the tokens of a document that are the same word, for a second pass.
    """

    vocabulary: Vocabulary
    window: int
    features: Features = field(default_factory=Features)
    context_vectors: Floats | Table | None = None
    same_words: bool = False

    def encode(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None = None,
        columns: Columns | None = None,
        types: WordTypes | None = None,
    ) -> EncodedSentences:
        """Encode the tokens of consecutive sentences.

        Parameters
        ----------
        sentences
            The tokens of each sentence.
        documents
            The number of sentences of each document; None if all sentences are one document.
        columns
            The columns of each sentence that a corpus has beside its tokens; None if there are
            none: what the model looks up there is then unknown to it.
        types
            What is known of the word types met so far (`word_types`); None begins anew.

        Raises
        ------
        InputError
            If there are columns, but the column that the model needs is missing.
        """
        types = self.word_types() if types is None else types
        tokens = types.type(list(chain.from_iterable(sentences)))
        rows = {
            t: self._column_rows(t, columns, len(tokens.numbers)) for t in self.features.columns
        }
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        sizes = np.array([len(sentences)] if documents is None else documents, dtype=np.int64)
        return self.encode_types(types, tokens, lengths, sizes, rows)

    def encode_types(
        self,
        types: WordTypes,
        tokens: TypedTokens,
        lengths: Ints,
        documents: Ints,
        columns: Mapping[str, Ints] = MappingProxyType({}),
    ) -> EncodedSentences:
        """Encode tokens whose types are known.

        Parameters
        ----------
        types, tokens
            What is known of the word types, and the type of each token.
        lengths, documents
            (B,) tokens of each sentence, at least 1; (D,) sentences of each document.
        columns
            Table -> (N,) the rows of the tokens, for what is looked up by a column of the corpus.
        """
        sizes = documents[documents > 0]
        context = self.features.settings.context
        same_word = has_capital = None
        if self.features.settings.flags or self.same_words:
            same_word = _same_word(types, tokens.numbers, lengths, sizes)
            has_capital = types.has_capital.take(tokens.numbers)
        return EncodedSentences(
            rows={**tokens, **columns} if columns else tokens,
            lengths=lengths,
            size=self.window,
            flags=None if same_word is None else self._flags(types, tokens, lengths, same_word),
            context=self._context(context, tokens["E"], lengths, sizes) if context else None,
            typed=tokens,
            same_word=same_word,
            has_capital=has_capital,
        )

    def _column_rows(self, table: str, columns: Columns | None, tokens: int) -> Ints:
        """Return the rows of a table that is looked up by a column of the corpus: (N,)."""
        column = self.features.columns[table]
        if not columns:
            return self.features.column_rows(table, [""] * tokens)
        if min(map(len, columns)) < column:
            raise InputError(
                f"the text has no column {column} between token and tag; the model needs it"
            )
        values = chain.from_iterable(of_sentence[column - 1] for of_sentence in columns)
        return self.features.column_rows(table, values)

    def word_types(self) -> WordTypes:
        """Make a store of what is known of word types, to be filled by `encode`."""
        return WordTypes(
            lambda words: {"E": self.vocabulary.rows(words), **self.features.form_rows(words)}
        )

    def encode_corpus(self, corpus: "Corpus") -> EncodedSentences:
        """Encode a corpus; if it marks no documents, each sentence is a document."""
        sentences = corpus.sentences
        documents = [len(unit.sentences) for unit in corpus.units]
        return self.encode([s.tokens for s in sentences], documents, [s.columns for s in sentences])

    def inputs(self, dimension: int) -> int:
        """Compute the dimension of x for word vectors of this dimension."""
        context = len(self.features.settings.context) * dimension
        return self.window * (dimension + self.features.dimension) + context

    def context_arrays(self, E: Floats) -> dict[str, Floats | Ints | Table]:
        """Return the rows of the context vectors that differ from E, the vectors after training."""
        if self.context_vectors is None:
            return {}
        rows, values = rows_that_differ(E, self.context_vectors)
        return {CONTEXT_ROWS: rows, CONTEXT_VALUES: values}

    def with_context(self, arrays: Mapping[str, Floats]) -> "Encoder":
        """Restore the context vectors from E and the arrays that `context_arrays` returned.

        Raises
        ------
        ValueError
            If the arrays do not fit E, or are needed and missing.
        """
        if not self.features.settings.context:
            return self
        if CONTEXT_ROWS not in arrays or CONTEXT_VALUES not in arrays:
            raise ValueError("it lacks the word vectors of its context features")
        E, rows = arrays["E"], arrays[CONTEXT_ROWS]
        vectors = moved_vectors(E, rows, arrays[CONTEXT_VALUES], "context")
        return replace(self, context_vectors=vectors if len(rows) else E)

    def _flags(
        self, types: WordTypes, tokens: TypedTokens, lengths: Ints, same_word: Ints
    ) -> Floats | None:
        """Compute the flags of `window_ner.settings.inputs.FLAGS` for each token: (N, F) 0 or 1."""
        names = self.features.settings.flags
        if not names:
            return None
        sentence = np.arange(len(lengths)).repeat(lengths)
        first = np.empty(len(sentence), dtype=bool)
        first[:1], first[1:] = True, sentence[1:] != sentence[:-1]
        capitals, cased, lower, capitalised = types.case[:-1].take(tokens.numbers, axis=1)
        # two or more words in capitals and no other cased word: a cased word outweighs all others
        shouted = np.bincount(sentence, capitals - len(sentence) * cased) > 1
        shouting = shouted.take(sentence)
        quiet = ~shouting

        def elsewhere(here: Booleans) -> Booleans:
            """Whether the property holds for another token of the same word and document."""
            others: Booleans = np.bincount(same_word, here).take(same_word) > here
            return others

        answers: dict[str, Callable[[], Booleans]] = {
            "sentence-start": lambda: first,
            "sentence-capitals": lambda: shouting,
            "document-lower": lambda: elsewhere(lower),
            "document-capitalised": lambda: elsewhere(capitalised & quiet & ~first),
            "document-capitals": lambda: elsewhere(capitals & quiet),
        }
        flags = np.empty((len(sentence), len(names)), dtype=np.float32)
        for column, name in enumerate(names):
            flags[:, column] = answers[name]()
        return flags

    def _context(
        self, context: Sequence[str], rows: Ints, lengths: Ints, documents: Ints
    ) -> Floats:
        """Compute the mean word vectors that are inputs for each sentence: (B, C)."""
        assert self.context_vectors is not None
        sums = _sentence_sums(self.context_vectors, rows, lengths)
        of_sentences = _mean(sums, lengths)
        if len(documents) == len(lengths):  # every document is one sentence
            return np.concatenate([of_sentences] * len(context), axis=1)
        firsts = documents.cumsum() - documents
        of_documents = _mean(
            np.add.reduceat(sums, firsts, axis=0), np.add.reduceat(lengths, firsts)
        )
        means = {
            "sentence": of_sentences,
            "headline": of_sentences[firsts].repeat(documents, axis=0),
            "document": of_documents.repeat(documents, axis=0),
        }
        return np.concatenate([means[name] for name in context], axis=1)


def _same_word(types: WordTypes, tokens: Ints, lengths: Ints, documents: Ints) -> Ints:
    """Number the words of each document, whatever their case: (N,).

    Parameters
    ----------
    types
        What is known of the word types.
    tokens
        (N,) the type of each token.
    lengths
        (B,) tokens of each sentence.
    documents
        (D,) sentences of each document, at least 1.
    """
    word = types.lower.take(tokens)
    if len(documents) > 1:
        document = np.repeat(np.arange(len(documents)), documents)
        word = np.repeat(document, lengths) * len(types) + word
    return _numbered(word)


def _numbered(values: Ints) -> Ints:
    """Give equal values the same number, from 0 on; `np.unique` is slow for a short text."""
    order = values.argsort()
    ordered = values.take(order)
    steps = np.zeros(len(values), dtype=np.int64)
    steps[1:] = ordered[1:] != ordered[:-1]
    numbers = np.empty_like(steps)
    numbers[order] = steps.cumsum()
    return numbers


def _sentence_sums(vectors: Floats | Table, rows: Ints, lengths: Ints) -> Floats:
    """Sum the vectors of each sentence's tokens: (B, d)."""
    sums = np.zeros((len(lengths), vectors.shape[1]), dtype=vectors.dtype)
    if not lengths.all():  # reduceat has no empty sums
        filled = lengths > 0
        sums[filled] = _sentence_sums(vectors, rows, lengths[filled])
        return sums
    ends = lengths.cumsum()
    starts = ends - lengths
    begin = 0
    while begin < len(lengths):  # in pieces, because all vectors of a long text take much memory
        token = int(starts[begin])
        end = max(begin + 1, int(ends.searchsorted(token + _TOKENS_AT_ONCE)))
        tokens = vectors.take(rows[token : ends[end - 1]], axis=0)
        np.add.reduceat(tokens, starts[begin:end] - token, axis=0, out=sums[begin:end])
        begin = end
    return sums


def _mean(sums: Floats, counts: Ints) -> Floats:
    return sums / np.maximum(counts, 1).astype(sums.dtype)[:, None]
