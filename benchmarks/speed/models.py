"""How fast are these models, on raw text that does not repeat itself?

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.speed.models english models/tagger

Each reads the newswire twice, in a process of its own, in turns; a rate is the median of three
rounds. The others are compared with the first model.
"""

import argparse
from statistics import median

from benchmarks.speed.markdown import table, thousands
from benchmarks.speed.measuring import one, tell


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {model: [] for model in options.models}
    for turn in range(options.rounds):
        for model, measured in runs.items():
            measured.append(one("--model", model))
        tell(f"round {turn + 1} of {options.rounds}")
    rates = {
        model: [median(run[which] for run in measured) for which in ("first", "second")]
        for model, measured in runs.items()
    }
    base = rates[options.models[0]]
    rows = [
        [model, *(f"{thousands(x)} ({x / y:.2f} ×)" for x, y in zip(rate, base, strict=True))]
        for model, rate in rates.items()
    ]
    print(table("model | first pass, tokens/s | second pass", rows))


if __name__ == "__main__":
    main()
