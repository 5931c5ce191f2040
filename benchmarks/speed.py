"""Measure speed from strings to tags on one core: ours, CRFsuite, spaCy, scikit-learn and PyTorch.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.speed [--write docs/speed.md]

prints Markdown tables. With --write it writes them between the marks of the file, and the picture
into images/ beside the file. The text is eng.testa of CoNLL-2003, or the sample corpus if there is
no corpora folder. Models that are needed are trained first and stored in models/bench. The other
taggers need the extra `bench`; the picture needs `plots`.

Each measurement is a separate process with one thread. All measurements take turns ROUNDS times. A
table has the median over the rounds, and where it says so the lowest and the highest value. Seconds
are processor time, so that other work on the machine is not counted; for --jobs they are wall-clock
time.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks import peers

ROUNDS, REPEATS = 3, 5
MODELS = Path("models/bench")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
SENTENCE = (
    "Angela Merkel met the head of Siemens in Munich on Tuesday , "
    "and they spoke about the car industry ."
)


# ------------------------------------------------------------------ texts


@dataclass(frozen=True)
class Texts:
    """The training data and the text to tag."""

    name: str
    train: Path
    test: Path

    @property
    def folder(self) -> Path:
        folder = MODELS / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def sentences(self) -> tuple[Sequence[Any], list[int]]:
        """Read the sentences to tag, and the number of sentences of each document."""
        from window_ner.data.conll import read_conll

        corpus = read_conll(self.test)
        return corpus.sentences, [len(d.sentences) for d in corpus.documents]

    def training(self) -> list["Tagged"]:
        """Read the training sentences, in IOB2."""
        from window_ner.data.conll import read_conll
        from window_ner.data.tag_schemes import spans_of, tags_of

        return [
            Tagged(s.tokens, tags_of(spans_of(s.tags), len(s), "IOB2"))
            for s in read_conll(self.train).sentences
        ]


class Tagged(NamedTuple):
    tokens: Sequence[str]
    tags: list[str]


def find_texts() -> Texts:
    folder = Path(os.environ.get("WINDOW_NER_CORPORA", ""), "conll2003")
    if (folder / "eng.testa").is_file():
        return Texts("conll2003", folder / "eng.train", folder / "eng.testa")
    from window_ner.storage.resources import resource_folder

    sample = resource_folder("data/sample")
    return Texts("sample", sample / "train.conll", sample / "test.conll")


# ------------------------------------------------------------------ systems


@dataclass(frozen=True)
class System:
    """A tagger to measure; ``make`` returns its `peers.Tag`."""

    name: str
    make: Callable[[], peers.Tag]
    needs: str = "numpy"
    config: str = ""
    """The config of our model that it needs, if any."""


def systems(texts: Texts) -> dict[str, System]:
    from window_ner.storage.resources import INCLUDED_MODEL, model_folder

    def model(config: str) -> Path:
        return MODELS / f"{config}-{texts.name}"

    found = {
        f"ours-{config}": System(f"**{config}**", partial(peers.ours, model(config)), config=config)
        for config in ("lecture", "fast", "tagger", "best")
    }
    for config in ("lecture", "tagger"):
        network, folder = f"{config}'s network", model(config)
        found |= {
            f"plain-{config}": System(
                f"{network}, no tables", partial(peers.without_tables, folder), config=config
            ),
            f"torch-{config}": System(
                f"{network} in PyTorch", partial(peers.pytorch, folder), "torch", config
            ),
            f"sklearn-{config}": System(
                f"{network} in scikit-learn", partial(peers.scikit_learn, folder), "sklearn", config
            ),
        }
    included = partial(peers.ours, model_folder(INCLUDED_MODEL))
    found["ours-included"] = System(f"**{INCLUDED_MODEL}**", included)
    crf = partial(peers.crfsuite, texts.folder, texts.training)
    tutorial, richer = partial(crf, richer=False), partial(crf, richer=True)
    found |= {
        "crf-tutorial": System("CRFsuite, tutorial features", tutorial, "pycrfsuite"),
        "crf-richer": System("CRFsuite, richer features", richer, "pycrfsuite"),
        "spacy": System(
            "spaCy's CNN",
            partial(peers.spacy_cnn, texts.folder, texts.training),
            "spacy",
        ),
    }
    return found


def train(config: str, texts: Texts) -> None:
    folder = MODELS / f"{config}-{texts.name}"
    if not folder.is_dir():
        files = ["--train", str(texts.train), "--dev", str(texts.test), "--output", str(folder)]
        _python("-m", "window_ner", "train", "--config", config, *files)


# ------------------------------------------------------------------ one process, one measurement


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


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    work()
    return clock() - started


def children() -> float:
    """Return the processor time of all child processes that have ended."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def both_clocks(run: Callable[[], Any]) -> tuple[float, float]:
    """Run a process; return its processor time and its wall-clock time."""
    busy, started = children(), time.perf_counter()
    run()
    return children() - busy, time.perf_counter() - started


