from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.corpus import Corpus, Document
from window_ner.data.sources import hold_out_dev
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.nn.arrays import LARGEST
from window_ner.settings.toml import load_config, settings_from
from window_ner.storage.arrays import arrays_to_bytes
from window_ner.storage.model_folder import read_model_folder, write_model_folder
from window_ner.training.checkpoint import CHECKPOINT, RNG_STATE, load_checkpoint
from window_ner.training.encoded_split import EncodedSplit
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import train
from window_ner.training.trainer import Trainer

TEXT = """
-DOCSTART- O

Ann B-PER
Lee I-PER
left O
Rome B-LOC
for O
Oslo B-LOC

Oslo B-LOC
is O
cold O

-DOCSTART- O

Bob B-PER
saw O
Ann B-PER
Lee I-PER

The O
man O
left O
"""
CORPUS = parse_conll(TEXT, name="tiny")

MODELS = {
    "lecture": {
        "network": {"hidden": [8]},
        "training": {"batch_size": 4, "learning_rate": 0.02},
    },
    "max-margin": {
        "network": {"loss": "max-margin", "hidden": [8]},
        "training": {"batch_size": 4, "learning_rate": 0.02},
    },
    "tagger": {
        "features": {
            "capitals": 3,
            "affixes": 2,
            "flags": ["document-lower"],
            "context": ["document"],
        },
        "network": {"loss": "crf", "hidden": [16], "activation": "relu"},
        "training": {
            "batch_size": 2,
            "learning_rate": 0.02,
            "dropout_inputs": 0.1,
            "dropout_hidden": 0.1,
            "l2": 1e-4,
            "average": 0.9,
            "average_every": 3,
        },
        "fine_tuning": {"mode": "on"},
    },
    "dropout by batch": {
        "network": {"loss": "crf", "hidden": [16, 8], "activation": "relu"},
        "training": {
            "batch_size": 2,
            "learning_rate": 0.02,
            "dropout_hidden": 0.5,
            "dropout_by_batch": True,
        },
    },
}


@pytest.fixture(scope="module")
def vectors():
    words = sorted({t.lower() for s in CORPUS.sentences for t in s.tokens} | {"paris", "warm"})
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]


def settings_of(model, **training):
    tables = {table: dict(values) for table, values in MODELS[model].items()}
    tables["training"] = {"epochs": 6, "patience": 6, **tables["training"], **training}
    return settings_from(tables, "test")


def weights(model):
    return {name: p.copy() for name, p in model.scorer.parameters.items()}


def assert_same_weights(one, other):
    one, other = weights(one), weights(other)
    assert set(one) == set(other)
    for name in one:
        assert_array_equal(one[name], other[name], err_msg=name)


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_weights(model, vectors):
    settings = settings_of(model, epochs=3)
    first, second = (train(Plan(settings, CORPUS, CORPUS, vectors, seed=3)) for _ in range(2))
    assert_same_weights(first, second)


def test_another_seed_gives_other_weights(vectors):
    first, second = (
        train(Plan(settings_of("lecture"), CORPUS, CORPUS, vectors, seed=seed)) for seed in (1, 2)
    )
    assert not np.array_equal(first.network.parameters["U"], second.network.parameters["U"])


class _StopAfter:
    """Press Ctrl-C in the middle of the epoch after the given one."""

    def __init__(self, epoch):
        self.epoch = epoch

    def __call__(self, run, done, loss):
        if run == f"epoch {self.epoch + 1}" and done > 0.4:
            raise KeyboardInterrupt


@pytest.mark.parametrize("model", MODELS)
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(model, vectors, tmp_path):
    settings = settings_of(model, epochs=4, schedule="linear", warmup_steps=2)
    whole = train(Plan(settings, CORPUS, CORPUS, vectors, seed=5))
    stopped = train(
        Plan(settings, CORPUS, CORPUS, vectors, seed=5),
        output=tmp_path / "model",
        progress=Progress(batch=_StopAfter(2)),
    )
    assert stopped.about.interrupted
    assert len(stopped.history) == 2
    resumed = train(
        Plan(settings, CORPUS, CORPUS, vectors, seed=5),
        output=tmp_path / "model",
        resume=load_checkpoint(tmp_path / "model"),
    )
    assert_same_weights(resumed, whole)
    assert len(resumed.history) == 4
    assert not resumed.about.interrupted


