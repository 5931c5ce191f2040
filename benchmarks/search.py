"""Compare settings of a config over several seeds; each training is a process.

    python -m benchmarks.search --config tagger --train eng.train --dev eng.testa \\
        --try vector_rate=0.1,0.3,1.0 --try dropout_inputs=0.3,0.4 --jobs 2 runs.jsonl

trains every combination with every seed, and adds a line for each run to runs.jsonl. Runs that are
already in the file are not repeated, so a search can be stopped and continued. It prints the mean
dev F1 of each combination, best first, as a Markdown table.
"""

import argparse
import itertools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

Changes = tuple[str, ...]


def combinations(tries: Iterable[str]) -> list[Changes]:
    """Turn ["a=1,2", "b=3,4"] into ("a=1", "b=3"), ("a=1", "b=4"), …"""
    choices = []
    for one in tries:
        name, _, values = one.partition("=")
        choices.append([f"{name}={value}" for value in values.split(",")])
    return list(itertools.product(*choices))


def run(
    config: str, changes: Changes, seed: int, corpora: Sequence[str], vectors: Sequence[str]
) -> dict[str, Any]:
    """Train once; return the record of the run."""
    from window_ner.data.conll import read_conll
    from window_ner.data.word_vectors import load_word_vectors
    from window_ner.settings.toml import load_config  # after the number of threads is set
    from window_ner.training.plan import Plan
    from window_ner.training.run import train

    sets = [f"vectors.sets={json.dumps(list(vectors))}"] if vectors else []
    settings = load_config(config, [*changes, *sets])
    started = time.process_time()
    model = train(
        Plan(
            settings,
            *(read_conll(path) for path in corpora),
            [load_word_vectors(source) for source in settings.vectors.sets],
            seed=seed,
        )
    )
    best = max(model.history, key=lambda epoch: epoch.dev)
    return {
        "config": config,
        "changes": changes,
        "seed": seed,
        "dev": best.dev,
        "dev_unseen_words": best.dev_unseen_words,
        "epoch": best.epoch,
        "cpu_seconds": time.process_time() - started,
    }


def missing(
    done: Iterable[dict[str, Any]], todo: Iterable[tuple[str, Changes, int]]
) -> Iterator[tuple[str, Changes, int]]:
    have = {(r["config"], tuple(r["changes"]), r["seed"]) for r in done}
    yield from (one for one in todo if one not in have)


def table(runs: Iterable[dict[str, Any]]) -> str:
    by_changes = defaultdict(list)
    for one in runs:
        by_changes[one["config"], tuple(one["changes"])].append(one)
    rows = sorted(by_changes.items(), key=lambda row: -mean(r["dev"] for r in row[1]))
    lines = [
        "| config | changes | dev F1 | seeds | unseen words | CPU seconds |",
        "| --- | --- | ---: | --- | ---: | ---: |",
    ]
    for (config, changes), group in rows:
        by_seed = ", ".join(f"{100 * r['dev']:.2f}" for r in sorted(group, key=lambda r: r["seed"]))
        figures = (
            f"{100 * mean(r['dev'] for r in group):.2f} | {by_seed} | "
            f"{100 * mean(r['dev_unseen_words'] for r in group):.2f} | "
            f"{mean(r['cpu_seconds'] for r in group):.0f}"
        )
        lines.append(f"| {config} | {' '.join(changes)} | {figures} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path, help="JSON lines, one for each run; appended to")
    parser.add_argument("--config", default="tagger")
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--vectors", action="append", default=[])
    parser.add_argument("--try", dest="tries", action="append", default=[], metavar="KEY=A,B,…")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"  # because the runs are parallel already

    results: Path = options.results
    lines = results.read_text("utf-8").splitlines() if results.exists() else []
    runs = [json.loads(line) for line in lines]
    todo = [
        (options.config, changes, seed)
        for changes in combinations(options.tries)
        for seed in options.seeds
    ]
    corpora = options.train, options.dev
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        started = [pool.submit(run, *one, corpora, options.vectors) for one in missing(runs, todo)]
        for future in as_completed(started):
            runs.append(future.result())
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(runs[-1]) + "\n")
            print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
    print(table(runs))


if __name__ == "__main__":
    main()
