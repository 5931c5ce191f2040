"""TV, telly, television: finding triples, constructing the corpus, the reports."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from window_ner.analysis.left_behind import Neighbours, constructed, demonstrate
from window_ner.analysis.pitfall import Experiment
from window_ner.analysis.triples import CLASSIC, Place, Triple, disjoint
from window_ner.data.conll import parse_conll, read_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.settings.toml import settings_from
from window_ner.storage.resources import resource_folder
from window_ner.training.new_model import untrained_model

TRAIN = parse_conll(
    "-DOCSTART- O\n\nthe O\nTV O\nin O\nRome B-LOC\n\nRome B-LOC\nand O\nOslo B-LOC\n\n"
    "-DOCSTART- O\n\ntelevision O\nin O\nOslo B-LOC\n\nthe O\nTelevision O\nof O\nLima B-LOC\n"
)
DEV = parse_conll("the O\ntelevision O\nof O\nParis B-LOC\n\nParis B-LOC\nis O\ncold O\n")


@pytest.fixture(scope="module")
def experiment():
    """Vectors in which cities are close together, and so are the three television words."""
    rng = np.random.default_rng(3)
    groups = [("rome", "oslo", "lima", "paris"), ("tv", "telly", "television"), ("the", "in", "of")]
    words = [word for group in groups for word in group]
    table = np.concatenate(
        [rng.normal(size=6) * 2 + rng.normal(size=(len(g), 6)) / 10 for g in groups]
    )
    config = settings_from({"training": {"learning_rate": 0.02, "batch_size": 4}}, "test")
    vectors = [WordVectors("made", words, table.astype(np.float32))]
    return Experiment(config, TRAIN, {"dev": DEV}, vectors, most_epochs=40)


@pytest.fixture(scope="module")
def shown(experiment):
    return demonstrate(experiment, min_count=1)


def test_the_constructed_corpus_has_the_two_trained_words_in_turn_and_not_the_third():
    corpus, places = constructed(TRAIN)
    tokens = [t for s in corpus.sentences for t in s.tokens]
    assert [p.sentence.tokens[p.token] for p in places] == ["tv", "telly", "tv"]
    assert [t for t in tokens if t.lower() in CLASSIC.words] == ["tv", "telly", "tv"]
    assert [s.tags for s in corpus.sentences] == [s.tags for s in TRAIN.sentences]
    assert len(corpus.documents) == len(TRAIN.documents) == 2


def test_two_words_in_one_sentence_take_turns_too():
    corpus, _ = constructed(parse_conll("TV O\nor O\nTelly O\nor O\ntelevision O\n"))
    assert corpus.sentences[0].tokens == ("tv", "or", "telly", "or", "tv")


def test_the_classic_triple_comes_first_in_a_window_of_dev_if_dev_has_it(shown):
    reports, _ = shown
    assert reports[0].triple == CLASSIC
    assert reports[0].window == ("the", "television", "of", "Paris")
    assert (reports[0].centre, reports[0].is_name) == (1, False)


def test_the_third_is_an_unseen_name_and_the_two_are_its_nearest_trained_words(shown):
    reports, drift = shown
    assert [r.triple.left for r in reports[1:]] == ["paris"]
    assert set(reports[1].triple.trained) < {"rome", "oslo", "lima"}
    assert drift.triples == 1


def test_trained_words_move_and_the_third_does_not(shown):
    for report in shown[0]:
        first, second, left = report.words
        assert min(first.count, second.count) > 0 == left.count
        assert min(first.moved, second.moved) > 0 == left.moved
        assert left.before == left.after
        assert first.before != first.after
        assert left.cosines == pytest.approx((1, 1))
        assert first.cosines[0] > 0.9


def test_a_report_copies_a_few_word_vectors_not_all():
    words = [*CLASSIC.words, *(f"word{i}" for i in range(20_000))]
    table = np.random.default_rng(0).normal(size=(len(words), 20)).astype(np.float32)
    tagger = untrained_model(settings_from({}, "test"), TRAIN, [WordVectors("r", words, table)])
    neighbours = Neighbours(tagger, tagger, TRAIN)
    tracemalloc.start()
    try:
        neighbours.report(CLASSIC, Place(DEV.sentences[0], 1))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < table.nbytes / 2


def test_the_drift_is_about_the_cosines_of_the_triples(shown):
    reports, drift = shown
    first, second, _ = reports[1].words
    for when in (0, 1):
        mean = (first.cosines[when] + second.cosines[when]) / 2
        assert drift.left_behind[when] == pytest.approx(mean, abs=1e-6)
    assert set(drift.right) == {
        f"{word}, {kind}" for word in ("left", "trained") for kind in ("frozen", "fine-tuned")
    }


def test_the_classic_triple_is_left_out_if_its_words_are_not_in_the_corpus(experiment):
    pool = parse_conll("in O\nRome B-LOC\nand O\nOslo B-LOC\n")
    reports, _ = demonstrate(replace(experiment, pool=pool), min_count=1)
    assert [r.triple.left for r in reports] == ["paris"]


def test_triples_that_share_a_word_are_not_shown_twice():
    one, two, three = Triple(("a", "b"), "c"), Triple(("d", "b"), "e"), Triple(("d", "f"), "g")
    assert disjoint([one, two, three]) == [one, three]


def test_a_network_with_labels_has_no_one_score_to_show(experiment):
    typed = settings_from({"network": {"loss": "softmax"}}, "test")
    with pytest.raises(InputError, match="one score"):
        demonstrate(replace(experiment, settings=typed), min_count=1)


def test_the_sample_corpus_has_enough_triples(monkeypatch):
    """The sample corpus has enough close triples around unseen words of names."""
    folder = resource_folder("data/sample")
    pool, dev = (read_conll(folder / f"{split}.conll") for split in ("train", "dev"))
    _, places = constructed(pool)
    assert places
    words = sorted({t.lower() for c in (pool, dev) for s in c.sentences for t in s.tokens})
    table = np.random.default_rng(0).normal(size=(len(words), 5)).astype(np.float32)
    made = Experiment(
        settings_from({}, "test"), pool, {"dev": dev}, [WordVectors("r", words, table)], 40
    )
    model = untrained_model(made.settings, pool, made.vectors)
    neighbours = Neighbours(model, model, pool)
    names = {w: p for w, p in neighbours.unseen_places(dev).items() if p.is_name}
    triples = neighbours.find_triples(names, 3)
    assert len(triples) > 100
    counts = neighbours.counts
    row = neighbours.vocabulary.row
    for triple in triples:
        assert min(counts[row(word)] for word in triple.trained) >= 3
        assert counts[row(triple.left)] == 0
