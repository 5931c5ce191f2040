import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.tag_schemes import Span
from window_ner.data.windows import EncodedSentences
from window_ner.evaluation.reliability import cross_fitted, reliability
from window_ner.model.calibration import fit_temperature, log_loss
from window_ner.model.objectives.registry import OBJECTIVES, make_objective
from window_ner.model.scorer import Scored

WORDS = 600


def sure_by(factor):
    """Single words whose softmax scores are those of the chances they come by, times a factor.

    Of the words with about the same chance, as many are right as it says, in each half: so few
    words do.
    """
    objective = make_objective("softmax", ["LOC"])
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 2, (WORDS, objective.outputs))
    single = objective.tags.index("S-LOC")
    odds = np.exp(scores)
    chances = odds[:, single] / odds.sum(axis=1)
    order = np.lexsort((chances, np.arange(WORDS) % 2))
    right = np.zeros(WORDS, dtype=bool)
    right[order] = np.diff(np.floor(np.cumsum(chances[order])), prepend=0) > 0
    spans = [Span(i, i + 1, "LOC") for i in range(WORDS)]
    return scored_as(objective, factor * scores, np.ones(WORDS, dtype=int)), spans, right


def scored_as(objective, scores, lengths):
    """A text of so many tokens a sentence with these scores."""
    text = EncodedSentences({"E": np.arange(len(scores))}, lengths, 5)
    return Scored(objective, text, scores)


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_the_temperature_undoes_what_the_scores_are_multiplied_with(factor):
    scored, spans, right = sure_by(factor)
    temperature = fit_temperature([(scored, spans)], right)
    assert temperature == pytest.approx(factor, rel=0.1)
    losses = [
        log_loss(scored.with_temperature(other * temperature).probabilities(spans), right)
        for other in (0.98, 1, 1.02)
    ]
    assert np.argmin(losses) == 1


def test_without_spans_the_temperature_is_1():
    scored, _, _ = sure_by(1)
    assert fit_temperature([(scored, [])], np.zeros(0, dtype=bool)) == 1


def test_texts_that_two_models_scored_have_one_temperature_between_theirs():
    (cold, spans, right), (hot, *_) = sure_by(1), sure_by(3)
    both = fit_temperature([(cold, spans), (hot, spans)], np.concatenate([right, right]))
    assert 1.1 < both < 2.9


def test_a_few_spans_that_all_are_right_do_not_make_a_model_certain():
    objective = make_objective("logistic", [])
    spans, right = [Span(0, 1, "NAME")], np.ones(1, dtype=bool)
    scored = scored_as(objective, np.array([[1.0], [-1.0]]), np.array([1, 1]))
    tempered = scored.with_temperature(fit_temperature([(scored, spans)], right))
    assert_allclose(tempered.probabilities(spans), 2 / 3, rtol=0.02)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_no_decision_depends_on_the_temperature(name):
    objective = make_objective(name, ["LOC", "PER"])
    scores = np.random.default_rng(1).normal(0, 3, (60, objective.outputs))
    lengths = np.array([20, 40])
    cold = scored_as(objective, scores, lengths)
    hot = cold.with_temperature(4.0)
    assert_array_equal(cold.decisions, hot.decisions)
    assert hot.probabilities(hot.spans).mean() < cold.probabilities(cold.spans).mean()


def test_a_hot_crf_still_finds_forbidden_tags_impossible():
    objective = make_objective("crf", ["LOC"]).with_temperature(8.0)
    scores = np.zeros((1, objective.outputs))
    spans = [Span(0, 1, "LOC")]
    # Of one token there are two legal readings: O and S-LOC.
    assert_allclose(objective.span_probabilities(scores, np.array([1]), spans), 0.5)


def test_the_log_loss_is_least_at_the_fraction_that_is_right():
    right = np.array([True] * 30 + [False] * 10)
    losses = {p: log_loss(np.full(40, p), right) for p in (0.65, 0.7, 0.75, 0.8, 0.85)}
    assert min(losses, key=losses.get) == 0.75


def test_the_calibration_error_is_the_weighted_gap_of_the_bins():
    probabilities = np.array([0.95, 0.91, 0.55, 1.0])
    right = np.array([True, False, False, True])
    found = reliability(probabilities, right)
    assert found["ece"] == pytest.approx((0.55 + abs(0.95 + 0.91 + 1.0 - 2)) / 4)
    assert [(b["from"], b["to"], b["count"]) for b in found["bins"]] == [
        (0.5, 0.6, 1),
        (0.9, 1.0, 3),
    ]
    assert found["bins"][1]["precision"] == pytest.approx(2 / 3)


def test_probabilities_that_are_too_high_are_overconfident():
    right = np.array([True, False, False, True])
    assert reliability(np.full(4, 0.8), right)["overconfidence"] == pytest.approx(0.3)
    assert reliability(np.full(4, 0.3), right)["overconfidence"] == pytest.approx(-0.2)


@pytest.mark.parametrize("spans", [100, 2000])
def test_the_error_by_chance_is_the_mean_error_of_probabilities_that_are_right(spans):
    rng = np.random.default_rng(0)
    probabilities = rng.beta(3, 1, size=spans)
    drawn = [reliability(probabilities, rng.random(spans) < probabilities) for _ in range(300)]
    errors = [found["ece"] for found in drawn]
    assert drawn[0]["ece_by_chance"] == pytest.approx(np.mean(errors), rel=0.05)


def test_without_spans_or_doubt_there_is_no_error_by_chance():
    assert reliability(np.zeros(0), np.zeros(0, dtype=bool))["ece_by_chance"] == 0
    assert reliability(np.ones(3), np.ones(3, dtype=bool))["ece_by_chance"] == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_the_bins_hold_every_span_once(rows):
    probabilities = np.array([p for p, _ in rows])
    right = np.array([r for _, r in rows], dtype=bool)
    found = reliability(probabilities, right)
    assert sum(b["count"] for b in found["bins"]) == len(rows)
    assert 0 <= found["ece"] <= 1
    assert all(b["from"] <= b["confidence"] + 1e-9 <= b["to"] + 2e-9 for b in found["bins"])


def test_cross_fitting_judges_no_half_by_itself():
    scored, spans, right = sure_by(1)
    halves = np.arange(WORDS) % 2 == 1
    scored.scores[halves] *= 3  # what the other half teaches is wrong for each
    found = cross_fitted(scored, spans, right, halves)
    for half, temperature in ((False, 3), (True, 1)):
        mine = [s for s, h in zip(spans, halves, strict=True) if h == half]
        expected = scored.with_temperature(temperature).probabilities(mine)
        assert_allclose(found[halves == half], expected, atol=0.06)
