"""The worldwide newswire corpus with tokens as our tokenizer splits them.

The corpus splits tokens that we keep together: "U . S .", "Al - Shabaab", "country ’ s". A model
trained on it does not know the tokens that it gets from our tokenizer. So the pieces of a token are
joined if all of them are in one name, or none of them is in a name.
"""

from collections.abc import Iterator
from dataclasses import replace

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.tag_schemes import Span, spans_of, tags_of

_CLITICS = frozenset(("s", "t", "d", "m", "re", "ve", "ll"))


def rejoin(sentence: Sentence) -> Sentence:
    """Join the pieces of initials, of words with hyphens, and of clitics after a curly quote."""
    cuts = list(_cuts(sentence.tokens, sentence.tags))
    tokens = tuple("".join(sentence.tokens[start:end]) for start, end in cuts)
    place = {old: new for new, (start, end) in enumerate(cuts) for old in range(start, end)}
    spans = [Span(place[s.start], place[s.end - 1] + 1, s.label) for s in spans_of(sentence.tags)]
    return Sentence(tokens, tuple(tags_of(spans, len(tokens))))


def rejoined(corpus: Corpus) -> Corpus:
    """Join the pieces of tokens in a whole corpus."""
    return replace(corpus, documents=tuple(map(_rejoined, corpus.documents)))


def every_other_rejoined(corpus: Corpus) -> Corpus:
    """Join the pieces in every other document, so that a network learns both forms."""
    documents = (_rejoined(d) if i % 2 else d for i, d in enumerate(corpus.documents))
    return replace(corpus, documents=tuple(documents))


def _rejoined(document: Document) -> Document:
    return replace(document, sentences=tuple(map(rejoin, document.sentences)))


def _cuts(tokens: tuple[str, ...], tags: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    def joins(i: int) -> bool:
        """Whether token i and the token before it are in the same name, or both in no name."""
        return i < len(tokens) and (tags[i][0] == "I" or tags[i] == tags[i - 1] == "O")

    def is_initial(i: int) -> bool:
        letter = i + 1 < len(tokens) and len(tokens[i]) == 1 and tokens[i].isupper()
        return letter and tokens[i + 1] == "." and joins(i + 1)

    start = 0
    while start < len(tokens):
        end, token = start + 1, tokens[start]
        if is_initial(start):
            end += 1
            while is_initial(end) and joins(end):
                end += 2
        elif token == "’" and joins(end) and tokens[end] in _CLITICS:
            end += 1
        elif token[-1].isalnum():
            while (
                joins(end)
                and tokens[end] == "-"
                and joins(end + 1)
                and tokens[end + 1][0].isalnum()
            ):
                end += 2
        yield start, end
        start = end
