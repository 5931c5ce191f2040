"""The table of the agreement in docs/configs.md: what it does to the F1 of trained models.

Needs pip install '.[train]' and the corpora:

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.agreement english models/tagger
"""

import sys

from benchmarks.pretrained.corpora import CONLL, DEV, NEWSWIRE, corpora_folder
from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.evaluation.scores import span_scores
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model
from window_ner.storage.resources import model_folder

AGREEMENTS = (0, 1, 2, 3)


def scores(model: Model, corpus: Corpus) -> list[float]:
    """Return the F1 of a model with each agreement."""
    text, gold, f1 = model.encode_corpus(corpus), model.gold_spans(corpus.sentences), []
    for agreement in AGREEMENTS:
        changed = model.with_objective(model.objective.with_agreement(agreement))
        scored = changed.scored(text)
        f1.append(100 * span_scores(scored.spans, gold)[""].f1)
    return f1


def main() -> None:
    names = sys.argv[1:] or sys.exit(__doc__)
    corpora = [read_conll(corpora_folder() / DEV[name]) for name in (CONLL, NEWSWIRE)]
    print("| model | " + " | ".join(map(str, AGREEMENTS)) + " |")
    print("| --- |" + " ---: |" * len(AGREEMENTS))
    for name in names:
        model = load_model(model_folder(name))
        columns = zip(*(scores(model, corpus) for corpus in corpora), strict=True)
        cells = (" / ".join(f"{f1:.1f}" for f1 in column) for column in columns)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
