"""Trainings on corpora that do not annotate every label."""

import pytest
from numpy.testing import assert_array_equal

import window_ner
from window_ner.data.annotation import find_annotated
from window_ner.data.conll import parse_conll
from window_ner.data.corpus import join_corpora
from window_ner.errors import InputError
from window_ner.model.objectives.registry import OBJECTIVES
from window_ner.model.tagger import Tagger
from window_ner.settings.toml import change_settings, settings_from
from window_ner.training.job import new_job
from window_ner.training.plan import Plan
from window_ner.training.run import train

NAMES = "Ann", "Bob", "Eva", "Tom"
FULL = parse_conll(
    "".join(f"{name} B-PER\nspeaks O\nDanish B-MISC\ntoday O\n\n" for name in NAMES), name="full"
)
WITHOUT_MISC = parse_conll(
    "".join(f"{name} B-PER\nspeaks O\nDanish O\ntoday O\n\n" for name in NAMES * 4), name="tweets"
)
SETTINGS = settings_from(
    {
        "network": {"loss": "crf", "hidden": [8]},
        "training": {"epochs": 12, "patience": 12, "batch_size": 4, "learning_rate": 0.03},
        "fine_tuning": {"mode": "off"},
    },
    "test",
)


def labels_of_danish(model):
    sentence = ["Ann", "speaks", "Danish", "today"]
    return [s.label for s in model.scored(model.encode([sentence])).spans if s.start == 2]


@pytest.mark.parametrize("loss", ["crf", "softmax"])
def test_a_file_without_misc_does_not_teach_that_misc_is_o(vectors, loss):
    settings = change_settings(SETTINGS, {"loss": loss})
    partial = join_corpora(find_annotated([FULL, WITHOUT_MISC]))
    model = train(Plan(settings, partial, FULL, vectors))
    assert labels_of_danish(model) == ["MISC"]
    assert model.history[-1].dev == 1
    as_it_is = join_corpora([FULL, WITHOUT_MISC])  # four of five times Danish is O
    assert labels_of_danish(train(Plan(settings, as_it_is, as_it_is, vectors))) == []


def test_misc_that_dev_does_not_annotate_is_not_counted_as_wrong(vectors):
    _, dev = find_annotated([FULL, WITHOUT_MISC])
    model = train(Plan(SETTINGS, FULL, dev, vectors))
    assert labels_of_danish(model) == ["MISC"]
    assert model.history[-1].dev == 1


def test_scores_are_those_of_the_labels_that_a_split_annotates(vectors):
    tagger = Tagger(train(Plan(SETTINGS, FULL, FULL, vectors)))
    declared = WITHOUT_MISC.annotating(["PER"])
    for split, labels in ((WITHOUT_MISC, ["PER"]), (declared, None)):
        span = window_ner.evaluate(tagger, split, labels=labels)["span"]
        assert (span["f1"], span["predicted"], list(span["by_type"])) == (1, 16, ["PER"])
    assert window_ner.evaluate(tagger, WITHOUT_MISC)["span"]["predicted"] == 32
    assert window_ner.evaluate(tagger, FULL, labels=["MISC"])["span"]["support"] == 4
    with pytest.raises(InputError, match="there is no label X; there are MISC, PER"):
        window_ner.evaluate(tagger, FULL, labels=["PER", "X"])


def test_labels_to_score_do_not_count_in_texts_that_do_not_annotate_them(vectors):
    tagger = Tagger(train(Plan(SETTINGS, FULL, FULL, vectors)))
    mixed = join_corpora([FULL, WITHOUT_MISC.annotating(["PER"])])
    for labels in (None, ["PER", "MISC"]):
        by_type = window_ner.evaluate(tagger, mixed, labels=labels)["span"]["by_type"]
        assert {label: scores["predicted"] for label, scores in by_type.items()} == {
            "MISC": 4,
            "PER": 20,
        }


def test_a_model_with_one_score_has_no_labels_to_score(vectors):
    one_score = train(Plan(change_settings(SETTINGS, {"loss": "logistic"}), FULL, FULL, vectors))
    with pytest.raises(InputError, match="one score"):
        window_ner.evaluate(Tagger(one_score), FULL, labels=["PER"])


@pytest.mark.parametrize("loss", OBJECTIVES)
def test_annotating_every_label_in_words_changes_no_weight(vectors, loss):
    settings = change_settings(SETTINGS, {"loss": loss})
    declared = FULL.annotating(["MISC", "PER"])
    one, other = (train(Plan(settings, each, each, vectors)) for each in (FULL, declared))
    for name, weights in one.scorer.parameters.items():
        assert_array_equal(weights, other.scorer.parameters[name], err_msg=name)


def test_several_files_are_partial_unless_the_settings_say_no():
    changes = {"epochs": 1}
    for partial, danish in ((True, frozenset({"PER"})), (False, None)):
        job = new_job(
            "fast",
            train=[FULL, WITHOUT_MISC],
            dev=FULL,
            changes={**changes, "partial": partial},
        )
        assert {d.annotated for d in job.plan.train.documents} == {None, danish}
        assert len(job.plan.train.annotation_notes) == partial


@pytest.mark.parametrize(("partial", "found"), [(True, 24), (False, 40)])
def test_eval_scores_the_dev_split_as_the_training_did(partial, found, tmp_path):
    files = [tmp_path / "full.conll", tmp_path / "tweets.conll"]
    for file, corpus in zip(files, (FULL, WITHOUT_MISC), strict=True):
        sentences = (zip(s.tokens, s.tags, strict=True) for s in corpus.sentences)
        file.write_text("\n\n".join("\n".join(map(" ".join, s)) for s in sentences))
    changes = SETTINGS.as_dict()["training"] | {"partial": partial, "loss": "crf"}
    tagger = window_ner.train(
        "lecture", train=files[0], dev=files, vectors="random-5d", settings=changes
    )
    span = window_ner.evaluate(tagger, "dev")["span"]
    assert (span["predicted"], span["f1"]) == (found, pytest.approx(tagger.model.epoch.dev))


def test_a_loss_with_one_score_does_not_train_on_a_partial_corpus(vectors):
    settings = change_settings(SETTINGS, {"loss": "logistic"})
    partial = join_corpora(find_annotated([FULL, WITHOUT_MISC]))
    with pytest.raises(InputError, match="annotates only PER"):
        train(Plan(settings, partial, FULL, vectors))
