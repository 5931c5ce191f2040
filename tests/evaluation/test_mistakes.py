from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.tag_schemes import Span, spans_of
from window_ner.evaluation.mistakes import (
    NONE,
    confident_mistakes,
    confusion,
    kinds_of_error,
    wrong_mentions,
)

TOKENS = ["Ann", "Lee", "of", "New", "York", "City", "met", "Bob", "at", "Siemens", "in", "Rome"]
GOLD = [Span(0, 2, "PER"), Span(3, 6, "LOC"), Span(7, 8, "PER"), Span(9, 10, "ORG")]
PREDICTED = [
    Span(0, 2, "PER"),  # right
    Span(3, 5, "LOC"),  # too short
    Span(5, 6, "ORG"),  # too short, and a wrong type
    Span(9, 10, "PER"),  # a wrong type
    Span(11, 12, "LOC"),  # where none is
]
tags = st.lists(
    st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]), min_size=12, max_size=12
)


def test_each_wrong_span_is_wrong_in_one_way():
    assert kinds_of_error(PREDICTED, GOLD) == {
        "right": 1,
        "type": 1,
        "boundary": 1,
        "boundary_and_type": 1,
        "spurious": 1,
        "missed": 1,
    }


@given(tags, tags)
def test_the_kinds_add_up_to_the_predicted_spans(predicted_tags, gold_tags):
    predicted, gold = spans_of(predicted_tags), spans_of(gold_tags)
    kinds = kinds_of_error(predicted, gold)
    assert kinds["right"] == len({*predicted} & {*gold})
    assert sum(kinds.values()) - kinds["missed"] == len(predicted)
    is_gold = [any(s.start <= i < s.end for s in gold) for i in range(12)]
    spurious = sum(not any(is_gold[s.start : s.end]) for s in predicted)
    assert kinds["spurious"] == spurious
    assert kinds["missed"] == kinds_of_error(gold, predicted)["spurious"]


def test_the_confusion_is_of_spans_with_the_same_words():
    table = confusion(PREDICTED, GOLD)
    assert table["PER"] == {"LOC": 0, "ORG": 0, "PER": 1, NONE: 1}
    assert table["ORG"] == {"LOC": 0, "ORG": 0, "PER": 1, NONE: 0}
    assert table["LOC"] == {"LOC": 0, "ORG": 0, "PER": 0, NONE: 1}
    assert table[NONE] == {"LOC": 2, "ORG": 1, "PER": 0, NONE: 0}


@given(tags, tags)
def test_the_rows_of_the_confusion_are_the_true_spans_and_its_columns_the_predicted(a, b):
    predicted, gold = spans_of(a), spans_of(b)
    table = confusion(predicted, gold)
    for label in ("LOC", "PER"):
        if label in table:
            assert sum(table[label].values()) == sum(s.label == label for s in gold)
            column = sum(row[label] for row in table.values())
            assert column == sum(s.label == label for s in predicted)


def test_the_most_frequent_mistake_comes_first():
    tokens = ["Rome", "Ann", "Rome"]
    found = wrong_mentions(
        [Span(0, 1, "PER"), Span(1, 2, "PER"), Span(2, 3, "PER")],
        [Span(0, 1, "LOC"), Span(2, 3, "LOC")],
        tokens,
        5,
    )
    assert found == [
        {"text": "Rome", "gold": "LOC", "predicted": "PER", "count": 2},
        {"text": "Ann", "gold": NONE, "predicted": "PER", "count": 1},
    ]


def test_a_wrong_boundary_is_a_mention_found_and_another_missed():
    found = wrong_mentions(PREDICTED, GOLD, TOKENS, 99)
    assert {"text": "New York City", "gold": "LOC", "predicted": NONE, "count": 1} in found
    assert {"text": "New York", "gold": NONE, "predicted": "LOC", "count": 1} in found
    assert len(found) == 6


def test_no_more_mistakes_than_asked_for():
    assert len(wrong_mentions(PREDICTED, GOLD, TOKENS, 2)) == 2


def test_the_most_confident_mistakes_come_first_each_in_its_sentence():
    sentences = [TOKENS[:6], TOKENS[6:]]
    confidence = dict.fromkeys(PREDICTED + GOLD, 0.5)
    listed = confident_mistakes(PREDICTED, GOLD, confidence, sentences, 5)
    assert {kind: len(mistakes) for kind, mistakes in listed.items()} == {
        "type": 1,
        "boundary": 1,
        "boundary_and_type": 1,
        "spurious": 1,
        "missed": 1,
    }
    assert listed["boundary"][0]["found"] == [3, 5, "LOC"]
    assert listed["boundary"][0]["true"] == [[3, 6, "LOC"]]
    assert listed["type"][0] == {
        "tokens": TOKENS[6:],
        "found": [3, 4, "PER"],
        "true": [[3, 4, "ORG"]],
        "confidence": 0.5,
    }
    assert (listed["missed"][0]["found"], listed["missed"][0]["true"]) == (None, [[1, 2, "PER"]])


def test_of_equal_mistakes_only_the_most_confident_is_listed():
    tokens = ["in", "Rome"]
    predicted = [Span(1, 2, "PER"), Span(3, 4, "PER"), Span(5, 6, "ORG")]
    gold = [Span(start, end, "LOC") for start, end, _ in predicted]
    confidence = dict(zip(predicted, [0.7, 0.9, 0.8], strict=True))
    everything = confident_mistakes(predicted, gold, confidence, [tokens] * 3, 5)["type"]
    assert [(m["found"], m["confidence"]) for m in everything] == [
        ([1, 2, "PER"], 0.9),
        ([1, 2, "ORG"], 0.8),
    ]
    assert (
        confident_mistakes(predicted, gold, confidence, [tokens] * 3, 1)["type"] == everything[:1]
    )
