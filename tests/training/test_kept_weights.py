"""A training that keeps labels leaves their weights as they are, and learns with new units."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.errors import InputError
from window_ner.settings.toml import change_settings, settings_from
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.kept_weights import KeptWeights
from window_ner.training.plan import Base, Plan, Progress
from window_ner.training.run import train
from window_ner.training.start import TAG_AXES
from window_ner.training.starting_model import starting_model

NAMES = "Ann", "Bob", "Eva", "Tom"
PEOPLE = parse_conll(
    "".join(f"{name} B-PER\nspeaks O\nDanish O\ntoday O\n\n" for name in NAMES), name="people"
)
LANGUAGES = parse_conll(
    "".join(f"{name} O\nspeaks O\nDanish B-LANGUAGE\ntoday O\n\n" for name in NAMES), name="new"
).annotating(["LANGUAGE"])
OTHER = parse_conll(
    "".join(f"{name} O\nspeaks O\nDanish B-PER\ntoday O\n\n" for name in NAMES), name="other"
)


def settings_with(loss, hidden):
    return settings_from(
        {
            "network": {"loss": loss, "hidden": hidden, "activation": "relu"},
            "features": {"shape": 3},
            "training": {"epochs": 15, "patience": 15, "batch_size": 2, "learning_rate": 0.05},
            "fine_tuning": {"mode": "off"},
            "start": {"rehearsal": 0, "new_units": 5},
        },
        "test",
    )


@pytest.fixture(
    scope="module",
    params=[("crf", [8]), ("softmax", [8]), ("crf", [8, 4])],
    ids=["crf", "softmax", "two layers"],
)
def base(request, vectors):
    return train(Plan(settings_with(*request.param), PEOPLE, PEOPLE, vectors))


@pytest.fixture(scope="module")
def kept(base, vectors):
    return train(plan(base, vectors))


def plan(base, vectors, corpus=LANGUAGES, keep_labels=True, **changes):
    settings = continued_settings(base, change_settings(base.about.settings, changes))
    return Plan(settings, corpus, corpus, vectors, base=Base(base, "people", keep_labels))


def spans(model):
    return [
        (s.start, s.label)
        for s in model.scored(model.encode([["Eva", "speaks", "Danish", "today"]])).spans
    ]


def old_tags(model):
    return [i for i, tag in enumerate(model.objective.tags) if tag == "O" or tag[2:] == "PER"]


def test_names_with_an_old_label_stay_although_the_new_corpus_has_none(base, kept):
    assert spans(base) == [(0, "PER")]
    assert spans(kept) == [(0, "PER"), (2, "LANGUAGE")]


def test_the_scores_of_the_old_tags_stay_as_they_were(base, kept):
    before = base.scored(base.encode_corpus(PEOPLE)).scores
    after = kept.scored(kept.encode_corpus(PEOPLE)).scores
    np.testing.assert_allclose(after[:, old_tags(kept)], before, rtol=1e-5, atol=1e-5)


def test_the_temperature_stays_with_and_without_a_dev_split(base, vectors):
    """A few names of a new label say little about the scores of the old ones."""
    base = base.with_objective(base.objective.with_temperature(1.7))
    with_dev = plan(base, vectors, epochs=1)
    for each in (with_dev, replace(with_dev, dev=None)):
        assert train(each).objective.temperature == base.objective.temperature
    trained = train(replace(with_dev, base=Base(base, "people")))
    assert trained.objective.temperature != base.objective.temperature


def test_of_the_weights_only_those_of_new_tags_and_new_units_change(base, kept):
    old, new = base.scorer.parameters, kept.scorer.parameters
    tags, last = old_tags(kept), base.network.layers[-1]
    for name, before in old.items():
        after = new[name]
        if name in TAG_AXES and name != "U":
            after = after[np.ix_(*[tags] * len(TAG_AXES[name]))]
        elif name == "U":
            assert not after[tags, before.shape[1] :].any()
            after = after[tags, : before.shape[1]]
        elif name in ("W" + last, "b" + last):
            assert len(after) == len(before) + 5
            after = after[: len(before)]
        if name != "temperature":
            assert_array_equal(after, before, err_msg=name)


def test_without_keeping_labels_there_are_new_units_and_all_weights_are_trained(base, vectors):
    model = train(plan(base, vectors, keep_labels=False, epochs=2))
    units = base.network.parameters["U"].shape[1]
    assert model.about.settings.network.hidden[-1] == units + 5
    name = "W" + base.network.layers[-1]
    assert (model.scorer.parameters[name][:units] != base.scorer.parameters[name]).any()


def test_without_new_labels_the_network_keeps_its_size(base, vectors):
    model = train(plan(base, vectors, PEOPLE, keep_labels=False, epochs=1))
    assert model.about.settings.network == base.about.settings.network


def test_the_size_is_a_setting_and_grows_again_with_further_labels(kept, vectors):
    units = kept.network.parameters["U"].shape[1]
    for more in (0, 3):
        model, _ = starting_model(
            plan(kept, vectors, OTHER_LABEL, **{"start.new_units": more}), OTHER_LABEL, vectors
        )
        assert model.network.parameters["U"].shape[1] == units + more


OTHER_LABEL = parse_conll("today B-DAY\n", name="days").annotating(["DAY"])


def test_an_old_label_that_the_corpus_annotates_is_trained_too(base, vectors):
    model, start = starting_model(plan(base, vectors, OTHER), OTHER, vectors)
    weights = KeptWeights(model.scorer, start)
    parameters = {name: p + 1 for name, p in model.scorer.parameters.items()}
    weights.restore(parameters)
    changed = (parameters["U"] != model.scorer.parameters["U"]).any(axis=1)
    is_person = [tag[2:] == "PER" for tag in model.objective.tags]
    assert_array_equal(changed, is_person)


def test_the_vectors_are_frozen_however_much_data_there_is(base, vectors):
    much = {"fine_tuning.mode": "auto", "freeze_below": 0, "tune_above": 0, "epochs": 1}
    decision = train(plan(base, vectors, **much)).about.fine_tuning
    assert not decision.fine_tune
    assert "learned with the vectors as they are" in decision.reason


def test_in_cross_validation_each_network_keeps_its_weights(base, vectors, monkeypatch):
    networks = []
    restore = KeptWeights.restore

    def remember(self, parameters):
        networks.append(self)
        restore(self, parameters)

    monkeypatch.setattr(KeptWeights, "restore", remember)
    alone = replace(plan(base, vectors, epochs=1), dev=None)
    assert train(alone).about.cross_validated
    assert len({id(network) for network in networks}) >= 4


def test_two_passes_are_refused(base, vectors):
    with pytest.raises(InputError, match="keeps the labels of a model has one pass"):
        train(plan(base, vectors, **{"second_pass.folds": 2}))


def test_a_label_with_another_meaning_is_noted_before_the_training(base, vectors):
    notes = []
    train(plan(base, vectors, OTHER, epochs=1), progress=Progress(note=notes.append))
    (note,) = notes
    assert note.startswith("PER: the model and your corpus disagree on 8 of 8 names: 'Danish'")
