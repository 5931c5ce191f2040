"""How many sentences do I need? F1 of models of 10, 25, 50, … sentences, from four systems.

    few        the config few, on top of a trained model
    scratch    the config tagger, from random weights
    crfsuite   CRFsuite with the features of benchmarks/peers.py
    spacy      a blank English pipeline of spaCy

    python -m benchmarks.few_curves --from general --results few.jsonl
    python -m benchmarks.few_curves --results few.jsonl --write docs/teach.md

measure, then write the tables and the picture. A result that is in the file is not measured again,
so an interrupted run goes on. All systems train on the same sentences. There is no dev split: our
models take the last epoch.

CrossNER has labels of its own. CoNLL-2003 stands for labels that the model to start from knows by
other names: its labels are renamed. The model must not have seen either: `benchmarks.few` says how
to make `general`. Needs the extra `bench`.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

import window_ner
from benchmarks import peers
from benchmarks.crossner import DOMAINS, all_spans, splits_of
from benchmarks.marks import write_between_marks
from benchmarks.pretrained.corpora import corpora_folder
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus, Document
from window_ner.data.tag_schemes import Span
from window_ner.evaluation.scores import span_scores

SIZES = (10, 25, 50, 100, 200, 500, 1000)
NEWS = "conll"
RENAMED = {"PER": "WHO", "LOC": "WHERE", "ORG": "GROUP", "MISC": "OTHER"}
DEV_SENTENCES = 500
SYSTEMS = {
    "few": "window-ner, on a trained model",
    "scratch": "window-ner, from scratch",
    "crfsuite": "CRFsuite",
    "spacy": "spaCy",
}
Key = tuple[str, str, int]
"""System, corpus, number of sentences."""


# ------------------------------------------------------------------ corpora


def every(corpus: Corpus, count: int) -> Corpus:
    """Take so many sentences at even distances, each as a document of its own."""
    sentences = corpus.sentences
    chosen = [sentences[i * len(sentences) // count] for i in range(min(count, len(sentences)))]
    documents = tuple(Document((replace(s, columns=()),)) for s in chosen)
    return replace(corpus, documents=documents, has_documents=False)


def renamed(corpus: Corpus) -> Corpus:
    """Give the labels of CoNLL-2003 other names."""
    documents = tuple(
        Document(
            tuple(
                replace(s, tags=tuple(t if t == "O" else t[:2] + RENAMED[t[2:]] for t in s.tags))
                for s in document.sentences
            )
        )
        for document in corpus.documents
    )
    return replace(corpus, documents=documents)


def splits(name: str) -> tuple[Corpus, Corpus]:
    """Read the train split of a corpus, and sentences to score on.

    Of CrossNER, these are the second half of its dev split: settings were chosen on the first.
    """
    if name == NEWS:
        folder = corpora_folder()
        train, dev = (
            renamed(read_conll(folder / "conll2003" / file)) for file in ("eng.train", "eng.testa")
        )
        return train, every(dev, DEV_SENTENCES)
    train, _, second = splits_of(name)
    return train, second


# ------------------------------------------------------------------ systems


def spans_of_ours(config: str, start: Path | None) -> Callable[[Corpus, Corpus], list[Span]]:
    def spans(train: Corpus, dev: Corpus) -> list[Span]:
        tagger = window_ner.train(
            config, init=start, train=train, dev=every(dev, 5), settings=["keep=last"]
        )
        return tagger.read_corpus(dev).spans

    return spans


def spans_of_peer(train: Corpus, dev: Corpus, system: str) -> list[Span]:
    with tempfile.TemporaryDirectory() as folder:
        if system == "crfsuite":
            tag = peers.crfsuite(Path(folder), lambda: train.sentences, richer=True)
        else:
            epochs = max(10, 3_000 // len(train.sentences))
            tag = peers.spacy_cnn(
                Path(folder), lambda: train.sentences, epochs=min(epochs, 60), sizes=(4, 32)
            )
        tokens = [sentence.tokens for sentence in dev.sentences]
        return all_spans(tag(tokens, [1] * len(tokens)))


def measure(system: str, train: Corpus, dev: Corpus, start: Path | None) -> tuple[float, float]:
    """Return F1 and the processor time of the training and of the scoring."""
    began = time.process_time()
    if system in ("few", "scratch"):
        config, base = ("few", start) if system == "few" else ("tagger", None)
        found = spans_of_ours(config, base)(train, dev)
    else:
        found = spans_of_peer(train, dev, system)
    seconds = time.process_time() - began
    true = all_spans(sentence.tags for sentence in dev.sentences)
    return 100 * span_scores(found, true)[""].f1, seconds


def read_results(path: Path) -> dict[Key, tuple[float, float]]:
    """Read what was measured: F1, and seconds."""
    if not path.exists():
        return {}
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return {(r["system"], r["corpus"], r["sentences"]): (r["f1"], r["seconds"]) for r in rows}


def measure_all(options: argparse.Namespace) -> None:
    """Measure what is missing in the file of results, the small corpora first."""
    known = read_results(options.results)
    for size in options.sizes:
        for corpus in options.corpora:
            train, dev = splits(corpus)
            if size > len(train.sentences):
                continue
            for system in options.systems:
                if (system, corpus, size) in known:
                    continue
                f1, seconds = measure(system, every(train, size), dev, options.start)
                row = {"system": system, "corpus": corpus, "sentences": size}
                with options.results.open("a", encoding="utf-8") as file:
                    print(json.dumps({**row, "f1": f1, "seconds": seconds}), file=file)
                print(system, corpus, size, f"{f1:.1f}", f"{seconds:.1f} s", flush=True)


# ------------------------------------------------------------------ table and picture

Curves = Mapping[str, Mapping[int, float]]
"""System -> number of sentences -> F1."""


def curves_of(results: Mapping[Key, tuple[float, float]], corpora: Sequence[str]) -> Curves:
    """Return the mean F1 over the corpora, where all of them were measured."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for system in SYSTEMS:
        for size in SIZES:
            scores = [results[k][0] for c in corpora if (k := (system, c, size)) in results]
            if scores and len(scores) == len(corpora):
                found[system][size] = mean(scores)
    return found


