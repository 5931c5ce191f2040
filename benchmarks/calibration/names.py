"""The names that a model finds in a text, their probabilities, and what the text looks like."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.tag_schemes import Span
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.word_types import Booleans
from window_ner.evaluation.scores import is_right
from window_ner.model.model import Model
from window_ner.model.scorer import Scored
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats, Ints

TEMPERATURES = np.geomspace(0.7, 3, 49)


@dataclass(frozen=True)
class Names:
    """The S names that a model finds in a text.

    Attributes
    ----------
    probabilities
        (S,) their scores.
    tempered
        (T, S) what the scores would be with each of `TEMPERATURES`.
    right
        (S,) whether each is right.
    document
        (S,) the number of its document.
    features
        Name -> (S,) what the text around it looks like.
    """

    probabilities: Floats
    tempered: Floats
    right: Booleans
    document: Ints
    features: dict[str, Floats]

    def among(self, which: Booleans) -> "Names":
        """Return some of the names."""
        features = {name: values[which] for name, values in self.features.items()}
        of_each = self.probabilities, self.right, self.document
        probabilities, right, document = (values[which] for values in of_each)
        return Names(probabilities, self.tempered[:, which], right, document, features)


def names_of(tagger: Tagger, corpus: Corpus) -> Names:
    """Find the names of a corpus."""
    model, scored = tagger.model, tagger.read_corpus(corpus)
    annotated = tagger.model.annotated_labels(corpus)
    spans = annotated.among(scored.spans)
    starts = np.array([span.start for span in spans])
    sizes = [unit.token_count for unit in corpus.units]
    document = np.arange(len(sizes)).repeat(sizes)
    return Names(
        probabilities=scored.probabilities(spans).astype(np.float64),
        tempered=np.array([scored.with_temperature(t).probabilities(spans) for t in TEMPERATURES]),
        right=is_right(spans, annotated.among(model.gold_spans(corpus.sentences))),
        document=document[starts],
        features={
            **{n: of[starts] for n, of in token_features(model, scored, corpus, document).items()},
            "name in lower case, text not": _lower_names(corpus, spans, document),
            "PER": np.array([span.label == "PER" for span in spans], dtype=np.float64),
        },
    )


def token_features(
    model: Model, scored: Scored, corpus: Corpus, document: Ints
) -> dict[str, Floats]:
    """Describe the sentence or the document of each token: feature -> (N,)."""
    tokens = corpus.tokens
    sentence = np.arange(len(scored.text.lengths)).repeat(scored.text.lengths)
    marginals = scored.marginals().astype(np.float64)
    entropy = -(marginals * np.log(np.maximum(marginals, 1e-12))).sum(axis=1)

    def kind(is_so: Callable[[str], bool]) -> Floats:
        return np.fromiter(map(is_so, tokens), dtype=np.float64, count=len(tokens))

    def mean(values: Floats, unit: Ints) -> Floats:
        means: Floats = (np.bincount(unit, values) / np.bincount(unit))[unit]
        return means

    unknown = (scored.text.rows["E"] == UNKNOWN).astype(np.float64)
    return {
        "unknown words": mean(unknown, sentence),
        "unseen words": mean(model.unseen(scored.text).astype(np.float64), sentence),
        "words in lower case": mean(kind(str.islower), document),
        "words in capitals": mean(kind(str.isupper), document),
        "@, #, links, emoji": mean(kind(is_of_posts), document),
        "length of the sentence": np.log(np.bincount(sentence))[sentence],
        "length of the document": np.log(np.bincount(document))[document],
        "entropy of the tags": mean(entropy, document),
    }


def is_of_posts(token: str) -> bool:
    """Whether a token is a sign of social media."""
    marked = token.startswith(("@", "#", "http")) and len(token) > 1
    return marked or any(unicodedata.category(c) == "So" for c in token)


def _lower_names(corpus: Corpus, spans: Sequence[Span], document: Ints) -> Floats:
    """Whether a name is in lower case, and its document is not: (S,)."""
    tokens = corpus.tokens
    capitals = np.bincount(document, [token != token.lower() for token in tokens]) > 0
    lower = [all(map(str.islower, tokens[start:end])) for start, end, _ in spans]
    return (np.array(lower) & capitals[document[[s for s, _, _ in spans]]]).astype(np.float64)
