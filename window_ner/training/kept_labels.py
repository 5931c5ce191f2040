"""The labels that a training keeps: the model that it starts from teaches them.

A corpus for the new label DRUG does not annotate PER: a token outside its names is O or in an old
name. The likelihood over all these readings lets the old names stay, but nothing holds them there.
So the model reads the same sentences before the training, and its probabilities, given what is
annotated, are the target. No old data is needed.

Sources: Li and Hoiem, "Learning without forgetting", ECCV 2016; for names, Monaikul et al.,
"Continual learning for named entity recognition", AAAI 2021.
"""

from collections.abc import Callable
from dataclasses import replace

from window_ner.errors import InputError
from window_ner.model.about import About
from window_ner.model.distillation import teacher_scores
from window_ner.model.scorer import Scorer
from window_ner.training.other_meaning import labels_of_other_meaning
from window_ner.training.plan import Plan
from window_ner.training.trainer import Example


def check_kept_labels(plan: Plan, note: Callable[[str], None]) -> None:
    """Check a training that keeps labels; ``note`` gets a sentence for each doubtful label.

    Raises
    ------
    InputError
        If the training has two passes.
    """
    if plan.base is None or not plan.base.keep_labels:
        return
    if plan.settings.second_pass.folds:
        raise InputError(
            "a training that keeps the labels of a model has one pass; set second_pass.folds to 0, "
            "or leave out keep_labels"
        )
    for message in labels_of_other_meaning(plan.base.model, plan.train):
        note(message)


def taught_by_start(scorer: Scorer, about: About, train: Example) -> Example:
    """Return the training data with a teacher for the labels that the model keeps, if it keeps any.

    Parameters
    ----------
    scorer
        The scorer before the training. Its weights are those of the model that it starts from, so
        it gives the old tags the same scores. Those of the new tags have no effect, because the
        corpus annotates the new labels.
    about
        What the model keeps, and the weight of the teacher.
    train
        The training data, encoded for the model. If it has teachers already, they are enough.
    """
    weight = about.settings.start.teacher_weight
    goals = train.goals
    if not (about.keeps_labels and weight and goals.is_partial) or goals.teachers:
        return train
    scored = scorer.scored(train.text)
    teacher = teacher_scores(scored, scorer.objective, weight, given_annotation=True)
    return replace(train, goals=replace(goals, teachers=(teacher,)))
