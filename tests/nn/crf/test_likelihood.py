import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.nn.crf import lattices as crf
from window_ner.nn.crf.arithmetic import NUMBERS
from window_ner.nn.crf.legality import IMPOSSIBLE, find_legality
from window_ner.nn.crf.likelihood import crf_loss, span_log_probabilities, token_marginals
from window_ner.nn.crf.targets import GoldPath
from window_ner.nn.crf.transitions import Transitions
from window_ner.nn.crf.viterbi import best_paths
from window_ner.nn.gradient_check import check_gradients

logsumexp = np.logaddexp.reduce
seeds = st.integers(0, 2**32 - 1)
some_lengths = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(np.array)


def random_crf(rng, lengths, tags, scale=1.0, illegal=0.3):
    """Emissions, and the scores of a CRF where some transitions, starts and ends are illegal."""

    def scores(*shape):
        legal = rng.random(shape) >= illegal
        return np.where(legal, scale * rng.normal(size=shape), IMPOSSIBLE)

    emissions = scale * rng.normal(size=(lengths.sum(), tags))
    return emissions, Transitions(scores(tags, tags), scores(tags), scores(tags))


def all_paths(emissions, transitions, start, end):
    """Every path through one sentence (P, L), and its score (P,)."""
    length, tags = emissions.shape
    paths = np.array(list(itertools.product(range(tags), repeat=length)))
    scores = start[paths[:, 0]] + end[paths[:, -1]]
    scores = scores + emissions[np.arange(length), paths].sum(axis=1)
    return paths, scores + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)


def flat(emissions, transitions):
    """The scores of a CRF, or their gradients, as a list of arrays."""
    return [emissions, *transitions]


def sentences(emissions, lengths):
    return np.split(emissions, np.cumsum(lengths)[:-1])


def spans_of(rng, lengths, count):
    """Random spans inside sentences, in no order."""
    sentence = rng.integers(0, len(lengths), count)
    starts = rng.integers(0, lengths[sentence])
    ends = rng.integers(starts + 1, lengths[sentence] + 1)
    first = np.cumsum(lengths) - lengths
    return first[sentence] + starts, first[sentence] + ends


@given(seeds, some_lengths, st.integers(1, 4), st.sampled_from([0.1, 3.0, 100.0]))
def test_the_loss_and_its_gradients_are_those_of_an_enumeration_of_all_paths(
    seed, lengths, tags, scale
):
    rng = np.random.default_rng(seed)
    emissions, scores = random_crf(rng, lengths, tags, scale)
    gold = rng.integers(0, tags, len(emissions))
    loss, expected = 0.0, [np.zeros_like(x) for x in (emissions, *scores)]
    d_emissions, d_transitions, d_start, d_end = expected
    row = 0
    for sentence in sentences(emissions, lengths):
        paths, path_score = all_paths(sentence, *scores)
        here = gold[row : row + len(sentence)]
        is_gold = (paths == here).all(axis=1)
        loss += logsumexp(path_score) - path_score[is_gold].sum()
        weight = np.exp(path_score - logsumexp(path_score)) - is_gold
        for t in range(len(sentence)):
            np.add.at(d_emissions[row + t], paths[:, t], weight)
            if t:
                np.add.at(d_transitions, (paths[:, t - 1], paths[:, t]), weight)
        np.add.at(d_start, paths[:, 0], weight)
        np.add.at(d_end, paths[:, -1], weight)
        row += len(sentence)
    actual_loss, *gradients = crf_loss(emissions, GoldPath(gold), lengths, scores)
    assert_allclose(actual_loss, loss / len(lengths), rtol=1e-9, atol=1e-9)
    for actual, e in zip(flat(*gradients), expected, strict=True):
        assert_allclose(actual, e / len(lengths), atol=1e-9)


@given(seeds, some_lengths, st.integers(1, 4), st.sampled_from([0.1, 3.0, 100.0]))
def test_marginals_of_tokens_are_those_of_an_enumeration_of_all_paths(seed, lengths, tags, scale):
    emissions, scores = random_crf(np.random.default_rng(seed), lengths, tags, scale)
    expected = []
    for sentence in sentences(emissions, lengths):
        paths, path_score = all_paths(sentence, *scores)
        probability = np.exp(path_score - logsumexp(path_score))
        expected += [[probability[column == k].sum() for k in range(tags)] for column in paths.T]
    actual = token_marginals(emissions, lengths, scores)
    assert_allclose(actual, expected, atol=1e-9)
    # scores of 1e4 are known to 2e-12, and so are the probabilities made of them
    assert_allclose(actual.sum(axis=1), 1, rtol=1e-10)