def test_a_training_with_huge_losses_and_gradients_can_be_read_and_resumed(vectors, tmp_path):
    """Only the weights of a model have a limit; a large rate takes other numbers beyond it."""
    settings = settings_of("dropout by batch", optimizer="adagrad", learning_rate=1e5)
    folder, plan = tmp_path / "model", Plan(settings, CORPUS, CORPUS, vectors)
    whole = train(plan)
    stopped = train(plan, output=folder, progress=Progress(batch=_StopAfter(2)))
    assert max(epoch.loss for epoch in stopped.history) > LARGEST
    assert load_model(folder).history == stopped.history
    assert_same_weights(train(plan, resume=load_checkpoint(folder)), whole)


def test_a_resumed_run_forgets_nothing_of_a_schedule_that_listens_to_dev(vectors, tmp_path):
    settings = settings_of("lecture", schedule="reduce-on-plateau", epochs=12, patience=12)
    whole = train(Plan(settings, CORPUS, CORPUS, vectors))
    folder = tmp_path / "model"
    stop = Progress(batch=_StopAfter(8))
    train(Plan(settings, CORPUS, CORPUS, vectors), output=folder, progress=stop)
    resumed = train(Plan(settings, CORPUS, CORPUS, vectors), resume=load_checkpoint(folder))
    assert_same_weights(resumed, whole)


def test_a_run_does_not_go_on_with_another_corpus(vectors, tmp_path):
    folder, settings = tmp_path / "model", settings_of("lecture")
    stop = Progress(batch=_StopAfter(2))
    train(Plan(settings, CORPUS, CORPUS, vectors), output=folder, progress=stop)
    other = parse_conll(TEXT.replace("PER", "MAN"), name="other")
    with pytest.raises(InputError, match="is the corpus the same as when it began"):
        train(Plan(settings_of("tagger"), CORPUS, CORPUS, vectors), resume=load_checkpoint(folder))
    for before, after in (("Rome B-LOC", "Oslo B-LOC"), ("saw O", "saw B-PER"), ("for", "\nfor")):
        changed = parse_conll(TEXT.replace(before, after), name="changed")
        with pytest.raises(InputError, match="the corpus has changed since it began"):
            train(Plan(settings, changed, CORPUS, vectors), resume=load_checkpoint(folder))
    with pytest.raises(InputError, match="not of a run with these settings and data"):
        wider = replace(settings, network=replace(settings.network, hidden=(9,)))
        train(Plan(wider, other, CORPUS, vectors), resume=load_checkpoint(folder))


@pytest.fixture(scope="module")
def stopped(vectors, tmp_path_factory):
    """The files of a training that was interrupted."""
    folder = tmp_path_factory.mktemp("stopped") / "model"
    stop = Progress(batch=_StopAfter(2))
    train(Plan(settings_of("lecture"), CORPUS, CORPUS, vectors), output=folder, progress=stop)
    return read_model_folder(folder)


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        (RNG_STATE, b"{}"),
        (RNG_STATE, b"not json"),
        (RNG_STATE, b"\xff"),
        (CHECKPOINT, arrays_to_bytes({"steps": np.array(2)})),
        (CHECKPOINT, arrays_to_bytes({"steps": np.array(-2)})),
        (CHECKPOINT, arrays_to_bytes({"parameters/W": np.ones((8, 1), np.float32)})),
    ],
)
def test_a_checkpoint_that_is_none_is_refused(vectors, stopped, tmp_path, name, contents):
    folder, plan = tmp_path / "model", Plan(settings_of("lecture"), CORPUS, CORPUS, vectors)
    write_model_folder(folder, {**stopped, name: contents})
    with pytest.raises(InputError, match=r"is damaged|not of a run with these settings and data"):
        train(plan, resume=load_checkpoint(folder))


@pytest.mark.parametrize("keep", ["best", "last"])
def test_an_interrupted_run_leaves_the_model_that_it_returns(vectors, tmp_path, keep):
    folder, stop = tmp_path / "model", Progress(batch=_StopAfter(3))
    plan = Plan(settings_of("tagger", keep=keep), CORPUS, CORPUS, vectors)
    stopped = train(plan, output=folder, progress=stop)
    left = load_model(folder)
    assert left.about == stopped.about
    assert left.about.interrupted
    assert left.objective.temperature == stopped.objective.temperature
    assert_same_weights(left, stopped)


def test_an_epoch_leaves_a_model_that_says_that_its_training_is_not_over(vectors, tmp_path):
    folder, seen = tmp_path / "model", []
    plan = Plan(settings_of("lecture"), CORPUS, CORPUS, vectors)
    train(
        plan, output=folder, progress=Progress(epoch=lambda epoch: seen.append(load_model(folder)))
    )
    assert [model.about.interrupted for model in seen] == [True] * 6
    assert all(model.about.best_epoch <= len(model.history) for model in seen)
    assert not load_model(folder).about.interrupted


