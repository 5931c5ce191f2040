"""The teacher of a training that keeps labels: the model that it starts from.

A corpus for the new label DRUG does not annotate PER: a token outside its names is O or in an old
name. The likelihood over all these readings lets the old names stay, but nothing holds them there.
So the model reads the same sentences before the training, and its probabilities, given what is
annotated, are the target. No old data is needed.

Sources: Li and Hoiem, "Learning without forgetting", ECCV 2016; for names, Monaikul et al.,
"Continual learning for named entity recognition", AAAI 2021.
"""

from dataclasses import replace

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.model.about import About
from window_ner.model.model import Model
from window_ner.model.objectives.goals import TeacherScores
from window_ner.model.scorer import Scorer
from window_ner.nn.crf.transitions import Transitions
from window_ner.training.plan import Plan
from window_ner.training.rehearsal import with_rehearsal
from window_ner.training.trainer import Example, example


def training_example(plan: Plan, model: Model, corpus: Corpus) -> Example:
    """Encode the training data of a plan, with what the teacher says about it."""
    if plan.base:
        corpus = with_rehearsal(corpus, model.about, plan.base.model.about.labels)
    return taught_by_start(model.scorer, model.about, example(model, corpus))


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
        The training data, encoded for the model.
    """
    weight = about.settings.start.teacher_weight
    if not (about.keeps_labels and weight and train.goals.is_partial):
        return train
    scores, transitions = scorer.scored(train.text).scores, scorer.objective.transitions
    before = transitions and Transitions(*map(np.copy, transitions))
    teacher = TeacherScores(scores, weight, before)
    return replace(train, goals=replace(train.goals, teacher=teacher))