@given(seeds, some_lengths, st.integers(1, 4), st.sampled_from([0.1, 3.0, 100.0]))
@example(seed=53769, lengths=np.array([3, 1, 3]), tags=3, scale=100.0)  # a forbidden tag
@example(seed=69, lengths=np.array([4, 4, 1, 4]), tags=3, scale=100.0)  # p below 1e-308
@example(seed=6332, lengths=np.array([1, 1, 5, 3]), tags=3, scale=100.0)  # alpha beta below 1e-308
def test_probabilities_of_spans_are_those_of_an_enumeration_of_all_paths(
    seed, lengths, tags, scale
):
    rng = np.random.default_rng(seed)
    emissions, scores = random_crf(rng, lengths, tags, scale)
    asked = rng.integers(0, tags, len(emissions))
    starts, ends = spans_of(rng, lengths, 6)
    first = np.cumsum(lengths) - lengths
    expected = []
    for start, end in zip(starts, ends, strict=True):
        b = np.searchsorted(first, start, side="right") - 1
        paths, path_score = all_paths(sentences(emissions, lengths)[b], *scores)
        fits = (paths[:, start - first[b] : end - first[b]] == asked[start:end]).all(axis=1)
        expected.append(logsumexp(path_score[fits]) - logsumexp(path_score))
    actual = span_log_probabilities(emissions, lengths, scores, starts, ends, asked)
    assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)


@given(seeds, st.lists(st.integers(1, 4), min_size=1, max_size=2).map(np.array))
@settings(max_examples=3)  # each computes a hundred losses
def test_gradients_pass_the_central_difference_check(seed, lengths):
    rng = np.random.default_rng(seed)
    emissions, transitions = random_crf(rng, lengths, 4, illegal=0.0)
    transitions.between[0, 1] = transitions.start[1] = transitions.end[2] = IMPOSSIBLE
    tags = best_paths(rng.normal(size=emissions.shape), lengths, transitions)
    parameters = {"emissions": emissions, **transitions._asdict()}

    def loss():
        return crf_loss(emissions, GoldPath(tags), lengths, transitions)[0]

    _, *gradients = crf_loss(emissions, GoldPath(tags), lengths, transitions)
    gradients = dict(zip(parameters, flat(*gradients), strict=True))
    for check in check_gradients(loss, parameters, gradients, rng=rng):
        assert check.passed, check


def test_gradients_of_bioes_sentences_pass_the_central_difference_check(bioes_crf):
    rng = np.random.default_rng(0)
    lengths = np.array([5, 1, 2])
    emissions = 3 * rng.normal(size=(8, 9))
    transitions = bioes_crf(rng, types=2)
    tags = best_paths(rng.normal(size=emissions.shape), lengths, transitions)
    parameters = {"emissions": emissions, **transitions._asdict()}

    def loss():
        return crf_loss(emissions, GoldPath(tags), lengths, transitions)[0]

    _, *gradients = crf_loss(emissions, GoldPath(tags), lengths, transitions)
    gradients = dict(zip(parameters, flat(*gradients), strict=True))
    for check in check_gradients(loss, parameters, gradients, rng=rng):
        assert check.passed, check


@pytest.fixture(scope="module")
def crfsuite(tmp_path_factory):
    """A model trained by CRFsuite, and its scores as ours: emissions = attributes @ weights."""
    pycrfsuite = pytest.importorskip("pycrfsuite")
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, 30)
    attributes = rng.uniform(size=(lengths.sum(), 5))  # negative ones are "rare": left out
    noise = rng.gumbel(size=(lengths.sum(), 3))
    truth = (3 * attributes @ rng.normal(size=(5, 3)) + noise).argmax(axis=1)
    words = [{f"a{k}": float(v) for k, v in enumerate(row)} for row in attributes]
    bounds = list(itertools.pairwise([0, *np.cumsum(lengths).tolist()]))
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c2": 0.5,
            "feature.possible_states": True,
            "feature.possible_transitions": True,
            "epsilon": 1e-9,
            "delta": 1e-12,
            "max_iterations": 1000,
        }
    )
    for a, b in bounds:
        trainer.append(words[a:b], [str(k) for k in truth[a:b]])
    path = str(tmp_path_factory.mktemp("crfsuite") / "model")
    trainer.train(path)
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    info = tagger.info()
    weights = np.zeros((5, 3))
    for (attribute, label), weight in info.state_features.items():
        weights[int(attribute[1:]), int(label)] = weight
    transitions = np.zeros((3, 3))
    for (before, after), weight in info.transitions.items():
        transitions[int(before), int(after)] = weight
    scores = Transitions(transitions, np.zeros(3), np.zeros(3))
    return tagger, [words[a:b] for a, b in bounds], lengths, attributes, weights, scores, truth


