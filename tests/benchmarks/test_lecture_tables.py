"""The tables of activations and of learning rates still run; their figures are not held to."""

import importlib.util
import sys
from pathlib import Path

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import random_word_vectors
from window_ner.nn.activations import ACTIVATIONS
from window_ner.storage.resources import resource_folder


def load(name):
    script = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_every_activation_has_a_row_with_its_cost():
    _, _, *rows = load("activations").table(seconds=0.0001).split("\n")
    assert [row.split("`")[1] for row in rows] == list(ACTIVATIONS)


def test_every_rate_has_a_row_with_a_loss_for_each_optimiser_and_split():
    sample = read_conll(resource_folder("data/sample") / "dev.conll")
    few = Corpus(sample.documents[:1], name="one document", has_documents=True)
    words = [token for s in few.sentences for token in s.tokens]
    vectors = [random_word_vectors("random-4d", words, 1)]
    _, _, *rows = load("rates").table(few, few, vectors, rates=(0.001, 0.1)).split("\n")
    assert [row.split()[1] for row in rows] == ["0.001", "0.1"]
    assert all(0 < float(cell) < 10 for row in rows for cell in row.split(" | ")[1:-1])
