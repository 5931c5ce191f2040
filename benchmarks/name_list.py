"""What does a list of names cost? Processor time of tagging alone, and with lists of names.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.name_list [--rounds N] [--sizes N ...]

The text is worldwide-newswire/dev.conll as raw text, or the sample corpus where there is none, in
batches as `pipe` makes them; the model is the one that comes with the project. The lists hold the
names of that corpus's training data that begin with a capital, and then names made of them: the
first word of one, the other words of another. So nearly every word of the text that begins a name
also begins one of the list, as in a list that was made for the text.

Each round measures tagging alone and with each list, one after the other; a row has the lowest of
the rounds. Loading is making the list of names in memory, measured once, in processor time; memory
is what `tracemalloc` counts of it in another loading.
"""

import argparse
import gc
import os
import random
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.newswire import rejoin
from benchmarks.tokenizers.detokenising import detokenise
from window_ner import NameList, Tagger, load, read_conll
from window_ner.data.corpus import Sentence
from window_ner.data.tag_schemes import spans_of

SIZES = (1_000, 100_000)


def find_files() -> tuple[Path, Path]:
    """Return the files for the names and for the text."""
    folder = Path(os.environ.get("WINDOW_NER_CORPORA", ""), "worldwide-newswire")
    if not (folder / "dev.conll").is_file():
        from window_ner.storage.resources import resource_folder

        folder = resource_folder("data/sample")
    return folder / "train.conll", folder / "dev.conll"


def read_texts(path: Path) -> list[str]:
    documents = [map(rejoin, document.sentences) for document in read_conll(path).documents]
    return [detokenise([s.tokens for s in d], paragraphs=True)[0] for d in documents]


def corpus_names(sentences: Sequence[Sentence]) -> dict[str, str]:
    """Return the names of a corpus that begin with a capital, with their labels."""
    found = ((s.tokens[a:b], label) for s in sentences for a, b, label in spans_of(s.tags))
    return {" ".join(words): label for words, label in found if words[0][0].isupper()}


def make_names(names: dict[str, str], size: int) -> dict[str, str]:
    """Return so many names: those given, at most half, and others made of their words."""
    rng = random.Random(0)
    some = rng.sample(sorted(names.items()), min(len(names), size // 2))
    made = dict(some)
    parts = [name.split(" ", 1) for name in names if " " in name]
    firsts = sorted({first for first, _ in parts})
    others = sorted({other for _, other in parts})
    labels = sorted(set(names.values()))
    while len(made) < size:
        made.setdefault(f"{rng.choice(firsts)} {rng.choice(others)}", rng.choice(labels))
    return made


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def memory_of(labels: dict[str, str]) -> int:
    tracemalloc.start()
    kept = NameList(labels)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del kept
    return size


def table(
    tagger: Tagger, texts: Sequence[str], names: dict[str, str], sizes: Sequence[int], rounds: int
) -> str:
    lists: list[NameList | None] = [None]
    loading, memory = [0.0], [0]
    for size in sizes:
        labels = make_names(names, size)
        memory.append(memory_of(labels))
        begin = time.process_time()
        lists.append(NameList(labels))
        loading.append(time.process_time() - begin)
    gc.collect()
    gc.freeze()  # as the command does
    list(tagger.pipe(texts))
    taken: list[list[float]] = [[] for _ in lists]
    for _ in range(rounds):
        for i, each in enumerate(lists):
            taken[i].append(seconds(lambda names=each: list(tagger.pipe(texts, names=names))))
    alone = min(taken[0])
    rows = [
        "| names | tagging | more than alone | found by the list | loading | memory |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for i, each in enumerate(lists):
        found = [e for entities in tagger.pipe(texts, names=each) for e in entities]
        listed = sum(entity.source == "list" for entity in found)
        extra = min(taken[i]) - alone
        rows.append(
            f"| {len(each) if each else 0:,} | {min(taken[i]):.3f} s | {extra / alone:.1%} "
            f"| {listed:,} | {loading[i]:.2f} s | {memory[i] / 1e6:,.0f} MB |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    wanted = parser.parse_args()
    for_names, for_text = find_files()
    texts = read_texts(for_text)
    tagger = load()
    names = corpus_names(list(map(rejoin, read_conll(for_names).sentences)))
    print(
        f"{for_text.parent.name}/{for_text.name}: {len(texts)} texts, {len(names):,} names known\n"
    )
    print(table(tagger, texts, names, wanted.sizes, wanted.rounds))


if __name__ == "__main__":
    main()
