"""Make the bundled model: train it, make it small, measure it, and write its card.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.pretrained

The corpora folder contains conll2003/eng.train and eng.testa, and worldwide-newswire/train.conll
and dev.conll. With ``--trained FOLDER`` it does not train, but starts from the model in this
folder.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from benchmarks.newswire import rejoined
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.sources import CorpusFiles
from window_ner.data.word_vectors import load_word_vectors
from window_ner.evaluation.evaluate import evaluate_tagger
from window_ner.model.about import Epoch
from window_ner.model.card import front_matter
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.settings.toml import load_config
from window_ner.storage.resources import INCLUDED_MODEL, model_folder
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import train

FOLDER = model_folder()
CONLL, NEWSWIRE = "CoNLL-2003", "worldwide newswire"


@dataclass(frozen=True)
class Corpora:
    train: dict[str, Corpus]
    dev: dict[str, Corpus]


def read_corpora(folder: Path) -> Corpora:
    return Corpora(
        train={
            CONLL: read_conll(folder / "conll2003" / "eng.train"),
            NEWSWIRE: read_conll(folder / "worldwide-newswire" / "train.conll"),
        },
        dev={
            CONLL: read_conll(folder / "conll2003" / "eng.testa"),
            NEWSWIRE: read_conll(folder / "worldwide-newswire" / "dev.conll"),
        },
    )


def together(corpora: Mapping[str, Corpus]) -> Corpus:
    """Concatenate the documents of corpora, with tokens and tags only."""
    documents = tuple(
        replace(document, sentences=tuple(replace(s, columns=()) for s in document.sentences))
        for corpus in corpora.values()
        for document in corpus.documents
    )
    return Corpus(documents, name=" + ".join(corpora))


def every_other_rejoined(corpus: Corpus) -> Corpus:
    """Split every other document as our tokenizer does, so that the network learns both forms."""
    pairs = zip(corpus.documents, rejoined(corpus).documents, strict=True)
    return replace(corpus, documents=tuple(pair[i % 2] for i, pair in enumerate(pairs)))


def train_model(corpora: Corpora, seed: int) -> Model:
    settings = load_config(INCLUDED_MODEL)
    train_on = {**corpora.train, NEWSWIRE: every_other_rejoined(corpora.train[NEWSWIRE])}

    def report(epoch: Epoch) -> None:
        figures = f"dev {100 * epoch.dev:.2f}, {epoch.seconds:.0f} s"
        print(f"epoch {epoch.epoch}: {figures}", file=sys.stderr, flush=True)

    return train(
        Plan(
            settings,
            together(train_on),
            together(corpora.dev),
            [load_word_vectors(name) for name in settings.vectors.sets],
            seed=seed,
            files=CorpusFiles(" + ".join(train_on)),
            config=INCLUDED_MODEL,
        ),
        progress=Progress(epoch=report),
    )


# ------------------------------------------------------------------ other spellings


def respelt(corpus: Corpus, spell: Callable[[str], str]) -> Corpus:
    documents = (
        replace(
            d,
            sentences=tuple(replace(s, tokens=tuple(map(spell, s.tokens))) for s in d.sentences),
        )
        for d in corpus.documents
    )
    return replace(corpus, documents=tuple(documents))


def misspeller(rng: np.random.Generator) -> Callable[[str], str]:
    """Return a function that misspells every other capitalised word by one letter."""

    def misspell(word: str) -> str:
        if len(word) < 4 or not (word[0].isupper() and word.isalpha()) or rng.random() < 0.5:
            return word
        i, how = int(rng.integers(1, len(word) - 1)), int(rng.integers(3))
        middle = ("", 2 * word[i], word[i + 1] + word[i])[how]
        return word[:i] + middle + word[i + 1 + (how == 2) :]

    return misspell


def headline(word: str) -> str:
    return word[:1].upper() + word[1:]


def spellings(corpus: Corpus) -> dict[str, Corpus]:
    return {
        "as usual": corpus,
        "sentence by sentence, no documents": replace(corpus, has_documents=False),
        "all in lower case": respelt(corpus, str.lower),
        "ALL IN CAPITALS": respelt(corpus, str.upper),
        "Each Word Capitalised": respelt(corpus, headline),
        "every other capitalised word misspelt": respelt(
            corpus, misspeller(np.random.default_rng(0))
        ),
    }


# ------------------------------------------------------------------ the card


def write_card(tagger: Tagger, corpora: Corpora, megabytes: float) -> str:
    reports = {name: evaluate_tagger(tagger, corpus) for name, corpus in corpora.dev.items()}
    newswire = f"{NEWSWIRE}, split by our tokenizer"
    reports[newswire] = evaluate_tagger(tagger, rejoined(corpora.dev[NEWSWIRE]))
    about = tagger.model.about
    labels = about.labels
    by_type = [
        [name, *(r["span"]["by_type"][label]["f1"] for label in labels), r["span"]["f1"]]
        for name, r in reports.items()
    ]
    overall = [
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
    in_spellings = {name: spellings(corpus) for name, corpus in corpora.dev.items()}
    rows = [
        [spelling, *(_f1(tagger, in_spellings[name][spelling]) for name in corpora.dev)]
        for spelling in in_spellings[CONLL]
    ]
    calibration = [
        [name, r["calibration"]["ece"], r["calibration"]["cross_fitted"]["ece"]]
        for name, r in reports.items()
    ]
    sizes = ", ".join(
        f"{name} train ({corpus.token_count:,} tokens)" for name, corpus in corpora.train.items()
    )
    settings, vocabulary = about.settings, tagger.model.encoder.vocabulary
    kept = settings.vectors.most_frequent
    keys = ("precision", "recall", "f1")
    results = {f"{name}, dev": {key: r["span"][key] for key in keys} for name, r in reports.items()}
    about_it = {"licence": "other", "language": "en", "datasets": ["eriktks/conll2003"]}
    return front_matter(INCLUDED_MODEL, results, **about_it) + CARD_TEXT.format(
        name=INCLUDED_MODEL,
        megabytes=megabytes,
        data=fill(DATA.format(sizes=sizes, kept=kept, rows=len(vocabulary)), 100),
        seed=about.seed,
        hidden=settings.network.hidden[0],
        by_type=_table(["F1", *labels, "all"], by_type),
        overall=_table(
            ["", "precision", "recall", "F1 of boundaries", "recall, unseen", "recall, seen"],
            overall,
        ),
        spellings=_table(["F1", *corpora.dev], rows),
        calibration=_table(
            ["expected calibration error", "as it comes", "cross-fitted"], calibration
        ),
        temperature=tagger.model.objective.temperature,
    )


def _f1(tagger: Tagger, corpus: Corpus) -> float:
    return float(evaluate_tagger(tagger, corpus)["span"]["f1"])


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    lines += [[row[0], *(f"{100 * figure:.1f}" for figure in row[1:])] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


DATA = """{sizes}. Every other newswire document is split as our tokenizer splits text. A share of
the documents is copied in lower case, in capitals and in title case. The best epoch and the
temperature were chosen on the two dev splits below together, so the figures are slightly
optimistic. The word vectors were trained on Wikipedia and Gigaword (GloVe 6B, 50 dimensions): the
{kept:,} most frequent words and the words of the training data, {rows:,} rows."""

CARD_TEXT = """
# {name}

