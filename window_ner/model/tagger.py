"""A trained model that tags text."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.encoder import Columns, Encoder
from window_ner.data.tag_schemes import Span
from window_ner.data.tokenizer import TokenizedText, split_at_spaces, tokenize
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import EncodedSentences
from window_ner.errors import InputError
from window_ner.model.marginals import iob2_marginals, iob2_tags
from window_ner.model.objectives.base import Objective
from window_ner.model.objectives.registry import make_objective
from window_ner.model.precomputed import PrecomputedNetwork
from window_ner.model.second_pass import of_others, second_pass_inputs
from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.window_network import WindowNetwork

TABLE_MEMORY = 128_000_000
"""Bytes that the precomputed first layer may take, unless a `Tagger` is told otherwise."""

_BYTES_OF_A_TYPE = 500
"""What is known of a word type takes about so much memory."""

_TOKENS_AT_ONCE = 2_000
"""Windows of so many tokens are computed together: few enough to stay in the cache."""


@dataclass(frozen=True)
class Entity:
    """A name in a text.

    Attributes
    ----------
    text
        The mention, which is ``text[start:end]`` of the text it was found in.
    label
        Its kind, like PER.
    start, end
        Characters of the text.
    score
        The model's probability for just this span with this label.
    start_token, end_token
        Tokens of the text, ``end_token`` being the one after the last.
    """

    text: str
    label: str
    start: int
    end: int
    score: float
    start_token: int
    end_token: int

    def as_dict(self) -> dict[str, Any]:
        """Return as plain data what there is to say without the tokens."""
        return {
            "text": self.text,
            "label": self.label,
            "start": self.start,
            "end": self.end,
            "score": self.score,
        }


@dataclass
class Tagger:
    """A network and all that it needs to read text and to speak of names.

    Attributes
    ----------
    seen
        (V,) booleans: the rows of the vocabulary that occurred in the training data.
    about
        How the model was made: settings, corpus, labels, the fine-tuning decision, dev scores.
    history
        One record an epoch.
    table_memory
        Bytes that the precomputed first layer may take, or those of both passes: the less, the
        more often rows are computed again. What is known of word types may take a third as much.
        To be set before the first text is tagged.
    first_pass
        The network that reads a document before `network` does, if it is read twice; see
        `window_ner.model.second_pass`.
    """

    network: WindowNetwork
    objective: Objective
    encoder: Encoder
    seen: Ints
    about: dict[str, Any]
    history: list[dict[str, Any]]
    table_memory: int = TABLE_MEMORY
    first_pass: WindowNetwork | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()  # what is learned of word types while tagging is shared

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what a copy in another process fills anew."""
        left_out = ("_lock", "_precomputed", "_precomputed_first_pass")
        return {k: v for k, v in self.__dict__.items() if k not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def encode(self, sentences: Sequence[Sequence[str]]) -> EncodedSentences:
        """Encode the sentences of a document: all that the network sees of them."""
        return self.after_first_pass(self.encoder.encode(sentences))

    def encode_corpus(self, corpus: Corpus) -> EncodedSentences:
        """Encode a corpus: all that the network sees of it."""
        return self.after_first_pass(self.encoder.encode_corpus(corpus))

    def after_first_pass(self, text: EncodedSentences) -> EncodedSentences:
        """Add to a text what the first pass says of it, if there is one."""
        if self.first_pass is None:
            return text
        return self._after_first_pass(text, _scores(self.first_pass, text), self.first_pass)

    def _after_first_pass(
        self, text: EncodedSentences, scores: Floats, first_pass: WindowNetwork
    ) -> EncodedSentences:
        assert text.same_word is not None
        marginals = self.objective.marginals(scores, text.lengths, first_pass.parameters)
        return replace(text, centre=of_others(marginals, text.same_word))

    def scores(self, text: EncodedSentences) -> Floats:
        """Score all windows: (N, K)."""
        return _scores(self.network, text)

    def find(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None = None,
        columns: Columns | None = None,
    ) -> tuple[list[Span], Floats]:
        """Find the names in tokenised sentences.

        Parameters
        ----------
        sentences
            The tokens of each sentence.
        documents
            Sentences of each document; None takes them all for one document.
        columns
            What a corpus has of each sentence beside its tokens, for models that look at it.

        Returns
        -------
        spans
            Over all tokens, counted on from sentence to sentence.
        probabilities
            (S,) of exactly these spans.

        Raises
        ------
        InputError
            If a sentence is a string, or the documents are not of as many sentences.
        """
        text, scores = self._read(sentences, documents, columns)
        parameters, spans = self.network.parameters, []
        if len(text):
            decisions = self.objective.decide(scores, text.lengths, parameters)
            spans = self.objective.spans(decisions, text.lengths)
        if not spans:
            return [], np.zeros(0, dtype=np.float32)
        return spans, self.objective.span_probabilities(scores, text.lengths, spans, parameters)

    def tag(self, tokens: Sequence[str]) -> list[str]:
        """Tag one tokenised sentence, in IOB2."""
        return self.tag_batch([tokens])[0]

    def tag_batch(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None = None,
        columns: Columns | None = None,
    ) -> list[list[str]]:
        """Tag tokenised sentences, in IOB2; the fastest way to tag many. See `find`."""
        text, scores = self._read(sentences, documents, columns)
        if not len(text):
            return [[] for _ in sentences]
        decisions = self.objective.decide(scores, text.lengths, self.network.parameters)
        tags = self.objective.iob2(decisions, text.lengths)
        lengths = [len(tokens) for tokens in sentences]
        return [tags[end - n : end] for end, n in zip(accumulate(lengths), lengths, strict=True)]

    def marginals(
        self, sentences: Sequence[Sequence[str]], documents: Sequence[int] | None = None
    ) -> list[list[dict[str, float]]]:
        """Tell of each token of tokenised sentences how probable each IOB2 tag is. See `find`."""
        text, scores = self._read(sentences, documents)
        if not len(text):
            return [[] for _ in sentences]
        own = self.objective.marginals(scores, text.lengths, self.network.parameters)
        tags = iob2_tags(self.objective)
        rows = iter(iob2_marginals(self.objective, own, text.lengths).tolist())
        return [
            [dict(zip(tags, row, strict=True)) for row in islice(rows, len(tokens))]
            for tokens in sentences
        ]

    def _read(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None,
        columns: Columns | None = None,
    ) -> tuple[EncodedSentences, Floats]:
        """Encode the sentences that are not empty, and score their windows."""
        if any(isinstance(tokens, str) for tokens in sentences):
            raise InputError("expected lists of tokens, got a string; a text is for tagger(text)")
        if documents is not None and (
            sum(documents) != len(sentences) or min(documents, default=0) < 0
        ):
            raise InputError(
                f"documents of {sum(documents)} sentences, but {len(sentences)} are there"
            )
        filled = [tokens for tokens in sentences if len(tokens)]
        if len(filled) < len(sentences):
            if documents is not None:
                each = iter(sentences)
                documents = [sum(len(s) > 0 for s in islice(each, size)) for size in documents]
            if columns is not None:
                columns = [c for c, s in zip(columns, sentences, strict=True) if len(s)]
        with self._lock:
            self.encoder.types.most = self.table_memory // (3 * _BYTES_OF_A_TYPE)
            text = self.encoder.encode(filled, documents, columns)
        # All numbers are finite, but kernels of BLAS may raise that flag at what they pad with.
        with np.errstate(invalid="ignore"):
            return text, self._precomputed_scores(text)

    def _precomputed_scores(self, text: EncodedSentences) -> Floats:
        """Score as `scores` does, but by tables that are filled as word types are met.

        The parameters must not change any more.
        """
        if self.encoder.features.columns:  # known of a token, not of its type
            return self.scores(self.after_first_pass(text))
        with self._lock:
            if self.first_pass:
                scores = self._precomputed_first_pass.scores(text)
                text = self._after_first_pass(text, scores, self.first_pass)
            return self._precomputed.scores(text)

    @cached_property
    def _precomputed(self) -> PrecomputedNetwork:
        return self._precompute(
            self.network, second_pass_inputs(self.objective.outputs) if self.first_pass else 0
        )

    @cached_property
    def _precomputed_first_pass(self) -> PrecomputedNetwork:
        assert self.first_pass is not None
        return self._precompute(self.first_pass, 0)

    def _precompute(self, network: WindowNetwork, centre: int) -> PrecomputedNetwork:
        features = self.encoder.features.settings
        context = len(features.context) * network.parameters["E"].shape[1]
        passes = [self.network] if self.first_pass is None else [self.network, self.first_pass]
        share = network.first_hidden / sum(each.first_hidden for each in passes)  # as many rows
        memory = int(self.table_memory * share)
        return PrecomputedNetwork(network, len(features.flags), centre + context, memory)

    def __call__(self, text: str, *, pretokenized: bool = False) -> list[Entity]:
        """Find the names in raw text; ``text[entity.start:entity.end]`` is the mention.

        ``pretokenized`` takes what white space parts for tokens, and each line for a sentence.
        """
        return self.entities_of([text], pretokenized=pretokenized)[0]

    def pipe(
        self, texts: Iterable[str], *, batch_size: int = 256, pretokenized: bool = False
    ) -> Iterator[list[Entity]]:
        """Find the names in a stream of texts, so many at a time; each is a document of its own."""
        if isinstance(texts, str):
            raise InputError("expected many texts, got a string; one text is for tagger(text)")
        if batch_size < 1:
            raise InputError(f"batch_size is 1 or more; got {batch_size}")
        stream = iter(texts)
        while batch := list(islice(stream, batch_size)):
            yield from self.entities_of(batch, pretokenized=pretokenized)

    def entities_of(
        self, texts: Sequence[str], *, pretokenized: bool = False
    ) -> list[list[Entity]]:
        """Find the names in many texts at once, each a document of its own; see `__call__`."""
        parted = split_at_spaces if pretokenized else tokenize
        return self.entities_in(texts, [parted(text) for text in texts])

    def entities_in(
        self,
        texts: Sequence[str],
        tokenized: Sequence[TokenizedText],
        columns: Columns | None = None,
    ) -> list[list[Entity]]:
        """Find the names in texts whose tokens are known, each a document of its own.

        ``columns`` are those of each of their sentences; see `find`.
        """
        sentences, documents = _all_sentences(tokenized)
        spans, probabilities = self.find(sentences, documents, columns)
        ends = list(accumulate(len(t.tokens) for t in tokenized))
        found: list[list[Entity]] = [[] for _ in texts]
        document = 0
        for (first, last, label), probability in zip(spans, probabilities.tolist(), strict=True):
            while first >= ends[document]:
                document += 1
            tokens, text = tokenized[document], texts[document]
            offset = ends[document] - len(tokens.tokens)
            places = first - offset, last - offset
            start, end = tokens.starts[places[0]], tokens.ends[places[1] - 1]
            entity = Entity(text[start:end], label, start, end, probability, *places)
            found[document].append(entity)
        return found

    def tags_in(
        self, tokenized: Sequence[TokenizedText], columns: Columns | None = None
    ) -> list[list[str]]:
        """Return the IOB2 tags of the tokens of each text; see `entities_in`."""
        sentences, documents = _all_sentences(tokenized)
        tags = iter(self.tag_batch(sentences, documents, columns))
        return [[tag for of_one in islice(tags, count) for tag in of_one] for count in documents]

    def unseen(self, text: EncodedSentences) -> Ints:
        """Tell which words are in the vectors but were not in the training data: (N,) booleans."""
        unseen: Ints = ~self.seen[text.rows["E"]] & (text.rows["E"] != UNKNOWN)
        return unseen

    def gold_spans(self, sentences: Sequence[Sentence]) -> list[Span]:
        """Read the true spans of a corpus as this model could find them, without labels if so."""
        if self.objective.outputs > 1:
            objective = make_objective(
                "softmax", sorted({t[2:] for s in sentences for t in s.tags} - {""})
            )
        else:
            objective = self.objective
        lengths = np.array([len(s) for s in sentences])
        return objective.spans(objective.targets(sentences), lengths)

    def save(
        self,
        folder: str | Path,
        extra: Mapping[str, bytes] | None = None,
        *,
        durable: bool = True,
        small: bool = False,
    ) -> None:
        """Write the model folder, with ``extra`` files beside it.

        A ``small`` model has its tables rounded (`window_ner.storage.arrays.compact`); one that is
        soon to be replaced need not be ``durable``.

        Raises
        ------
        InputError
            If the folder holds something else, or cannot be written.
        """
        from window_ner.model.files import save_tagger  # it imports this module

        save_tagger(self, Path(folder), extra or {}, durable=durable, small=small)


def _scores(network: WindowNetwork, text: EncodedSentences) -> Floats:
    """Score all windows: (N, K). The batches are cut between sentences."""
    ends = np.cumsum(text.lengths)
    cuts = np.searchsorted(ends, np.arange(_TOKENS_AT_ONCE, len(text), _TOKENS_AT_ONCE))
    U = network.parameters["U"]
    scores = np.empty((len(text), len(U)), dtype=U.dtype)
    for chunk in np.split(np.arange(len(text.lengths)), np.unique(cuts)):
        if len(chunk):
            tokens = slice(text.starts[chunk[0]], ends[chunk[-1]])
            scores[tokens], _ = network.forward(text.sentences(chunk))
    return scores


def _all_sentences(
    tokenized: Sequence[TokenizedText],
) -> tuple[list[list[str]], list[int]]:
    """Return the tokens of all sentences, and how many sentences each text has."""
    sentences = [tokens for text in tokenized for tokens in text.sentences]
    return sentences, [len(text.sentence_lengths) for text in tokenized]
