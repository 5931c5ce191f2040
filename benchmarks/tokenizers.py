"""Compare tokenizers on detokenised CoNLL-2003: tokens, sentences, speed and robustness.

    WINDOW_NER_CORPORA=/path/to/corpora python benchmarks/tokenizers.py [FILE]

prints a Markdown table of our tokenizer and the libraries that are installed:

    pip install blingfire nltk pysbd sacremoses segtok sentencex spacy syntok

FILE is a CoNLL file; the default is conll2003/eng.testa of the corpora folder. The corpus does not
have the original spacing of the articles, so rules restore it. Where the rules cannot know ("yr/yr"
or "yr / yr"?), the spacing is the same for all tokenizers.
"""

import importlib.metadata
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from window_ner.data.conll import read_conll

Span = tuple[int, int]
Spans = tuple[list[Span], list[Span]]  # of the tokens, of the sentences
Tokenizer = Callable[[str], Spans]

# ------------------------------------------------------------------ a document back into text

_ATTACHED = re.compile(r"[,.;:?!%)\]/]|\.\.+|'(?:s|re|ve|ll|m|d)|n't", re.IGNORECASE)
_STOPS = {".", "?", "!", "..", "...", "...."}
_QUOTES = {'"', "'"}


class Piece(NamedTuple):
    token: str
    space_before: bool
    opens_quotation: bool


def put_spacing_back(sentences: Iterable[Sequence[str]]) -> list[list[Piece]]:
    """Determine for each token of a document whether there was white space before it."""
    rows: list[list[Piece]] = []
    quoting: set[str] = set()
    previous, glue = "", False
    for sentence in sentences:
        row = []
        for i, token in enumerate(sentence):
            following = sentence[i + 1] if i + 1 < len(sentence) else ""
            space, glue, opens = not glue, False, False
            if token in _QUOTES and (token in quoting or token == '"' or previous[-1:] not in "sz"):
                opens = i == 0 or token not in quoting
                if opens and i and not following:
                    opens = previous in _STOPS
                quoting = quoting | {token} if opens else quoting - {token}
                glue, space = opens, space and opens
            elif token in _QUOTES or _ATTACHED.fullmatch(token):
                glue, space = token == "/", False
            elif token in {"(", "["} or (token.endswith("$") and following[:1].isdigit()):
                glue = True
            row.append(Piece(token, space, opens))
            previous = token
        rows.append(row)
    for row, following_row in pairwise(rows):
        if len(row) > 1 and row[-1].opens_quotation:  # the corpus contains: said . " | We do not
            following_row.insert(0, row.pop())
    return rows


def detokenise(sentences: Iterable[Sequence[str]], *, paragraphs: bool) -> tuple[str, Spans]:
    """Convert a document to text; return it with the spans of its tokens and sentences.

    With `paragraphs`, there is a blank line after the headline and around every line that is not
    prose (byline, dateline, row of a table). Without, everything is joined by spaces.
    """
    text, tokens, bounds = "", [], []
    rows = put_spacing_back(sentences)
    prose = [row[-1].token in _STOPS | _QUOTES for row in rows]
    for i, row in enumerate(rows):
        own_line = paragraphs and i > 0 and not (i > 1 and prose[i] and prose[i - 1])
        for j, piece in enumerate(row):
            if text:
                text += "\n\n" if own_line and j == 0 else " " * piece.space_before
            tokens.append((len(text), len(text) + len(piece.token)))
            text += piece.token
        bounds.append((tokens[-len(row)][0], len(text)))
    return text, (tokens, bounds)


# ------------------------------------------------------------------ the candidates


def locate(text: str, pieces: Iterable[str], position: int = 0) -> list[Span]:
    """Find the strings of libraries without offsets in the text, skipping strings they changed."""
    spans = []
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

# ------------------------------------------------------------------ the measures

OURS = Path(__file__).parent.parent / "window_ner" / "data" / "tokenizer.py"
HOSTILE = [
    "Angela\ud800 Merkel met Tim Cook.",  # a lone surrogate
    "Angela\x00Merkel met\x00 Tim Cook.",
    "Ange\u0301la Merkel met Tim\u0301 Cook.",
    "\ufeffAngela\u200b Merkel \u202emet\u202c Tim Cook.",
    "👩‍👩‍👧 Angela 🇩🇪 Merkel ❤️ met Tim Cook 👍🏽.",
    "Angela\u00a0Merkel\u2028met\x85Tim\x1cCook.",
    "''The Economist,'' said \"Angela Merkel\".",
    "..Angela ``Merkel'' __met__ Tim-\nCook…",
    " \n ",
    "",
]
LONG = "a." * 50_000 + '"' * 50_000 + "é-" * 50_000  # 250,000 characters without a space
PATIENCE = 60  # seconds


