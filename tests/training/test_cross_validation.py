"""A training without a dev split."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import window_ner
from window_ner.data.conll import parse_conll
from window_ner.data.corpus import make_corpus
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.about import About
from window_ner.model.card import write_card
from window_ner.model.cross_validated import CrossValidated, LearningCurve
from window_ner.model.stored_model import load_model, save_model
from window_ner.settings.toml import change_settings, settings_from
from window_ner.training.checkpoint import load_checkpoint
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.cross_validation import choose_epochs, cross_validates
from window_ner.training.learning_curve import learning_curve
from window_ner.training.plan import Base, Plan, Progress
from window_ner.training.run import TrainingRun, train

PEOPLE, PLACES = ("Ann", "Bob", "Cid", "Dan", "Eva"), ("Rome", "Oslo", "Lima", "Bonn", "Kiev")
SENTENCES = [
    ([person, verb, place], ["B-PER", "O", "B-LOC"])
    for i, person in enumerate(PEOPLE)
    for verb, place in (("left", PLACES[i]), ("saw", PLACES[i - 1]), ("likes", PLACES[i - 2]))
]
CORPUS = make_corpus(*zip(*SENTENCES, strict=True), [1] * len(SENTENCES), name="tiny")
SETTINGS = settings_from(
    {
        "features": {"capitals": 3},
        "network": {"loss": "crf", "hidden": [8], "activation": "relu"},
        "training": {"epochs": 6, "patience": 6, "batch_size": 4, "learning_rate": 0.03},
        "validation": {"cross_folds": 3},
    },
    "test",
)


@pytest.fixture(scope="module")
def vectors():
    words = sorted({t.lower() for s in CORPUS.sentences for t in s.tokens})
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]


@pytest.fixture(scope="module")
def trained(vectors):
    return train(Plan(SETTINGS, CORPUS, None, vectors))


def test_the_model_is_the_epoch_that_cross_validation_chose_and_has_its_scores(trained):
    validated = trained.about.cross_validated
    assert (validated.folds, validated.sentences) == (3, 15)
    assert validated.epochs == choose_epochs(np.array([f1 for f1, _ in validated.scores]))
    assert len(trained.history) == validated.epochs == trained.about.best_epoch
    assert [(e.dev, e.dev_unseen_words) for e in trained.history] == [
        pair for pair in validated.scores[: validated.epochs]
    ]
    assert validated.f1 == trained.history[-1].dev == trained.epoch.dev
    assert validated.low <= validated.f1 <= validated.high
    assert trained.objective.temperature == pytest.approx(validated.temperature)


def test_all_sentences_train(trained):
    words = [t for s in CORPUS.sentences for t in s.tokens]
    assert trained.seen[trained.encoder.vocabulary.rows(words)].all()
    assert trained.about.windows == CORPUS.token_count


def test_tags_that_cannot_be_learned_have_no_good_score(vectors):
    """The score is of sentences that a network was not trained on: it cannot know these tags."""
    rng = np.random.default_rng(0)
    tags = [[f"B-L{rng.integers(4)}", "O", f"B-L{rng.integers(4)}"] for _ in CORPUS.sentences]
    noise = make_corpus([s.tokens for s in CORPUS.sentences], tags, [1] * 15, name="noise")
    settings = change_settings(SETTINGS, {"epochs": 15, "patience": 15, "curve": False})
    validated = train(Plan(settings, noise, None, vectors)).about.cross_validated
    assert validated.scores[-1][0] < 0.6  # trained on themselves: 1.0


def test_the_same_seed_gives_the_same_result(trained, vectors):
    again = train(Plan(SETTINGS, CORPUS, None, vectors))
    assert again.about == trained.about
    for name, array in again.scorer.parameters.items():
        assert_array_equal(array, trained.scorer.parameters[name])


def test_the_result_is_stored_and_the_card_says_it(trained, tmp_path):
    save_model(trained, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.about == trained.about
    card = write_card("tiny", loaded)
    assert f"- {trained.about.cross_validated}\n" in card
    assert f"- {trained.about.cross_validated.curve}\n" in card
    assert "cross-validated: span F1" in card
    assert "dev" not in card


def test_an_interrupted_training_goes_on_without_another_cross_validation(vectors, tmp_path):
    settings = change_settings(SETTINGS, {"schedule": "linear", "average": 0.9, "curve": False})
    settings = change_settings(settings, {"keep": "last"})
    whole = train(Plan(settings, CORPUS, None, vectors))
    output = tmp_path / "model"

    def stop(run, done, loss):
        if run == "epoch 4":
            raise KeyboardInterrupt

    stopped = train(
        Plan(settings, CORPUS, None, vectors), output=output, progress=Progress(batch=stop)
    )
    assert stopped.about.interrupted
    assert stopped.about.best_epoch == len(stopped.history) == 3
    assert "cross-validation" not in write_card("tiny", stopped)  # of an epoch it has not reached
    with pytest.raises(InputError, match="needs its dev split, or none if it had none"):
        train(Plan(settings, CORPUS, CORPUS, vectors), resume=load_checkpoint(output))
    names = set()
    resumed = train(
        Plan(settings, CORPUS, None, vectors),
        output=output,
        resume=load_checkpoint(output),
        progress=Progress(batch=lambda run, done, loss: names.add(run)),
    )
    assert names == {"epoch 4", "epoch 5", "epoch 6"}
    assert resumed.about == whole.about
    for name, array in resumed.scorer.parameters.items():
        assert_array_equal(array, whole.scorer.parameters[name])


def test_an_interrupt_in_the_cross_validation_leaves_nothing(vectors, tmp_path):
    notes = []

    def stop(run, done, loss):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(
            Plan(SETTINGS, CORPUS, None, vectors),
            output=tmp_path / "model",
            progress=Progress(batch=stop, note=notes.append),
        )
    assert not (tmp_path / "model").exists()
    assert "begins with it again" in notes[-1]


def test_the_last_epoch_is_kept_if_the_settings_say_so(vectors):
    settings = change_settings(SETTINGS, {"keep": "last", "patience": 1, "learning_rate": 0.3})
    model = train(Plan(settings, CORPUS, CORPUS, vectors))
    assert model.about.best_epoch == len(model.history) == 6
    assert model.epoch == model.history[-1]


def test_a_label_that_is_seen_once_is_named(vectors):
    rare = replace(CORPUS, documents=(*CORPUS.documents, *parse_conll("Ann B-QUEEN\n").documents))
    notes = []
    settings = change_settings(SETTINGS, {"epochs": 1})
    model = train(Plan(settings, rare, None, vectors), progress=Progress(note=notes.append))
    assert model.about.labels == ("LOC", "PER", "QUEEN")
    (note,) = notes
    assert "QUEEN" in note


def test_names_are_swapped_between_all_sentences_not_only_those_of_a_fold(vectors):
    """With a sentence of a name in each fold, a fold alone has no other name to swap in."""
    corpus = parse_conll(
        "Ann B-PER\nleft O\n\nBob B-PER\nleft O\n\nEva B-PER\nleft O\n", name="few"
    )
    run = TrainingRun(
        Plan(change_settings(SETTINGS, {"swap_names": 4}), corpus, None, vectors),
        None,
        None,
        Progress(),
    )
    run.prepare()
    assert [len(fold.sentences) for fold in run.folds] == [1, 1, 1]
    names = [s.tokens[0] for s in run.corpus.sentences]
    assert len(names) == 15
    assert {names.count(name) for name in ("Ann", "Bob", "Eva")} != {5}


def test_fewer_sentences_than_folds_and_a_fold_without_names(vectors):
    few = parse_conll("Ann B-PER\nleft O\n\nBob B-PER\nsaw O\n\nleft O\n", name="few")
    settings = change_settings(SETTINGS, {"cross_folds": 10, "epochs": 2})
    validated = train(Plan(settings, few, None, vectors)).about.cross_validated
    assert (validated.folds, validated.sentences) == (3, 3)


@pytest.mark.parametrize(("loss", "mode"), [("logistic", "on"), ("softmax", "off")])
def test_other_losses_and_trained_vectors(vectors, loss, mode):
    changes = {"loss": loss, "fine_tuning.mode": mode, "average": 0.5, "average_every": 1}
    settings = change_settings(SETTINGS, {**changes, "epochs": 10, "curve": False})
    model = train(Plan(settings, CORPUS, None, vectors))
    assert model.about.cross_validated.f1 > 0.5
    assert model.history[0].score == ("token_f1" if loss == "logistic" else "span_f1")


def test_it_starts_from_a_model_in_each_fold(trained, vectors):
    settings = continued_settings(trained, change_settings(SETTINGS, {"epochs": 1}))
    model = train(Plan(settings, CORPUS, None, vectors, base=Base(trained)))
    assert model.about.cross_validated.f1 > 0.9  # the model has seen all of them before


def test_between_the_bounds_of_the_rule_the_trial_has_a_dev_split_of_its_own(vectors):
    changes = {"freeze_below": 0, "tune_above": 1000, "trial_epochs": 1, "epochs": 1}
    model = train(Plan(change_settings(SETTINGS, changes), CORPUS, None, vectors))
    assert set(model.about.fine_tuning.trials) == {"frozen", "fine-tuned"}
    assert len(model.about.cross_validated.scores) == 1


def test_large_corpora_max_margin_and_two_passes_hold_out_a_dev_split():
    assert cross_validates(SETTINGS, CORPUS)
    changes = ({"max_sentences": 15}, {"loss": "max-margin"})
    for changed in (*changes, {"second_pass.folds": 2}):
        assert not cross_validates(change_settings(SETTINGS, changed), CORPUS)


QUICK = {"vectors.sets": "random-6d", "epochs": 1, "warmup_steps": 0, "min_batches": 0}


def test_a_program_trains_without_dev(tmp_path):
    tagger = window_ner.train("fast", train=CORPUS, settings=QUICK, output=tmp_path / "a")
    assert tagger.model.about.cross_validated.folds == 5
    assert not tagger.model.about.corpus.held_out
    held = window_ner.train("fast", train=CORPUS, settings={**QUICK, "max_sentences": 0})
    assert held.model.about.cross_validated is None
    assert held.model.about.corpus.held_out
    assert held.model.about.windows < CORPUS.token_count


def test_the_command_says_how_good_the_model_is(tmp_path, call_main):
    file = tmp_path / "names.conll"
    lines = ("\n".join(map(" ".join, zip(*s, strict=True))) for s in SENTENCES)
    file.write_text("\n\n".join(lines) + "\n")
    folder = tmp_path / "model"
    sets = [x for name, value in QUICK.items() for x in ("--set", f"{name}={value}")]
    call = ("train", "--config", "fast", "--train", str(file), *sets, "--output", str(folder))
    code, out, err = call_main(*call)
    assert code == 0
    assert "cross-validation, epoch 1" in err
    assert "cross-validated span F1" in err
    assert ", by 5-fold cross-validation of 15 sentences" in out
    assert "with 6 sentences" in out
    assert "dev span" not in out + err
    assert "5-fold cross-validation" in call_main("info", "--model", str(folder))[1]
    known = json.loads(call_main("info", "--model", str(folder), "--format", "json")[1])
    assert known["cross_validated"]["sentences"] == 15
    code, _, err = call_main("eval", "dev", "--model", str(folder))
    assert code == 2
    assert "has no dev split" in err


# ------------------------------------------------------------- the choice and the learning curve


def test_one_lucky_epoch_is_not_chosen():
    f1 = np.array([0.1, 0.5, 0.2, 0.44, 0.48, 0.43])
    assert choose_epochs(f1) == 5
    assert choose_epochs(np.array([0.3])) == 1
    assert choose_epochs(np.zeros(4)) == 1


def curve_between(half, whole, sentences=200):
    """A learning curve of two results, given as F1 in hundredths, on sentences of 100 names."""
    counts = np.array([[[half, 100, 100], [whole, 100, 100]]] * sentences)
    return learning_curve([40, 80], counts, np.random.default_rng(1))


def test_a_gain_from_half_to_all_is_extrapolated():
    curve = curve_between(40, 56)
    assert curve.f1 == pytest.approx((0.4, 0.56))
    assert curve.gain == pytest.approx(0.08)
    assert curve.low == pytest.approx(0.04, abs=0.01)  # every sentence gains as much
    assert curve.high == pytest.approx(0.12, abs=0.01)
    assert "with 40 sentences 40, with 80 sentences 56: twice as many should bring about" in str(
        curve
    )


def test_one_training_sentence_has_no_half_to_compare_with(vectors):
    two = make_corpus(*zip(*SENTENCES[:2], strict=True), [1, 1])
    settings = change_settings(SETTINGS, {"epochs": 1})
    assert train(Plan(settings, two, None, vectors)).about.cross_validated.curve is None


def test_labels_in_one_sentence_count_as_missed_and_say_nothing_about_further_sentences(vectors):
    notes = []
    tags = [[f"B-L{n}", "O", "O"] for n in range(len(SENTENCES))]
    corpus = make_corpus([tokens for tokens, _ in SENTENCES], tags, [1] * len(SENTENCES))
    model = train(Plan(SETTINGS, corpus, None, vectors), progress=Progress(note=notes.append))
    validated = model.about.cross_validated
    assert (validated.f1, validated.curve) == (0, None)
    assert any("L13, L14" in n and n.endswith("most of their names count as missed") for n in notes)


def test_a_gain_that_may_be_noise_is_not_promised():
    sizes = (40, 80)
    assert "may bring 2 more, or nothing (-2 to 6)" in str(
        LearningCurve(sizes, (0.5, 0.54), 0.02, -0.02, 0.06)
    )
    assert "may bring nothing (-5 to 3)" in str(
        LearningCurve(sizes, (0.5, 0.48), -0.01, -0.05, 0.03)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"cross_folds": -1},
        {"temperature": 0},
        {"f1": "high"},
        {"epochs": 7},
        {"scores": [[0.5]]},
        {"curve": {}},
        {"more": 1},
    ],
)
def test_a_damaged_result_is_refused(change):
    stored = CrossValidated(5, 20, 1, ((0.5, 0.5),), 0.5, 0.4, 0.6, 1.0).as_dict()
    assert CrossValidated.from_json(stored).as_dict() == stored
    about = json.loads(json.dumps(About(SETTINGS, ("PER",)).as_dict()))
    with pytest.raises(ValueError, match="cross_validated is not what a training writes"):
        About.from_json({**about, "cross_validated": {**stored, **change}}, "test")
