"""What should stand for a word that is taken out of a window? And which score should be explained?

docs/explanation.md has the answers. The reference replaces the absent words by those of random
windows of the training data and averages over many; that needs the data, and takes long. The
better a replacement, the closer its Shapley values come to those of the reference.

    python -m benchmarks.absent_words --model models/lecture
    python -m benchmarks.absent_words --model english
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from window_ner.analysis.explanation import gradient_times_input, score_graph
from window_ner.analysis.shapley import exact_shapley_values
from window_ner.analysis.window_game import Replacement, average_word, window_game
from window_ner.data.conll import read_conll
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING, EncodedSentences
from window_ner.data.word_types import Booleans
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model
from window_ner.nn.arrays import Floats
from window_ner.nn.window_network import WindowBatch
from window_ner.storage.resources import model_folder, resource_folder


@dataclass(frozen=True)
class Window:
    """One window of the dev split, and which of its scores is explained."""

    token: int
    sentence: int
    batch: WindowBatch
    places: list[int]
    output: int


def choose_windows(model: Model, text: EncodedSentences, count: int) -> Iterator[Window]:
    """Draw windows of the dev split, half of them around words of names."""
    rng = np.random.default_rng(0)
    decided = model.scored(text).decisions
    for is_name in (True, False):
        for token in rng.choice(np.flatnonzero((decided > 0) == is_name), count // 2, False):
            sentence = int(np.searchsorted(text.starts, token, side="right")) - 1
            place = int(token - text.starts[sentence]) - text.size // 2
            inside = [i for i in range(text.size) if 0 <= place + i < int(text.lengths[sentence])]
            output = int(decided[token]) if model.objective.outputs > 1 else 0
            yield Window(int(token), sentence, text.windows(np.array([token])), inside, output)


def replacements(model: Model, batch: WindowBatch) -> dict[str, Replacement]:
    """Make what could stand for a word."""

    def row(number: int) -> Floats:
        first = {table: rows[:1] * 0 + number for table, rows in batch.rows.items()}
        flags = None if batch.flags is None else batch.flags[:1] * 0
        return model.network.token_vectors(WindowBatch(first, flags=flags))[0]

    zeros = None if batch.centre is None else batch.centre[0] * 0
    return {
        "average word": average_word(model),
        "padding": Replacement(row(PADDING), zeros),
        "unknown word": Replacement(row(UNKNOWN), zeros),
        "zeros": Replacement(row(PADDING) * 0, zeros),
    }


def shapley(model: Model, window: Window, absent: Replacement) -> Floats:
    game, players = window_game(model.network, window.batch, window.places, absent, window.output)
    return exact_shapley_values(game, players).values


def reference(model: Model, window: Window, train: EncodedSentences, draws: int) -> Floats:
    """Average over windows of the training data: Shapley values are linear in the game."""
    drawn = np.random.default_rng(window.token).choice(len(train), draws, False)
    batches = [train.windows(np.array([token])) for token in drawn]
    network = model.network
    return np.mean(
        [
            shapley(
                model,
                window,
                Replacement(network.token_vectors(b), None if b.centre is None else b.centre[0]),
            )
            for b in batches
        ],
        axis=0,
    )


def first_order(model: Model, window: Window) -> Floats:
    nodes = score_graph(model.network, window.batch, window.output)
    nodes.graph.backward()
    parts = gradient_times_input(nodes, model.network.window)
    rest = [] if parts.context is None else [parts.context]
    return np.array([*parts.words[window.places], *rest])


def log_odds(model: Model, window: Window, text: EncodedSentences) -> Floats:
    """Explain the log-odds of the tag's marginal; the rest of the sentence keeps its scores."""
    absent = average_word(model)
    start, length = int(text.starts[window.sentence]), int(text.lengths[window.sentence])
    sentence = model.scored(text).scores[start : start + length]
    games = [
        window_game(model.network, window.batch, window.places, absent, output)
        for output in range(model.objective.outputs)
    ]

    def game(subsets: Booleans) -> Floats:
        scores = np.repeat(sentence[None].astype(float), len(subsets), axis=0)
        own = window.token - start
        scores[:, own] = np.stack([emission(subsets) for emission, _ in games], axis=1)
        marginals = model.objective.marginals(
            scores.reshape(-1, len(games)), np.full(len(subsets), length)
        )
        p = marginals.reshape(scores.shape)[:, own, window.output].clip(1e-12, 1 - 1e-7)
        return np.log(p / (1 - p))

    return exact_shapley_values(game, games[0][1]).values


def agreement(name: str, values: list[Floats], wanted: list[Floats]) -> str:
    one, other = np.concatenate(values), np.concatenate(wanted)
    same = np.mean(
        [abs(v).argmax() == abs(w).argmax() for v, w in zip(values, wanted, strict=True)]
    )
    correlation, off = np.corrcoef(one, other)[0, 1], np.sqrt(np.mean((one - other) ** 2))
    return f"{name:<18} {correlation:11.2f} {off:11.2f} {same:11.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="english")
    parser.add_argument("--windows", type=int, default=120)
    parser.add_argument("--draws", type=int, default=60)
    chosen = parser.parse_args()
    model = load_model(model_folder(chosen.model))
    text, train = (
        model.encode_corpus(read_conll(resource_folder("data/sample") / f"{split}.conll"))
        for split in ("dev", "train")
    )
    windows = list(choose_windows(model, text, chosen.windows))
    wanted = [reference(model, window, train, chosen.draws) for window in windows]
    print(f"{chosen.model}, {len(windows)} windows: agreement with {chosen.draws} random windows")
    print(f"{'':<18} {'correlation':>11} {'RMS error':>11} {'same first':>11}")
    for name, absent in replacements(model, windows[0].batch).items():
        print(agreement(name, [shapley(model, window, absent) for window in windows], wanted))
    print(agreement("gradient × input", [first_order(model, w) for w in windows], wanted))
    if model.objective.outputs > 1:
        absent = average_word(model)
        emissions = [shapley(model, window, absent) for window in windows]
        odds = [log_odds(model, window, text) for window in windows]
        print("\nthe emission, beside the log-odds of the marginal")
        print(agreement("", emissions, odds))


if __name__ == "__main__":
    main()
