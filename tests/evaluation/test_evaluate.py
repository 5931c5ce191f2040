from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.tag_schemes import Span, spans_of, tags_of
from window_ner.evaluation.evaluate import evaluate
from window_ner.evaluation.scores import Scores, span_scores, token_scores

LABELS = ["PER", "LOC", "ORG"]
tag_rows = st.lists(
    st.tuples(*[st.sampled_from(["O", "O", *(f"{p}-{x}" for p in "BI" for x in LABELS)])] * 2),
    min_size=1,
    max_size=30,
)


def both(rows):
    """Predicted and gold spans of some tokens, and their IOB2 tags."""
    predicted, gold = (spans_of(tags) for tags in zip(*rows, strict=True))
    return predicted, gold, *(tags_of(spans, len(rows)) for spans in (predicted, gold))


# Scores


def test_precision_recall_and_f1_are_fractions_of_the_counts():
    scores = Scores(correct=3, predicted=4, support=6)
    assert (scores.precision, scores.recall) == (0.75, 0.5)
    assert scores.f1 == pytest.approx(2 * 0.75 * 0.5 / (0.75 + 0.5))


@pytest.mark.parametrize("counts", [(0, 0, 0), (0, 5, 0), (0, 0, 5), (0, 5, 5)])
def test_a_fraction_of_nothing_is_zero(counts):
    scores = Scores(*counts)
    assert (scores.precision, scores.recall, scores.f1) == (0.0, 0.0, 0.0)


def test_scores_have_their_fractions_by_name():
    fractions = Scores(correct=1, predicted=2, support=4).as_dict()
    assert fractions["precision"] == 0.5
    assert fractions["recall"] == 0.25
    assert fractions["f1"] == pytest.approx(1 / 3)


# Tokens


def test_a_token_is_right_if_its_label_is_right_and_tokens_outside_names_do_not_count():
    scores = token_scores(np.array([0, 0, 1, 2, 1, 3]), np.array([0, 1, 1, 2, 0, 1]))
    assert scores == Scores(correct=2, predicted=4, support=4)


def test_only_the_tokens_asked_for_count():
    predicted, gold = np.array([1, 1, 0, 2]), np.array([1, 0, 1, 2])
    where = np.array([True, False, True, False])
    assert token_scores(predicted, gold, where) == Scores(correct=1, predicted=1, support=2)


