import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.tag_schemes import Span, fits, spans_of, tags_of
from window_ner.data.windows import EncodedSentences
from window_ner.errors import InputError
from window_ner.model.objectives.base import NAME, Batch
from window_ner.model.objectives.goals import Goals
from window_ner.model.objectives.registry import OBJECTIVES, make_objective
from window_ner.nn.crf.legality import IMPOSSIBLE

LABELS = ("LOC", "PER")
SENTENCES = (
    Sentence(("Ann", "Lee", "left", "Rome"), ("B-PER", "I-PER", "O", "B-LOC")),
    Sentence(("Go",), ("O",)),
)
LENGTHS = np.array([4, 1])


def encoded(tokens):
    return EncodedSentences({"E": np.arange(tokens)}, np.array([tokens]), 3)


def random_scores(seed, tokens, outputs):
    return np.random.default_rng(seed).normal(0, 2, (tokens, outputs))


def test_an_unknown_loss_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'hinge'.*logistic, max-margin, softmax, crf"):
        make_objective("hinge", LABELS)


@pytest.mark.parametrize("name", ["softmax", "crf"])
def test_typed_objectives_train_on_bioes(name):
    objective = make_objective(name, LABELS)
    tags = [objective.tags[i] for i in objective.targets(SENTENCES)]
    assert tags == ["B-PER", "E-PER", "O", "S-LOC", "O"]


@pytest.mark.parametrize("name", ["logistic", "max-margin"])
def test_one_score_objectives_train_on_part_of_a_name_or_not(name):
    assert_array_equal(make_objective(name, LABELS).targets(SENTENCES), [1, 1, 0, 1, 0])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_targets_as_decisions_give_back_the_true_spans(name):
    objective = make_objective(name, LABELS)
    spans = objective.spans(objective.targets(SENTENCES), LENGTHS)
    typed = [Span(0, 2, "PER"), Span(3, 4, "LOC")]
    assert spans == (typed if objective.outputs > 1 else [s._replace(label=NAME) for s in typed])


def test_a_span_does_not_run_on_into_the_next_sentence():
    objective = make_objective("logistic", LABELS)
    assert objective.spans(np.ones(3, dtype=int), np.array([2, 1])) == [
        Span(0, 2, NAME),
        Span(2, 3, NAME),
    ]


@pytest.mark.parametrize("name", ["logistic", "max-margin", "softmax"])
def test_the_gradient_of_the_scores_agrees_with_central_differences(name):
    objective = make_objective(name, LABELS)
    rng = np.random.default_rng(0)
    targets = rng.integers(0, min(objective.outputs, 2), 8)
    targets[:2] = 0, 1
    plan = objective.plan(encoded(8), targets, 8, rng)
    batch = objective.batch(encoded(8), Goals(targets), plan[0])
    scores = rng.normal(size=(len(batch.goals), objective.outputs))
    _, ds, _ = objective.loss(scores, batch)
    for entry in np.ndindex(scores.shape):
        above, below = scores.copy(), scores.copy()
        above[entry] += 1e-6
        below[entry] -= 1e-6
        rise = objective.loss(above, batch)[0] - objective.loss(below, batch)[0]
        assert_allclose(ds[entry], rise / 2e-6, atol=1e-8)


@given(st.integers(1, 12), st.integers(1, 40), st.integers(1, 9), st.integers(0, 99))
def test_max_margin_pairs_each_name_with_a_corrupted_window(names, others, batch_size, seed):
    objective = make_objective("max-margin", LABELS)
    targets = np.repeat([1, 0], [names, others])
    plan = objective.plan(encoded(len(targets)), targets, batch_size, np.random.default_rng(seed))
    for chosen in plan:
        true, corrupted = np.split(chosen, 2)
        assert targets[true].all()
        assert not targets[corrupted].any()
    assert set(np.concatenate(plan).tolist()) >= set(range(names))


def test_max_margin_shows_all_corrupted_windows_in_an_epoch_where_names_divide_them():
    objective = make_objective("max-margin", LABELS)
    targets = np.repeat([1, 0], [3, 12])
    plan = objective.plan(encoded(15), targets, 4, np.random.default_rng(0))
    assert set(np.concatenate(plan).tolist()) == set(range(15))


def test_max_margin_leaves_out_other_corrupted_windows_in_each_epoch_where_there_is_a_rest():
    objective = make_objective("max-margin", LABELS)
    rng, targets = np.random.default_rng(0), np.repeat([1, 0], [10, 14])
    epochs = [np.concatenate(objective.plan(encoded(24), targets, 4, rng)) for _ in range(20)]
    assert set(np.concatenate(epochs).tolist()) == set(range(24))


