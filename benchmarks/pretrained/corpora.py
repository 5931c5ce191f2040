"""The corpora that the bundled model is trained on and measured on.

Three are ours and in this repository; the others may not be redistributed, and WINDOW_NER_CORPORA
names their folder.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus, Document
from window_ner.data.formats.annotated_text import AnnotatedText, corpus_of
from window_ner.data.formats.marked_text import marked_lines
from window_ner.data.formats.notes import Notes

CONLL, NEWSWIRE, WIKIPEDIA, CROSSNER = "conll", "worldwide", "wikineural", "crossner"
OURS = SAMPLE, EVERYDAY, FINE = "sample", "everyday", "fine labels"

_FOLDER = Path(__file__).parents[2] / "data"

FINE_FILES = tuple(_FOLDER / f"fine-labels/{split}.txt" for split in ("train", "dev"))
"""Sentences of ours whose names have fine labels: to train on, and to measure on."""

TRAIN = {
    CONLL: ["conll2003/eng.train"],
    NEWSWIRE: ["worldwide-newswire/train.conll"],
    WIKIPEDIA: ["wikineural/part1.conll", "wikineural/part2.conll"],
    "wnut17": ["general/train/wnut17.conll"],
    "wnut16": ["general/train/wnut16.conll"],
    "btc": ["general/train/btc.conll"],
    "tweebank": ["general/train/tweebank.conll"],
    CROSSNER: ["general/train/crossner.conll"],
    "ewt": ["general/train/uner-ewt-test.conll"],
    "ieer": ["general/train/ieer.conll"],
    SAMPLE: [str(_FOLDER / "sample/train.conll")],
    EVERYDAY: [str(_FOLDER / "everyday/train.txt")],
    FINE: [str(FINE_FILES[0])],
}

DEV = {
    CONLL: "conll2003/eng.testa",
    NEWSWIRE: "worldwide-newswire/dev.conll",
    WIKIPEDIA: "general/dev/wikineural.conll",
    "wnut17": "general/dev/wnut17.conll",
    CROSSNER: "general/dev/crossner.conll",
    "tweebank": "general/dev/tweebank.conll",
    "ewt": "general/dev/uner-ewt-dev.conll",
}


@dataclass(frozen=True)
class About:
    """What a corpus is called, what text it has, and its licence."""

    title: str
    text: str
    licence: str


ABOUT = {
    CONLL: About("CoNLL-2003", "Reuters news of 1996", "research use (Reuters)"),
    NEWSWIRE: About(
        "Worldwide Newswire", "press from 40 countries", "none found in its repository"
    ),
    WIKIPEDIA: About("WikiNEuRal", "Wikipedia, annotated by machine", "CC BY-NC-SA 4.0"),
    "wnut17": About("WNUT17", "tweets, Reddit, YouTube", "CC BY 4.0"),
    "wnut16": About("WNUT16", "tweets", "research use"),
    "btc": About("Broad Twitter Corpus", "tweets", "CC BY 4.0"),
    "tweebank": About("Tweebank-NER", "tweets", "research use"),
    CROSSNER: About("CrossNER", "Wikipedia on five subjects", "MIT; text CC BY-SA"),
    "ewt": About("UNER English Web Treebank", "blogs, mail, reviews, answers", "CC BY-SA 4.0"),
    "ieer": About("IE-ER 1999", "newswire (AP, NYT)", "sample of NIST"),
    SAMPLE: About("Sample corpus", "invented news, written for this project", "CC0"),
    EVERYDAY: About(
        "Everyday training sentences", "mail, posts, business, …, written for this project", "CC0"
    ),
    FINE: About(
        "Sentences with fine labels", "encyclopedia, news, chat, …, written for this project", "CC0"
    ),
}

_KINDS_OF = {
    "PER": "politician musician writer scientist athlete actor businessperson character person",
    "ORG": "company band university school party team media journal agency organisation conference",
    "LOC": "country city region building road nature planet",
    "MISC": "nationality language event election award law song album film book poem game painting "
    "product software programming-language miscellaneous",
}
COARSE_LABEL = {kind: label for label, kinds in _KINDS_OF.items() for kind in kinds.split()}
"""Fine label -> label. Stars, and the kinds from genre to species, are no names in a corpus of four
labels; CrossNER with four labels has none of them."""

HELD_OUT_OF_WIKIPEDIA = 812
"""The last sentences of its second file are its dev split."""


def corpora_folder() -> Path:
    """Return the folder of the corpora, or stop the program."""
    if not (folder := os.environ.get("WINDOW_NER_CORPORA")):
        sys.exit("WINDOW_NER_CORPORA is not set: it names the folder of the corpora")
    return Path(folder)


def training_corpus(name: str, folder: Path) -> Corpus:
    """Read the training split of a corpus, with tokens and tags only."""
    read = {EVERYDAY: read_marked, FINE: read_coarse}.get(name, read_conll)
    parts = [read(folder / file) for file in TRAIN[name]]
    documents = [document for part in parts for document in part.units]
    if name == WIKIPEDIA:
        documents = documents[:-HELD_OUT_OF_WIKIPEDIA]
    bare = (Document(tuple(replace(s, columns=()) for s in d.sentences)) for d in documents)
    return Corpus(tuple(bare), name=name)


def read_marked(path: Path) -> Corpus:
    """Read sentences with the names in brackets; empty lines separate documents."""
    notes = Notes()
    return corpus_of(_marked(path, notes), str(path), notes)


def read_coarse(path: Path) -> Corpus:
    """Read sentences with fine labels as a corpus with the four labels."""
    notes = Notes()
    texts = (
        replace(
            text,
            mentions=tuple(
                m._replace(label=COARSE_LABEL[m.label])
                for m in text.mentions
                if m.label in COARSE_LABEL
            ),
        )
        for text in _marked(path, notes)
    )
    return corpus_of(texts, str(path), notes)


def _marked(path: Path, notes: Notes) -> Iterator[AnnotatedText]:
    """Read each document of a file, its names in brackets."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    return marked_lines(((f"{path}: document {i}", b) for i, b in enumerate(blocks, 1)), notes)


def dev_corpora(folder: Path) -> dict[str, Corpus]:
    """Read the dev splits, each with the labels that it annotates."""
    read = {name: read_conll(folder / file) for name, file in DEV.items()}
    return {name: corpus.annotating(corpus.labels) for name, corpus in read.items()}


# ------------------------------------------------------------------ other spellings


def respelt(corpus: Corpus, spell: Callable[[str], str]) -> Corpus:
    """Change the spelling of each token."""
    documents = (
        Document(tuple(replace(s, tokens=tuple(map(spell, s.tokens))) for s in d.sentences))
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
    """Capitalise a word."""
    return word[:1].upper() + word[1:]


def spellings(corpus: Corpus) -> dict[str, Corpus]:
    """Return the corpus in several spellings."""
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
