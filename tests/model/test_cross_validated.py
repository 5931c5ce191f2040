"""What a training without a dev split says about the quality of its model."""

from window_ner.model.cross_validated import LearningCurve


def test_the_expected_gain_never_leads_beyond_an_f1_of_100():
    curve = LearningCurve((8, 16), (0.82, 0.97), gain=0.07, low=0.001, high=0.15)
    assert str(curve) == (
        "with 8 sentences 82, with 16 sentences 97: "
        "twice as many should bring about 3 more (0 to 3)"
    )
