"""The tagger as an estimator of scikit-learn."""

import doctest
import pickle
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score, learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

import window_ner
import window_ner.sklearn
from window_ner.data.tag_schemes import spans_of, tags_of
from window_ner.sklearn import WindowNER
from window_ner.storage.resources import resource_folder

SENTENCES = window_ner.read_conll(resource_folder("data/sample") / "dev.conll").sentences
X = [list(s.tokens) for s in SENTENCES]
Y = [list(s.tags) for s in SENTENCES]
QUICK = {"vectors": "random-10d", "epochs": 2, "batch_size": 16, "random_state": 1}
GOOD = {
    **QUICK,
    **{"epochs": 6, "batch_size": 4, "learning_rate": 0.01},
    "settings": {"dropout_inputs": 0, "dropout_hidden": 0},
}
HARDLY = {"epochs": 1, "batch_size": 16, "learning_rate": 1e-6, "random_state": 1}
"""A training that leaves its first model almost as it is."""


@pytest.fixture(scope="module")
def fitted():
    return WindowNER(**GOOD).fit(X, Y)


def test_the_example_of_the_module_is_true():
    assert doctest.testmod(window_ner.sklearn).failed == 0


def test_it_learns_and_scores_as_the_command_does(fitted):
    assert fitted.score(X, Y) > 0.5
    corpus = window_ner.make_corpus(X, Y)
    report = window_ner.evaluate(fitted.tagger_, corpus)
    predicted = fitted.predict(X)
    assert [len(tags) for tags in predicted] == [len(tags) for tags in Y]
    found = sum(len(spans_of(tags)) for tags in predicted)
    right = sum(len(set(spans_of(a)) & set(spans_of(b))) for a, b in zip(predicted, Y, strict=True))
    true = sum(len(spans_of(tags)) for tags in Y)
    assert fitted.score(X, Y) == pytest.approx(2 * right / (found + true))
    assert report["span"]["support"] == true


def test_score_and_fit_take_any_tag_scheme(fitted):
    for scheme in ("IOB1", "BIOES", "BILOU"):
        written = [tags_of(spans_of(tags), len(tags), scheme) for tags in Y]
        assert fitted.score(X, written) == fitted.score(X, Y)
    one, other = (WindowNER(**QUICK).fit(X[:30], tags[:30]) for tags in (Y, written))
    assert one.predict_marginals(X[:9]) == other.predict_marginals(X[:9])


def test_it_can_be_pickled_and_saved(fitted, tmp_path):
    fitted.tagger_.save(tmp_path / "model")
    assert pickle.loads(pickle.dumps(fitted)).predict(X) == fitted.predict(X)
    loaded = window_ner.load(tmp_path / "model")
    assert loaded.tag_batch(X, [1] * len(X)) == fitted.predict(X)


