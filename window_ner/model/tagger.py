"""The tagger, which finds names in text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from window_ner.data.encoder import Columns
from window_ner.data.tag_schemes import Span
from window_ner.data.tokenizer import TokenizedText, split_at_spaces, tokenize
from window_ner.errors import InputError, listed
from window_ner.model.entities import Entities
from window_ner.model.entity import entities_at, entities_of_spans
from window_ner.model.marginals import iob2_marginals, iob2_tags
from window_ner.model.model import Model
from window_ner.model.scorer import Scored
from window_ner.model.table_scorer import TableScorer
from window_ner.nn.arrays import Floats

if TYPE_CHECKING:
    from window_ner.analysis.explanation import Explanation
    from window_ner.data.corpus import Corpus
    from window_ner.data.name_list import NameList

TABLE_MEMORY = 192_000_000
"""Default size of the precomputed first layers of a `Tagger`, in bytes."""

_SHORT = 2_000
"""For fewer characters, splitting the text is faster than looking up its pieces."""


@dataclass(frozen=True, eq=False)
class Tagger:
    """Finds names with a model; threads may share it.

    Attributes
    ----------
    model
        The trained model.
    table_memory
        Size of the precomputed first layers, in bytes. With less, rows are computed again more
        often. What is known of word types may take half as much.
    """

    model: Model
    table_memory: int = TABLE_MEMORY
    _scorer: TableScorer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_scorer", TableScorer(self.model, self.table_memory))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the tables; a copy in another process fills its own."""
        return Tagger, (self.model, self.table_memory)

    def __repr__(self) -> str:
        words = len(self.model.encoder.vocabulary.words)
        return f"Tagger of {listed(self.labels)}, which knows {words:,} words"

    @property
    def labels(self) -> list[str]:
        """The labels that it can predict."""
        return list(dict.fromkeys(tag[2:] for tag in self.model.objective.tags if tag != "O"))

    def read(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None = None,
        columns: Columns | None = None,
    ) -> Scored:
        """Score the tokens of sentences; see `find`. Empty sentences are left out."""
        return self._scorer.read(sentences, documents, columns)

    def read_corpus(self, corpus: "Corpus") -> Scored:
        """Score the tokens of a corpus; without marked documents, each sentence is one."""
        sentences = corpus.sentences
        documents = [len(unit.sentences) for unit in corpus.units]
        return self.read([s.tokens for s in sentences], documents, [s.columns for s in sentences])

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
            Number of sentences of each document; None means that all are one document.
        columns
            Other columns of the corpus for each sentence, such as part-of-speech tags, for models
            that use them.

        Returns
        -------
        spans
            The names; tokens are numbered over all sentences.
        probabilities
            (S,) the probability of exactly each span.

        Raises
        ------
        InputError
            If a sentence is a string, or the documents have another number of sentences.
        """
        scored = self.read(sentences, documents, columns)
        return scored.spans, scored.probabilities(scored.spans)

    def tag(self, tokens: Sequence[str]) -> list[str]:
        """Return the IOB2 tags of one tokenised sentence."""
        return self.tag_batch([tokens])[0]

    def tag_batch(
        self,
        sentences: Sequence[Sequence[str]],
        documents: Sequence[int] | None = None,
        columns: Columns | None = None,
    ) -> list[list[str]]:
        """Return the IOB2 tags of tokenised sentences: the fastest way to tag many. See `find`."""
        scored = self.read(sentences, documents, columns)
        tags = scored.objective.iob2(scored.decisions, scored.text.lengths)
        lengths = [len(tokens) for tokens in sentences]
        return [tags[end - n : end] for end, n in zip(accumulate(lengths), lengths, strict=True)]

    def marginals(
        self, sentences: Sequence[Sequence[str]], documents: Sequence[int] | None = None
    ) -> list[list[dict[str, float]]]:
        """Return the probability of each IOB2 tag at each token of sentences. See `find`."""
        scored = self.read(sentences, documents)
        if not len(scored.scores):
            return [[] for _ in sentences]
        tags = iob2_tags(scored.objective)
        own = iob2_marginals(scored.objective, scored.marginals(), scored.text.lengths)
        rows = iter(own.tolist())
        return [
            [dict(zip(tags, row, strict=True)) for row in islice(rows, len(tokens))]
            for tokens in sentences
        ]

    def __call__(
        self, text: str, *, pretokenized: bool = False, names: "NameList | None" = None
    ) -> Entities:
        """Find the names in raw text; ``text[entity.start:entity.end]`` is the mention.

        The result is a list, which a notebook shows as the text with its names marked.

        With ``pretokenized``, the text is already tokenized: white space separates tokens, and each
        line is a sentence. ``names`` are found exactly, beside the model's; where a name of the
        list and one of the model overlap, the list wins.
        """
        return self.entities_of([text], pretokenized=pretokenized, names=names)[0]

    def pipe(
        self,
        texts: Iterable[str],
        *,
        batch_size: int = 256,
        pretokenized: bool = False,
        names: "NameList | None" = None,
        jobs: int = 1,
    ) -> Iterator[Entities]:
        """Find the names in a stream of texts, in batches; each text is a document of its own.

        The results have the order of the texts, and do not depend on ``batch_size`` or ``jobs``.

        Parameters
        ----------
        texts
            The texts. They are read as they are needed.
        batch_size
            The most texts that are tagged together.
        pretokenized, names
            See `__call__`.
        jobs
            Number of processes; see `window_ner.model.processes.in_order`. A script that calls
            this needs no ``if __name__ == "__main__":``.

        Raises
        ------
        InputError
            If an argument is wrong, or a process is killed.
        Exception
            What one of the texts causes; a note of the exception has its index.
        """
        from window_ner.model.processes import in_order
        from window_ner.model.stream import FIRST_BATCH, BatchFinder, batches

        if isinstance(texts, str):
            raise InputError("expected many texts, got a string; for one text use tagger(text)")
        if batch_size < 1:
            raise InputError(f"batch_size must be 1 or more; got {batch_size}")
        if jobs < 1:
            raise InputError(f"jobs must be 1 or more; got {jobs}")
        finder = BatchFinder(self, pretokenized, names)
        # Other processes start when the first batch is done.
        stream = batches(texts, batch_size, FIRST_BATCH) if jobs > 1 else batches(texts, batch_size)
        return (entities for batch in in_order(finder, stream, jobs) for entities in batch)

    def entities_of(
        self, texts: Sequence[str], *, pretokenized: bool = False, names: "NameList | None" = None
    ) -> list[Entities]:
        """Find the names in many texts at once, each a document of its own; see `__call__`."""
        return self.counted_entities_of(texts, pretokenized=pretokenized, names=names)[0]

    def counted_entities_of(
        self, texts: Sequence[str], *, pretokenized: bool = False, names: "NameList | None" = None
    ) -> tuple[list[Entities], int]:
        """Return what `entities_of` does, and the number of tokens of all texts.

        Raises
        ------
        InputError
            If a text is not a string.
        """
        for text in texts:
            if not isinstance(text, str):
                from window_ner.model.stream import refuse_no_text

                refuse_no_text(text)
        plain = not (pretokenized or names or self.model.encoder.features.columns)
        if plain and sum(map(len, texts)) >= _SHORT:
            scored, tokens = self._scorer.read_texts(texts)
            probabilities = scored.probabilities(scored.spans)
            places = tokens.starts, tokens.ends
            found = entities_at(texts, tokens.tokens, places, scored.spans, probabilities)
            return list(map(Entities, found, texts)), int(tokens.tokens.sum())
        split = split_at_spaces if pretokenized else tokenize
        tokenized = [split(text) for text in texts]
        count = sum(len(text.tokens) for text in tokenized)
        return self.entities_in(texts, tokenized, names=names), count

    def entities_in(
        self,
        texts: Sequence[str],
        tokenized: Sequence[TokenizedText],
        columns: Columns | None = None,
        names: "NameList | None" = None,
    ) -> list[Entities]:
        """Find the names in tokenized texts, each a document of its own.

        See `find` for ``columns`` (of each sentence), and `__call__` for ``names``.
        """
        sentences = [tokens for text in tokenized for tokens in text.sentences]
        documents = [len(text.sentence_lengths) for text in tokenized]
        spans, probabilities = self.find(sentences, documents, columns)
        found = entities_of_spans(texts, tokenized, spans, probabilities)
        if names is not None:
            from window_ner.model.listed_names import add_listed

            found = add_listed(texts, tokenized, found, names)
        return list(map(Entities, found, texts))

    def explain(
        self, text: str, word: str | int | None = None, tag: str | None = None
    ) -> "Explanation":
        """Explain the score of a word; a notebook shows it as a picture.

        See `window_ner.explain`.
        """
        import window_ner  # what explains a model stands above the model

        explanation: Explanation = window_ner.explain(self, text, word, tag)
        return explanation

    def save(self, folder: str | Path, *, small: bool = False) -> None:
        """Write the model folder.

        With ``small``, large tables are rounded: the files are smaller, the scores nearly the same.

        Raises
        ------
        InputError
            If the folder has something else in it, or cannot be written.
        """
        from window_ner.model.stored_model import save_model

        save_model(self.model, Path(folder), small=small)
