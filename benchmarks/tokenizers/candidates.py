"""The tokenizers to compare, with one interface: text -> spans of tokens and of sentences."""

import re
from collections.abc import Callable, Iterable

from benchmarks.tokenizers.detokenising import Span, Spans

Tokenizer = Callable[[str], Spans]


def locate(text: str, pieces: Iterable[str]) -> list[Span]:
    """Find the strings of libraries without offsets in the text, skipping strings they changed."""
    spans = []
    position = 0
    for piece in pieces:
        start = text.find(piece, position)
        if start >= 0:
            position = start + len(piece)
            spans.append((start, position))
    return spans


def trimmed(text: str, spans: Iterable[Span]) -> list[Span]:
    """Remove white space from both ends of spans."""
    strips = ((s, e, text[s:e]) for s, e in spans)
    return [(e - len(t.lstrip()), s + len(t.rstrip())) for s, e, t in strips if t.strip()]


def by_paragraph(run: Tokenizer) -> Tokenizer:
    """Split the text at blank lines, for libraries that ignore blank lines."""

    def run_all(text: str) -> Spans:
        tokens: list[Span] = []
        sentences: list[Span] = []
        for paragraph in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text):
            for all_spans, spans in zip((tokens, sentences), run(paragraph[0]), strict=True):
                all_spans += [(paragraph.start() + a, paragraph.start() + b) for a, b in spans]
        return tokens, sentences

    return run_all


def window_ner() -> Tokenizer:
    from window_ner.data.tokenizer import tokenize

    def run(text: str) -> Spans:
        result = tokenize(text)
        sentences, first = [], 0
        for length in result.sentence_lengths:
            sentences.append(result.place(first, first + length))
            first += length
        return [result.place(i, i + 1) for i in range(len(result.tokens))], sentences

    return run


def spacy() -> Tokenizer:
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")

    def run(text: str) -> Spans:
        doc = nlp(text)
        tokens = [(t.idx, t.idx + len(t)) for t in doc if not t.is_space]
        return tokens, trimmed(text, ((s.start_char, s.end_char) for s in doc.sents))

    return by_paragraph(run)


def syntok() -> Tokenizer:
    from syntok import segmenter

    def run(text: str) -> Spans:
        sentences = [
            [(t.offset, t.offset + len(t.value)) for t in sentence]
            for paragraph in segmenter.analyze(text)
            for sentence in paragraph
        ]
        return [t for s in sentences for t in s], [(s[0][0], s[-1][1]) for s in sentences if s]

    return run


def segtok() -> Tokenizer:
    from segtok.segmenter import split_multi
    from segtok.tokenizer import split_contractions, word_tokenizer

    def run(text: str) -> Spans:
        sentences = [s for s in split_multi(text) if s.strip()]
        words = (w for s in sentences for w in split_contractions(word_tokenizer(s)))
        return locate(text, words), trimmed(text, locate(text, sentences))

    return run


def nltk() -> Tokenizer:
    from nltk.tokenize import NLTKWordTokenizer, PunktSentenceTokenizer

    sentence_tokenizer, words = PunktSentenceTokenizer(), NLTKWordTokenizer()

    def run(text: str) -> Spans:
        sentences = list(sentence_tokenizer.span_tokenize(text))
        tokens = [(s + a, s + b) for s, e in sentences for a, b in words.span_tokenize(text[s:e])]
        return tokens, sentences

    return by_paragraph(run)


def blingfire() -> Tokenizer:
    from blingfire import text_to_sentences_and_offsets, text_to_words_with_offsets

    def run(text: str) -> Spans:
        return text_to_words_with_offsets(text)[1], text_to_sentences_and_offsets(text)[1]

    return by_paragraph(run)


def sacremoses() -> Tokenizer:
    from sacremoses import MosesTokenizer

    moses = MosesTokenizer(lang="en")
    return lambda text: (locate(text, moses.tokenize(text, escape=False)), [])


def pysbd() -> Tokenizer:
    from pysbd import Segmenter

    segmenter = Segmenter(language="en", clean=False, char_span=True)
    return lambda text: ([], trimmed(text, ((s.start, s.end) for s in segmenter.segment(text))))


def sentencex() -> Tokenizer:
    from sentencex import get_sentence_boundaries

    def run(text: str) -> Spans:
        found = get_sentence_boundaries("en", text)
        return [], trimmed(text, ((b["start_index"], b["end_index"]) for b in found))

    return run


CANDIDATES: dict[str, tuple[Callable[[], Tokenizer], str]] = {  # and whether it gives offsets
    "window_ner": (window_ner, "yes"),
    "blingfire": (blingfire, "yes"),
    "nltk": (nltk, "yes"),
    "segtok": (segtok, "no"),
    "spacy": (spacy, "yes"),
    "syntok": (syntok, "yes"),
    "sacremoses": (sacremoses, "no, no sentences"),
    "pysbd": (pysbd, "sentences only"),
    "sentencex": (sentencex, "sentences only"),
}
