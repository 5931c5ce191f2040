"""The command; see the docstring of `benchmarks.speed`."""

import argparse
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import benchmarks.speed
from benchmarks.speed import raw_text
from benchmarks.speed.command import command_table
from benchmarks.speed.markdown import publish
from benchmarks.speed.picture import draw
from benchmarks.speed.systems import systems
from benchmarks.speed.tags import cold, compare, growth, growth_table, measure
from benchmarks.speed.texts import find_texts
from benchmarks.speed.training import training_rates, training_table


def run_one(arguments: Sequence[str]) -> dict[str, Any]:
    texts = find_texts()
    if arguments[0] == "--training":
        return training_rates(arguments[1], arguments[2], texts)
    if arguments[0] == "--raw":
        return raw_text.measure(arguments[1])
    system = systems(texts)[arguments[0]]
    if "--growth" in arguments:
        return growth(system, texts, int(arguments[2]))
    return measure(system, texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(benchmarks.speed.__doc__ or "").split("\n")[0])
    parser.add_argument("--write", metavar="FILE", type=Path, help="write between its marks")
    parser.add_argument("--only", choices=["raw", "systems", "growth", "command", "training"])
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
        "raw": raw_text.raw_table,
        "growth": lambda: growth_table(texts),
        "command": lambda: command_table(texts),
        "training": training_table,
    }
    if options.only in (None, "systems"):
        text, results = compare(texts)
        publish("systems", text, options.write)
        if options.write and importlib.util.find_spec("matplotlib"):
            draw(results, options.write.parent / "images" / "speed.svg")
    for name, make in tables.items():
        if options.only in (None, name):
            publish(name, make(), options.write)


if __name__ == "__main__":
    main()