def peak_memory() -> float:
    """Return the peak memory of this process in megabytes."""
    import resource

    kilo = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / kilo


# ------------------------------------------------------------------ training


def training_rates(kind: str, engine: str, texts: Texts) -> dict[str, float]:
    """Measure the tokens a second of an epoch: lecture, or H = 300 with trained word vectors."""
    from dataclasses import replace

    import numpy as np

    from window_ner.data.conll import read_conll
    from window_ner.data.word_vectors import load_word_vectors
    from window_ner.settings.toml import load_config
    from window_ner.training.new_model import untrained_model
    from window_ner.training.trainer import Trainer, example

    tuned = kind == "tuned"
    changes = ["batch_size=512", "learning_rate=0.05", "optimizer=adagrad", "l2=0"]
    changes += ["hidden=[300]", "loss=softmax"] if tuned else []
    settings = load_config("lecture", changes)
    corpus = read_conll(texts.train)
    model = untrained_model(settings, corpus, [load_word_vectors("glove-6b-50d")])
    data = example(model, corpus)
    if engine == "ours":
        training = replace(settings, training=replace(settings.training, warmup_steps=0))
        frozen = frozenset(() if tuned else ("E",))
        rng = np.random.default_rng(1)
        run = Trainer(model.scorer, data, training, frozen=frozen, rng=rng, epochs=9)
        epoch: Callable[[], Any] = run.epoch
    else:
        epoch = torch_epoch(model, data, tuned)
    epoch()
    return {"rate": len(data.text) / median(seconds(epoch) for _ in range(3))}


