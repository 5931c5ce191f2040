"""The card of the bundled model: its data, its scores by domain, label and spelling, its limits.

The card of another stage has its data and its scores, measured in the same way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.everyday import MARKED, read_passages
from benchmarks.newswire import rejoined
from benchmarks.pretrained.corpora import ABOUT, CONLL, NEWSWIRE, spellings
from window_ner.data.corpus import Corpus
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.model.card import front_matter
from window_ner.model.tagger import Tagger
from window_ner.storage.resources import BUNDLED_MODEL

Report = Mapping[str, Any]
"""What `evaluate_tagger` returns."""


def write_card(
    tagger: Tagger,
    training: Sequence[Corpus],
    dev: Mapping[str, Corpus],
    megabytes: float,
    stage: str | None = None,
) -> str:
    """Measure the bundled model, or the model of a stage, and write its card in Markdown."""
    about, objective, fine = tagger.model.about, tagger.model.objective, tagger.model.fine_labels
    held = [p.document for p in read_passages(MARKED.read_text(encoding="utf-8")) if p.held]
    reports = {ABOUT[name].title: evaluate_tagger(tagger, c) for name, c in dev.items()}
    own_tokens = f"{ABOUT[NEWSWIRE].title}, split by our tokenizer"
    reports[own_tokens] = evaluate_tagger(tagger, rejoined(dev[NEWSWIRE]))
    everyday = Corpus(tuple(held), name="everyday")
    reports["everyday sentences, held half"] = evaluate_tagger(tagger, everyday)
    keys = ("precision", "recall", "f1")
    results = {f"{name}, dev": {key: r["span"][key] for key in keys} for name, r in reports.items()}
    name, text, about_it = BUNDLED_MODEL, CARD_TEXT, ABOUT_ENGLISH
    if stage:
        name, text, about_it = stage, STAGE_TEXT, {"language": "en"}
    return front_matter(name, results, **about_it) + text.format(
        name=name,
        megabytes=megabytes,
        data=_data_table(training),
        rows=len(tagger.model.encoder.vocabulary),
        hidden=about.settings.network.hidden[0],
        units=0 if fine is None else len(fine.b),
        fine=0 if fine is None else len(fine.labels),
        by_label=_by_label(reports, about.labels),
        overall=_overall(reports),
        spellings=_in_spellings(tagger, dev),
        calibration=_calibration(reports),
        temperature=objective.temperature,
        seed=about.seed,
    )


def _data_table(training: Sequence[Corpus]) -> str:
    """List each corpus once, with its size and licence."""
    seen = {corpus.name: corpus for corpus in training}
    lines = ["| corpus | tokens | what it is | licence |", "| --- | ---: | --- | --- |"]
    for name, corpus in seen.items():
        about = ABOUT[name]
        lines.append(f"| {about.title} | {corpus.token_count:,} | {about.text} | {about.licence} |")
    return "\n".join(lines)


def _by_label(reports: Mapping[str, Report], labels: Sequence[str]) -> str:
    def f1(report: Report, label: str) -> float | None:
        scores = report["span"]["by_type"].get(label)
        return scores["f1"] if scores and scores["support"] else None

    rows = [
        [name, *(f1(report, label) for label in labels), report["span"]["f1"]]
        for name, report in reports.items()
    ]
    return _table(["F1", *labels, "all"], rows)


def _overall(reports: Mapping[str, Report]) -> str:
    rows = [
        [
            name,
            r["span"]["precision"],
            r["span"]["recall"],
            r["untyped_span"]["f1"],
            r["unseen_words"]["span"]["recall"],
            r["seen_words"]["span"]["recall"],
        ]
        for name, r in reports.items()
    ]
    head = ["", "precision", "recall", "F1 of boundaries", "recall, unseen", "recall, seen"]
    return _table(head, rows)


def _in_spellings(tagger: Tagger, dev: Mapping[str, Corpus]) -> str:
    names = CONLL, NEWSWIRE
    spelt = {name: spellings(dev[name]) for name in names}
    rows = [
        [how, *(evaluate_tagger(tagger, spelt[name][how])["span"]["f1"] for name in names)]
        for how in spelt[CONLL]
    ]
    return _table(["F1", *(ABOUT[name].title for name in names)], rows)


def _calibration(reports: Mapping[str, Report]) -> str:
    head = ["", "score − right", "calibration error", "by chance", "cross-fitted"]
    rows = []
    for name, r in reports.items():
        known = r["calibration"]
        errors = known["ece"], known["ece_by_chance"], known["cross_fitted"]["ece"]
        rows.append([name, known["overconfidence"], *errors])
    return _table(head, rows)


def _table(head: list[str], rows: list[list[Any]]) -> str:
    """Write a table of fractions, in points."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    lines += [
        [row[0], *("" if figure is None else f"{100 * figure:.1f}" for figure in row[1:])]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


