"""The experiment: the data it draws, the scores, and continuing after a stop."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.analysis.pitfall import Experiment, carry_out, default_sizes
from window_ner.analysis.pitfall_records import CurvePoint, read_records
from window_ner.analysis.pitfall_summary import summarise
from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.settings.toml import settings_from

NAMES = ("Ann", "Bob", "Oslo", "Rome", "Lima", "Kiev")
PLAIN = ("went", "saw", "left", "the", "home", "early")


def corpus_of(sentences, seed, names=NAMES):
    """Sentences of words, a name among them, so that the network has something to learn."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(sentences):
        words = [*rng.choice(PLAIN, rng.integers(2, 5)), rng.choice(names), *rng.choice(PLAIN, 2)]
        lines.append("".join(f"{w} {'B-X' if w in names else 'O'}\n" for w in words))
    return parse_conll("\n".join(lines), name="made")


def make_experiment():
    words = [w.lower() for w in (*NAMES, *PLAIN, "paris")] + ["not-in-any-corpus"]
    table = np.random.default_rng(0).normal(size=(len(words), 8)).astype(np.float32)
    config = settings_from(
        {"training": {"learning_rate": 0.02, "batch_size": 8, "epochs": 4}}, "test"
    )
    dev = corpus_of(12, 2, (*NAMES, "Paris", "Nowhere"))
    vectors = [WordVectors("tiny", words, table)]
    # 8 epochs, not 40: no test asks how good a model is.
    return Experiment(config, corpus_of(60, 1), {"dev": dev}, vectors, most_epochs=8)


@pytest.fixture(scope="module")
def experiment():
    return make_experiment()


RUNS = [
    CurvePoint(size, seed, mode) for size in (40, 120) for seed in (1, 2) for mode in ("frozen",)
]


