"""Texts with names at characters -> a corpus of tokens with tags."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.formats.mentions import Mention
from window_ner.data.formats.notes import IN_TOKEN, SKIPPED, TWO_SENTENCES, Notes
from window_ner.data.tag_schemes import Span, tags_of
from window_ner.data.tokenizer import TokenizedText, tokenize
from window_ner.errors import InputError


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """A text and its names, from left to right and without overlap.

    ``place`` is its file and line. ``annotated`` are the labels that it annotates; None is all.
    """

    text: str
    mentions: tuple[Mention, ...]
    place: str
    annotated: frozenset[str] | None = None


def corpus_of(texts: Iterable[AnnotatedText], name: str, notes: Notes) -> Corpus:
    """Split texts into sentences and tokens, and give each token its tag.

    Each text is a document; blank texts are left out. Every name is exactly some tokens of one
    sentence: a token that is partly in a name is split, and a name has no end of a sentence in it.

    Raises
    ------
    InputError
        If there is no text, or two labels differ in case only.
    """
    documents = []
    first_with: dict[str, tuple[str, str]] = {}  # lower case -> the label and its place
    for each in texts:
        for mention in each.mentions:
            label, place = first_with.setdefault(mention.label.lower(), (mention.label, each.place))
            if label != mention.label:
                raise InputError(
                    f"{each.place}: the label {mention.label} differs in case only from {label} "
                    f"({place}); write both the same"
                )
        tokenized = _tokenize_around(each, notes)
        if tokenized.tokens:
            documents.append(_document(tokenized, each))
    if not documents:
        which = " that was annotated and accepted" if SKIPPED in notes.counts else ""
        raise InputError(f"{name}: no text in it{which}")
    return Corpus(tuple(documents), name=name, notes=notes.as_lines())


def _tokenize_around(annotated: AnnotatedText, notes: Notes) -> TokenizedText:
    """Tokenize a text so that each name is some tokens of one sentence."""
    found = tokenize(annotated.text)
    sentence_starts = list(accumulate(found.sentence_lengths, initial=0))[:-1]
    begins = {found.starts[token] for token in sentence_starts}
    starts, ends = found.starts.copy(), found.ends
    for start, end, _ in reversed(annotated.mentions):
        shown = annotated.text[start:end]
        if inside := {begin for begin in begins if start < begin < end}:
            begins -= inside
            notes.add(TWO_SENTENCES, annotated.place, shown)
        cuts = [_split(starts, ends, offset) for offset in (end, start)]
        if any(cuts):
            notes.add(IN_TOKEN, annotated.place, shown)
    bounds = [*sorted(bisect_left(starts, begin) for begin in begins), len(starts)]
    return TokenizedText(
        [annotated.text[start:end] for start, end in zip(starts, ends, strict=True)],
        starts,
        [after - before for before, after in pairwise(bounds)],
    )


def _split(starts: list[int], ends: list[int], offset: int) -> bool:
    """Split the token that ``offset`` is in the middle of, if there is one."""
    token = bisect_right(starts, offset) - 1
    if token < 0 or not starts[token] < offset < ends[token]:
        return False
    starts.insert(token + 1, offset)
    ends.insert(token, offset)
    return True


def _document(tokenized: TokenizedText, annotated: AnnotatedText) -> Document:
    spans = [
        Span(bisect_left(tokenized.starts, start), bisect_left(tokenized.starts, end), label)
        for start, end, label in annotated.mentions
    ]
    tags = tags_of(spans, len(tokenized.tokens))
    bounds = accumulate(tokenized.sentence_lengths, initial=0)
    return Document(
        tuple(
            Sentence(tuple(tokenized.tokens[start:end]), tuple(tags[start:end]))
            for start, end in pairwise(bounds)
        ),
        annotated.annotated,
    )