def torch_epoch(model: Any, data: Any, tuned: bool) -> Callable[[], None]:
    """Return one epoch of the same network in PyTorch, with data that is already in tensors."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    network = model.network.parameters
    E = torch.nn.Embedding.from_pretrained(
        torch.from_numpy(np.array(network["E"])), freeze=not tuned, sparse=tuned
    )
    hidden, inputs = network["W"].shape
    outputs = len(network["U"])
    layers = torch.nn.Sequential(
        torch.nn.Linear(inputs, hidden),
        torch.nn.Tanh(),
        torch.nn.Linear(hidden, outputs, bias=False),
    )
    parameters = [*layers.parameters(), *E.parameters()]
    optimizer = torch.optim.Adagrad([p for p in parameters if p.requires_grad], lr=0.05)
    windows = data.text.windows(np.arange(len(data.text))).rows["E"].reshape(len(data.text), -1)
    rows, targets = torch.from_numpy(windows.astype(np.int64)), torch.from_numpy(data.targets)
    loss = torch.nn.CrossEntropyLoss() if outputs > 1 else torch.nn.BCEWithLogitsLoss()

    def epoch() -> None:
        for chosen in torch.randperm(len(rows)).split(512):
            scores = layers(E(rows[chosen]).flatten(1))
            wanted = targets[chosen]
            value = loss(scores, wanted) if outputs > 1 else loss(scores[:, 0], wanted.float())
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()

    return epoch


# ------------------------------------------------------------------ all of them


def _python(*arguments: str, **more: Any) -> str:
    command = [sys.executable, *arguments]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, **more)
    return done.stdout.decode()


def one(*arguments: str) -> dict[str, Any]:
    """Measure in a separate process."""
    result: dict[str, Any] = json.loads(_python("-m", "benchmarks.speed", "--one", *arguments))
    return result


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def available(texts: Texts) -> dict[str, System]:
    found = {}
    for key, system in systems(texts).items():
        if importlib.util.find_spec(system.needs) is None:
            tell(f"{system.name}: skipped, {system.needs} is not installed")
            continue
        if system.config:
            train(system.config, texts)
        found[key] = system
    return found


def thousands(number: float) -> str:
    digits = len(str(int(number))) - 3
    return f"{round(number, -max(0, digits)):,.0f}"


def table(header: str, rows: Iterable[Sequence[str]]) -> str:
    names = header.split(" | ")
    lines = [header, " | ".join(["---"] + ["---:"] * (len(names) - 1)), *map(" | ".join, rows)]
    return "\n".join(f"| {line} |" for line in lines)


class Result(NamedTuple):
    name: str
    f1: float
    rates: list[float]


def compare(texts: Texts) -> tuple[str, list[Result]]:
    found = available(texts)
    runs: dict[str, list[dict[str, Any]]] = {key: [] for key in found}
    starts: dict[str, list[float]] = {key: [] for key in found}
    for key in found:
        _python("-m", "benchmarks.speed", "--cold", key)  # trains models that do not exist yet
    for turn in range(ROUNDS):
        for key in found:
            runs[key].append(one(key))
            start = partial(_python, "-m", "benchmarks.speed", "--cold", key)
            starts[key].append(seconds(start, children))
        tell(f"round {turn + 1} of {ROUNDS}")

    def of(key: str, name: str) -> float:
        return median(run[name] for run in runs[key])

    order = sorted(found, key=lambda key: -of(key, "rate"))
    rows, results = [], []
    for key in order:
        rates = [run["rate"] for run in runs[key]]
        results.append(Result(found[key].name, of(key, "f1"), rates))
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
    return table(header, rows), results


def growth_table(texts: Texts) -> str:
    rows = []
    for power in range(3, 8):
        fields = [f"10^{power}"]
        for key in ("ours-lecture", "ours-fast", "ours-tagger"):
            run = one(key, "--growth", str(10**power))
            fields += [thousands(run["rate"]), f"{run['memory']:.0f} MB"]
        rows.append(fields)
    return table("tokens | lecture | memory | fast | memory | tagger | memory", rows)


def command_table(texts: Texts) -> str:
    """Time the whole command, from raw text of about five million tokens to JSON lines."""
    from window_ner.storage.resources import INCLUDED_MODEL

    sentences, _ = texts.sentences()
    count = sum(len(s) for s in sentences)
    times = -(-5_000_000 // count)
    file = texts.folder / "lines.txt"
    lines = "".join(" ".join(s.tokens) + "\n" for s in sentences)
    file.write_text(lines * times, encoding="utf-8")
    rows = []
    for name in ("lecture", "fast", "tagger", INCLUDED_MODEL):
        model = name if name == INCLUDED_MODEL else str(MODELS / f"{name}-{texts.name}")
        command = ["-m", "window_ner", "predict", "--model", model, "--format", "jsonl"]
        alone = partial(_python, *command, "--input", str(file))
        busy, clock = map(median, zip(*(both_clocks(alone) for _ in range(2)), strict=True))
        of_two = median(both_clocks(partial(alone, "--jobs", "2"))[1] for _ in range(2))
        rows.append([name, thousands(times * count / busy), f"{clock / of_two:.2f} ×"])
    return table("model | tokens/s | with --jobs 2", rows)


def training_table() -> str:
    has_torch = importlib.util.find_spec("torch") is not None
    rows = []
    for name, kind in (("lecture, frozen", "frozen"), ("H = 300, fine-tuned", "tuned")):
        ours, torch = [], []
        for _ in range(3):
            ours.append(one("--training", kind, "ours")["rate"])
            if has_torch:
                torch.append(one("--training", kind, "torch")["rate"])
        fields = [name, thousands(median(ours))]
        if has_torch:
            ratio = median(ours) / median(torch)
            fields += [thousands(median(torch)), f"{ratio:.2f} ×"]
        rows.append([*fields, "–", "–"][:4])
    return table("network | ours, tokens/s | PyTorch | ratio", rows)


OURS, THEIRS = "#c8402f", "#4a5a6a"


def draw(results: Sequence[Result], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "speed"
    import matplotlib.pyplot as plt
    from matplotlib.transforms import Bbox

    figure, axis = plt.subplots(figsize=(8, 4.6))
    shown = [r for r in results if "lecture" not in r.name]  # because its task is different
    for result in shown:
        colour = OURS if result.name.startswith("**") else THEIRS
        axis.plot(median(result.rates), 100 * result.f1, "o", color=colour, markersize=9)
    axis.set_xscale("log")
    axis.margins(x=0.28, y=0.2)
    figure.canvas.draw()
    places = [axis.transData.transform((median(r.rates), 100 * r.f1)) for r in shown]
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in places]
    for result in shown:
        is_ours = result.name.startswith("**")
        for x, y, side in (
            (0, 8, "center"),
            (0, -17, "center"),
            (9, -4, "left"),
            (-9, -4, "right"),
        ):
            label = axis.annotate(
                result.name.strip("*"),
                (median(result.rates), 100 * result.f1),
                xytext=(x, y),
                textcoords="offset points",
                ha=side,
                fontsize=9,
                color=OURS if is_ours else THEIRS,
                weight="bold" if is_ours else "normal",
            )
            box = label.get_window_extent()
            if not any(box.overlaps(other) for other in taken):
                break
            label.remove()
        else:
            continue  # there is no room for the name
        taken.append(box)
    axis.set_xlabel("tokens a second on one core, strings in, tags out (logarithmic)")
    axis.set_ylabel("span F1")
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=0.25)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def write(path: Path, name: str, text: str) -> None:
    """Replace the text between the marks with this name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"{path} has no {begin} … {end} to write between")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def run_one(arguments: Sequence[str]) -> dict[str, Any]:
    texts = find_texts()
    if arguments[0] == "--training":
        return training_rates(arguments[1], arguments[2], texts)
    system = systems(texts)[arguments[0]]
    if "--growth" in arguments:
        return growth(system, texts, int(arguments[2]))
    return measure(system, texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", metavar="FILE", type=Path, help="write between its marks")
    parser.add_argument("--only", choices=["systems", "growth", "command", "training"])
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


def publish(name: str, text: str, path: Path | None) -> None:
    print(f"\n{text}", flush=True)
    if path:
        write(path, name, text)


if __name__ == "__main__":
    main()
