"""The command; see the docstring of `benchmarks.speed`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import benchmarks.speed
from benchmarks.speed import raw_text, steps
from benchmarks.speed.command import command_table
from benchmarks.speed.markdown import publish
from benchmarks.speed.start import start_table
from benchmarks.speed.systems import systems
from benchmarks.speed.tags import cold, growth, growth_table, measure, systems_table
from benchmarks.speed.texts import find_texts, raw_articles
from benchmarks.speed.training import training_rates, training_table

PAGE = ("raw", "steps")
"""The tables of docs/speed.md."""

OTHERS = ("systems", "growth", "command", "start", "training")
"""Tables that are only printed: they train models first, or take much longer."""


def run_one(arguments: Sequence[str]) -> dict[str, Any]:
    texts = find_texts()
    if arguments[0] == "--training":
        return training_rates(arguments[1], arguments[2], texts)
    if arguments[0] == "--steps":
        return steps.measure()
    if arguments[0] == "--raw":
        return raw_text.measure(arguments[1])
    if arguments[0] == "--model":
        return raw_text.rates(raw_text.ours(arguments[1]), raw_articles())
    system = systems(texts)[arguments[0]]
    if "--growth" in arguments:
        return growth(system, texts, int(arguments[2]))
    return measure(system, texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(benchmarks.speed.__doc__ or "").split("\n")[0])
    parser.add_argument("--write", metavar="FILE", type=Path, help="write between its marks")
    parser.add_argument(
        "--only", choices=[*PAGE, *OTHERS], help="one table (default: those of docs/speed.md)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each system is measured")
    parser.add_argument("--one", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("--cold", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_one(options.one)))
        return
    texts = find_texts()
    if options.cold:
        cold(systems(texts)[options.cold])
        return
    tables = {
        "raw": lambda: raw_text.raw_table(options.rounds),
        "steps": lambda: steps.steps_table(options.rounds),
        "systems": lambda: systems_table(texts),
        "growth": lambda: growth_table(texts),
        "command": lambda: command_table(texts),
        "start": lambda: start_table(options.rounds),
        "training": training_table,
    }
    for name in [options.only] if options.only else PAGE:
        publish(name, tables[name](), options.write if name in PAGE else None)


if __name__ == "__main__":
    main()