def test_an_interrupt_before_the_first_epoch_is_over_leaves_nothing(vectors, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(
            Plan(settings_of("lecture"), CORPUS, CORPUS, vectors),
            output=tmp_path / "model",
            progress=Progress(batch=_StopAfter(0)),
        )
    assert not (tmp_path / "model").exists()


def test_a_finished_run_leaves_nothing_to_resume(vectors, tmp_path):
    train(Plan(settings_of("lecture"), CORPUS, CORPUS, vectors), output=tmp_path / "model")
    with pytest.raises(InputError, match="complete"):
        load_checkpoint(tmp_path / "model")


def test_a_corpus_without_names_is_refused(vectors):
    nameless = parse_conll("Go O\nhome O\n", name="nameless")
    with pytest.raises(InputError, match=r"nameless.*no names"):
        train(Plan(settings_of("lecture"), nameless, CORPUS, vectors))


@pytest.mark.parametrize("model", MODELS)
def test_a_tiny_corpus_is_learned_by_heart(model, vectors):
    settings = settings_of(model, epochs=60, patience=60)
    model = train(Plan(settings, CORPUS, CORPUS, vectors))
    assert max(epoch.dev for epoch in model.history) == 1.0
    tags = Tagger(model).tag_batch([s.tokens for s in CORPUS.sentences])
    if model.objective.outputs == 1:
        assert [[t != "O" for t in s.tags] for s in CORPUS.sentences] == [
            [t != "O" for t in sentence] for sentence in tags
        ]
    else:
        assert tags == [list(s.tags) for s in CORPUS.sentences]


def test_the_best_epoch_is_returned_not_the_last(vectors):
    """A rate that ruins the network once it has learned: dev falls, and is not what we get."""
    settings = settings_of("lecture", epochs=30, patience=30, learning_rate=0.3)
    model = train(Plan(settings, CORPUS, CORPUS, vectors, seed=2))
    best = max(model.history, key=lambda epoch: epoch.dev)
    assert model.about.best_epoch == best.epoch
    targets = model.objective.targets(CORPUS.sentences)
    text = model.encoder.encode([s.tokens for s in CORPUS.sentences])
    decisions = model.scored(text).decisions
    right = (decisions * targets).sum()
    assert 2 * right / (decisions.sum() + targets.sum()) == best.dev


def test_training_stops_when_dev_has_not_been_better_for_as_long_as_patience(vectors):
    settings = settings_of("lecture", epochs=200, patience=2, learning_rate=0.05)
    model = train(Plan(settings, CORPUS, CORPUS, vectors))
    assert len(model.history) == model.about.best_epoch + 2


def test_frozen_word_vectors_stay_and_fine_tuned_ones_move_where_words_were_seen(vectors):
    def table(mode):
        settings = settings_of("lecture")
        settings = replace(settings, fine_tuning=replace(settings.fine_tuning, mode=mode))
        model = train(Plan(settings, CORPUS, CORPUS, vectors))
        row = model.encoder.vocabulary.row
        E = model.network.parameters["E"]
        return {
            w: np.array_equal(E[row(w)], vectors[0].table[vectors[0].row[w]])
            for w in ("oslo", "man", "paris", "warm")
        }

    assert table("off") == {"oslo": True, "man": True, "paris": True, "warm": True}
    assert table("on") == {"oslo": False, "man": False, "paris": True, "warm": True}


def test_frozen_means_the_word_vectors_alone(vectors):
    settings = settings_of("tagger")
    settings = replace(settings, fine_tuning=replace(settings.fine_tuning, mode="off"))
    model = train(Plan(settings, CORPUS, CORPUS, vectors))
    assert_array_equal(model.network.parameters["E"], model.encoder.context_vectors)
    assert np.abs(model.network.parameters["capitals"]).max() > 0.06  # they start within 0.05


def test_the_average_of_the_weights_is_their_weighted_mean(vectors):
    """One step an epoch, averaged each time: the young average keeps t / (t + 10) of itself."""
    settings = settings_of("lecture", batch_size=0, epochs=3, average=0.9, average_every=1)
    plain = settings_of("lecture", batch_size=0, epochs=3)
    model = train(Plan(plain, CORPUS, CORPUS, vectors))
    weights_after = []
    for epochs in (1, 2, 3):
        run = _trainer(model, plain)
        for _ in range(epochs):
            run.epoch()
        weights_after.append(run.parameters["U"].copy())
    run = _trainer(model, settings)
    for _ in range(3):
        run.epoch()
    expected = weights_after[0]
    for t, weights_now in ((2, weights_after[1]), (3, weights_after[2])):
        stay = t / (t + 10)
        expected = stay * expected + (1 - stay) * weights_now
    assert_allclose(run.result().parameters["U"], expected, rtol=1e-5)
    assert_array_equal(run.parameters["U"], weights_after[2])


def _trainer(model, settings):
    """A trainer that always starts from the same weights."""
    scorer = model.scorer.astype(np.float32)
    U = scorer.network.parameters["U"]
    U[:] = np.random.default_rng(0).normal(size=U.shape)
    split = EncodedSplit(
        model.encoder.encode_corpus(CORPUS),
        model.objective.goals(CORPUS),
        [],
        np.zeros(CORPUS.token_count, bool),
    )
    return Trainer(
        scorer,
        split,
        settings,
        frozen=frozenset(),
        rng=np.random.default_rng(1),
        epochs=3,
    )


def test_with_dropout_by_batch_a_mini_batch_trains_half_of_the_units_and_another_one_others(
    vectors,
):
    settings = settings_of("dropout by batch")
    run = _trainer(train(Plan(settings, CORPUS, CORPUS, vectors)), settings)
    batch = run.batch(np.array([0, 1]))
    first, second = (np.flatnonzero(run.gradients(batch)[1]["W1"].any(axis=1)) for _ in range(2))
    assert len(first) <= 8 and len(second) <= 8  # a unit that is 0 at all words has no gradient
    assert set(first) != set(second)


@pytest.mark.filterwarnings("error")
def test_a_training_that_diverges_says_so_and_nothing_else(vectors):
    settings = settings_of("lecture", optimizer="sgd", learning_rate=1e38)
    settings = replace(settings, network=replace(settings.network, activation="relu"))
    with pytest.raises(InputError, match="diverged"):
        train(Plan(settings, CORPUS, CORPUS, vectors))


def test_a_crf_that_diverges_says_so(vectors):
    broken = [replace(vectors[0], table=vectors[0].table * np.float32(1e38))]
    settings = settings_of("tagger", learning_rate=1e30)
    with np.errstate(all="ignore"), pytest.raises(InputError, match="diverged"):
        train(Plan(settings, CORPUS, CORPUS, broken))


def test_a_training_that_diverges_in_its_last_step_is_no_model(vectors):
    settings = settings_of("lecture", optimizer="sgd", learning_rate=1e38, batch_size=0, epochs=1)
    with pytest.raises(InputError, match=r"diverged, a number of \w is not finite, or too large"):
        train(Plan(settings, CORPUS, CORPUS, vectors))


@pytest.mark.parametrize("documents", [2, 20, 40])
def test_a_held_out_dev_split_is_a_tenth_and_nothing_is_lost(documents):
    sentences = CORPUS.sentences * 10
    corpus = Corpus(tuple(Document(sentences) for _ in range(documents)))
    rest, dev = hold_out_dev(corpus)
    assert rest.token_count + dev.token_count == corpus.token_count
    assert len(dev.sentences) == len(corpus.sentences) // 10


def test_one_sentence_is_too_little_to_hold_out_a_dev_split():
    with pytest.raises(InputError, match="too few sentences"):
        hold_out_dev(parse_conll("Oslo B-LOC\n"))


@pytest.mark.parametrize("mode", ["off", "on"])
def test_a_model_of_rounded_vectors_is_small_on_disk_and_the_same_to_the_last_digit(tmp_path, mode):
    """Frozen vectors stay rounded; trained ones are stored in full."""
    words = sorted({token.lower() for s in CORPUS.sentences for token in s.tokens})
    words += [f"word{i}" for i in range(2000)]
    table = np.random.default_rng(0).normal(size=(len(words), 50)).astype(np.float32)
    changes = {"rounded": True, "epochs": 4, "unfreeze_after": 2, "fine_tuning.mode": mode}
    vectors = [WordVectors("some", words, table)]
    plan = Plan(load_config("lecture", changes), CORPUS, CORPUS, vectors)
    stop = Progress(batch=_StopAfter(1))  # before the vectors have moved
    train(plan, output=tmp_path, progress=stop)
    trained = train(plan, output=tmp_path, resume=load_checkpoint(tmp_path))
    loaded = load_model(tmp_path)
    sentences = [list(s.tokens) for s in CORPUS.sentences]
    scores = [m.scored(m.encode(sentences)).scores for m in (trained, loaded)]
    assert_array_equal(*scores)
    size = (tmp_path / "weights.safetensors").stat().st_size
    assert (size < table.nbytes / 3) == (mode == "off")
