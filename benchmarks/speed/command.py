"""The whole command, from raw text to JSON lines, in one process and in two."""

from functools import partial
from statistics import median

from benchmarks.speed.markdown import table, thousands
from benchmarks.speed.measuring import both_clocks, python_process
from benchmarks.speed.systems import trained_model
from benchmarks.speed.texts import Texts


def command_table(texts: Texts) -> str:
    """Time the whole command, from raw text of about five million tokens to JSON lines."""
    from window_ner.storage.resources import BUNDLED_MODEL

    sentences, _ = texts.sentences()
    count = sum(len(s) for s in sentences)
    times = -(-5_000_000 // count)
    file = texts.folder / "lines.txt"
    lines = "".join(" ".join(s.tokens) + "\n" for s in sentences)
    file.write_text(lines * times, encoding="utf-8")
    rows = []
    for name in ("lecture", "fast", "tagger", BUNDLED_MODEL):
        model = name if name == BUNDLED_MODEL else str(trained_model(name, texts))
        command = ["-m", "window_ner", "predict", "--model", model, "--format", "jsonl"]
        alone = partial(python_process, *command, "--input", str(file))
        busy, clock = map(median, zip(*(both_clocks(alone) for _ in range(2)), strict=True))
        of_two = median(both_clocks(partial(alone, "--jobs", "2"))[1] for _ in range(2))
        rows.append([name, thousands(times * count / busy), f"{clock / of_two:.2f} ×"])
    return table("model | tokens/s | with --jobs 2", rows)
