"""Where the time goes from raw text to entities, and what reading the table alone would take."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.speed.markdown import table
from benchmarks.speed.measuring import one, tell
from benchmarks.speed.texts import raw_articles

STEPS = {
    "split": "text to word types; of a new word, its keys",
    "encode": "flags and mean word vectors",
    "score": "first layer from the table, output layer; of a new word, its rows",
    "limit": "of this, five rows a token read and added up, and nothing else",
    "tags": "Viterbi",
    "probabilities": "forward-backward on the sentences with names",
    "entities": "names with their places and scores",
}


class Clock:
    """Adds up the processor time of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.seconds[step] += time.process_time() - started


def read(tagger: Any, texts: Sequence[str], clock: Clock) -> int:
    """Do what `Tagger.entities_of` does, step by step; return the number of tokens."""
    from window_ner.model.entities import Entities
    from window_ner.model.entity import entities_at
    from window_ner.model.scorer import Scored

    scorer, model = tagger._scorer, tagger.model
    with clock.of("split"):
        split = scorer._pieces.read(texts)
    with clock.of("encode"):
        text = model.encoder.encode_types(
            scorer._types, split.typed, split.lengths, split.sentences
        )
    with clock.of("score"):
        scored = Scored.by_network(model.objective, text, scorer._last_pass.scores(text))
    with clock.of("tags"):
        spans = scored.spans
    with clock.of("probabilities"):
        probabilities = scored.probabilities(spans)
    with clock.of("entities"):
        places = split.starts, split.ends
        found = entities_at(texts, split.tokens, places, spans, probabilities)
        list(map(Entities, found, texts))
    rows = scorer._last_pass._rows(split.typed.numbers, split.typed)
    with clock.of("limit"):
        add_up(scorer._last_pass, rows)
    return len(rows)


def add_up(network: Any, rows: Any) -> None:
    """Read the rows of each window of a row of tokens, and add them up."""
    first, *others = network._tables
    at_once = network._rows_at_once
    for begin in range(0, len(rows) - len(others) - at_once, at_once):
        z, more = network._sums
        first.take(rows[begin : begin + at_once], 0, z, "clip")
        for place, other in enumerate(others, begin + 1):
            other.take(rows[place : place + at_once], 0, more, "clip")
            z += more


def measure() -> dict[str, float]:
    """Read the articles twice with the bundled model: step and pass -> µs a token."""
    import window_ner
    from window_ner.model.stream import batches
    from window_ner.nn.threads import blas_threads

    tagger, articles = window_ner.load(), raw_articles()
    list(tagger.pipe(["Angela Merkel met the head of Siemens in Munich."]))
    result = {}
    for which in ("first", "second"):
        clock = Clock()
        with blas_threads(1):
            tokens = sum(read(tagger, texts, clock) for _, texts in batches(articles, 256))
        result |= {f"{step} {which}": 1e6 * s / tokens for step, s in clock.seconds.items()}
    return result


def steps_table(rounds: int) -> str:
    runs = []
    for turn in range(rounds):
        runs.append(one("--steps"))
        tell(f"steps: round {turn + 1} of {rounds}")

    def both(step: str) -> list[float]:
        return [median(run[f"{step} {which}"] for run in runs) for which in ("first", "second")]

    figures = {step: both(step) for step in STEPS}
    summed = [sum(of[i] for step, of in figures.items() if step != "limit") for i in (0, 1)]
    rows = [[STEPS[step], *(f"{x:.2f}" for x in of)] for step, of in figures.items()]
    rows.append(["all", *(f"{x:.2f}" for x in summed)])
    return table("step | first pass, µs a token | second pass", rows)
