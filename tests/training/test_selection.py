"""Any piece of the mathematics can be chosen by --set, and then it is what trains."""

import numpy as np
import pytest

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.random_vectors import find_word_vectors, is_random, random_word_vectors
from window_ner.errors import InputError
from window_ner.model.objectives.registry import OBJECTIVES
from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.initializers import INITIALIZERS
from window_ner.nn.optimizers import OPTIMIZERS, Momentum
from window_ner.nn.schedules import SCHEDULES, ReduceOnPlateau
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.encoded_split import encode_split
from window_ner.training.fine_tuning import decide
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan
from window_ner.training.run import train
from window_ner.training.trainer import Trainer

SAMPLE = read_conll(resource_folder("data/sample") / "dev.conll")
CORPUS = Corpus(SAMPLE.documents[:1], name="a document", has_documents=True)
WORDS = [token for s in CORPUS.sentences for token in s.tokens]
VECTORS = [random_word_vectors("random-4d", WORDS, seed=1)]

CHOICES = {
    "activation": ACTIVATIONS,
    "loss": OBJECTIVES,
    "initializer": INITIALIZERS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "hidden": ["[100, 50]", "[7, 6, 5]", "3"],
    "batch_size": ["0", "1", "7"],
}
EVERY_CHOICE = [f"{key}={value}" for key, values in CHOICES.items() for value in values]


def trainer(*changes, epochs=1):
    settings = load_config("lecture", changes)
    model = untrained_model(settings, CORPUS, VECTORS)
    return Trainer(
        model.scorer,
        encode_split(model, CORPUS),
        settings,
        frozen=frozenset(),
        rng=np.random.default_rng(0),
        epochs=epochs,
    )


@pytest.mark.parametrize("change", EVERY_CHOICE)
def test_every_choice_trains(change):
    run = trainer("learning_rate=0.01", "fine_tuning.mode=on", change)
    before = {name: p.copy() for name, p in run.parameters.items()}
    assert np.isfinite(run.epoch())
    for name in ("E", "U"):
        assert (run.parameters[name] != before[name]).any()


@pytest.mark.parametrize("key", ["activation", "loss", "initializer", "optimizer", "schedule"])
def test_an_unknown_name_gets_the_known_ones(key):
    with pytest.raises(InputError) as error:
        load_config("lecture", [f"{key}=no-such-thing"])
    for known in CHOICES[key]:
        assert known in str(error.value)


@pytest.mark.parametrize(
    ("batch_size", "steps"), [("1", len(WORDS)), ("7", -(-len(WORDS) // 7)), ("0", 1)]
)
def test_an_epoch_has_a_step_for_each_example_for_each_mini_batch_or_for_all(batch_size, steps):
    run = trainer(f"batch_size={batch_size}", "hidden=2")
    run.epoch()
    assert run.steps == steps


def test_an_optimizer_takes_its_settings():
    run = trainer("optimizer=momentum", "optimizer_settings={momentum = 0.5}")
    assert isinstance(run.optimizer, Momentum)
    assert run.optimizer.momentum == 0.5


def test_a_schedule_takes_its_settings():
    run = trainer("batch_size=0", "schedule=step", "schedule_settings={drops=1, factor=0.1}")
    assert [run.schedule(step) for step in (0, 1)] == [1, 0.1]
    run = trainer("schedule=reduce-on-plateau", "schedule_settings={patience = 5}")
    assert isinstance(run.schedule, ReduceOnPlateau)
    assert run.schedule.patience == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("optimizer_settings={momentum=0.9}", "of adam; known: beta1, beta2, epsilon"),
        ("optimizer_settings={beta1=1}", "beta1 must be at least 0 and below 1"),
        ("optimizer_settings={beta1='high'}", "beta1 must be a number"),
        ("optimizer_settings=0.9", "must be a table"),
        ("schedule_settings={final=0.1}", "of constant; known: none"),
    ],
)
def test_settings_that_the_piece_does_not_have_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        load_config("lecture", ["optimizer=adam", "schedule=constant", change])


def test_a_config_file_sets_them_as_tables(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text(
        '[training]\noptimizer = "rmsprop"\n[training.optimizer_settings]\ndecay = 0.95\n'
    )
    assert load_config(str(path)).training.optimizer_settings == {"decay": 0.95}


@pytest.mark.parametrize(("steps", "warmup"), [(3, 0), (10, 2), (400, 50)])
def test_a_warm_up_takes_a_fifth_of_the_training_at_most(steps, warmup):
    run = trainer("batch_size=0", "warmup_steps=50", epochs=steps)
    assert run.schedule.warmup_steps == warmup


@pytest.mark.parametrize(
    ("batch_size", "at_least", "size"),
    [("7", 0, 7), ("2", 3, 2), ("900", 2, len(WORDS) // 2), ("7", 1000, 1), ("0", 5, 0)],
)
def test_a_small_corpus_is_cut_into_enough_mini_batches(batch_size, at_least, size):
    run = trainer(f"batch_size={batch_size}", f"min_batches={at_least}")
    assert run.batch_size == size
    assert run.steps_per_epoch == (-(-len(WORDS) // size) if size else 1)


def test_random_vectors_are_drawn_for_the_words_of_the_training_data():
    vectors = find_word_vectors("random-50d", ["Paris", "is", "is", "paris"], seed=3)
    assert list(vectors.words) == ["is", "Paris", "paris"]
    assert (vectors.table.shape, vectors.table.dtype) == ((3, 50), np.float32)
    assert 0.2 < np.abs(vectors.table).max() <= 0.25


def test_one_seed_draws_the_same_vectors_and_another_does_not():
    one, two, three = (random_word_vectors("random-8d", ["a"], seed).table for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != three).all()


@pytest.mark.parametrize("name", ["random", "random-0d", "random-d", "glove-6b-50d", "Random-5d"])
def test_other_names_are_no_random_vectors(name):
    assert not is_random(name)
    with pytest.raises(ValueError, match="random-50d"):
        random_word_vectors(name, ["a"], 1)


def test_random_vectors_are_always_learned_and_few_examples_are_warned_of():
    settings = load_config("lecture", ["epochs=1"])
    model = train(Plan(settings, CORPUS, CORPUS, VECTORS))
    decision = model.about.fine_tuning
    assert decision.fine_tune is True
    assert "below the 1,000,000 of the rule" in decision.warning


def test_random_vectors_may_be_frozen_against_advice():
    settings = load_config("lecture", ["fine_tuning.mode=off"]).fine_tuning
    decision = decide(10, settings, lambda fine_tune: None, pretrained=False)
    assert not decision.fine_tune
    assert "carry no information" in decision.warning
