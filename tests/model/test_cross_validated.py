"""What a training without a dev split says about the quality of its model."""

from window_ner.model.cross_validated import LearningCurve


def test_the_expected_gain_never_leads_beyond_an_f1_of_100():
    curve = LearningCurve((8, 16), (0.82, 0.97), gain=0.07, low=0.001, high=0.15)
    assert str(curve) == (
        "with 8 sentences 82, with 16 sentences 97: "
        "twice as many should bring about 3 more (0 to 3)"
    )


def test_a_loss_of_less_than_half_a_point_is_written_as_0():
    curve = LearningCurve((8, 16), (0.5, 0.52), gain=0.01, low=-0.004, high=0.03)
    assert str(curve).endswith("twice as many may bring 1 more, or nothing (0 to 3)")


def test_nothing_is_to_be_gained_at_an_f1_of_100():
    curve = LearningCurve((3, 6), (0.95, 1.0), gain=0.025, low=-0.03, high=0.08)
    assert str(curve).endswith("twice as many may bring nothing (-3 to 0)")
