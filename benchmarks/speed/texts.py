"""The corpora: what to train on, what to tag, and newswire as raw text."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

MODELS = Path("models/bench")


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


def raw_articles() -> list[str]:
    """Write the articles of the worldwide newswire, or the sample's sentences, as they are typed.

    A few words come out with other spaces than their authors set, which does not matter here.
    """
    from window_ner.data.conll import read_conll

    file = Path(os.environ.get("WINDOW_NER_CORPORA", ""), "worldwide-newswire", "train.conll")
    corpus = read_conll(file if file.is_file() else find_texts().test)
    return [" ".join(_typed(document.sentences)) for document in corpus.documents]


def _typed(sentences: Sequence[Any]) -> Iterator[str]:
    for sentence in sentences:
        if sentence.tokens[0].startswith("http"):  # the address of the article
            continue
        text = " ".join(sentence.tokens).replace("_", " ")
        text = re.sub(r" ([,.;:!?)\]%”]|[’']\w{1,2}\b|n[’']t\b)", r"\1", text)
        text = re.sub(r"([(\[$“]) ", r"\1", text)
        yield re.sub(r'" ([^"]*) "', r'"\1"', text.replace(" - ", "-"))
