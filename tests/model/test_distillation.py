from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.windows import EncodedSentences
from window_ner.model.distillation import teacher_scores
from window_ner.model.objectives.base import Batch
from window_ner.model.objectives.registry import make_objective
from window_ner.model.scorer import Scored
from window_ner.nn.crf.likelihood import token_marginals

LENGTHS = np.array([5, 1, 12])
SENTENCES = tuple(
    Sentence(tuple("x" * n), tuple(tags))
    for n, tags in (
        (5, ["O", "B-DRUG", "I-DRUG", "O", "O"]),
        (1, ["O"]),
        (12, [*["O"] * 11, "B-DRUG"]),
    )
)
CORPUS = Corpus((Document(SENTENCES, frozenset({"DRUG"})),), name="drugs")


def scored(loss, labels, seed=0):
    """Random scores of 18 tokens by a model with random transitions."""
    rng = np.random.default_rng(seed)
    objective = make_objective(loss, labels)
    for name in {"transitions", "start", "end"} & set(objective.parameters):
        scores = objective.parameters[name]
        scores[scores == 0] = rng.normal(size=np.count_nonzero(scores == 0))
    text = EncodedSentences({"E": np.arange(18)}, LENGTHS, 3)
    return Scored(objective, text, rng.normal(0, 3, (18, objective.outputs)).astype(np.float32))


def test_a_student_with_the_same_scores_has_nothing_to_learn():
    for loss in ("crf", "softmax"):
        same = scored(loss, ["LOC", "PER"])
        goals = replace(
            same.objective.goals(CORPUS), teacher=teacher_scores(same, same.objective, 1.0)
        )
        _, ds, gradients = same.objective.loss(same.scores, Batch(None, goals, LENGTHS))
        assert_allclose(ds, 0, atol=1e-7)
        for gradient in gradients.values():
            assert_allclose(gradient, 0, atol=1e-6)


def test_a_teacher_of_other_tags_gives_its_probabilities_to_the_tags_of_the_student():
    teacher = scored("crf", ["LOC", "PER"])
    student = make_objective("crf", ["DRUG", "LOC", "PER"])
    said = teacher_scores(teacher, student, 1.0)
    known = [student.tags.index(tag) for tag in teacher.objective.tags]
    marginals = token_marginals(said.scores, LENGTHS, said.transitions)
    assert_allclose(marginals[:, known], teacher.marginals(), atol=1e-6)


def test_an_old_model_teaches_its_labels_around_the_new_names():
    """The self-distillation of --keep-labels: new names are exact, the rest is the old model's."""
    teacher = scored("crf", ["LOC", "PER"])
    student = make_objective("crf", ["DRUG", "LOC", "PER"])
    goals = student.goals(CORPUS)
    said = teacher_scores(teacher, student, 1.0, given_annotation=True)
    goals = replace(goals, teacher=said)
    scores = np.random.default_rng(1).normal(size=(18, student.outputs))
    _, ds, _ = student.loss(scores, Batch(None, goals, LENGTHS))
    taught = token_marginals(scores, LENGTHS, student.transitions) - 3 * ds
    drug = [i for i, tag in enumerate(student.tags) if tag.endswith("DRUG")]
    true = np.zeros(18)
    true[[1, 2, 17]] = 1
    assert_allclose(taught[:, drug].sum(axis=1), true, atol=1e-9)
    # the sentence without a new name is as the old model has it
    known = [student.tags.index(tag) for tag in teacher.objective.tags]
    assert_allclose(taught[5][known], teacher.marginals()[5], atol=1e-6)


def test_a_crf_teaches_a_softmax_its_marginals_and_a_softmax_a_crf_legal_paths():
    crf, softmax = scored("crf", ["LOC", "PER"]), scored("softmax", ["LOC", "PER"])
    said = teacher_scores(crf, softmax.objective, 1.0)
    assert said.transitions is None
    assert_allclose(np.exp(said.scores), crf.marginals(), atol=1e-6)
    said = teacher_scores(softmax, crf.objective, 1.0)
    assert_array_equal(said.scores, softmax.scores)
    untrained = make_objective("crf", ["LOC", "PER"]).transitions
    assert_array_equal(said.transitions.between, untrained.between)


def test_a_model_with_one_score_cannot_teach():
    with pytest.raises(ValueError, match="one score"):
        teacher_scores(scored("logistic", []), make_objective("crf", ["PER"]), 1.0)
