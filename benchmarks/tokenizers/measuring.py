"""What is measured of a tokenizer: scores, speed, size, and what it makes of hostile text."""

import importlib.metadata
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.tokenizers.candidates import CANDIDATES, Tokenizer
from benchmarks.tokenizers.detokenising import Span, Spans

OURS = Path(__file__).parents[2] / "window_ner" / "data" / "tokenizer.py"
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
    command = [sys.executable, "-m", "benchmarks.tokenizers", "--apart", name, job]
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
    if name == "window_ner":
        version, size = "", OURS.stat().st_size / 1e6
    else:
        version, size = importlib.metadata.version(name), megabytes(name)
    cold = median(seconds_apart(name, "cold") for _ in range(5)) * 1e3
    long = seconds_apart(name, "long")
    cells = [
        name,
        version,
        *scores(run, variants),
        f"{tokens_per_second(run, variants[-1]):,.0f}",
        f"{cold:.0f} ms",
        f"{size:.2f}",
        offsets,
        f"{sum(survives(run, text) for text in HOSTILE)} of {len(HOSTILE)}",
        f"{long:.2f} s" if long < PATIENCE else f"fails or > {PATIENCE} s",
    ]
    return "| " + " | ".join(cells) + " |"


def scores(run: Tokenizer, variants: Sequence[Sequence[tuple[str, Spans]]]) -> list[str]:
    """Return the F1 of the tokens and of the sentences, each for both variants of the text."""
    found = [[run(text) for text, _ in documents] for documents in variants]
    cells = []
    for which in (0, 1):  # tokens, sentences
        column = []
        for documents, spans in zip(variants, found, strict=True):
            gold = [set(true[which]) for _, true in documents]
            score = f1(gold, [set(each[which]) for each in spans])
            column.append(f"{score:.2f}" if any(each[which] for each in spans) else "–")
        cells.append(" / ".join(column))
    return cells


def tokens_per_second(run: Tokenizer, documents: Sequence[tuple[str, Spans]]) -> float:
    """Return the number of true tokens for each second of processor time, the median of five."""
    times = []
    for _ in range(5):
        started = time.process_time()
        for text, _ in documents:
            run(text)
        times.append(time.process_time() - started)
    return sum(len(spans[0]) for _, spans in documents) / median(times)
