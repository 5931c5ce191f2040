"""Score models on the sentences of tests/data/everyday.conll: by half, by label and by domain.

Needs pip install '.[train]'. Give models by name or folder:

    python -m benchmarks.everyday english
    python -m benchmarks.everyday english --mistakes 10    # of the shown half
    python -m benchmarks.everyday --write    # make everyday.conll from everyday.txt

No sentence of the held half is printed: its score is worth something only as long as nobody works
on its mistakes.
"""

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from window_ner.data.conll import format_conll
from window_ner.data.corpus import Document, Sentence
from window_ner.data.tag_schemes import Span, spans_of, tags_of
from window_ner.data.tokenizer import tokenize
from window_ner.evaluation.scores import Scores
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.storage.atomic import write_text
from window_ner.storage.resources import model_folder

FOLDER = Path(__file__).parents[1] / "tests" / "data"
MARKED, CONLL = FOLDER / "everyday.txt", FOLDER / "everyday.conll"
HELD = "# The held half starts here. Do not read it while you work on a model."
LABELS = ("PER", "ORG", "LOC", "MISC")

_NAME = re.compile(rf"\[([^][|]+)\|({'|'.join(LABELS)})\]")


@dataclass(frozen=True)
class Passage:
    """A document, the domain it is from, and whether it is in the held half."""

    domain: str
    held: bool
    document: Document


def read_passages(text: str) -> list[Passage]:
    """Read documents of marked sentences, each after a line ``# domain``; ``====`` ends a half."""
    passages = []
    for held, half in enumerate(re.split(r"^====.*\n", text, flags=re.MULTILINE)):
        for block in half.strip().split("\n\n"):
            domain, *lines = block.strip().split("\n")
            document = Document(tuple(map(marked_sentence, lines)))
            passages.append(Passage(domain.removeprefix("# "), bool(held), document))
    return passages


def marked_sentence(line: str) -> Sentence:
    """Tokenize a sentence like ``[Grace Hopper|PER] is here.``

    Raises
    ------
    ValueError
        If our tokenizer cuts the sentence in two, or a name does not start and end with a token.
    """
    text = without_marks(line)
    tokens = tokenize(text)
    if len(tokens.sentence_lengths) != 1 or set("[]|") & set(text):
        raise ValueError(f"not one sentence with names as [name|LABEL]: {line}")
    spans, removed = [], 0
    for mark in _NAME.finditer(line):
        start = mark.start() - removed
        removed += len(mark[0]) - len(mark[1])
        first, last = tokens.starts.index(start), tokens.ends.index(start + len(mark[1]))
        spans.append(Span(first, last + 1, mark[2]))
    return Sentence(tuple(tokens.tokens), tuple(tags_of(spans, len(tokens.tokens))))


def without_marks(line: str) -> str:
    """Return the text of a marked sentence."""
    return _NAME.sub(r"\1", line)


def as_conll(passages: Iterable[Passage]) -> str:
    """Write passages as CoNLL columns, with a comment before the held half."""
    passages = list(passages)
    shown, held = (
        format_conll(p.document for p in passages if p.held == half) for half in (False, True)
    )
    return f"{shown}{HELD}\n\n{held}"


@dataclass(frozen=True)
class Tagged:
    """A sentence with the names of the annotation and the names that a model finds."""

    passage: Passage
    tokens: tuple[str, ...]
    gold: frozenset[Span]
    found: frozenset[Span]


def tag(tagger: Tagger, passages: Iterable[Passage]) -> list[Tagged]:
    """Tag the sentences; each passage is a document of its own."""
    tagged = []
    for passage in passages:
        sentences = passage.document.sentences
        tags = tagger.tag_batch([s.tokens for s in sentences])
        for sentence, found in zip(sentences, map(spans_of, tags), strict=True):
            gold = frozenset(spans_of(sentence.tags))
            tagged.append(Tagged(passage, sentence.tokens, gold, frozenset(found)))
    return tagged


def scores(tagged: Iterable[Tagged], label: str | None = None) -> Scores:
    """Score the names with this label, or all names."""
    correct = predicted = support = 0
    for sentence in tagged:
        gold = {span for span in sentence.gold if label in (None, span.label)}
        found = {span for span in sentence.found if label in (None, span.label)}
        correct += len(gold & found)
        predicted += len(found)
        support += len(gold)
    return Scores(correct, predicted, support)


def interval(tagged: Sequence[Tagged], draws: int = 1000) -> tuple[float, float]:
    """Return the 95 % interval of the F1 of all names, by drawing documents with replacement."""
    rng = np.random.default_rng(1)
    documents: dict[int, list[Tagged]] = {}
    for t in tagged:
        documents.setdefault(id(t.passage), []).append(t)
    counts = np.array([astuple(scores(sentences)) for sentences in documents.values()])
    drawn = counts[rng.integers(len(counts), size=(draws, len(counts)))].sum(axis=1)
    f1 = 2 * drawn[:, 0] / np.maximum(drawn[:, 1] + drawn[:, 2], 1)
    low, high = np.quantile(f1, [0.025, 0.975])
    return float(low), float(high)


def report(tagged: Sequence[Tagged]) -> str:
    """Tabulate F1 in percent with the number of names in the annotation."""
    shown = [t for t in tagged if not t.passage.held]
    held = [t for t in tagged if t.passage.held]
    columns = [shown, held, tagged]
    intervals = ["{:.1f} to {:.1f}".format(*(100 * f1 for f1 in interval(c))) for c in columns]
    lines = ["| names | shown | held | both |", "| --- | ---: | ---: | ---: |"]
    lines.append(row("all", list(map(scores, columns))))
    lines.append(f"| 95 % interval | {' | '.join(intervals)} |")
    lines += [row(label, [scores(c, label) for c in columns]) for label in LABELS]
    for domain in sorted({t.passage.domain for t in tagged}):
        of_domain = [[t for t in c if t.passage.domain == domain] for c in columns]
        lines.append(row(domain, list(map(scores, of_domain))))
    return "\n".join(lines)


def row(name: str, columns: Sequence[Scores]) -> str:
    return f"| {name} | {' | '.join(f'{100 * s.f1:.1f} ({s.support})' for s in columns)} |"


def mistakes(tagged: Iterable[Tagged]) -> list[str]:
    """Describe the sentences of the shown half with a mistake: what is marked, what is found."""
    wrong = [t for t in tagged if not t.passage.held and t.gold != t.found]
    return [
        f"{t.passage.domain}: {' '.join(t.tokens)}\n"
        f"    not found: {named(t.gold - t.found, t.tokens)}\n"
        f"    wrong:     {named(t.found - t.gold, t.tokens)}"
        for t in wrong
    ]


def named(spans: Iterable[Span], tokens: Sequence[str]) -> str:
    names = [f"{' '.join(tokens[s.start : s.end])} ({s.label})" for s in sorted(spans)]
    return ", ".join(names) or "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="names or folders of models")
    parser.add_argument("--mistakes", type=int, default=0, help="sentences of the shown half")
    parser.add_argument("--write", action="store_true", help=f"write {CONLL.name}")
    arguments = parser.parse_args()
    passages = read_passages(MARKED.read_text("utf-8"))
    if arguments.write:
        write_text(CONLL, as_conll(passages))
    for model in arguments.models:
        tagged = tag(Tagger(load_model(model_folder(model))), passages)
        print(f"{model}\n\n{report(tagged)}\n")
        for mistake in mistakes(tagged)[: arguments.mistakes]:
            print(mistake)


if __name__ == "__main__":
    main()