def f1(gold: Sequence[set[Span]], found: Sequence[set[Span]]) -> float:
    """Return the exact-span F1 over documents, in percent."""
    hits = sum(len(g & f) for g, f in zip(gold, found, strict=True))
    return 200 * hits / sum(len(spans) for spans in [*gold, *found])


def survives(run: Tokenizer, text: str) -> bool:
    """Whether every character except white space is in exactly one token."""
    try:
        spans = run(text)[0] or run(text)[1]
    except Exception:
        return False
    covered = [i for start, end in spans for i in range(start, end)]
    return [i for i in covered if not text[i : i + 1].isspace()] == [
        i for i, c in enumerate(text) if not c.isspace()
    ]


def seconds_apart(name: str, job: str) -> float:
    """Run a job of `apart` in a separate process; infinity if it fails or takes too long."""
    command = [sys.executable, __file__, "--apart", name, job]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return float("inf")
    return float(done.stdout.split()[-1])


def apart(name: str, job: str) -> float:
    """Return the processor seconds of import and first sentence, or of the long word."""
    started = time.process_time()
    run = CANDIDATES[name][0]()
    run("Angela Merkel met Tim Cook at Apple in Cupertino.")
    if job == "long":
        started = time.process_time()
        run(LONG)
    return time.process_time() - started


def megabytes(distribution: str, seen: set[str] | None = None) -> float:
    """Return the size on disk of a distribution and of all its dependencies."""
    seen = set() if seen is None else seen
    name = re.sub(r"[-_.]+", "-", distribution).lower()
    if name in seen:
        return 0.0
    seen.add(name)
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return 0.0
    paths = [Path(str(found.locate_file(file))) for file in found.files or []]
    own = sum(path.stat().st_size for path in paths if path.is_file()) / 1e6
    needed = [r for r in found.requires or [] if "extra ==" not in r]
    return own + sum(megabytes(re.split(r"[^\w.-]", r, maxsplit=1)[0], seen) for r in needed)


def row(name: str, variants: Sequence[Sequence[tuple[str, Spans]]]) -> str:
    """Measure one candidate; return its row of the table."""
    build, offsets = CANDIDATES[name]
    try:
        run = build()
    except ImportError:
        return f"| {name} | not installed: skipped |" + " |" * 9
    token_f1: list[str] = []
    sentence_f1: list[str] = []
    for documents in variants:
        found = [run(text) for text, _ in documents]
        for which, column in enumerate((token_f1, sentence_f1)):
            gold = [set(spans[which]) for _, spans in documents]
            score = f1(gold, [set(spans[which]) for spans in found])
            column.append(f"{score:.2f}" if any(spans[which] for spans in found) else "–")
    joined = variants[-1]
    tokens = sum(len(spans[0]) for _, spans in joined)
    times = []
    for _ in range(5):
        started = time.process_time()
        for text, _ in joined:
            run(text)
        times.append(time.process_time() - started)
    if name == "window_ner":
        version, size = "", OURS.stat().st_size / 1e6
    else:
        version, size = importlib.metadata.version(name), megabytes(name)
    cold = median(seconds_apart(name, "cold") for _ in range(5)) * 1e3
    long = seconds_apart(name, "long")
    cells = [
        name,
        version,
        *(f"{a} / {b}" for a, b in (token_f1, sentence_f1)),
        f"{tokens / median(times):,.0f}",
        f"{cold:.0f} ms",
        f"{size:.2f}",
        offsets,
        f"{sum(survives(run, text) for text in HOSTILE)} of {len(HOSTILE)}",
        f"{long:.2f} s" if long < PATIENCE else f"fails or > {PATIENCE} s",
    ]
    return "| " + " | ".join(cells) + " |"


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["--apart"]:
        print(apart(*arguments[1:]))
        return
    if not arguments and "WINDOW_NER_CORPORA" not in os.environ:
        sys.exit("name a CoNLL file, or set WINDOW_NER_CORPORA to the corpora folder")
    file = Path(arguments[0] if arguments else os.environ["WINDOW_NER_CORPORA"])
    if not arguments:
        file = file / "conll2003" / "eng.testa"
    documents = read_conll(file).documents
    variants = [
        [detokenise([s.tokens for s in d.sentences], paragraphs=paragraphs) for d in documents]
        for paragraphs in (True, False)
    ]
    sentences = sum(len(spans[1]) for _, spans in variants[0])
    tokens = sum(len(spans[0]) for _, spans in variants[0])
    print(f"{file.name}: {len(documents)} documents, {sentences:,} sentences, {tokens:,} tokens.\n")
    print(
        "| tokenizer | version | token F1, paragraphs / joined | sentence F1, paragraphs / joined "
        "| tokens/s | import and first sentence | MB on disk, with what it needs | offsets "
        "| hostile strings whole | 250,000 characters without a space |"
    )
    print("|" + " --- |" * 10)
    for name in CANDIDATES:
        print(row(name, variants), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
