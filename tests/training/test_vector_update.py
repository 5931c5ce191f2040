"""The ways between frozen and free: what moves, how far, and when."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.windows import PADDING
from window_ner.data.word_vectors import WordVectors
from window_ner.nn.row_gradient import RowGradient
from window_ner.settings.toml import settings_from
from window_ner.training.checkpoint import load_checkpoint
from window_ner.training.encoded_split import encode_split
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import train
from window_ner.training.trainer import Trainer
from window_ner.training.vector_update import VectorUpdate

CORPUS = parse_conll(
    "Ann B-PER\nleft O\nRome B-LOC\nfor O\nOslo B-LOC\n\nOslo B-LOC\nis O\ncold O\n"
)
WORDS = sorted({t.lower() for s in CORPUS.sentences for t in s.tokens})
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 6)).astype(np.float32)
VECTORS = [WordVectors("tiny", WORDS, TABLE)]


def settings_with(**fine_tuning):
    return settings_from(
        {
            "training": {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 4, "epochs": 5},
            "fine_tuning": {"mode": "on", **fine_tuning},
        },
        "test",
    )


def trainer_with(dtype=np.float32, epochs=5, **fine_tuning):
    """A trainer that always starts from the same weights, and its first mini-batch."""
    settings = settings_with(**fine_tuning)
    model = untrained_model(settings, CORPUS, VECTORS)
    trainer = Trainer(
        model.scorer.astype(dtype),
        encode_split(model, CORPUS),
        settings,
        frozen=frozenset(),
        rng=np.random.default_rng(1),
        epochs=epochs,
    )
    return trainer, np.arange(4)


def step_of(parameter, **fine_tuning):
    """How far a parameter moves in the first step."""
    trainer, batch = trainer_with(np.float64, **fine_tuning)
    before = trainer.parameters[parameter].copy()
    trainer.step(batch)
    return trainer.parameters[parameter] - before


def test_vectors_with_a_rate_of_their_own_take_that_part_of_the_free_step():
    assert_allclose(step_of("E", vector_rate=0.25), 0.25 * step_of("E"), rtol=1e-9)
    assert np.abs(step_of("E")).max() > 0


@pytest.mark.parametrize("name", ["W", "b", "U"])
def test_the_rate_of_the_vectors_is_that_of_nothing_else(name):
    assert_array_equal(step_of(name, vector_rate=0.25), step_of(name))


def test_words_below_the_minimal_count_stay_and_the_others_move_as_if_free():
    moved, free = step_of("E", min_count=2), step_of("E")
    row = untrained_model(settings_with(), CORPUS, VECTORS).encoder.vocabulary.row
    assert not moved[row("rome")].any()
    assert free[row("rome")].any()
    assert_array_equal(moved[[row("oslo"), PADDING]], free[[row("oslo"), PADDING]])
    assert moved[row("oslo")].any()
    assert moved[PADDING].any()


def test_a_word_counts_from_the_minimum_on():
    E, rows = np.zeros((6, 2)), np.array([2, 3, 3, 4, 4, 4])
    update = VectorUpdate(settings_with(min_count=3).fine_tuning, E, rows, epochs=5)
    rows = np.array([PADDING, 2, 3, 4])
    _, kept = update(E, RowGradient(rows, np.arange(8.0).reshape(4, 2)))
    assert kept.rows.tolist() == [PADDING, 4]
    assert kept.values.tolist() == [[0, 1], [6, 7]]


def test_the_pull_is_the_gradient_of_what_the_loss_gains():
    """Central differences, at the words of the mini-batch, some way from where they started."""
    trainer, chosen = trainer_with(np.float64, pull=0.3)
    batch = trainer.batch(chosen)
    E = trainer.parameters["E"]
    E += np.random.default_rng(5).normal(size=E.shape)
    _, gradients = trainer.gradients(batch)
    assert np.abs(gradients["E"].values).max() > 0.1
    step = 1e-5
    for row, gradient in zip(gradients["E"].rows, gradients["E"].values, strict=True):
        for column in range(E.shape[1]):
            losses = []
            for sign in (1, -1):
                E[row, column] += sign * step
                losses.append(trainer.gradients(batch)[0])
                E[row, column] -= sign * step
            numeric = (losses[0] - losses[1]) / (2 * step)
            assert_allclose(gradient[column], numeric, rtol=1e-6, atol=1e-9)


def test_the_pull_has_no_effect_where_the_vectors_started():
    assert_array_equal(step_of("E", pull=0.3), step_of("E"))


def test_pulled_vectors_stay_nearer_to_where_they_started():
    def distance(**fine_tuning):
        trainer, _ = trainer_with(np.float64, **fine_tuning)
        start = trainer.parameters["E"].copy()
        for _ in range(30):
            trainer.epoch()
        return np.linalg.norm(trainer.parameters["E"] - start)

    assert 0 < distance(pull=0.5) < 0.7 * distance()


def test_vectors_wait_for_their_epoch_while_the_rest_learns():
    trainer, _ = trainer_with(unfreeze_after=2)
    E, W = (trainer.parameters[name].copy() for name in "EW")
    for _ in range(2):
        trainer.epoch()
    assert_array_equal(trainer.parameters["E"], E)
    assert not np.array_equal(trainer.parameters["W"], W)
    trainer.epoch()
    assert not np.array_equal(trainer.parameters["E"], E)


@pytest.mark.parametrize(("epochs", "waits"), [(1, 0), (2, 1), (5, 2), (8, 3)])
def test_a_short_training_waits_for_half_of_its_epochs_at_most(epochs, waits):
    trainer, _ = trainer_with(epochs=epochs, unfreeze_after=3)
    start = trainer.parameters["E"].copy()
    frozen = 0
    for epoch in range(1, epochs + 1):
        trainer.epoch()
        if np.array_equal(trainer.parameters["E"], start):
            frozen = epoch
    assert frozen == waits


def test_a_run_resumed_after_the_thaw_ends_with_the_weights_of_an_uninterrupted_one(tmp_path):
    settings = settings_with(unfreeze_after=2, vector_rate=0.5, min_count=2, pull=0.1)
    settings = replace(settings, training=replace(settings.training, optimizer="adam", patience=5))

    def stop(run, done, loss):
        if run == stop_in:
            raise KeyboardInterrupt

    whole = train(Plan(settings, CORPUS, CORPUS, VECTORS))
    for stop_in in ("epoch 2", "epoch 4"):
        folder = tmp_path / stop_in
        train(Plan(settings, CORPUS, CORPUS, VECTORS), output=folder, progress=Progress(batch=stop))
        resumed = train(Plan(settings, CORPUS, CORPUS, VECTORS), resume=load_checkpoint(folder))
        for name, weights in whole.network.parameters.items():
            assert_array_equal(resumed.network.parameters[name], weights, err_msg=name)


def test_a_trial_lasts_until_the_vectors_have_moved():
    settings = settings_with(mode="auto", freeze_below=0, unfreeze_after=3, trial_epochs=2)
    runs = []
    train(
        Plan(settings, CORPUS, CORPUS, VECTORS),
        progress=Progress(batch=lambda run, done, loss: runs.append((run, done))),
    )
    assert runs.count(("trial, fine-tuned", 1.0)) == 6
    assert runs.count(("trial, frozen", 1.0)) == 6


@pytest.mark.parametrize(
    "wrong",
    [{"vector_rate": 0.0}, {"min_count": 0}, {"unfreeze_after": -1}, {"pull": -0.1}],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(Exception, match=next(iter(wrong))):
        settings_with(**wrong)
