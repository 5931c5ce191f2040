"""The model that a training starts from teaches the labels that it keeps."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.objectives.goals import Goals
from window_ner.settings.toml import change_settings, settings_from
from window_ner.training import cross_validation
from window_ner.training.continued_model import continued_model
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.plan import Base, Plan, Progress
from window_ner.training.run import train
from window_ner.training.start import Start
from window_ner.training.starting_model import starting_model
from window_ner.training.teacher import taught_by_start, training_example
from window_ner.training.trainer import example

NAMES = "Ann", "Bob", "Eva", "Tom"
PEOPLE = parse_conll(
    "".join(f"{name} B-PER\nspeaks O\nDanish O\ntoday O\n\n" for name in NAMES), name="people"
)
LANGUAGES = parse_conll(
    "".join(f"{name} O\nspeaks O\nDanish B-LANGUAGE\ntoday O\n\n" for name in NAMES), name="new"
).annotating(["LANGUAGE"])


def settings_with(loss):
    return settings_from(
        {
            "network": {"loss": loss, "hidden": [8], "activation": "relu"},
            "training": {"epochs": 30, "patience": 30, "batch_size": 2, "learning_rate": 0.03},
            "fine_tuning": {"mode": "off"},
            "start": {"rehearsal": 0},
        },
        "test",
    )


@pytest.fixture(scope="module")
def vectors():
    words = [*map(str.lower, NAMES), "speaks", "danish", "today"]
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]


@pytest.fixture(scope="module", params=["crf", "softmax"])
def base(request, vectors):
    return train(Plan(settings_with(request.param), PEOPLE, PEOPLE, vectors))


def plan(base, vectors, corpus=LANGUAGES, **changes):
    settings = continued_settings(base, change_settings(base.about.settings, changes))
    return Plan(settings, corpus, corpus, vectors, base=Base(base, "people", keep_labels=True))


def untrained(base, vectors, weight=1.0):
    start = Start.from_model(base, LANGUAGES, ("LANGUAGE", "PER"))
    settings = change_settings(base.about.settings, {"teacher_weight": weight})
    model = continued_model(base, settings, LANGUAGES, vectors, start=start)
    return replace(model, about=replace(model.about, keeps_labels=True))


def taught(model, corpus=LANGUAGES):
    return taught_by_start(model.scorer, model.about, example(model, corpus))


def spans(model):
    return [
        (s.start, s.label)
        for s in model.scored(model.encode([["Eva", "speaks", "Danish", "today"]])).spans
    ]


def test_names_with_an_old_label_stay_although_the_new_corpus_has_none(base, vectors):
    assert spans(base) == [(0, "PER")]
    assert spans(train(plan(base, vectors))) == [(0, "PER"), (2, "LANGUAGE")]


def test_before_the_first_step_the_model_and_its_teacher_agree_on_what_is_open(base, vectors):
    """Only the new names are to be learned: elsewhere the gradient is that of nothing to do."""
    model = untrained(base, vectors)
    split = taught(model)
    everything = np.ones((1, model.objective.outputs), dtype=np.bool_)
    nothing_annotated = Goals(
        np.full(len(split.goals), model.objective.outputs), everything, split.goals.teacher
    )
    whole = replace(split, goals=nothing_annotated)
    for data, still in ((whole, True), (split, False)):
        order = np.arange(len(data.text.lengths if base.objective.transitions else data.text))
        batch = model.objective.batch(data.text, data.goals, order)
        scores = model.scored(data.text).scores
        _, ds, _ = model.objective.loss(scores, batch)
        assert (np.abs(ds).max() < 1e-6) == still


def test_the_scores_of_the_teacher_stay_as_the_model_learns(base, vectors):
    model = untrained(base, vectors)
    teacher = taught(model).goals.teacher
    before = teacher.scores.copy()
    for parameter in model.scorer.parameters.values():
        parameter[:] = 1
    assert_array_equal(teacher.scores, before)
    if teacher.transitions:
        assert not np.shares_memory(
            teacher.transitions.between, model.objective.transitions.between
        )


def test_nobody_teaches_if_all_is_annotated_or_no_label_is_kept_or_the_weight_is_0(base, vectors):
    model = untrained(base, vectors)
    assert taught(model).goals.teacher
    assert not taught(model, LANGUAGES.annotating(None)).goals.teacher
    assert not taught(untrained(base, vectors, weight=0)).goals.teacher
    keeps_none = replace(model, about=replace(model.about, keeps_labels=False))
    assert not taught(keeps_none).goals.teacher


def test_in_cross_validation_each_network_is_taught(base, vectors, monkeypatch):
    networks = []

    def remember(*arguments):
        networks.append(taught_by_start(*arguments))
        return networks[-1]

    monkeypatch.setattr(cross_validation, "taught_by_start", remember)
    alone = replace(plan(base, vectors, epochs=1), dev=None)
    assert train(alone).about.cross_validated
    assert len(networks) >= 3
    assert all(each.goals.teacher for each in networks)


def test_two_passes_are_refused(base, vectors):
    with pytest.raises(InputError, match="keeps the labels of a model has one pass"):
        train(plan(base, vectors, **{"second_pass.folds": 2}))


def test_a_label_with_another_meaning_is_noted_before_the_training(base, vectors):
    other = parse_conll(
        "".join(f"{name} O\nspeaks O\nDanish B-PER\ntoday O\n\n" for name in NAMES), name="other"
    )
    notes = []
    train(plan(base, vectors, other, epochs=1), progress=Progress(note=notes.append))
    (note,) = notes
    assert note.startswith("PER: the model and your corpus disagree on 8 of 8 names: 'Danish'")


def test_the_model_teaches_in_the_sentences_to_rehearse_too(base, vectors):
    rehearsing = plan(base, vectors, rehearsal=5)
    model, _ = starting_model(rehearsing, LANGUAGES, vectors)
    split = training_example(rehearsing, model, LANGUAGES)
    assert len(split.text.lengths) == len(LANGUAGES.sentences) + 5
    assert len(split.goals.teacher.scores) == len(split.text)


def test_only_a_training_that_keeps_labels_is_pulled_to_its_start(base, vectors):
    def moved(plan):
        new, old = (m.scorer.parameters["W"] for m in (train(plan), base))
        return float(np.abs(new - old).max())

    loose, tight, default = (
        moved(plan(base, vectors, epochs=2, **{"start.l2_start": pull})) for pull in (0, 1e4, 5)
    )
    assert tight < 1e-6 < default < loose
    not_kept = plan(base, vectors, epochs=2, **{"start.l2_start": 1e4})
    not_kept = replace(not_kept, base=Base(base, "people"))
    assert moved(not_kept) > 1e-6