def test_max_margin_needs_both_kinds_of_windows():
    objective = make_objective("max-margin", LABELS)
    with pytest.raises(InputError, match="max-margin"):
        objective.plan(encoded(3), np.zeros(3, dtype=int), 2, np.random.default_rng(0))


def test_the_calibration_of_max_margin_finds_the_border_between_the_scores():
    objective = make_objective("max-margin", LABELS)
    targets = np.repeat([0, 1], 200)
    scores = (np.random.default_rng(0).normal(0, 1, 400) + 3 * targets + 5)[:, None]
    objective.calibrate(scores, targets)
    assert 6 < objective.parameters["threshold"][0] < 7
    assert objective.parameters["threshold"].dtype == np.float32
    decisions = objective.decide(scores, np.array([400]))
    assert (decisions == targets).mean() > 0.9


@pytest.mark.parametrize("name", ["logistic", "softmax", "crf"])
def test_a_plan_shows_everything_once(name):
    objective = make_objective(name, LABELS)
    text = EncodedSentences({"E": np.arange(11)}, np.array([5, 4, 2]), 3)
    plan = objective.plan(text, np.zeros(11), 2, np.random.default_rng(0))
    batches = [objective.batch(text, Goals(np.arange(11)), chosen) for chosen in plan]
    assert sorted(np.concatenate([b.goals.numbers for b in batches]).tolist()) == list(range(11))
    assert all(len(b.goals) == b.lengths.sum() for b in batches)


def test_the_crf_starts_from_what_bioes_allows():
    objective = make_objective("crf", LABELS)
    parameters, tags = objective.parameters, objective.tags
    for i, a in enumerate(tags):
        for j, b in enumerate(tags):
            allowed = any(
                fits([*before, a, b, *after], "BIOES")
                for before in ([], [f"B-{a[2:]}"] if a[0] in "IE" else [])
                for after in ([], [f"E-{b[2:]}"] if b[0] in "BI" else [])
            )
            assert (parameters["transitions"][i, j] > IMPOSSIBLE) == allowed, (a, b)
    assert {t[0] for t, s in zip(tags, parameters["start"], strict=True) if s == 0} == set("OBS")
    assert {t[0] for t, s in zip(tags, parameters["end"], strict=True) if s == 0} == set("OES")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 999))
def test_the_crf_never_decides_for_what_bioes_forbids(lengths, seed):
    objective = make_objective("crf", LABELS)
    scores = random_scores(seed, sum(lengths), objective.outputs)
    decisions = objective.decide(scores, np.array(lengths))
    for sentence in np.split(decisions, np.cumsum(lengths)[:-1]):
        assert fits([objective.tags[i] for i in sentence], "BIOES")


@pytest.mark.parametrize("name", ["logistic", "softmax", "crf"])
@given(seed=st.integers(0, 999))
def test_the_probabilities_of_all_readings_of_a_word_sum_to_1(name, seed):
    """A word alone in its sentence is one of the single-word names, or none."""
    objective = make_objective(name, LABELS)
    length = np.array([1])
    scores = random_scores(seed, 1, objective.outputs)
    if name == "softmax":  # only a CRF knows that the other tags cannot stand there
        impossible = [i for i, tag in enumerate(objective.tags) if tag[0] in "BIE"]
        scores[:, impossible] = -1e3
    labels = LABELS if objective.outputs > 1 else [NAME]
    names = [
        objective.span_probabilities(scores, length, [Span(0, 1, label)])[0] for label in labels
    ]
    if objective.outputs == 1:
        none = 1 / (1 + np.exp(scores[0, 0]))
    else:
        single = [i for i, tag in enumerate(objective.tags) if tag[0] in "OS"]
        none = np.exp(scores[0, 0]) / np.exp(scores[0, single]).sum()
    assert_allclose(sum(names) + none, 1, rtol=1e-5)


def test_a_run_of_name_words_ends_where_its_neighbours_are_none():
    objective = make_objective("logistic", LABELS)
    scores = np.array([[0.0], [1.0], [-2.0], [3.0]])
    p = 1 / (1 + np.exp(-scores[:, 0]))
    spans = [Span(0, 2, NAME), Span(3, 4, NAME)]
    found = objective.span_probabilities(scores, np.array([3, 1]), spans)
    assert_allclose(found, [p[0] * p[1] * (1 - p[2]), p[3]], rtol=1e-6)