@given(seed=st.integers(0, 50), sizes=st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_a_smaller_training_set_is_the_beginning_of_a_larger_one(experiment, seed, sizes):
    smaller, larger = (experiment.training_set(size, seed) for size in sorted(sizes))
    assert larger.sentences[: len(smaller.sentences)] == smaller.sentences
    for size, drawn in zip(sorted(sizes), (smaller, larger), strict=True):
        assert drawn.token_count - len(drawn.sentences[-1]) < size <= drawn.token_count


def test_the_whole_pool_is_drawn_once_and_more_than_the_pool_is_refused(experiment):
    total = experiment.pool.token_count
    drawn = experiment.training_set(total, 1)
    assert sorted(s.tokens for s in drawn.sentences) == sorted(
        s.tokens for s in experiment.pool.sentences
    )


def test_a_size_beyond_the_training_data_is_refused_before_any_work(experiment):
    total = experiment.pool.token_count
    assert len(experiment.points([total], 2, ["frozen", "random"])) == 4
    with pytest.raises(InputError, match="more than"):
        experiment.points([40, total + 1], 1, ["frozen"])


def test_a_size_or_a_mode_that_is_given_twice_is_one_run(experiment):
    runs = experiment.points([40, 20, 40], 1, ["frozen", "frozen", "random"])
    assert len(runs) == len(set(runs)) == 4


def test_seeds_draw_different_sentences(experiment):
    first, second = (experiment.training_set(100, seed).sentences for seed in (1, 2))
    assert first != second


def test_seen_and_unseen_tokens_are_those_with_a_vector(experiment):
    scores = experiment.carry_out(CurvePoint(experiment.pool.token_count, 1, "frozen"))["scores"][
        "dev"
    ]
    tokens = [t for s in experiment.splits["dev"].sentences for t in s.tokens]
    assert scores["unseen_tokens"] == tokens.count("Paris") > 0
    assert scores["seen_tokens"] == len(tokens) - tokens.count("Paris") - tokens.count("Nowhere")


def test_a_run_gives_the_same_record_without_unused_vectors(experiment):
    run = CurvePoint(80, 1, "fine-tuned")
    compact = experiment.compact()
    assert "not-in-any-corpus" not in compact.vectors[0].words
    first, second = compact.carry_out(run), compact.compact().carry_out(run)
    assert first | {"seconds": 0} == second | {"seconds": 0}


def test_more_data_has_fewer_epochs_within_the_bounds(experiment):
    whole = replace(experiment, most_epochs=40)
    epochs = [whole.epochs_of(CurvePoint(size, 1, "frozen")) for size in (10, 100_000, 10**7)]
    assert epochs == [40, 20, 4]
    assert experiment.settings_of(CurvePoint(10, 1, "frozen")).training.epochs == 8


def test_modes_freeze_train_or_draw_the_vectors(experiment):
    def fine_tuning(mode):
        return experiment.settings_of(CurvePoint(100, 1, mode)).fine_tuning

    assert fine_tuning("frozen").mode == "off"
    assert fine_tuning("fine-tuned").mode == fine_tuning("random").mode == "on"
    both = fine_tuning("vector_rate=0.1+min_count=3")
    assert (both.mode, both.vector_rate, both.min_count) == ("on", 0.1, 3)


@pytest.mark.parametrize("mode", ["thawed", "min_cuont=3"])
def test_an_unknown_mode_is_refused_before_any_work(mode, experiment):
    with pytest.raises(InputError, match=r"known: |did you mean"):
        experiment.points([40], 1, ["frozen", mode])


def test_random_vectors_differ_by_seed_and_from_the_pretrained_ones(experiment):
    runs = [experiment.carry_out(CurvePoint(120, seed, "random"))["history"] for seed in (1, 2)]
    frozen = experiment.carry_out(CurvePoint(120, 1, "frozen"))["history"]
    assert runs[0] != runs[1]
    assert runs[0] != frozen


def test_finished_runs_are_not_done_again(experiment, tmp_path):
    file = tmp_path / "results.jsonl"
    first = carry_out(experiment, RUNS[:2], file)
    marked = [record | {"seconds": -1.0} for record in first]
    file.write_text("".join(json.dumps(record) + "\n" for record in marked))
    told = []
    records = carry_out(experiment, RUNS, file, report=told.append)
    assert [record["seconds"] == -1.0 for record in records] == [True, True, False, False]
    assert read_records(file) == records == told


def test_a_run_whose_line_was_cut_off_is_done_again(experiment, tmp_path):
    file = tmp_path / "results.jsonl"
    whole = carry_out(experiment, RUNS[:2], file)
    file.write_text(file.read_text()[:-20])
    assert len(read_records(file)) == 1
    again = carry_out(experiment, RUNS[:2], file)
    assert [r["scores"] for r in again] == [r["scores"] for r in whole]
    assert read_records(file) == again


def test_a_damaged_line_is_named(tmp_path):
    file = tmp_path / "results.jsonl"
    file.write_text('{"size": 1, "seed": 1, "mode": "frozen"}\n{"size": 1,\n')
    with pytest.raises(InputError, match=r"results\.jsonl:2"):
        read_records(file)


def test_an_interrupt_keeps_what_is_finished(experiment, tmp_path):
    def stop(record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(experiment, RUNS, tmp_path / "runs", report=stop)
    assert len(read_records(tmp_path / "runs")) == 1


def test_several_processes_compute_the_same_scores_as_one(experiment, tmp_path):
    one = carry_out(experiment, RUNS[:2], tmp_path / "one")
    two = carry_out(experiment, RUNS[:2], tmp_path / "two", jobs=2)
    assert [r["scores"] for r in one] == [r["scores"] for r in two]


def test_the_summary_has_means_spreads_and_gains_seed_by_seed():
    def record(mode, seed, f1):
        return {
            "size": 10,
            "seed": seed,
            "mode": mode,
            "scores": {"dev": {"seen": f1, "unseen": f1 / 2, "all": f1}},
        }

    runs = [("random", 1, 0.9), ("frozen", 1, 0.2), ("frozen", 2, 0.4), ("fine-tuned", 2, 0.5)]
    frozen, tuned, random = summarise([record(*run) for run in runs])
    assert [s.mode for s in (frozen, tuned, random)] == ["frozen", "fine-tuned", "random"]
    assert (frozen.seeds, frozen.lowest["seen"], frozen.highest["seen"]) == (2, 0.2, 0.4)
    assert frozen.mean["unseen"] == pytest.approx(0.15)
    assert frozen.deviation["seen"] == pytest.approx(0.02**0.5)
    assert tuned.gain == pytest.approx({"seen": 0.1, "unseen": 0.05, "all": 0.1})
    assert random.gain["all"] == pytest.approx(0.7)


def test_sizes_grow_about_threefold_up_to_all():
    assert default_sizes(20_111) == [1_000, 3_000, 10_000, 20_111]
    assert default_sizes(1_246_000) == [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_246_000]
    assert default_sizes(12) == [12]
