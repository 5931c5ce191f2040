"""Ask whether the scores of names should be calibrated by what the text looks like.

The temperature of the bundled model is one number. Here it is compared with other ways to turn
scores into probabilities, on the dev splits of the bundled model and on tests/data/everyday.conll:

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.calibration english

The first table says for each text whether the scores are too high, and how large the expected
calibration error would be by chance if all scores were right. The second one has the mean error of
the texts for each way, fitted and measured

- on the same names;
- by halves: fitted on every other document of all texts and measured on the rest;
- by texts: fitted on all texts but the one that it is measured on. Nothing is fitted on the
  everyday sentences.

The changes are from one temperature: 95 % intervals, by drawing documents with replacement.

A logistic regression calibrates the log-odds of the probability p: a logit p + b + c · features.
"""

import argparse
from collections.abc import Sequence

import numpy as np

from benchmarks.calibration.names import Names, names_of
from benchmarks.calibration.ways import Way, temperature, ways
from benchmarks.everyday import MARKED, read_passages
from benchmarks.pretrained.corpora import ABOUT, corpora_folder, dev_corpora
from window_ner.data.corpus import Corpus
from window_ner.data.word_types import Booleans
from window_ner.evaluation.reliability import reliability
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import Floats, Ints
from window_ner.storage.resources import model_folder

EVERYDAY = "everyday sentences"


def same_names(way: Way, texts: dict[str, Names]) -> dict[str, Floats]:
    """Fit on all texts, and calibrate the same names."""
    calibrated = way([names for text, names in texts.items() if text != EVERYDAY])
    return {text: calibrated(names) for text, names in texts.items()}


def by_halves(way: Way, texts: dict[str, Names]) -> dict[str, Floats]:
    """Fit on every other document of each text, and calibrate the names of the rest."""
    found = {text: np.zeros(len(names.right)) for text, names in texts.items()}
    for half in (0, 1):
        others = [n.among(n.document % 2 != half) for text, n in texts.items() if text != EVERYDAY]
        calibrated = way(others)
        for text, names in texts.items():
            here = names.document % 2 == half
            found[text][here] = calibrated(names.among(here))
    return found


def by_texts(way: Way, texts: dict[str, Names]) -> dict[str, Floats]:
    """Fit on all texts but one, and calibrate its names."""
    return {
        text: way([n for other, n in texts.items() if other not in (text, EVERYDAY)])(names)
        for text, names in texts.items()
    }


MEASURED = same_names, by_halves, by_texts


def error(probabilities: Floats, right: Booleans) -> float:
    """Return the expected calibration error in points."""
    return 100 * float(reliability(probabilities, right)["ece"])


def loss(probabilities: Floats, right: Booleans) -> float:
    """Return the log-loss in thousandths."""
    p = np.where(right, probabilities, 1 - probabilities)
    return -1000 * float(np.mean(np.log(np.maximum(p, 1e-7))))


def by_text(texts: dict[str, Names]) -> str:
    """Tabulate the errors of each text, with the model's temperature and with other ones."""
    columns = "names | score − right | by chance | as it is | same | halves | other texts | own T"
    lines = [f"| points | {columns} |", f"| --- |{' ---: |' * 8}"]
    fitted = [measured(temperature, texts) for measured in MEASURED]
    for text, names in texts.items():
        known = reliability(names.probabilities, names.right)
        own = by_halves(temperature, {text + " alone": names})[text + " alone"]
        figures = [
            100 * known["ece_by_chance"],
            100 * known["ece"],
            *(error(found[text], names.right) for found in fitted),
            error(own, names.right),
        ]
        cells = " | ".join(f"{figure:.1f}" for figure in figures)
        over = f"{100 * known['overconfidence']:+.1f}"
        lines.append(f"| {text} | {len(names.right):,} | {over} | {cells} |")
    return "\n".join(lines)


def by_way(texts: dict[str, Names]) -> str:
    """Tabulate the mean error and log-loss of the texts for each way to calibrate."""
    lines = ["| error, log-loss | same | halves | change | other texts | change | everyday |"]
    lines.append(f"| --- |{' ---: |' * 6}")
    fitted_on = {text: names for text, names in texts.items() if text != EVERYDAY}
    features = list(texts[EVERYDAY].features)
    draws = drawn_documents(fitted_on)
    errors: dict[str, Floats] = {}  # of one temperature, the first row
    for label, way in ways(features).items():
        same, halves, others = (measured(way, texts) for measured in MEASURED)
        cells = [_cell(same, fitted_on)]
        for column, found in (("halves", halves), ("others", others)):
            drawn = drawn_errors(found, fitted_on, draws)
            low, high = np.quantile(drawn - errors.setdefault(column, drawn), [0.025, 0.975])
            cells += [_cell(found, fitted_on), f"{low:+.1f} to {high:+.1f}"]
        cells.append(_cell(others, {EVERYDAY: texts[EVERYDAY]}))
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def drawn_documents(texts: dict[str, Names], times: int = 200) -> list[dict[str, Ints]]:
    """Draw the documents of each text with replacement: the names of each draw."""
    rng = np.random.default_rng(1)
    names_of_documents = {
        text: np.split(
            np.argsort(names.document, kind="stable"),
            np.unique(np.sort(names.document), return_index=True)[1][1:],
        )
        for text, names in texts.items()
    }
    return [
        {
            text: np.concatenate([each[i] for i in rng.integers(len(each), size=len(each))])
            for text, each in names_of_documents.items()
        }
        for _ in range(times)
    ]


def drawn_errors(
    found: dict[str, Floats], texts: dict[str, Names], draws: Sequence[dict[str, Ints]]
) -> Floats:
    """Return the mean error of the texts in each draw."""
    return np.array(
        [
            np.mean([error(found[t][which], texts[t].right[which]) for t, which in draw.items()])
            for draw in draws
        ]
    )


def _cell(found: dict[str, Floats], texts: dict[str, Names]) -> str:
    means = [np.mean([f(found[t], n.right) for t, n in texts.items()]) for f in (error, loss)]
    return "{:.2f}, {:.0f}".format(*means)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="name or folder of a model")
    tagger = Tagger(load_model(model_folder(parser.parse_args().model)))
    corpora = {ABOUT[name].title: c for name, c in dev_corpora(corpora_folder()).items()}
    passages = read_passages(MARKED.read_text(encoding="utf-8"))
    corpora[EVERYDAY] = Corpus(tuple(p.document for p in passages), name=EVERYDAY)
    texts = {title: names_of(tagger, corpus) for title, corpus in corpora.items()}
    print(f"temperature {tagger.model.objective.temperature:.2f}")
    print(f"\n{by_text(texts)}\n\n{by_way(texts)}")


if __name__ == "__main__":
    main()