@given(rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_token_scores_agree_with_scikit_learn(rows):
    metrics = pytest.importorskip("sklearn.metrics")
    predicted, gold = (np.array(column) for column in zip(*rows, strict=True))
    scores = token_scores(predicted, gold)
    theirs = metrics.precision_recall_fscore_support(
        gold, predicted, labels=[1, 2], average="micro", zero_division=0
    )
    assert (scores.precision, scores.recall, scores.f1) == pytest.approx(theirs[:3])


# Spans


def test_a_span_is_right_if_its_tokens_and_its_label_are():
    gold = [Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(5, 6, "LOC"), Span(8, 9, "ORG")]
    predicted = [Span(0, 2, "PER"), Span(3, 4, "ORG"), Span(5, 7, "LOC")]
    assert span_scores(predicted, gold) == {
        "": Scores(1, 3, 4),
        "LOC": Scores(0, 1, 2),
        "ORG": Scores(0, 1, 1),
        "PER": Scores(1, 1, 1),
    }


def test_spans_may_come_in_any_order_and_from_any_iterable():
    spans = [Span(0, 2, "PER"), Span(3, 4, "LOC")]
    assert span_scores(iter(spans), reversed(spans))[""] == Scores(2, 2, 2)


def test_no_spans_have_no_scores():
    assert span_scores([], []) == {"": Scores(0, 0, 0)}


@given(rows=tag_rows)
def test_span_scores_agree_with_seqeval(rows):
    metrics = pytest.importorskip("seqeval.metrics.sequence_labeling")
    predicted, gold, predicted_tags, gold_tags = both(rows)
    ours = span_scores(predicted, gold)
    labels = sorted({span.label for span in predicted + gold})
    assert list(ours) == ["", *labels]
    given_tags = [list(tags) for tags in zip(*rows, strict=True)]
    for tags in (given_tags, [predicted_tags, gold_tags]):
        theirs = metrics.precision_recall_fscore_support(
            [tags[1]], [tags[0]], average=None, zero_division=0
        )
        by_label = [(s.precision, s.recall, s.f1, s.support) for s in map(ours.get, labels)]
        assert np.array(by_label).reshape(-1, 4) == pytest.approx(np.array(theirs).T)
        theirs = metrics.precision_recall_fscore_support(
            [tags[1]], [tags[0]], average="micro", zero_division=0
        )
        total = ours[""]
        assert (total.precision, total.recall, total.f1) == pytest.approx(theirs[:3])


# The report of a split


@pytest.fixture
def report():
    """Ten tokens; the predicted spans have one right, one of a wrong label, one too short."""
    gold = [Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(5, 8, "ORG")]
    predicted = [Span(0, 2, "PER"), Span(3, 4, "ORG"), Span(5, 7, "ORG")]
    unseen = np.zeros(10, dtype=bool)
    unseen[[0, 1, 3, 7, 9]] = True
    return evaluate(predicted, gold, 10, unseen)


def test_the_report_scores_tokens_by_their_label(report):
    assert report["token"]["precision"] == pytest.approx(4 / 5)
    assert report["token"]["recall"] == pytest.approx(4 / 6)


def test_the_report_scores_spans_by_type(report):
    assert report["span"]["f1"] == pytest.approx(1 / 3)
    assert report["span"]["support"] == 3
    by_type = report["span"]["by_type"]
    assert list(by_type) == ["LOC", "ORG", "PER"]
    assert {label: by_type[label]["support"] for label in by_type} == {"LOC": 1, "ORG": 1, "PER": 1}
    assert {label: by_type[label]["f1"] for label in by_type} == {"LOC": 0, "ORG": 0, "PER": 1}
    assert by_type["ORG"]["precision"] == 0


def test_the_report_scores_unseen_words_by_themselves(report):
    unseen = report["unseen_words"]
    assert unseen["tokens"] == 5
    assert unseen["token_f1"] == pytest.approx(2 * 2 / (3 + 4))
    assert unseen["span_f1"] == pytest.approx(2 * 1 / (2 + 2))


def test_a_span_with_a_seen_word_is_seen(report):
    assert report["seen_words"]["span"]["support"] == 1
    assert report["unseen_words"]["span"]["support"] == 2


def test_the_boundaries_are_scored_by_themselves(report):
    assert report["untyped_span"]["correct"] == 2


@given(rows=tag_rows)
def test_unseen_words_are_all_words_where_none_was_seen(rows):
    predicted, gold, *_ = both(rows)
    report = evaluate(predicted, gold, len(rows), np.ones(len(rows), dtype=bool))
    unseen, seen = report["unseen_words"], report["seen_words"]
    assert unseen["tokens"] == len(rows)
    assert unseen["token_f1"] == report["token"]["f1"]
    assert unseen["span_f1"] == unseen["span"]["f1"] == report["span"]["f1"]
    assert (seen["tokens"], seen["token_f1"], seen["span_f1"]) == (0, 0.0, 0.0)


def test_a_split_without_names_and_finds_has_no_score():
    report = evaluate([], [], 3, np.zeros(3, dtype=bool))
    assert report["span"]["f1"] == 0
    assert report["span"]["by_type"] == {}
    assert report["unseen_words"]["span_f1"] == report["unseen_words"]["tokens"] == 0


def test_the_accuracy_of_no_token_is_zero():
    assert evaluate([], [], 0, np.zeros(0, dtype=bool))["token"]["accuracy"] == 0


def test_adjacent_names_of_one_label_are_two():
    gold = [Span(0, 1, "LOC"), Span(1, 2, "LOC")]
    report = evaluate([Span(0, 2, "LOC")], gold, 2, np.zeros(2, dtype=bool))
    assert report["token"]["f1"] == 1
    assert report["span"]["f1"] == 0


# conlleval


def conlleval(rows):
    """The counting of the shared task's script, line by line as Erik Tjong Kim Sang wrote it."""

    def starts(before, now):
        return now[0] == "B" or (now[0] == "I" and (before == "O" or before[2:] != now[2:]))

    def ends(before, now):
        return before != "O" and (now[0] in "BO" or before[2:] != now[2:])

    found, true, correct, right_tags = Counter(), Counter(), Counter(), 0
    before_predicted = before_gold = "O"
    in_correct = False
    for predicted, gold in [*rows, ("O", "O")]:
        if in_correct:
            both_end = ends(before_predicted, predicted), ends(before_gold, gold)
            if all(both_end):
                correct[before_gold[2:]] += 1
                in_correct = False
            elif any(both_end) or predicted[2:] != gold[2:]:
                in_correct = False
        both_start = starts(before_predicted, predicted), starts(before_gold, gold)
        found[predicted[2:]] += both_start[0]
        true[gold[2:]] += both_start[1]
        in_correct |= all(both_start) and predicted[2:] == gold[2:]
        right_tags += predicted == gold
        before_predicted, before_gold = predicted, gold
    return found, true, correct, (right_tags - 1) / len(rows)


@given(rows=tag_rows)
def test_the_report_counts_as_conlleval_does(rows):
    predicted, gold, predicted_tags, gold_tags = both(rows)
    report = evaluate(predicted, gold, len(rows), np.zeros(len(rows), dtype=bool))
    agree(report, list(zip(predicted_tags, gold_tags, strict=True)))


def test_the_report_on_conll_2003_equals_that_of_conlleval(news):
    gold_tags = [tag for sentence in news.sentences for tag in (*sentence.tags, "O")]
    rng = np.random.default_rng(0)
    others = rng.choice(["O", "B-PER", "I-PER", "I-LOC", "B-ORG", "I-MISC"], len(gold_tags))
    wrong = rng.random(len(gold_tags)) < 0.2
    predicted_tags = np.where(wrong, others, gold_tags).tolist()
    predicted = spans_of(predicted_tags)
    predicted_tags = tags_of(predicted, len(gold_tags))
    report = evaluate(predicted, spans_of(gold_tags), len(gold_tags), np.ones(len(gold_tags)) > 0)
    assert report["span"]["support"] == 5942
    agree(report, list(zip(predicted_tags, gold_tags, strict=True)))


def agree(report, rows):
    found, true, correct, accuracy = conlleval(rows)
    assert report["token"]["accuracy"] == pytest.approx(accuracy)
    assert report["span"]["correct"] == correct.total()
    for label, scores in report["span"]["by_type"].items():
        counts = scores["predicted"], scores["support"], scores["correct"]
        assert counts == (found[label], true[label], correct[label])
