"""Measure what a model learns from a list of names and texts without annotation.

For each domain of CrossNER, the list has the names of the training sentences. The texts are the
first half of the dev split, alone or with the training sentences. The second half is scored: by
looking up the list alone, by a model that is trained on the list, and by one that is trained on the
annotated training sentences.

    python -m benchmarks.listed_texts --model models/general

The model to start from must not have seen these sentences: `make best` trains models/general.
WINDOW_NER_CORPORA names the folder of the corpora.
"""

import argparse
from collections import Counter

import window_ner
from benchmarks.crossner import DOMAINS, all_spans, part, splits_of
from window_ner.data.corpus import Corpus, join_corpora, without_names
from window_ner.data.tag_schemes import Span, spans_of
from window_ner.data.tokenizer import TokenizedText
from window_ner.evaluation.scores import span_scores


def list_of(corpus: Corpus) -> window_ner.NameList:
    """Return the names of a corpus, each with its most frequent label."""
    labels: dict[str, Counter[str]] = {}
    for sentence in corpus.sentences:
        for start, end, label in spans_of(sentence.tags):
            name = " ".join(sentence.tokens[start:end])
            if any(map(str.isalnum, name)):
                labels.setdefault(name, Counter())[label] += 1
    return window_ner.NameList({n: found.most_common(1)[0][0] for n, found in labels.items()})


def look_up(names: window_ner.NameList, corpus: Corpus) -> float:
    """Return the F1 of the list alone."""
    found, start = [], 0
    for s in corpus.sentences:
        text = TokenizedText(list(s.tokens), [0] * len(s), [len(s)])
        found += [Span(a + start, b + start, label) for a, b, label in names.find(text)]
        start += len(s)
    return span_scores(found, all_spans(s.tags for s in corpus.sentences))[""].f1


def row(domain: str, model: str) -> list[float]:
    """Return F1 by the list alone, by both trainings on it, and by the training on annotation."""
    train, first, second = splits_of(domain)
    names = list_of(train)
    more = part(join_corpora([train, first]), None, None)
    taggers = [
        window_ner.train(init=model, names=names, train=without_names(first)),
        window_ner.train(init=model, names=names, train=without_names(more)),
        window_ner.train(init=model, train=train),
    ]
    trained = [window_ner.evaluate(tagger, second)["span"]["f1"] for tagger in taggers]
    return [100 * f1 for f1 in (look_up(names, second), *trained)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="english")
    parser.add_argument("--domains", nargs="+", choices=DOMAINS, default=DOMAINS)
    options = parser.parse_args()
    heads = "the list alone", "list, dev texts", "list, train and dev texts", "annotated train"
    print(f"| domain | {' | '.join(heads)} |\n| --- |{' ---: |' * len(heads)}")
    rows = []
    for domain in options.domains:
        rows.append(row(domain, options.model))
        print(f"| {domain} |", " | ".join(f"{f1:.1f}" for f1 in rows[-1]), "|", flush=True)
    means = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    print("| mean |", " | ".join(f"{f1:.1f}" for f1 in means), "|")


if __name__ == "__main__":
    main()
