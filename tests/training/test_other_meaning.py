"""Labels that mean one thing in a model and another in a corpus."""

import numpy as np
import pytest

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.settings.toml import settings_from
from window_ner.training.other_meaning import labels_of_other_meaning
from window_ner.training.plan import Plan
from window_ner.training.run import train

NAMES = "Ann", "Bob", "Eva", "Tom", "Udo"
SETTINGS = settings_from(
    {
        "network": {"loss": "crf", "hidden": [8], "activation": "relu"},
        "training": {"epochs": 10, "batch_size": 2, "learning_rate": 0.03},
        "fine_tuning": {"mode": "off"},
    },
    "test",
)


def text(name_tag, language_tag, names=NAMES):
    sentences = (
        f"{name} {name_tag}\nspeaks O\nDanish {language_tag}\ntoday O\n\n" for name in names
    )
    return parse_conll("".join(sentences))


@pytest.fixture(scope="module")
def model():
    words = [*map(str.lower, NAMES), "speaks", "danish", "today"]
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    people = text("B-PER", "O")
    return train(Plan(SETTINGS, people, people, [WordVectors("tiny", words, table)]))


def test_a_label_with_the_same_meaning_is_not_mentioned(model):
    assert labels_of_other_meaning(model, text("B-PER", "B-MISC")) == []


def test_a_label_that_only_one_of_them_has_is_not_mentioned(model):
    assert labels_of_other_meaning(model, text("B-FRIEND", "B-MISC")) == []


def test_three_examples_show_where_they_disagree(model):
    (message,) = labels_of_other_meaning(model, text("O", "B-PER"))
    assert message == (
        "PER: the model and your corpus disagree on 10 of 10 names: 'Danish' (PER only in the "
        "corpus), 'Ann' (PER only in the model), 'Bob' (PER only in the model); if PER means "
        "something else in your corpus, give it another name there"
    )


def test_a_name_of_another_length_is_agreed_on(model):
    longer = parse_conll("".join(f"{n} B-PER\nspeaks I-PER\nDanish O\ntoday O\n\n" for n in NAMES))
    assert labels_of_other_meaning(model, longer) == []


def test_two_disagreements_are_no_sign_of_another_meaning(model):
    assert labels_of_other_meaning(model, text("O", "B-PER", NAMES[:1])) == []


def test_half_of_the_names_may_differ(model):
    assert labels_of_other_meaning(model, text("B-PER", "B-PER")) == []