def test_the_gradient_vanishes_where_crfsuite_found_the_optimum(crfsuite):
    _, _, lengths, attributes, weights, scores, truth = crfsuite
    _, d_emissions, d_transitions = crf_loss(attributes @ weights, GoldPath(truth), lengths, scores)
    # CRFsuite minimises the sum over sentences plus c2 times the squared weights, here c2 = 0.5
    assert_allclose(len(lengths) * attributes.T @ d_emissions, -weights, atol=1e-4)
    assert_allclose(len(lengths) * d_transitions.between, -scores.between, atol=1e-4)


def test_paths_marginals_and_path_probabilities_are_those_of_crfsuite(crfsuite):
    tagger, words, lengths, attributes, weights, scores, truth = crfsuite
    emissions = attributes @ weights
    tags = best_paths(emissions, lengths, scores)
    assert tags.tolist() == [int(tag) for sentence in words for tag in tagger.tag(sentence)]
    ends = np.cumsum(lengths)
    whole = span_log_probabilities(emissions, lengths, scores, ends - lengths, ends, truth)
    marginals, probabilities, row = [], [], 0
    for sentence in words:
        tagger.set(sentence)
        marginals += [[tagger.marginal(str(k), t) for k in range(3)] for t in range(len(sentence))]
        gold = truth[row : row + len(sentence)]
        probabilities.append(tagger.probability([str(k) for k in gold]))
        row += len(sentence)
    # CRFsuite shows its weights with six decimals
    assert_allclose(token_marginals(emissions, lengths, scores), marginals, atol=1e-5)
    assert_allclose(np.exp(whole), probabilities, atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "size"), [(np.float64, 1.0), (np.float32, 30.0), (np.float32, 1e4)]
)
def test_a_thousand_tokens_at_any_score_give_finite_and_correct_results(
    bioes_crf, path_scores, dtype, size
):
    rng = np.random.default_rng(0)
    lengths = np.array([3, 1000, 1])
    emissions = (size * rng.uniform(-1, 1, (1004, 17))).astype(dtype)
    scores = bioes_crf(rng, dtype=dtype)
    scores.between[scores.between > IMPOSSIBLE] *= dtype(size / 4)
    tags = best_paths(emissions, lengths, scores)
    loss, *gradients = crf_loss(emissions, GoldPath(tags), lengths, scores)
    starts, ends = spans_of(rng, lengths, 50)
    spans = span_log_probabilities(emissions, lengths, scores, starts, ends, tags)
    forbidden = span_log_probabilities(
        emissions, lengths, scores, starts, ends, np.full_like(tags, 2)
    )
    marginals = token_marginals(emissions, lengths, scores)
    for result in (loss, *flat(*gradients), spans, forbidden, marginals):
        assert np.isfinite(result).all()
    assert_allclose(marginals.sum(axis=1), 1, rtol=1e-5)
    assert (spans <= 1e-5).all()

    emissions, between, start, end = (x.astype(np.float64) for x in flat(emissions, scores))
    reference = 0.0
    for sentence in sentences(emissions, lengths):
        alpha = start + sentence[0]
        for local in sentence[1:]:
            alpha = local + np.logaddexp.reduce(alpha[:, None] + between)
        reference += logsumexp(alpha + end)
    reference -= path_scores(emissions, tags, lengths, scores).sum()
    assert_allclose(loss, reference / 3, rtol=1e-9, atol=1e-9 * size)


def test_the_fast_and_the_exact_recursion_agree(bioes_crf):
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 60, 20)
    emissions, scores = 5 * rng.normal(size=(lengths.sum(), 17)), bioes_crf(rng)
    first = np.cumsum(lengths) - lengths
    results = []
    for exact in (False, True):
        (lattice,) = crf.lattices(emissions, first, lengths, scores, exact=exact)
        results.append((lattice.log_partition, lattice.marginals(), lattice.expected_transitions()))
    assert_allclose(results[0][0], results[1][0], rtol=1e-13)
    assert_allclose(results[0][1], results[1][1], atol=1e-12)
    assert_allclose(results[0][2], results[1][2], atol=1e-10)


