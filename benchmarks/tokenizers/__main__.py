"""Compare tokenizers on detokenised CoNLL-2003: tokens, sentences, speed and robustness.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.tokenizers [FILE]

prints a Markdown table of our tokenizer and the libraries that are installed:

    pip install blingfire nltk pysbd sacremoses segtok sentencex spacy syntok

FILE is a CoNLL file; the default is conll2003/eng.testa of the corpora folder. The corpus does not
have the original spacing of the articles, so rules restore it. Where the rules cannot know ("yr/yr"
or "yr / yr"?), the spacing is the same for all tokenizers.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.tokenizers.candidates import CANDIDATES
from benchmarks.tokenizers.detokenising import detokenise
from benchmarks.tokenizers.measuring import apart, row
from window_ner.data.conll import read_conll


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["--apart"]:
        print(apart(*arguments[1:]))
        return
    if not arguments and "WINDOW_NER_CORPORA" not in os.environ:
        sys.exit("name a CoNLL file, or set WINDOW_NER_CORPORA to the corpora folder")
    file = Path(arguments[0] if arguments else os.environ["WINDOW_NER_CORPORA"])
    if not arguments:
        file = file / "conll2003" / "eng.testa"
    documents = read_conll(file).documents
    variants = [
        [detokenise([s.tokens for s in d.sentences], paragraphs=paragraphs) for d in documents]
        for paragraphs in (True, False)
    ]
    sentences = sum(len(spans[1]) for _, spans in variants[0])
    tokens = sum(len(spans[0]) for _, spans in variants[0])
    print(f"{file.name}: {len(documents)} documents, {sentences:,} sentences, {tokens:,} tokens.\n")
    print(
        "| tokenizer | version | token F1, paragraphs / joined | sentence F1, paragraphs / joined "
        "| tokens/s | import and first sentence | MB on disk, with what it needs | offsets "
        "| hostile strings whole | 250,000 characters without a space |"
    )
    print("|" + " --- |" * 10)
    for name in CANDIDATES:
        print(row(name, variants), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
