"""The worldwide newswire as our tokenizer would have cut it.

The corpus parts what we keep together: "U . S .", "Al - Shabaab", "country ’ s". A model that has
only seen it so does not know the words that it will get. Where the pieces are all of one name, or
of none, they are joined.
"""

from collections.abc import Iterator
from dataclasses import replace

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.tag_schemes import Span, spans_of, tags_of

_CLITICS = frozenset(("s", "t", "d", "m", "re", "ve", "ll"))


def rejoin(sentence: Sentence) -> Sentence:
    """Join the pieces of initials, of words with hyphens, and of clitics behind a curly quote."""
    cuts = list(_cuts(sentence.tokens, sentence.tags))
    tokens = tuple("".join(sentence.tokens[start:end]) for start, end in cuts)
    place = {old: new for new, (start, end) in enumerate(cuts) for old in range(start, end)}
    spans = [Span(place[s.start], place[s.end - 1] + 1, s.label) for s in spans_of(sentence.tags)]
    return Sentence(tokens, tuple(tags_of(spans, len(tokens))))


def rejoined(corpus: Corpus) -> Corpus:
    """Join the pieces in a whole corpus."""
    documents = (Document(tuple(map(rejoin, d.sentences))) for d in corpus.documents)
    return replace(corpus, documents=tuple(documents))


def _cuts(tokens: tuple[str, ...], tags: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    def joins(i: int) -> bool:
        """Whether token i is of the same name as the one before, or neither is of one."""
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
