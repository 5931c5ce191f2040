"""The targets of a CRF, against an enumeration of all paths and central differences."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.crf import restricted
from window_ner.nn.crf.arithmetic import LOGARITHMS, NUMBERS
from window_ner.nn.crf.lattices import lattices
from window_ner.nn.crf.legality import IMPOSSIBLE
from window_ner.nn.crf.likelihood import crf_loss, token_marginals
from window_ner.nn.crf.restricted import sentences_without_path
from window_ner.nn.crf.targets import Agreeing, GoldPath
from window_ner.nn.crf.transitions import Transitions
from window_ner.nn.crf.viterbi import best_paths
from window_ner.nn.gradient_check import check_gradients

logsumexp = np.logaddexp.reduce
seeds = st.integers(0, 2**32 - 1)
some_lengths = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(np.array)
scales = st.sampled_from([0.1, 3.0, 100.0])


def random_crf(rng, lengths, tags, scale=1.0, illegal=0.3):
    def scores(*shape):
        legal = rng.random(shape) >= illegal
        return np.where(legal, scale * rng.normal(size=shape), IMPOSSIBLE)

    emissions = scale * rng.normal(size=(lengths.sum(), tags))
    return emissions, Transitions(scores(tags, tags), scores(tags), scores(tags))


def random_allowed(rng, lengths, tags):
    """Sets of tags: of some sentences one tag for each token, of others any sets."""
    allowed = rng.random((lengths.sum(), tags)) < rng.choice([0.0, 0.5, 0.9], len(lengths)).repeat(
        lengths
    ).reshape(-1, 1)
    allowed[np.arange(len(allowed)), rng.integers(0, tags, len(allowed))] = True
    return allowed


def all_paths(emissions, transitions, start, end):
    length, tags = emissions.shape
    paths = np.array(list(itertools.product(range(tags), repeat=length)))
    scores = start[paths[:, 0]] + end[paths[:, -1]]
    scores = scores + emissions[np.arange(length), paths].sum(axis=1)
    return paths, scores + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)


def parts(array, lengths):
    return np.split(array, np.cumsum(lengths)[:-1])


def agrees(paths, allowed):
    return allowed[np.arange(len(allowed)), paths].all(axis=1)


def by_enumeration(emissions, lengths, transitions, target):
    """The loss and its gradients, path by path.

    ``target(b, paths, scores)`` returns the loss of sentence b and q, the weights of its paths.
    """
    loss, d_emissions = 0.0, np.zeros_like(emissions)
    d_between, d_start, d_end = (np.zeros_like(x) for x in transitions)
    row = 0
    for b, sentence in enumerate(parts(emissions, lengths)):
        paths, scores = all_paths(sentence, *transitions)
        sentence_loss, q = target(b, paths, scores)
        loss += sentence_loss
        weight = np.exp(scores - logsumexp(scores)) - q
        for t in range(len(sentence)):
            np.add.at(d_emissions[row + t], paths[:, t], weight)
            if t:
                np.add.at(d_between, (paths[:, t - 1], paths[:, t]), weight)
        np.add.at(d_start, paths[:, 0], weight)
        np.add.at(d_end, paths[:, -1], weight)
        row += len(sentence)
    return loss / len(lengths), [x / len(lengths) for x in (d_emissions, d_between, d_start, d_end)]


def agreeing_by_enumeration(allowed, lengths):
    def target(b, paths, scores):
        fits = agrees(paths, parts(allowed, lengths)[b])
        partial = logsumexp(scores[fits])
        return logsumexp(scores) - partial, np.exp(np.where(fits, scores - partial, -np.inf))

    return target


def flat(emissions, transitions):
    return [emissions, *transitions]


def assert_agrees(actual, expected, scale=1.0):
    (loss, *gradients), (expected_loss, expected_gradients) = actual, expected
    assert_allclose(loss, expected_loss, rtol=1e-9, atol=1e-9 * scale)
    for a, b in zip(flat(*gradients), expected_gradients, strict=True):
        assert_allclose(a, b, atol=1e-9)


@given(seeds, some_lengths, st.integers(1, 4), scales)
def test_a_partial_annotation_gives_the_loss_of_an_enumeration_of_the_paths_that_agree(
    seed, lengths, tags, scale
):
    rng = np.random.default_rng(seed)
    emissions, scores = random_crf(rng, lengths, tags, scale)
    allowed = random_allowed(rng, lengths, tags)
    actual = crf_loss(emissions, Agreeing(allowed), lengths, scores)
    target = agreeing_by_enumeration(allowed, lengths)
    assert_agrees(actual, by_enumeration(emissions, lengths, scores, target), scale)


@given(seeds, st.lists(st.integers(1, 3), min_size=1, max_size=2).map(np.array))
@settings(max_examples=3)  # each computes a hundred losses
def test_the_gradients_of_a_partial_annotation_pass_the_central_difference_check(seed, lengths):
    rng = np.random.default_rng(seed)
    emissions, transitions = random_crf(rng, lengths, 3, illegal=0.0)
    transitions.between[0, 1] = transitions.start[1] = transitions.end[2] = IMPOSSIBLE
    allowed = random_allowed(rng, lengths, 3)
    allowed[np.arange(len(allowed)), best_paths(emissions, lengths, transitions)] = True
    target = Agreeing(allowed)
    parameters = {"emissions": emissions, **transitions._asdict()}

    def loss():
        return crf_loss(emissions, target, lengths, transitions)[0]

    _, *gradients = crf_loss(emissions, target, lengths, transitions)
    gradients = dict(zip(parameters, flat(*gradients), strict=True))
    for check in check_gradients(loss, parameters, gradients, rng=rng):
        assert check.passed, check


@pytest.fixture
def batch(bioes_crf):
    """Float32 scores of five BIOES sentences, a path that is legal, and its sets of one tag."""
    rng = np.random.default_rng(0)
    lengths = np.array([7, 1, 12, 2, 30])
    emissions = 3 * rng.normal(size=(52, 17)).astype(np.float32)
    transitions = bioes_crf(rng, dtype=np.float32)
    tags = best_paths(rng.normal(size=emissions.shape), lengths, transitions)
    return emissions, lengths, transitions, tags, np.eye(17, dtype=bool)[tags]


def assert_same(one, other):
    assert one[0] == other[0]
    for a, b in zip(flat(*one[1:]), flat(*other[1:]), strict=True):
        assert_array_equal(a, b)


def test_sets_of_one_tag_are_the_gold_path_to_the_last_bit(batch):
    emissions, lengths, transitions, tags, one_tag = batch
    gold = crf_loss(emissions, GoldPath(tags), lengths, transitions)
    assert_same(crf_loss(emissions, Agreeing(one_tag), lengths, transitions), gold)


def test_sets_of_one_tag_give_the_loss_of_the_gold_path_by_the_restricted_recursion_too(batch):
    emissions, lengths, transitions, tags, one_tag = batch
    gold = GoldPath(tags).counts(emissions, lengths, transitions)
    first = np.cumsum(lengths) - lengths
    (lattice,) = lattices(emissions, first, lengths, transitions, allowed=one_tag)
    assert lattice.arithmetic is NUMBERS
    assert_allclose(lattice.log_partition.sum(), gold.score, rtol=1e-6)
    assert_allclose(lattice.marginals(), gold.tokens[lattice.packing.order], atol=1e-12)
    assert_allclose(lattice.expected_transitions(), gold.between, atol=1e-12)


def test_where_every_tag_is_allowed_there_is_nothing_to_learn(batch):
    emissions, lengths, transitions, _, one_tag = batch
    target = Agreeing(np.ones_like(one_tag))
    loss, *gradients = crf_loss(emissions, target, lengths, transitions)
    assert_allclose(loss, 0, atol=1e-12)
    for gradient in flat(*gradients):
        assert_allclose(gradient, 0, atol=1e-7)


def test_a_batch_of_full_and_partial_sentences_has_the_mean_loss_of_its_sentences(batch):
    emissions, lengths, transitions, _, allowed = batch
    allowed[0, :] = allowed[10:20, :5] = True
    alone = [
        crf_loss(e, Agreeing(a), np.array([len(e)]), transitions)
        for e, a in zip(parts(emissions, lengths), parts(allowed, lengths), strict=True)
    ]
    loss, d_emissions, d_transitions = crf_loss(emissions, Agreeing(allowed), lengths, transitions)
    assert_allclose(loss, np.mean([one[0] for one in alone]))
    assert_allclose(d_emissions, np.concatenate([one[1] for one in alone]) / 5, atol=1e-7)
    for i, gradient in enumerate(d_transitions):
        assert_allclose(gradient, np.mean([one[2][i] for one in alone], axis=0), atol=1e-7)


@pytest.mark.parametrize(
    ("dtype", "size"), [(np.float64, 1.0), (np.float32, 30.0), (np.float32, 1e4)]
)
def test_a_thousand_tokens_at_any_score_give_a_finite_and_correct_partial_loss(
    bioes_crf, dtype, size
):
    rng = np.random.default_rng(0)
    lengths = np.array([3, 1000, 1])
    emissions = (size * rng.uniform(-1, 1, (1004, 17))).astype(dtype)
    scores = bioes_crf(rng, dtype=dtype)
    tags = best_paths(emissions, lengths, scores)
    allowed = np.eye(17, dtype=bool)[tags] | ((tags == 0)[:, None] & (np.arange(17) > 12))
    loss, *gradients = crf_loss(emissions, Agreeing(allowed), lengths, scores)
    for result in flat(*gradients):
        assert np.isfinite(result).all()
    emissions, between, start, end = (x.astype(np.float64) for x in flat(emissions, scores))
    both = np.stack([emissions, np.where(allowed, emissions, -1e9)], axis=1)
    reference = 0.0
    for sentence in parts(both, lengths):
        alpha = start + sentence[0]
        for local in sentence[1:]:
            alpha = local + np.logaddexp.reduce(alpha[:, :, None] + between, axis=1)
        reference += np.subtract(*logsumexp(alpha + end, axis=1))
    assert_allclose(loss, reference / 3, rtol=1e-8, atol=1e-8 * size)


@given(seeds, st.sampled_from([1.0, 10.0, 30.0, 100.0, 300.0]))
def test_the_fast_and_the_exact_restricted_recursion_agree(bioes_crf, seed, size):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 40, 4)
    emissions, scores = size * rng.normal(size=(lengths.sum(), 9)), bioes_crf(rng, types=2)
    tags = best_paths(rng.normal(size=emissions.shape), lengths, scores)
    allowed = np.eye(9, dtype=bool)[tags] | (rng.random((len(tags), 9)) < 0.3)
    first = np.cumsum(lengths) - lengths
    (fast,) = lattices(emissions, first, lengths, scores, allowed=allowed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restricted, "_stays_in_range", lambda *_: False)
        (exact,) = lattices(emissions, first, lengths, scores, allowed=allowed)
    assert exact.arithmetic is LOGARITHMS
    assert_allclose(fast.log_partition, exact.log_partition, rtol=1e-12, atol=1e-10)
    assert_allclose(fast.marginals(), exact.marginals(), atol=1e-10)
    assert_allclose(fast.expected_transitions(), exact.expected_transitions(), atol=1e-9)


def test_normal_scores_get_the_fast_restricted_recursion_however_long_the_sentence(bioes_crf):
    rng = np.random.default_rng(2)
    scores = bioes_crf(rng)
    emissions = 3 * rng.normal(size=(1000, 17))
    tags = best_paths(rng.normal(size=emissions.shape), np.array([1000]), scores)
    allowed = np.eye(17, dtype=bool)[tags]
    allowed[tags == 0, 13:] = True
    (lattice,) = lattices(emissions, np.array([0]), np.array([1000]), scores, allowed=allowed)
    assert lattice.arithmetic is NUMBERS


def test_marginals_given_an_annotation_are_zero_outside_it(batch):
    emissions, lengths, transitions, _, allowed = batch
    allowed |= np.random.default_rng(4).random(allowed.shape) < 0.2
    counts = Agreeing(allowed).counts(emissions, lengths, transitions)
    assert (counts.tokens[~allowed] == 0).all()
    assert_allclose(counts.tokens.sum(axis=1), 1, rtol=1e-6)
    free = Agreeing(np.ones_like(allowed)).counts(emissions, lengths, transitions)
    assert_allclose(free.tokens, token_marginals(emissions, lengths, transitions), atol=1e-6)


def test_sentences_without_a_legal_path_are_found(batch):
    _, lengths, transitions, _, allowed = batch

    def without_path(allowed):
        return sentences_without_path(np.arange(52), allowed, lengths, transitions)

    assert without_path(allowed).tolist() == []
    allowed[7] = np.arange(17) == 2  # the only token of its sentence is inside a name
    allowed[25:30] = np.arange(17) == 1  # five first tokens of names, one after another
    assert without_path(allowed).tolist() == [1, 4]
    allowed[26, [2, 3]] = allowed[27:30, 2:4] = True
    assert without_path(allowed).tolist() == [1]


def test_a_sentence_without_a_legal_path_still_has_a_finite_loss(batch):
    emissions, lengths, transitions, _, allowed = batch
    allowed[7] = (np.arange(17) == 2) | (np.arange(17) == 3)
    loss, *gradients = crf_loss(emissions, Agreeing(allowed), lengths, transitions)
    assert loss > 1000
    assert all(np.isfinite(gradient).all() for gradient in flat(*gradients))


def test_a_token_without_any_tag_and_sets_of_another_shape_are_errors(batch):
    emissions, lengths, transitions, _, allowed = batch
    with pytest.raises(ValueError, match="allowed tags of shape"):
        crf_loss(emissions, Agreeing(allowed[:-1]), lengths, transitions)
    none = allowed.copy()
    none[9] = False
    with pytest.raises(ValueError, match="token 9 may have no tag"):
        crf_loss(emissions, Agreeing(none), lengths, transitions)


def test_targets_and_gradients_have_the_dtype_of_the_scores(bioes_crf):
    rng = np.random.default_rng(3)
    lengths = np.array([2, 3])
    for dtype in (np.float32, np.float64):
        emissions, scores = rng.normal(size=(5, 17)).astype(dtype), bioes_crf(rng, dtype=dtype)
        tags = best_paths(emissions, lengths, scores)
        allowed = np.eye(17, dtype=bool)[tags] | (np.arange(17) == 0)
        _, *gradients = crf_loss(emissions, Agreeing(allowed), lengths, scores)
        assert {x.dtype for x in flat(*gradients)} == {np.dtype(dtype)}