def test_normal_scores_get_the_fast_recursion_however_long_the_sentence(bioes_crf):
    rng = np.random.default_rng(2)
    lengths, scores = np.array([1000, 1, 2, 3]), bioes_crf(rng)
    emissions = 10 * rng.normal(size=(1006, 17))
    (lattice,) = crf.lattices(emissions, np.array([0, 1000, 1001, 1003]), lengths, scores)
    assert lattice.arithmetic is NUMBERS


def test_a_path_that_is_unlikely_from_both_ends_is_not_lost():
    """At either end tag 1 is e^-800 times as likely as tag 0, less than a double can hold."""
    emissions = np.array([[0.0, -300.0], *[[-300.0, 0.0]] * 10, [0.0, -300.0]])
    ends = np.array([0.0, -500.0])
    transitions = Transitions(np.array([[0.0, -900.0], [-900.0, 0.0]]), ends, ends)
    marginals = token_marginals(emissions, np.array([12]), transitions)
    assert_allclose(marginals, [[0.0, 1.0]] * 12, atol=1e-12)


@given(seeds, st.sampled_from([1.0, 10.0, 30.0, 100.0, 300.0]))
def test_marginals_are_right_wherever_the_fast_recursion_gives_up(bioes_crf, seed, size):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 40, 4)
    emissions, scores = size * rng.normal(size=(lengths.sum(), 9)), bioes_crf(rng, types=2)
    first = np.cumsum(lengths) - lengths
    (exact,) = crf.lattices(emissions, first, lengths, scores, exact=True)
    expected = np.empty_like(emissions)
    expected[exact.packing.order] = exact.marginals()
    assert_allclose(token_marginals(emissions, lengths, scores), expected, atol=1e-10)


def test_results_do_not_depend_on_the_other_sentences_of_the_batch(bioes_crf, monkeypatch):
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 40, 50)
    emissions, scores = 3 * rng.normal(size=(lengths.sum(), 17)), bioes_crf(rng)
    tags = best_paths(emissions, lengths, scores)
    starts, ends = spans_of(rng, lengths, 100)
    together = (
        token_marginals(emissions, lengths, scores),
        span_log_probabilities(emissions, lengths, scores, starts, ends, tags),
        *flat(*crf_loss(emissions, GoldPath(tags), lengths, scores)[1:]),
        crf_loss(emissions, GoldPath(tags), lengths, scores)[0],
    )
    monkeypatch.setattr(crf, "SENTENCES", 3)
    monkeypatch.setattr(crf, "TOKENS", 50)
    in_pieces = (
        token_marginals(emissions, lengths, scores),
        span_log_probabilities(emissions, lengths, scores, starts, ends, tags),
        *flat(*crf_loss(emissions, GoldPath(tags), lengths, scores)[1:]),
        crf_loss(emissions, GoldPath(tags), lengths, scores)[0],
    )
    for a, b in zip(together, in_pieces, strict=True):
        assert_allclose(a, b, atol=1e-11)
    alone = [
        token_marginals(sentence, np.array([len(sentence)]), scores)
        for sentence in sentences(emissions, lengths)
    ]
    assert_allclose(together[0], np.concatenate(alone), atol=1e-12)


@pytest.mark.parametrize("neighbour", [1.0, 50.0, 1e4])
def test_a_sentence_has_the_same_marginals_to_the_last_bit_beside_any_other(bioes_crf, neighbour):
    rng = np.random.default_rng(9)
    lengths, scores = np.array([7, 30, 1, 12]), bioes_crf(rng)
    emissions = rng.normal(size=(50, 17))
    emissions[7:37] *= neighbour
    together = token_marginals(emissions, lengths, scores)
    starts, ends, tags = np.array([1, 8, 37]), np.array([3, 9, 38]), np.zeros(50, dtype=int)
    spans = span_log_probabilities(emissions, lengths, scores, starts, ends, tags)
    begin = 0
    for i, length in enumerate(lengths[:3]):
        own = emissions[begin : begin + length]
        alone = token_marginals(own, lengths[i : i + 1], scores)
        assert_array_equal(together[begin : begin + length], alone)
        alone = span_log_probabilities(
            own,
            lengths[i : i + 1],
            scores,
            starts[i : i + 1] - begin,
            ends[i : i + 1] - begin,
            tags,
        )
        assert_array_equal(spans[i : i + 1], alone)
        begin += length