@given(st.data())
def test_any_tags_are_read_as_conlleval_reads_them(data):
    objective = make_objective("softmax", ["LOC", "PER"])
    lengths = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    decisions = data.draw(st.lists(st.integers(0, 8), min_size=sum(lengths), max_size=sum(lengths)))
    tags = [objective.tags[i] for i in decisions]
    spans, written, start = [], [], 0
    for length in lengths:
        here = spans_of(tags[start : start + length])
        spans += [Span(a + start, b + start, label) for a, b, label in here]
        written += tags_of(here, length)
        start += length
    assert objective.spans(np.array(decisions), np.array(lengths)) == spans
    assert objective.iob2(np.array(decisions), np.array(lengths)) == written


def partly(*annotated):
    """Two documents, each `SENTENCES`, with the labels that each annotates."""
    return Corpus(tuple(Document(SENTENCES, a) for a in annotated), name="mine.conll")


@pytest.mark.parametrize("name", ["softmax", "crf"])
def test_o_may_be_any_tag_of_the_labels_that_a_document_does_not_annotate(name):
    objective = make_objective(name, [*LABELS, "MISC"])
    goals = objective.goals(partly(frozenset({"LOC", "PER"}), None, frozenset()))
    allowed = [
        {objective.tags[k] for k in np.flatnonzero(row)} for row in goals.allowed(objective.outputs)
    ]
    exact = [{"B-PER"}, {"E-PER"}, {"O"}, {"S-LOC"}, {"O"}]
    misc = {"O", "B-MISC", "I-MISC", "E-MISC", "S-MISC"}
    anything = set(objective.tags)
    assert allowed[:5] == [exact[0], exact[1], misc, exact[3], misc]
    assert allowed[5:10] == exact
    assert allowed[10:] == [exact[0], exact[1], anything, exact[3], anything]
    assert goals.tags.tolist() == objective.targets(SENTENCES * 3).tolist()


@pytest.mark.parametrize("name", ["softmax", "crf"])
@pytest.mark.parametrize("annotated", [None, frozenset(LABELS), frozenset({*LABELS, "DRUG"})])
def test_a_document_that_annotates_every_label_of_the_model_has_exact_tags(name, annotated):
    objective = make_objective(name, LABELS)
    goals = objective.goals(partly(annotated))
    assert goals.sets is None
    assert_array_equal(goals.numbers, objective.targets(SENTENCES))


@pytest.mark.parametrize("name", ["logistic", "max-margin"])
def test_a_loss_with_one_score_refuses_a_partially_annotated_corpus(name):
    objective = make_objective(name, LABELS)
    assert len(objective.goals(partly(None))) == 5
    assert len(objective.goals(partly(frozenset(LABELS)))) == 5
    with pytest.raises(InputError, match=r"mine\.conll: annotates only PER; .*crf or softmax"):
        objective.goals(partly(None, frozenset({"PER"})))


@pytest.mark.parametrize("name", ["softmax", "crf"])
def test_the_gradients_of_partial_goals_agree_with_central_differences(name):
    objective = make_objective(name, [*LABELS, "MISC"])
    rng = np.random.default_rng(0)
    goals = objective.goals(partly(frozenset({"LOC"}), frozenset({"PER"})))
    lengths, scores = np.tile(LENGTHS, 2), random_scores(1, 10, objective.outputs)
    batch = Batch(None, goals, lengths)
    _, ds, _ = objective.loss(scores, batch)
    for entry in rng.integers(0, scores.shape, (40, 2)).tolist():
        above, below = scores.copy(), scores.copy()
        above[tuple(entry)] += 1e-6
        below[tuple(entry)] -= 1e-6
        rise = objective.loss(above, batch)[0] - objective.loss(below, batch)[0]
        assert_allclose(ds[tuple(entry)], rise / 2e-6, atol=1e-8)


def test_a_sentence_with_an_annotation_that_no_path_agrees_with_is_named():
    objective = make_objective("crf", LABELS)
    objective.parameters["start"][objective.tags.index("B-PER")] = IMPOSSIBLE
    corpus = partly(frozenset({"LOC"}))
    with pytest.raises(InputError, match=r"mine\.conll: .* sentence 1 \(Ann Lee left Rome …\)"):
        objective.goals(corpus)


def test_goals_of_mini_batches_are_those_of_their_tokens():
    objective = make_objective("crf", [*LABELS, "MISC"])
    goals = objective.goals(partly(None, frozenset({"LOC", "PER"}), None))
    text = EncodedSentences({"E": np.arange(15)}, np.tile(LENGTHS, 3), 3)
    for chosen in objective.plan(text, goals.tags, 2, np.random.default_rng(0)):
        batch = objective.batch(text, goals, chosen)
        tokens = text.tokens(chosen)
        assert_array_equal(batch.goals.numbers, goals.numbers[tokens])
        assert batch.goals.is_partial == bool(set(chosen.tolist()) & {2, 3})
