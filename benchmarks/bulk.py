"""Compare `bulk` with `predict --jobs 2`, measure its memory, and what a terabyte would cost.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.bulk [--write docs/scale.md]

prints Markdown tables. With --write it writes them between the marks of the file. Needs the extra
`bulk`. The text is worldwide-newswire, or the sample corpus if there is no corpora folder, repeated
until there are enough tokens; a row is a document of about 630 tokens.

The two commands take turns ROUNDS times. Seconds are those of the clock, from the start of the
process to its end; processor seconds are those of all its processes, so that other work on the
machine is not counted. Memory is the peak of all processes together, each shared page counted once
(PSS), looked at ten times a second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.marks import write_between_marks

ROUNDS = 3
MILLION = 1_000_000
MEMORY_TOKENS = (MILLION, 10 * MILLION)
COMMANDS = {"predict": "predict --jobs 2", "bulk": "bulk --workers 2"}
TERABYTE = 10**12
CORE_HOUR = 0.04
"""Dollars for a core and an hour: about what clouds ask for a virtual core."""


class Run(NamedTuple):
    seconds: float
    processor: float
    memory: int


def documents() -> Iterator[str]:
    from window_ner.data.conll import read_conll
    from window_ner.storage.resources import resource_folder

    file = Path(os.environ.get("WINDOW_NER_CORPORA", ""), "worldwide-newswire", "train.conll")
    if not file.is_file():
        file = resource_folder("data/sample") / "train.conll"
    for document in read_conll(file).documents:
        yield " ".join(" ".join(sentence.tokens) for sentence in document.sentences)


def write_texts(file: Path, tokens: int) -> int:
    """Write JSON lines until there are so many tokens; return how many there are."""
    texts, count = cycle(list(documents())), 0
    with file.open("w", encoding="utf-8") as lines:
        while count < tokens:
            text = next(texts)
            count += len(text.split())
            lines.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    return count


def measure(*arguments: object) -> Run:
    import psutil

    command = [sys.executable, "-m", "window_ner", *map(str, arguments)]
    begin = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    processor: dict[int, float] = {}
    memory = 0
    whole = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        try:
            for each in [whole, *whole.children(recursive=True)]:
                times = each.cpu_times()
                processor[each.pid] = times.user + times.system
                total += each.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
        memory = max(memory, total)
        time.sleep(0.1)
    seconds = time.monotonic() - begin
    if process.returncode:
        raise SystemExit(process.stderr.read().decode() if process.stderr else "")
    return Run(seconds, sum(processor.values()), memory)


def overhead(folder: Path) -> tuple[list[str], float]:
    """Return the table of both commands, and tokens a processor second of `bulk` once it runs."""
    whole, one = folder / "million.jsonl", folder / "one.jsonl"
    tokens = write_texts(whole, MILLION)
    write_texts(one, 1)
    runs: dict[tuple[str, Path], list[Run]] = {
        (command, texts): [] for texts in (whole, one) for command in COMMANDS
    }
    for number in range(ROUNDS):
        for (command, texts), of_one in runs.items():
            output = folder / f"{command}-{texts.stem}-{number}"
            options = (texts, "--rows-per-part", 200, "--workers", 2)
            if command == "predict":
                options = ("--input", texts, "--format", "jsonl", "--jobs", 2)
            of_one.append(measure(command, *options, "--output", output))
        parts = sorted(folder.glob(f"bulk-million-{number}/part-*"))
        expected = (folder / f"predict-million-{number}").read_bytes()
        assert b"".join(map(Path.read_bytes, parts)) == expected, "bulk and predict differ"
    rows = ["| | seconds | processor seconds |", "| --- | ---: | ---: |"]
    for (command, texts), of_one in runs.items():
        what = "a million tokens" if texts is whole else "one text"
        rows.append(f"| `{COMMANDS[command]}`, {what} | " + " | ".join(spread(of_one)) + " |")
    pairs = list(zip(runs["predict", whole], runs["bulk", whole], strict=True))
    ratios = [[bulk[i] / predict[i] for predict, bulk in pairs] for i in (0, 1)]
    shown = " | ".join(f"{median(r):.2f} × ({min(r):.2f} to {max(r):.2f})" for r in ratios)
    rows.append(f"| bulk against predict, a million tokens, in each turn | {shown} |")
    begun, ended = (median(run.processor for run in runs["bulk", t]) for t in (one, whole))
    return rows, tokens / (ended - begun)


def spread(runs: list[Run]) -> list[str]:
    """Return median, lowest and highest of the seconds and of the processor seconds."""
    columns = (sorted(run[i] for run in runs) for i in (0, 1))
    return [f"{median(each):.1f} ({each[0]:.1f} to {each[-1]:.1f})" for each in columns]


def memory(folder: Path) -> list[str]:
    rows = ["| tokens | peak memory of all processes |", "| ---: | ---: |"]
    for tokens in MEMORY_TOKENS:
        texts = folder / "texts.jsonl"
        count = write_texts(texts, tokens)
        options = ("--workers", 2, "--rows-per-part", 1000, "--output", folder / f"m{tokens}")
        run = measure("bulk", texts, *options)
        rows.append(f"| {count:,} | {run.memory / 1e6:,.0f} MB |")
    return rows


def price(folder: Path, speed: float) -> list[str]:
    """Return what a terabyte costs at so many tokens a processor second."""
    texts = folder / "million.jsonl"
    tokens = sum(len(json.loads(line)["text"].split()) for line in texts.open(encoding="utf-8"))
    all_tokens = tokens * TERABYTE / texts.stat().st_size
    hours = all_tokens / speed / 3600
    rows = [
        f"A terabyte of this JSON has {all_tokens / 1e9:,.0f} billion tokens. At {speed:,.0f} "
        f"tokens a second and core, that is {hours:,.0f} core hours:",
        "",
        "| workers | days | dollars |",
        "| ---: | ---: | ---: |",
    ]
    for workers in (1, 10, 100):
        rows.append(f"| {workers} | {hours / workers / 24:,.1f} | {hours * CORE_HOUR:,.0f} |")
    return rows


def show(page: Path | None, name: str, rows: list[str]) -> None:
    """Print a table, and write it between its marks of the page."""
    print("\n".join(rows), end="\n\n", flush=True)
    if page is not None:
        write_between_marks(page, name, "\n".join(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="PAGE")
    page = parser.parse_args().write
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table, speed = overhead(folder)
        show(page, "overhead", table)
        show(page, "price", price(folder, speed))
        show(page, "memory", memory(folder))


if __name__ == "__main__":
    main()
