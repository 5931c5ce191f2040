import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.model.about import Decision, TrialScores
from window_ner.settings.tables import FineTuningSettings
from window_ner.training.fine_tuning import decide


def no_trial(fine_tune):
    raise AssertionError("the rule decides this without a trial")


def trials(frozen, tuned):
    """What a short run scores: F1 over all words, and half of that over unseen ones."""
    return lambda fine_tune: TrialScores(
        tuned if fine_tune else frozen, (tuned if fine_tune else frozen) / 2
    )


@pytest.mark.parametrize(
    ("windows", "fine_tune"),
    [(1, False), (99_999, False), (1_000_001, True), (10**9, True)],
)
def test_beyond_the_bounds_the_number_of_windows_decides(windows, fine_tune):
    decision = decide(windows, FineTuningSettings(), no_trial)
    assert decision.fine_tune is fine_tune
    bound = "above the rule's 1,000,000" if fine_tune else "below the rule's 100,000"
    assert decision.reason == f"{windows:,} windows are {bound}"
    assert decision.warning == ""
    assert decision.trials == {}


@pytest.mark.parametrize("windows", [100_000, 500_000, 1_000_000])
@pytest.mark.parametrize(("tuned", "fine_tune"), [(0.81, True), (0.79, False)])
def test_between_the_bounds_the_better_of_two_runs_decides(windows, tuned, fine_tune):
    decision = decide(windows, FineTuningSettings(), trials(0.8, tuned))
    assert decision.fine_tune is fine_tune
    winner, loser = max(0.8, tuned), min(0.8, tuned)
    assert f"{100 * winner:.1f} to {100 * loser:.1f}" in decision.reason
    assert f"{50 * winner:.1f} to {50 * loser:.1f}" in decision.reason
    assert ("fine-tuned wins" if fine_tune else "frozen wins") in decision.reason


@pytest.mark.parametrize(
    ("tuned", "frozen", "expected"),
    [
        (
            TrialScores(0.915, 0.889),
            TrialScores(0.853, 0.857),
            "fine-tuned wins 91.5 to 85.3 on dev, 88.9 to 85.7 on unseen words",
        ),
        (
            TrialScores(0.915, 0.857),
            TrialScores(0.853, 0.889),
            "fine-tuned wins 91.5 to 85.3 on dev, but loses 85.7 to 88.9 on unseen words",
        ),
        (
            TrialScores(0.936, 0.897),
            TrialScores(0.931, 0.924),
            "frozen loses 93.1 to 93.6 on dev, but wins 92.4 to 89.7 on unseen words",
        ),
    ],
)
def test_all_words_and_unseen_words_decide_together_and_the_reason_has_both(
    tuned, frozen, expected
):
    decision = decide(203_621, FineTuningSettings(), lambda tune: tuned if tune else frozen)
    assert decision.reason == f"203,621 windows are between the rule's bounds; {expected}"
    assert decision.fine_tune == expected.startswith("fine-tuned")


@pytest.mark.parametrize(
    ("weight", "fine_tune"), [(0.0, True), (0.4, True), (0.6, False), (1, False)]
)
def test_the_weight_of_unseen_words_is_a_setting(weight, fine_tune):
    def trial(tune):
        return TrialScores(0.8, 0.6) if tune else TrialScores(0.7, 0.7)

    assert decide(500_000, FineTuningSettings(unseen_weight=weight), trial).fine_tune == fine_tune


def test_of_two_equal_runs_the_simpler_wins():
    assert not decide(500_000, FineTuningSettings(), trials(0.8, 0.8)).fine_tune


def test_each_way_is_tried_once_and_kept_under_its_name():
    tried = []

    def trial(fine_tune):
        tried.append(fine_tune)
        return TrialScores(0.9, 0.5) if fine_tune else TrialScores(0.8, 0.6)

    decision = decide(500_000, FineTuningSettings(), trial)
    assert sorted(tried) == [False, True]
    assert decision.trials == {
        "frozen": TrialScores(0.8, 0.6),
        "fine-tuned": TrialScores(0.9, 0.5),
    }


@pytest.mark.parametrize(
    ("mode", "windows", "warning"),
    [
        ("on", 50_000, "50,000 windows are below the 100,000 of the rule"),
        ("off", 2_000_000, "2,000,000 windows are above the 1,000,000 of the rule"),
        ("on", 2_000_000, ""),
        ("off", 50_000, ""),
        ("on", 500_000, ""),
        ("off", 500_000, ""),
    ],
)
def test_who_is_told_does_so_and_says_what_the_rule_has_against_it(mode, windows, warning):
    decision = decide(windows, FineTuningSettings(mode=mode), no_trial)
    assert decision.fine_tune is (mode == "on")
    assert decision.reason == f"as set by fine-tune = {mode}"
    assert decision.warning.startswith(warning)
    assert bool(decision.warning) == bool(warning)


@pytest.mark.parametrize("pretrained", [True, False])
def test_the_labels_that_are_kept_keep_their_word_vectors(pretrained):
    rule = FineTuningSettings()
    decision = decide(2_000_000, rule, no_trial, pretrained=pretrained, keeps_labels=True)
    assert decision.fine_tune is False
    assert decision.warning == ""
    assert "were learned with the vectors as they are" in decision.reason


@given(
    windows=st.integers(0, 100),
    bounds=st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted),
)
def test_the_bounds_are_those_of_the_settings(windows, bounds):
    below, above = bounds
    rule = FineTuningSettings(freeze_below=below, tune_above=above)
    better, worse = decide(windows, rule, trials(0, 1)), decide(windows, rule, trials(1, 0))
    assert better.fine_tune == (windows >= below)
    assert worse.fine_tune == (windows > above)


def test_a_decision_in_words_is_what_was_decided_and_why():
    reason = "as set by fine-tune"
    assert str(Decision(True, reason)) == "fine-tuned: as set by fine-tune"
    assert str(Decision(False, reason)) == "frozen: as set by fine-tune"


def test_a_decision_can_be_stored_and_read_again():
    decision = decide(500_000, FineTuningSettings(), trials(0.8, 0.9))
    stored = json.loads(json.dumps(asdict(decision)))
    assert Decision.from_json(stored) == decision
