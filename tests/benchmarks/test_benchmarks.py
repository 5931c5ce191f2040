"""The benchmark against simpler models runs. These tests do not check its figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import benchmarks.baselines.__main__ as baselines
from benchmarks.baselines import models
from benchmarks.marks import around_marks, write_between_marks
from benchmarks.speed.__main__ import PAGE
from window_ner.data.conll import parse_conll, read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.word_vectors import WordVectors
from window_ner.storage.resources import resource_folder


def _vectors(corpus: Corpus) -> WordVectors:
    words = sorted({token.lower() for s in corpus.sentences for token in s.tokens})
    table = np.random.default_rng(0).normal(size=(len(words), 4)).astype(np.float32)
    return WordVectors("random", words, table)


def _task(train: str, test: str):
    corpora = [parse_conll(text) for text in (train, test)]
    return models.Task(*corpora, corpora[1], [_vectors(corpora[0])])


_TRAIN = "The O\nman O\nmet O\nthe O\nPope B-PER\n"
_TEST = "The O\nPope B-PER\nmet O\nAnna B-PER\n. O\n\nAnna B-PER\nslept O\n"


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_the_table_has_a_row_of_numbers_for_every_model():
    sample = read_conll(resource_folder("data/sample") / "dev.conll")
    few = [replace(document, sentences=document.sentences[:9]) for document in sample.documents]
    train, dev, test = (Corpus((few[i],), name="slice", has_documents=True) for i in range(3))
    changes = ["epochs=2", "most_frequent=100"]
    task = models.Task(train, dev, test, [_vectors(sample)], changes)

    told = []
    lines = baselines.table(task, seeds=(1, 2), tell=told.append).split("\n")

    assert told == lines[2:]
    names = [line.split(" | ")[0].removeprefix("| ") for line in told]
    expected = [*models.FIXED, *models.RANDOM]
    assert [name.removesuffix(" (frozen)") for name in names] == expected
    for line in told:
        for cell in line.strip("| ").split(" | ")[1:-1]:
            assert 0 <= float(cell.split(" ± ")[0]) <= 100


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("capitals", [1, 1, 0, 1, 0, 1, 0]),
        ("capitals_within", [0, 1, 0, 1, 0, 0, 0]),
        ("capitals_with_lexicon", [0, 1, 0, 1, 0, 1, 0]),
    ],
)
def test_the_capital_rules_differ_at_the_first_word_of_a_sentence(rule, found):
    task = _task(_TRAIN, _TEST)
    assert getattr(models, rule)(task, 1).predict(task.test).tolist() == found


def test_unseen_words_have_a_vector_and_are_not_in_the_training_data():
    train, test = parse_conll(_TRAIN), parse_conll("Pope B-PER\nslept O\nZyx O\n")
    vectors = [_vectors(parse_conll(_TRAIN + _TEST))]
    assert models.Task(train, test, test, vectors).unseen.tolist() == [False, True, False]


def test_several_runs_are_a_mean_and_half_their_range():
    assert baselines._percent([0.5]) == "50.0"
    assert baselines._percent([0.5, 0.6, 0.58]) == "56.0 ± 5.0"


def test_only_the_text_between_the_marks_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    begin, end = "before\n<!-- few:begin -->\n", "\n<!-- few:end -->\nafter\n"
    page.write_text(f"{begin}old{end}", encoding="utf-8")
    write_between_marks(page, "few", "new ±")
    assert page.read_text(encoding="utf-8") == f"{begin}new ±{end}"


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("scores.md", baselines.MARKS),
        ("teach.md", "few"),
        *(("speed.md", name) for name in PAGE),
        *(("scale.md", name) for name in ("overhead", "price", "memory")),
    ],
)
def test_a_page_with_tables_has_marks_to_write_between(page, name):
    before, after = around_marks(Path(__file__).parents[2] / "docs" / page, name)
    assert before.endswith(f"<!-- {name}:begin -->")
    assert after.startswith(f"<!-- {name}:end -->")


def test_the_page_of_the_baselines_names_the_command_and_ends_with_its_tables():
    before, after = around_marks(Path(__file__).parents[2] / "docs" / "scores.md", baselines.MARKS)
    assert "--write docs/scores.md" in before
    assert after.strip() == "<!-- baselines:end -->"


def test_a_page_without_marks_is_not_changed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("no marks here", encoding="utf-8")
    with pytest.raises(ValueError, match="few:begin"):
        write_between_marks(page, "few", "new")
    assert page.read_text(encoding="utf-8") == "no marks here"