def table(curves: Curves) -> str:
    sizes = sorted({size for curve in curves.values() for size in curve})
    lines = [
        f"| sentences | {' | '.join(f'{size:,}' for size in sizes)} |",
        "| --- |" + " ---: |" * len(sizes),
    ]
    for system, title in SYSTEMS.items():
        curve = curves.get(system, {})
        cells = (f"{curve[size]:.1f}" if size in curve else "" for size in sizes)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(panels: Mapping[str, Curves], name: str) -> None:
    """Draw F1 against the number of sentences, a panel for each kind of corpus."""
    from benchmarks.pictures.drawing import COLOURS, STYLE, plt, save

    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(panels), figsize=(1 + 4.5 * len(panels), 3.8), sharey=True, squeeze=False
        )
        for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
            for colour, (system, label) in zip(COLOURS, SYSTEMS.items(), strict=False):
                if curve := curves.get(system):
                    width = 2.6 if system == "few" else 1.4
                    axis.plot(
                        *zip(*curve.items(), strict=True),
                        "o-",
                        label=label,
                        color=colour,
                        lw=width,
                        ms=4,
                    )
            axis.set_xscale("log")
            sizes = sorted({size for curve in curves.values() for size in curve})
            axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axis.minorticks_off()
            axis.set_title(title, fontsize=10)
            axis.set_xlabel("sentences with names marked")
            axis.set_ylim(0, 100)
            axis.grid(alpha=0.25)
        axes[0][0].set_ylabel("F1")
        axes[0][0].legend(frameon=False, fontsize=9, loc="upper left")
        save(figure, name)


def write(options: argparse.Namespace) -> None:
    """Write the tables into a page, between two marks, and draw the picture."""
    results = read_results(options.results)
    domains = [c for c in DOMAINS if any(key[1] == c for key in results)]
    kinds = {
        f"New kinds of names: CrossNER, {' and '.join(domains)}": domains,
        "Known kinds of names, renamed: CoNLL-2003": [NEWS],
    }
    curves = {title: curves_of(results, corpora) for title, corpora in kinds.items()}
    panels = {title: found for title, found in curves.items() if found}
    tables = "\n\n".join(f"{title}:\n\n{table(curves)}" for title, curves in panels.items())
    draw(panels, "few")
    if options.write is None:
        print(tables)
    else:
        write_between_marks(options.write, "few", f"\n{tables}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="start", type=Path, help="the model to start from")
    parser.add_argument("--results", type=Path, default=Path("few.jsonl"))
    parser.add_argument("--sizes", type=lambda s: list(map(int, s.split(","))), default=SIZES)
    parser.add_argument("--corpora", type=lambda s: s.split(","), default=[*DOMAINS, NEWS])
    parser.add_argument("--systems", type=lambda s: s.split(","), default=list(SYSTEMS))
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page for the tables")
    options = parser.parse_args()
    if options.start:
        measure_all(options)
    else:
        write(options)


if __name__ == "__main__":
    main()
