"""The pitfall rule: freeze the word vectors, fine-tune them, or try both.

Fine-tuning moves the vectors of words in the training data, but not those of other words: TV and
telly move, television stays. With little data (the lecture: below about 100 thousand examples) that
hurts, with much (above a million) it helps; in between, we try both.
"""

from collections.abc import Callable

from window_ner.model.about import Decision, TrialScores
from window_ner.settings.tables import FineTuningSettings


def decide(
    windows: int,
    settings: FineTuningSettings,
    trial: Callable[[bool], TrialScores],
    *,
    pretrained: bool = True,
    keeps_labels: bool = False,
) -> Decision:
    """Apply the rule.

    Between the bounds both are tried, and the scores over all words and over unseen words decide
    together. Unseen words are part of all words, but new text has more of them than dev, so their
    score is added with the weight ``unseen_weight``. With a weight of a quarter, the choice was
    right on text of other origin for all sizes of network and data in docs/pitfall.md; with all
    words alone, or unseen words alone, it was not.

    Parameters
    ----------
    windows
        Number of windows of the training data.
    settings
        The mode (auto, on or off), and the bounds of the rule.
    trial
        ``trial(fine_tune)`` trains for a few epochs and returns the dev scores, with the same seed
        for both modes. It is called only between the bounds.
    pretrained
        False if all word vectors are random: then they are fine-tuned, as they know nothing yet.
    keeps_labels
        Whether the model keeps labels of the model that it starts from. They were learned with the
        vectors as they are, so ``auto`` freezes these.
    """
    if keeps_labels and settings.mode == "auto":
        return Decision(False, "the labels that are kept were learned with the vectors as they are")
    if not pretrained:
        return _decide_random(windows, settings)
    if settings.mode != "auto":
        return _decide_as_set(windows, settings)
    if windows < settings.freeze_below:
        return Decision(
            False, f"{windows:,} windows are below the rule's {settings.freeze_below:,}"
        )
    if windows > settings.tune_above:
        return Decision(True, f"{windows:,} windows are above the rule's {settings.tune_above:,}")

    frozen, tuned = trial(False), trial(True)
    fine_tune = _weigh(tuned, settings) > _weigh(frozen, settings)
    winner, one, other = ("fine-tuned", tuned, frozen) if fine_tune else ("frozen", frozen, tuned)
    verbs = ["loses" if a < b else "wins" for a, b in zip(one.both, other.both, strict=True)]
    second = "" if verbs[0] == verbs[1] else f"but {verbs[1]} "
    reason = (
        f"{windows:,} windows are between the rule's bounds; {winner} {verbs[0]} "
        f"{100 * one.all_words:.1f} to {100 * other.all_words:.1f} on dev, "
        f"{second}{100 * one.unseen_words:.1f} to {100 * other.unseen_words:.1f} on unseen words"
    )
    return Decision(fine_tune, reason, trials={"frozen": frozen, "fine-tuned": tuned})


def _decide_as_set(windows: int, settings: FineTuningSettings) -> Decision:
    fine_tune, warning = settings.mode == "on", ""
    if fine_tune and windows < settings.freeze_below:
        warning = (
            f"{windows:,} windows are below the {settings.freeze_below:,} of the rule: "
            "fine-tuning may hurt on words that are not in the training data"
        )
    if not fine_tune and windows > settings.tune_above:
        warning = (
            f"{windows:,} windows are above the {settings.tune_above:,} of the rule: "
            "fine-tuning would probably help"
        )
    return Decision(fine_tune, f"as set by fine-tune = {settings.mode}", warning)


def _weigh(scores: TrialScores, settings: FineTuningSettings) -> float:
    weight = settings.unseen_weight
    return (1 - weight) * scores.all_words + weight * scores.unseen_words


def _decide_random(windows: int, settings: FineTuningSettings) -> Decision:
    if settings.mode == "off":
        warning = "random word vectors without training carry no information about the words"
        return Decision(False, f"as set by fine-tune = {settings.mode}", warning)
    warning = ""
    if windows < settings.tune_above:
        warning = (
            f"{windows:,} windows are below the {settings.tune_above:,} of the rule: "
            "pretrained word vectors would probably be better than random ones"
        )
    return Decision(True, "random word vectors have to be trained", warning)
