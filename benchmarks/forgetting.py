"""Measure what a model forgets when it learns new labels from sentences that have only these.

For each domain of CrossNER, only two labels that are no persons, places, organisations or the like
are left in the training sentences. A model of the four old labels learns the new ones from them:
without its old labels, with them, and, for comparison, a small spaCy model does the same. The first
half of the domain's dev split chooses the epoch; the second half is scored. The columns: F1 of the
new labels; F1 of the old labels on the dev splits of two corpora of news; and how many names of new
labels are found in these, which have hardly any. In politics, they have some: a political party is
an organisation in the news, so what is learned there counts as forgotten here.

    python -m benchmarks.forgetting --model MODEL --seeds 3
    python -m benchmarks.forgetting --model MODEL --spacy 3000

WINDOW_NER_CORPORA names the folder of the corpora. What counts is the difference between before and
after: the bundled model knows the old corpora, and the sentences of CrossNER with its old labels.
"""

import argparse
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any, TypeAlias

import window_ner
from benchmarks.crossner import splits_of
from benchmarks.pretrained.corpora import corpora_folder
from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.tag_schemes import Span, spans_of

NEW = {
    "music": ("musicalinstrument", "musicgenre"),
    "ai": ("algorithm", "programlang"),
    "science": ("chemicalcompound", "discipline"),
    "politics": ("election", "politicalparty"),
}
OLD = {"worldwide": "worldwide-newswire/dev.conll", "CoNLL": "conll2003/eng.testa"}

Tag: TypeAlias = Callable[[Sequence[Sequence[str]], Sequence[int]], list[list[str]]]
Name: TypeAlias = tuple[int, Span]


def only(corpus: Corpus, labels: Collection[str]) -> Corpus:
    """Leave only the names with these labels."""

    def of(sentence: Sentence) -> Sentence:
        tags = (tag if tag[2:] in labels else "O" for tag in sentence.tags)
        return replace(sentence, tags=tuple(tags))

    documents = (replace(d, sentences=tuple(map(of, d.sentences))) for d in corpus.documents)
    return replace(corpus, documents=tuple(documents))


def corpora_of(domain: str) -> tuple[Corpus, Corpus, Corpus]:
    """Read a domain with its new labels alone: train, and the halves of dev."""
    train, choose, report = (only(corpus, NEW[domain]) for corpus in splits_of(domain))
    return train, choose, report


def found_by(tag: Tag, corpus: Corpus) -> set[Name]:
    """Return the names that a tagger finds, each with the number of its sentence."""
    tags = tag([s.tokens for s in corpus.sentences], [len(d.sentences) for d in corpus.units])
    return {(i, span) for i, of_sentence in enumerate(tags) for span in spans_of(of_sentence)}


def f1(found: Collection[Name], corpus: Corpus, labels: Collection[str]) -> float:
    """Score the names with these labels; those with other labels are left out."""
    true = {(i, span) for i, s in enumerate(corpus.sentences) for span in spans_of(s.tags)}
    found, true = ({name for name in names if name[1].label in labels} for names in (found, true))
    return 200 * len(found & true) / max(len(found) + len(true), 1)


def on_old(tag: Tag, old: dict[str, Corpus], labels: Collection[str]) -> list[float]:
    """Return F1 of the old labels on each corpus, and how many names have other labels there."""
    found = {name: found_by(tag, corpus) for name, corpus in old.items()}
    other = sum(span.label not in labels for names in found.values() for _, span in names)
    return [*(f1(found[name], corpus, labels) for name, corpus in old.items()), other]


def row(domain: str, how: str, scores: Sequence[float | str]) -> None:
    cells = (f"{score:.1f}" if isinstance(score, float) else str(score) for score in scores)
    print(f"| {domain} | {how} |", " | ".join(cells), "|", flush=True)