def test_a_clone_is_not_fitted_and_has_the_same_parameters(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(X)


def test_a_sentence_is_read_by_itself(fitted):
    alone = [fitted.predict([tokens])[0] for tokens in X[:40]]
    assert alone == fitted.predict(X[:40])
    assert fitted.predict(X[39::-1])[::-1] == alone
    assert fitted.predict([[], X[0], []]) == [[], alone[0], []]


def test_sentences_may_be_arrays(fitted):
    arrays = np.empty(10, dtype=object)
    arrays[:] = [np.array(tokens) for tokens in X[:10]]
    assert fitted.predict(arrays) == fitted.predict(X[:10])
    assert fitted.score(arrays, Y[:10]) == fitted.score(X[:10], Y[:10])


@pytest.mark.parametrize("loss", ["crf", "softmax", "logistic", "max-margin"])
def test_marginals_are_probabilities_of_the_tags_that_are_predicted(loss, fitted):
    model = fitted
    if loss != "crf":
        windows = {"batch_size": 64, "epochs": 2, "learning_rate": 0.02}  # not sentences
        model = WindowNER(**{**GOOD, **windows}, loss=loss).fit(X, Y)
    assert model.tagger_.model.about.settings.network.loss == loss
    assert model.score(X, Y) > 0.4
    marginals = model.predict_marginals([*X[:30], []])
    assert [len(m) for m in marginals] == [len(tokens) for tokens in [*X[:30], []]]
    for of_sentence, tags in zip(marginals, model.predict(X[:30]), strict=False):
        for position, (of_token, tag) in enumerate(zip(of_sentence, tags, strict=True)):
            assert list(of_token) == model.classes_
            assert sum(of_token.values()) == pytest.approx(1, abs=1e-5)
            assert min(of_token.values()) >= 0
            assert tag in of_token
            if position == 0:
                inside = [p for t, p in of_token.items() if t[0] == "I"]
                if loss != "softmax":  # where each tag is by itself, an I may be the first
                    assert max(inside) < 1e-5


def test_the_names_that_are_certain_have_certain_tags(fitted):
    spans, scores = fitted.tagger_.find(X, [1] * len(X))
    marginals = [of_token for sentence in fitted.predict_marginals(X) for of_token in sentence]
    for (start, end, label), score in zip(spans, scores.tolist(), strict=True):
        for token in range(start, end):
            tag = f"{'I' if token > start else 'B'}-{label}"
            assert marginals[token][tag] >= score - 1e-4


def test_marginals_of_single_tokens_are_the_probability_of_the_span(fitted):
    X_one = [[token] for tokens in X[:20] for token in tokens]
    spans, scores = fitted.tagger_.find(X_one, [1] * len(X_one))
    found = fitted.predict_marginals(X_one)
    assert spans
    for (start, _, label), score in zip(spans, scores.tolist(), strict=True):
        assert found[start][0][f"B-{label}"] == pytest.approx(score, abs=1e-5)


def test_cross_validation_and_grid_search_work():
    few, quick = (X[:40], Y[:40]), WindowNER(**{**QUICK, "epochs": 1})
    scores = cross_val_score(quick, *few, cv=2)
    assert_allclose(scores, cross_val_score(quick, *few, cv=2))
    grid = {"hidden": [4, (8, 4)], "learning_rate": np.array([0.01]), "loss": ["softmax"]}
    search = GridSearchCV(quick, grid, cv=GroupKFold(2), error_score="raise")
    search.fit(*few, groups=np.arange(40) // 10)
    assert set(search.best_params_) == set(grid)
    assert search.best_estimator_.tagger_.model.about.settings.network.loss == "softmax"
    assert search.predict(X[:3]) == search.best_estimator_.predict(X[:3])


def test_it_can_end_a_pipeline():
    lower = FunctionTransformer(lambda X: [[t.lower() for t in tokens] for tokens in X])
    pipeline = make_pipeline(lower, WindowNER(**QUICK)).fit(X[:40], Y[:40])
    assert len(pipeline.predict(X)) == len(X)
    assert 0 <= pipeline.score(X, Y) <= 1


def test_parameters_are_settings():
    model = WindowNER(
        "lecture",
        **{**QUICK, "batch_size": 7},
        hidden=(5, 3),
        loss="softmax",
        fine_tune="off",
        settings={"window": 3, "training.l2": 0.1},
        validation_fraction=0.5,
    ).fit(X, Y)
    settings = model.tagger_.model.about.settings
    assert settings.network.hidden == (5, 3)
    assert settings.network.window == 3
    assert (settings.training.batch_size, settings.training.l2) == (7, 0.1)
    assert settings.fine_tuning.mode == "off"
    assert 0.4 < model.tagger_.model.about.windows / sum(map(len, X)) < 0.6


def test_a_batch_size_that_is_set_is_kept_to_however_small_the_corpus_is():
    def batches(**parameters):
        model = WindowNER(**{**QUICK, "epochs": 1, "batch_size": None, **parameters})
        about = model.fit(X[:20], Y[:20]).tagger_.model.about
        training = about.settings.training
        return training.batch_size, training.min_batches

    assert batches() == (32, 200)
    assert batches(batch_size=20) == batches(settings={"training.batch_size": 20}) == (20, 0)


def test_the_fraction_to_hold_out_may_be_a_number_of_numpy():
    model = WindowNER(**{**QUICK, "epochs": 1}, validation_fraction=np.float32(0.5))
    assert model.fit(X[:40], Y[:40]).tagger_.model.about.windows == sum(map(len, X[:40:2]))


def test_it_learns_from_few_sentences_as_it_comes():
    model = WindowNER(vectors="random-10d", epochs=3, random_state=1).fit(X, Y)
    assert model.score(X, Y) > 0.4


def test_a_random_state_is_a_seed():
    def weights(random_state):
        model = WindowNER(**{**QUICK, "epochs": 1, "random_state": random_state})
        return model.fit(X[:20], Y[:20]).tagger_.model.network.parameters["W"]

    assert_allclose(weights(3), weights(np.int64(3)))
    one = np.random.RandomState(3)
    first, second = weights(one), weights(one)
    assert not np.allclose(first, second)
    assert_allclose(first, weights(np.random.RandomState(3)))


def test_it_starts_from_a_model(fitted, tmp_path):
    fitted.tagger_.save(tmp_path / "model")
    for init in (fitted.tagger_, tmp_path / "model", str(tmp_path / "model")):
        model = WindowNER(init=init, **HARDLY)
        copy = clone(model).fit(X[:40], Y[:40])
        assert copy.score(X, Y) > 0.9 * fitted.score(X, Y)  # from scratch: 0 after one epoch
        assert set(copy.classes_) <= set(fitted.classes_)


def test_a_learning_curve_of_models_that_start_from_a_model(fitted):
    model = WindowNER(init=fitted.tagger_, **HARDLY)
    labelled = [i for i, tags in enumerate(Y) if set(tags) != {"O"}][:60]
    some, of_some = [X[i] for i in labelled], [Y[i] for i in labelled]
    sizes, _, scores = learning_curve(model, some, of_some, train_sizes=[15, 30], cv=2)
    assert sizes.tolist() == [15, 30]
    assert scores.shape == (2, 2)
    assert scores.min() > 0.3


def test_without_a_validation_fraction_few_sentences_are_cross_validated():
    model = WindowNER(**{**QUICK, "epochs": 1}, validation_fraction=None).fit(X[:40], Y[:40])
    about = model.tagger_.model.about
    assert about.windows == sum(map(len, X[:40]))
    assert (about.cross_validated.sentences, about.cross_validated.curve) == (40, None)


@pytest.mark.parametrize(
    ("parameters", "data", "message"),
    [
        ({"validation_fraction": 0}, (X, Y), "validation_fraction must be above 0"),
        ({"loss": "hinge"}, (X, Y), "loss='hinge'.*unknown 'hinge'"),
        ({"config": "crf"}, (X, Y), "no config 'crf'"),
        ({"settings": {"hiden": 3}}, (X, Y), "did you mean hidden"),
        ({}, (X, Y[:-1]), r"X, y: \d+ sentences, but tags for \d+"),
        ({}, (["Ann left"], [["O"]]), "expected a list of tokens"),
        ({}, ([["a"], ["b"]], [["O"], ["O"]]), "no names in it"),
        ({}, ([[{"word": "a"}]], [["O"]]), "is not a string"),
        ({}, (X, None), "y is None; give a list of tags for each sentence"),
        ({}, ([[]] * 5, [[]] * 5), "X, y: no sentence with a token"),
        ({}, (X[:1], Y[:1]), r"too few sentences \(1\) to hold out a dev split"),
        ({"settings": ["epochs=1"]}, (X, Y), "settings must be a dictionary"),
        ({"validation_fraction": "0.1"}, (X, Y), "validation_fraction must be above 0"),
    ],
)
def test_what_is_wrong_is_a_value_error(parameters, data, message):
    with pytest.raises(ValueError, match=message):
        WindowNER(**{**QUICK, **parameters}).fit(*data)


def test_without_scikit_learn_the_import_says_what_to_install():
    blocked = "import sys; sys.modules['sklearn'] = None; import window_ner.sklearn"
    done = subprocess.run(
        [sys.executable, "-c", blocked], check=False, capture_output=True, text=True
    )
    assert "needs scikit-learn: pip install 'window-ner[train]'" in done.stderr


# scikit-learn's own checks. `check_estimator` runs none for an estimator whose X is no matrix, so
# those that need no data are called by their names, and those whose data is a matrix are shown one
# in sentences. What is left of its checks is about numbers (sparse matrices, NaN, dtypes, the count
# of features), sample weights, or other kinds of estimators (one label a row, transformers, …).

NEED_NO_DATA = """
check_do_not_raise_errors_in_init_or_set_param check_estimator_cloneable check_estimator_repr
check_estimator_tags_renamed check_estimators_unfitted check_get_params_invariance
check_mixin_order check_no_attributes_set_in_init check_parameters_default_constructible
check_set_params check_valid_tag_types
"""
ON_SENTENCES = """
check_dict_unchanged check_dont_overwrite_parameters check_estimators_fit_returns_self
check_estimators_overwrite_params check_estimators_pickle check_f_contiguous_array_estimator
check_fit2d_1feature check_fit_check_is_fitted check_fit_idempotent check_fit_score_takes_y
check_methods_sample_order_invariance check_methods_subset_invariance check_pipeline_consistency
check_positive_only_tag_during_fit check_readonly_memmap_input
"""


class OfMatrices(WindowNER):
    """Reads the rows of a matrix as sentences, of which the first word is a name."""

    def fit(self, X, y):
        tags = [
            [f"B-L{round(label)}"] + ["O"] * (len(row) - 1) for row, label in zip(X, y, strict=True)
        ]
        return super().fit(_sentences(X), tags)

    def predict(self, X):
        tags = super().predict(_sentences(X))
        return np.array([[self.classes_.index(tag) for tag in row] for row in tags])

    def predict_proba(self, X):
        return np.array([list(row[0].values()) for row in super().predict_marginals(_sentences(X))])

    def score(self, X, y):
        return np.mean(self.predict(X)[:, 0] == y)


def _sentences(X):
    return [[f"{number:.0f}" for number in row] for row in np.asarray(X)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, WindowNER) for name in NEED_NO_DATA.split()]
    + [(name, OfMatrices) for name in ON_SENTENCES.split()],
)
def test_it_passes_the_checks_of_scikit_learn_that_apply(name, kind):
    check = getattr(estimator_checks, name, None) or getattr(estimator_checks, f"{name}s", None)
    if check is None:
        pytest.skip(f"this scikit-learn has no {name}")
    check(kind.__name__, kind(**QUICK))