ABOUT_ENGLISH: dict[str, Any] = {
    "licence": "other",
    "language": "en",
    "datasets": ["eriktks/conll2003", "Babelscape/wikineural", "leondz/wnut_17"],
}

CARD_TEXT = """
# {name}

Finds persons (PER), organisations (ORG), places (LOC) and other names (MISC: nationalities, events,
works, products) in English text: news, Wikipedia, posts, mail. {megabytes:.1f} MB, NumPy only.

## Data

{data}

The Broad Twitter Corpus, the web treebank and IE-ER do not annotate MISC: an O there may be a name
(`window_ner.data.annotation`). Every other document is split as our tokenizer splits text. A share
of the documents is copied in lower case, in capitals and in title case. The word vectors were
trained on Wikipedia and Gigaword (GloVe 6B, 100 dimensions): {rows:,} rows. Brown clusters and the
usual spelling of words come from spacy-lookups-data (MIT).

The best epochs and the temperature were chosen on the dev splits below together, so their figures
are slightly optimistic. The everyday test sentences (tests/data) were not used to choose anything,
but the everyday training sentences were written for the same conventions. The sentences with fine
labels are read as PER, ORG, LOC and MISC.

## Network

A window of 5 words, {hidden} ReLU units and a CRF over BIOES tags. Word vectors are rounded to half
a byte a number, other tables to a byte. `make pretrained` makes it (configs/english.toml,
benchmarks/pretrained/stages.py, seed {seed}): it learns from the corpora, then goes on twice, with
three and with eight copies of the everyday sentences and one of those with fine labels, and the
weights of the two are averaged. Then the word vectors are rounded, the other weights learn once
more, and their mean before and after it is taken. The places of a name in a document raise each
other's scores (docs/configs.md, agreement).

Beside them are {units} hidden units and the rows of U for {fine} fine labels, such as band and
drug, learned from data/fine-labels (CC0) while all other weights stayed as they were. Tagging does
not use them; a training for labels of your own that starts from this model does.

## Scores, spans as conlleval counts them

{by_label}

{overall}

Unseen: names with no word in the training data.

## Other spellings

{spellings}

## Calibration

{calibration}

In points. The score of a name is the probability that exactly these words are a name with this
label; the temperature is {temperature:.2f}. Score − right: the mean score of the names less the
share of them that is right; above 0 the scores are too high. By chance: the calibration error to
expect with this number of names if all scores were right. Cross-fitted: the temperature is fitted
on every other document and the error is measured on the rest.

WNUT17 leaves out many names that the other corpora annotate, such as languages, nationalities and
brands, so a part of what counts as wrong there is a matter of convention. What the text looks like
does not tell which convention it follows: a temperature that depends on it measured no better than
one number (docs/confidence.md).

## Known weaknesses

- The corpora do not agree on what a name is. MISC is the weakest label: products, events and works
  are names in some of them and not in others.
- It confuses ORG and LOC for teams and governments that are named after their place.
- It misses or shortens many names that contain "of", "and" or "for".
- It misses names that are also common words if the text is in lower case.
- It knows no fiction, law or medicine.

## Licence

The code is MIT. The GloVe vectors are in the public domain (PDDL 1.0). The annotated corpora are
not part of this package; the model contains lists of their words and affixes, but no sentence. Some
of the corpora are licensed for research or for use that is not commercial, as the table says. In
some countries it is not settled whether a model trained on such text may be used commercially. If
you must be sure, train on a corpus of your own: `window-ner train`.
"""

STAGE_TEXT = """
# {name}

One of the models of benchmarks/pretrained/stages.py, which says how it is trained. Make it with
`python -m benchmarks.pretrained --stage {name} --seed {seed} --output FOLDER`. {megabytes:.1f} MB.

## Data

{data}

## Scores, spans as conlleval counts them

{by_label}

{overall}

## Other spellings

{spellings}

## Calibration

{calibration}

In points; the temperature is {temperature:.2f}. The card of the bundled model explains the columns.
"""
