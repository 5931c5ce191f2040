"""The table of --min-score in docs/confidence.md: what is right of the names that are kept.

Needs pip install '.[train]'. Give a model and CoNLL files, which may be named as in the folder of
WINDOW_NER_CORPORA:

    python -m benchmarks.min_score english conll2003/eng.testa worldwide-newswire/dev.conll
"""

import os
import sys
from pathlib import Path

import numpy as np

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.evaluation.scores import is_right
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.storage.resources import model_folder

LEAST = (0.0, 0.5, 0.8, 0.95)


def rows(tagger: Tagger, corpus: Corpus) -> list[tuple[float, float]]:
    """Return precision and recall of the names with at least each score of `LEAST`."""
    sentences = [sentence.tokens for sentence in corpus.sentences]
    spans, scores = tagger.find(sentences, [len(d.sentences) for d in corpus.documents])
    gold = tagger.model.gold_spans(corpus.sentences)
    right = is_right(spans, gold)
    kept = [np.round(scores, 4) >= least for least in LEAST]
    return [(right[k].sum() / max(k.sum(), 1), right[k].sum() / max(len(gold), 1)) for k in kept]


def main() -> None:
    model, *files = sys.argv[1:] or sys.exit(__doc__)
    tagger = Tagger(load_model(model_folder(model)))
    head = ["any score" if not least else f"{least:g} or more" for least in LEAST]
    print(f"| text | names | {' | '.join(head)} |")
    print("| --- | ---: |" + " ---: |" * len(LEAST))
    for file in files:
        corpus = read_conll(Path(os.environ.get("WINDOW_NER_CORPORA", "."), file))
        cells = [f"{100 * p:.1f} / {100 * r:.1f}" for p, r in rows(tagger, corpus)]
        names = len(tagger.model.gold_spans(corpus.sentences))
        print(f"| {file} | {names:,} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
