"""Teaches a model what another model, the teacher, says.

The teacher scores the text once. Its probabilities are computed again for each mini-batch, which
takes less memory than all pairs of tags of all tokens would.
"""

import numpy as np

from window_ner.model.objectives.base import Objective
from window_ner.model.objectives.goals import TeacherScores
from window_ner.model.scorer import Scored
from window_ner.nn.crf.transitions import Transitions

_FAR_BELOW = 50.0
"""How far the score of a tag that the teacher does not know is below its best score."""


def teacher_scores(
    scored: Scored, objective: Objective, weight: float, *, given_annotation: bool = False
) -> TeacherScores:
    """Return the scores of a teacher for the tags of an objective.

    A tag that the teacher does not know gets a probability of nearly 0. An objective without
    transitions learns the probability of each tag of each token.
    """
    scores = scored.scores
    if objective.transitions is None:
        scores = np.log(np.maximum(scored.with_temperature(1).marginals(), 1e-30))
    new, old = _shared_tags(objective, scored.objective)
    emissions = np.repeat(scores.max(axis=1, keepdims=True) - _FAR_BELOW, objective.outputs, axis=1)
    emissions[:, new] = scores[:, old]
    transitions = _transitions(objective, scored.objective)
    return TeacherScores(emissions, weight, transitions, given_annotation)


def _shared_tags(student: Objective, teacher: Objective) -> tuple[list[int], list[int]]:
    """Return the numbers of the tags that both have, in the one and in the other."""
    if teacher.outputs == 1 or student.outputs == 1:
        raise ValueError("a model with one score cannot teach or be taught")
    shared = [tag for tag in student.tags if tag in teacher.tags]
    return [student.tags.index(tag) for tag in shared], [teacher.tags.index(tag) for tag in shared]


def _transitions(student: Objective, teacher: Objective) -> Transitions | None:
    """Return the teacher's transitions for the tags of the student.

    Transitions that the teacher does not have cost nothing if the tag scheme allows them.
    """
    if student.transitions is None:
        return None
    untrained = student.with_parameters(student.initial_parameters()).transitions
    assert untrained is not None
    if teacher.transitions is None:
        return untrained
    new, old = _shared_tags(student, teacher)
    between, start, end = untrained
    between[np.ix_(new, new)] = teacher.transitions.between[np.ix_(old, old)]
    start[new], end[new] = teacher.transitions.start[old], teacher.transitions.end[old]
    return Transitions(between, start, end)