def test_every_result_has_the_dtype_of_the_scores(bioes_crf):
    rng = np.random.default_rng(3)
    lengths = np.array([2, 3])
    for dtype in (np.float32, np.float64):
        emissions, scores = rng.normal(size=(5, 17)).astype(dtype), bioes_crf(rng, dtype=dtype)
        tags = best_paths(emissions, lengths, scores)
        _, *gradients = crf_loss(emissions, GoldPath(tags), lengths, scores)
        spans = span_log_probabilities(
            emissions, lengths, scores, np.array([0]), np.array([2]), tags
        )
        results = [*flat(*gradients), spans, token_marginals(emissions, lengths, scores)]
        assert {x.dtype for x in results} == {np.dtype(dtype)}


def test_the_inputs_are_not_changed(bioes_crf):
    rng = np.random.default_rng(4)
    lengths = np.array([2, 3])
    emissions, scores = rng.normal(size=(5, 17)), bioes_crf(rng)
    copies = [x.copy() for x in flat(emissions, scores)]
    tags = best_paths(emissions, lengths, scores)
    crf_loss(emissions, GoldPath(tags), lengths, scores)
    span_log_probabilities(emissions, lengths, scores, np.array([0]), np.array([2]), tags)
    for a, b in zip(flat(emissions, scores), copies, strict=True):
        assert_array_equal(a, b)


def test_the_integer_type_of_lengths_and_tags_does_not_matter(bioes_crf):
    rng = np.random.default_rng(9)
    lengths = np.array([2, 40, 3])
    emissions, scores = rng.normal(size=(45, 17)), bioes_crf(rng)
    tags = best_paths(emissions, lengths, scores)
    loss = crf_loss(emissions, GoldPath(tags), lengths, scores)[0]
    small = tags.astype(np.int8), lengths.astype(np.uint8)
    assert crf_loss(emissions, GoldPath(small[0]), small[1], scores)[0] == loss


def test_no_spans_give_no_probabilities(bioes_crf):
    rng = np.random.default_rng(5)
    none = np.empty(0, dtype=np.intp)
    result = span_log_probabilities(
        rng.normal(size=(3, 17)), np.array([3]), bioes_crf(rng), none, none, np.zeros(3, np.intp)
    )
    assert result.shape == (0,)


@pytest.mark.parametrize("span", [(1, 1), (2, 1), (1, 3), (-1, 1), (4, 6)])
def test_a_span_that_is_empty_or_leaves_its_sentence_is_an_error(bioes_crf, span):
    rng = np.random.default_rng(6)
    starts, ends = np.array([span[0]]), np.array([span[1]])
    with pytest.raises(ValueError, match="inside one sentence"):
        span_log_probabilities(
            rng.normal(size=(5, 17)), np.array([2, 3]), bioes_crf(rng), starts, ends, np.zeros(5)
        )


@pytest.mark.parametrize("lengths", [[2, 2], [5, 0], [6, -1], []])
def test_lengths_that_do_not_fit_the_tokens_are_an_error(bioes_crf, lengths):
    rng = np.random.default_rng(7)
    emissions, scores = rng.normal(size=(5, 17)), bioes_crf(rng)
    lengths, tags = np.array(lengths, dtype=np.intp), np.zeros(5, dtype=np.intp)
    for call in (
        lambda: crf_loss(emissions, GoldPath(tags), lengths, scores),
        lambda: best_paths(emissions, lengths, scores),
        lambda: token_marginals(emissions, lengths, scores),
    ):
        with pytest.raises(ValueError, match=r"lengths add up|at least one token"):
            call()


def test_bioes_lets_every_tag_follow_every_tag_after_three_steps(bioes_crf):
    legality = find_legality(bioes_crf(np.random.default_rng(8)))
    assert legality.transitions.sum() == 97
    assert legality.steps == 3
    assert legality.dead_from_start == legality.dead_to_end == (8, 0, 0)


@pytest.mark.parametrize(("tags", "lengths"), [([0, 1], [3]), ([0, 1, 1, 1], [3])])
def test_a_loss_needs_a_tag_for_each_token(tags, lengths):
    emissions = np.zeros((sum(lengths), 2))
    scores = Transitions(np.zeros((2, 2)), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match=rf"{len(tags)} tags for {sum(lengths)} tokens in "):
        crf_loss(emissions, GoldPath(np.array(tags, int)), np.array(lengths, int), scores)


def test_a_loss_needs_a_sentence():
    none, scores = np.zeros(0, int), Transitions(np.zeros((2, 2)), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="at least one sentence"):
        crf_loss(np.zeros((0, 2)), GoldPath(none), none, scores)