def ours(
    model: str, old: dict[str, Corpus], domains: Sequence[str], changes: Sequence[str], seeds: int
) -> None:
    """Start from a model, with and without its labels; print the mean over the seeds."""
    base = window_ner.load(model)
    row("", "before", ["", *on_old(base.tag_batch, old, base.labels)])
    for domain in domains:
        train, choose, report = corpora_of(domain)
        for keep in (False, True):
            scores = []
            plan = {"init": base, "keep_labels": keep, "train": train, "dev": choose}
            for seed in range(1, seeds + 1):
                tag = window_ner.train(**plan, settings=changes, seed=seed).tag_batch
                forgot = on_old(tag, old, base.labels) if keep else []
                scores.append([f1(found_by(tag, report), report, NEW[domain]), *forgot])
            means = [fmean(of_seeds) for of_seeds in zip(*scores, strict=True)]
            if keep:
                row(domain, "old labels kept", means)
            else:
                row(domain, "new labels only", [*means, "", "", ""])


def spacys(count: int, old: dict[str, Corpus], domains: Sequence[str]) -> None:
    """Train a spaCy model on sentences with the old labels, then update it on the new ones."""
    import spacy

    corpus = window_ner.read_conll(corpora_folder() / "worldwide-newswire/train.conll")
    base = spacy.blank("en")
    base.add_pipe("ner")
    update(base, corpus.sentences[:count], epochs=8)
    row("", "spaCy, before", ["", *on_old(tags_of(base), old, corpus.labels)])
    for domain in domains:
        train, _, report = corpora_of(domain)
        nlp = spacy.blank("en")
        nlp.add_pipe("ner")
        nlp.from_bytes(base.to_bytes())
        update(nlp, train.sentences, epochs=12)
        learnt = f1(found_by(tags_of(nlp), report), report, NEW[domain])
        row(domain, "spaCy, updated", [learnt, *on_old(tags_of(nlp), old, corpus.labels)])


def update(nlp: Any, sentences: Sequence[Sentence], *, epochs: int) -> None:
    """Train a spaCy model, a blank one or one with other labels."""
    from spacy.tokens import Doc
    from spacy.training import Example
    from spacy.util import fix_random_seed, minibatch

    fix_random_seed(1)
    examples = []
    for s in sentences:
        words = list(s.tokens)
        gold = Doc(nlp.vocab, words=words, ents=list(s.tags))
        examples.append(Example(Doc(nlp.vocab, words=words), gold))
    recogniser = nlp.get_pipe("ner")
    if recogniser.labels:
        for label in sorted({tag[2:] for s in sentences for tag in s.tags if tag != "O"}):
            recogniser.add_label(label)
        optimizer = nlp.resume_training()
    else:
        optimizer = nlp.initialize(lambda: examples)
    rng = random.Random(1)
    for _ in range(epochs):
        rng.shuffle(examples)
        for batch in minibatch(examples, 16):
            nlp.update(batch, sgd=optimizer, drop=0.2)


def tags_of(nlp: Any) -> Tag:
    """Return a function that tags with a spaCy model."""
    from spacy.tokens import Doc

    def tag(sentences: Sequence[Sequence[str]], documents: Sequence[int]) -> list[list[str]]:
        docs = nlp.pipe(Doc(nlp.vocab, words=list(tokens)) for tokens in sentences)
        return [
            [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc] for doc in docs
        ]

    return tag


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", help="a model of the four labels; without it, only spaCy")
    parser.add_argument("--domains", nargs="+", choices=NEW, default=[*NEW])
    parser.add_argument("--spacy", type=int, metavar="N", help="spaCy, trained on N sentences")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="trainings of each model")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    old = {name: window_ner.read_conll(corpora_folder() / file) for name, file in OLD.items()}
    heads = "domain", "", "new labels", *old, "false"
    print(f"| {' | '.join(heads)} |\n| --- | --- |{' ---: |' * (len(heads) - 2)}")
    if options.model:
        ours(options.model, old, options.domains, options.changes, options.seeds)
    if options.spacy:
        spacys(options.spacy, old, options.domains)


if __name__ == "__main__":
    main()