Finds persons (PER), organisations (ORG), places (LOC) and other names (MISC: nationalities, events,
works) in English news. {megabytes:.1f} MB, needs NumPy only.

## Data

{data}

## Network

A window of 5 words, {hidden} ReLU units and a CRF over BIOES tags. The features are capitalisation,
shape, affixes, and the spellings of a word in the document. The tables are rounded to one byte a
number. Made by `make pretrained` (configs/english-news.toml, seed {seed}).

## Scores, spans as conlleval counts them

{by_type}

{overall}

Unseen: names with no word in the training data.

## Text of other kinds

{spellings}

## Calibration

{calibration}

In points. The score of a name is the probability that exactly these words are a name with this
label; the temperature is {temperature:.2f}. Cross-fitted: the temperature is fitted on every other
document and the error is measured on the rest.

## Known weaknesses

- It was trained on news: Reuters of August 1996, and press from outside the West of 2022. It works
  worse on tweets, chat, fiction, law and medicine.
- MISC is the weakest label, and the two corpora define it differently: in the newswire it includes
  products. Facilities are LOC there.
- It confuses ORG and LOC for teams and governments that are named after their place.
- It misses or shortens a third or more of the names that contain "of", "and" or "for".
- Words like "London-based" are one token, and MISC in CoNLL-2003; it may join them with the next
  name.
- It misses names that are also common words if the text is in lower case. The scores were
  calibrated on normally spelt text; on text in lower case their error is twice as large.

## Licence

The code is MIT. The GloVe vectors are in the public domain (PDDL 1.0). The annotated corpora are
not part of this package; the model contains lists of their words and affixes, but no sentence. The
text of CoNLL-2003 belongs to Reuters (RCV1) and is licensed for research. We found no licence for
the worldwide newswire (Shan et al., EMNLP 2023) in its repository. In some countries it is not
settled whether a model trained on such text may be used commercially. If you must be sure, train on
a corpus of your own: `window-ner train`.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trained", type=Path, help="a trained model to take instead of training")
    parser.add_argument("--output", type=Path, default=FOLDER)
    options = parser.parse_args()
    if not (folder := os.environ.get("WINDOW_NER_CORPORA")):
        sys.exit("WINDOW_NER_CORPORA is not set: it names the folder of the corpora")
    corpora = read_corpora(Path(folder))
    trained = options.trained
    model = load_model(trained) if trained else train_model(corpora, options.seed)
    save_model(model, options.output, small=True)
    size = sum(path.stat().st_size for path in options.output.iterdir()) / 1e6
    # Measure the model as it is shipped, with rounded tables.
    card = write_card(Tagger(load_model(options.output)), corpora, size)
    save_model(model, options.output, small=True, card=card)
    print(card)
    print(f"{size:.2f} MB in {options.output}", file=sys.stderr)


if __name__ == "__main__":
    main()
