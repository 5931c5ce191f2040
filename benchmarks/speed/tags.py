"""Tokens in, tags out: all systems side by side, and the tables growing with a stream."""

import importlib.util
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any

from benchmarks.speed.markdown import table, thousands
from benchmarks.speed.measuring import children, one, peak_memory, python_process, seconds, tell
from benchmarks.speed.systems import System, systems, trained_model
from benchmarks.speed.texts import Texts

ROUNDS, REPEATS = 3, 5
SENTENCE = (
    "Angela Merkel met the head of Siemens in Munich on Tuesday , "
    "and they spoke about the car industry ."
)


def measure(system: System, texts: Texts) -> dict[str, Any]:
    """Tag the text REPEATS times, and one sentence many times."""
    sentences, documents = texts.sentences()
    tag = system.make()
    words = [list(s.tokens) for s in sentences]
    predicted = tag(words, documents)
    count = sum(map(len, words))
    rates = [count / seconds(partial(tag, words, documents)) for _ in range(REPEATS)]
    one = [SENTENCE.split()]
    latency = median(seconds(partial(tag, one, [1])) for _ in range(300))
    return {
        "rate": median(rates),
        "latency": latency,
        "memory": peak_memory(),
        "f1": span_f1(sentences, predicted),
    }


def cold(system: System) -> None:
    system.make()([SENTENCE.split()], [1])


def growth(system: System, texts: Texts, tokens: int) -> dict[str, Any]:
    """Tag this number of tokens as a stream of documents, with a tagger that is new to them."""
    tag = system.make()
    sentences, documents = texts.sentences()
    words = [list(s.tokens) for s in sentences]
    todo = tokens

    def stream() -> Iterator[tuple[list[list[str]], list[int]]]:
        nonlocal todo
        batch: list[list[str]] = []
        sizes: list[int] = []
        while True:
            begin = 0
            for size in documents:
                batch += words[begin : begin + size]
                sizes.append(size)
                begin += size
                held = sum(map(len, batch))
                if held >= min(todo, 10_000):
                    yield batch, sizes
                    batch, sizes, todo = [], [], todo - held
                    if todo <= 0:
                        return

    spent = 0.0
    for batch, sizes in stream():
        spent += seconds(partial(tag, batch, sizes))
    return {"rate": (tokens - todo) / spent, "memory": peak_memory()}


def span_f1(gold: Sequence[Any], predicted: Sequence[list[str]]) -> float:
    """Score whole spans; if the model predicts no labels, the gold spans lose theirs too."""
    from window_ner.data.tag_schemes import spans_of
    from window_ner.model.objectives.base import NAME

    labelled = not any(NAME in tag for tags in predicted for tag in tags)
    pairs = []
    for sentence, tags in zip(gold, predicted, strict=True):
        both = [sentence.tags, tags]
        if not labelled:
            both[0] = ["O" if tag == "O" else f"I-{NAME}" for tag in both[0]]
            both[1] = ["O" if tag == "O" else f"I-{NAME}" for tag in both[1]]
        pairs.append([set(spans_of(t)) for t in both])
    right = sum(len(g & p) for g, p in pairs)
    return 2 * right / max(1, sum(len(g) + len(p) for g, p in pairs))


def available(texts: Texts) -> dict[str, System]:
    found = {}
    for key, system in systems(texts).items():
        if importlib.util.find_spec(system.needs) is None:
            tell(f"{system.name}: skipped, {system.needs} is not installed")
            continue
        if system.config:
            trained_model(system.config, texts)
        found[key] = system
    return found


def systems_table(texts: Texts) -> str:
    found = available(texts)
    runs: dict[str, list[dict[str, Any]]] = {key: [] for key in found}
    starts: dict[str, list[float]] = {key: [] for key in found}
    for key in found:
        # trains models that do not exist yet
        python_process("-m", "benchmarks.speed", "--cold", key)
    for turn in range(ROUNDS):
        for key in found:
            runs[key].append(one(key))
            start = partial(python_process, "-m", "benchmarks.speed", "--cold", key)
            starts[key].append(seconds(start, children))
        tell(f"round {turn + 1} of {ROUNDS}")

    def of(key: str, name: str) -> float:
        return median(run[name] for run in runs[key])

    order = sorted(found, key=lambda key: -of(key, "rate"))
    rows = []
    for key in order:
        rates = [run["rate"] for run in runs[key]]
        against = of(key, "rate") / of("crf-richer", "rate") if "crf-richer" in found else 0
        rows.append(
            [
                found[key].name,
                thousands(median(rates)),
                f"{thousands(min(rates))} to {thousands(max(rates))}",
                f"{against:.2g} ×" if against else "–",
                f"{1000 * of(key, 'latency'):.2f} ms",
                f"{median(starts[key]):.2f} s",
                f"{of(key, 'memory'):.0f} MB",
                f"{100 * of(key, 'f1'):.1f}{'*' if 'lecture' in key else ''}",
            ]
        )
    header = (
        "system | tokens/s | spread | against richer CRFsuite | one sentence | cold process | "
        "peak memory | F1"
    )
    return table(header, rows)


def growth_table(texts: Texts) -> str:
    configs = ("lecture", "fast", "tagger")
    for config in configs:
        trained_model(config, texts)
    rows = []
    for power in range(3, 8):
        fields = [f"10^{power}"]
        for config in configs:
            run = one(f"ours-{config}", "--growth", str(10**power))
            fields += [thousands(run["rate"]), f"{run['memory']:.0f} MB"]
        rows.append(fields)
    return table("tokens | lecture | memory | fast | memory | tagger | memory", rows)
