"""A network without a hidden layer is a logistic regression: scikit-learn's, to six digits."""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose

from window_ner.data.conll import read_conll
from window_ner.data.corpus import Corpus
from window_ner.data.word_vectors import WordVectors
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.nn.activations import logistic
from window_ner.settings.toml import load_config
from window_ner.storage.resources import resource_folder
from window_ner.training.encoded_split import encode_split
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan
from window_ner.training.run import train
from window_ner.training.trainer import Trainer

L2 = 0.05
FULL_BATCH = ["batch_size=0", "optimizer=momentum", "learning_rate=0.1", "schedule=constant"]


@pytest.fixture(scope="module")
def corpus():
    sample = read_conll(resource_folder("data/sample") / "train.conll")
    return Corpus(sample.documents[:4], name="four documents", has_documents=True)


@pytest.fixture(scope="module")
def vectors(corpus):
    """Random vectors of the frequent words: the others are unknown."""
    counts = Counter(token.lower() for s in corpus.sentences for token in s.tokens)
    words = [word for word, count in counts.items() if count > 1]
    table = np.random.default_rng(0).normal(0, 0.5, (len(words), 10)).astype(np.float32)
    return [WordVectors("made", words, table)]


def test_trained_to_the_end_its_weights_are_scikit_learns(corpus, vectors):
    from sklearn.linear_model import LogisticRegression

    settings = load_config("lecture", ["hidden=[]", f"l2={L2}", *FULL_BATCH])
    model = untrained_model(settings, corpus, vectors)
    scorer, windows = model.scorer.astype(np.float64), encode_split(model, corpus)
    rng = np.random.default_rng(0)
    run = Trainer(
        scorer,
        windows,
        settings,
        frozen=frozenset({"E"}),
        rng=rng,
        epochs=1,
    )
    for _ in range(300):
        run.epoch()

    X = scorer.network.inputs(windows.text.windows(np.arange(len(windows.targets))))
    U = scorer.network.parameters["U"]
    # scikit-learn sums the losses where we take their mean; our U has no bias.
    C = 1 / (L2 * len(X))
    expected = LogisticRegression(C=C, fit_intercept=False, tol=1e-10, max_iter=1000)
    expected.fit(X, windows.targets)
    assert len(X) > 1000
    assert_allclose(U, expected.coef_, atol=1e-6)
    probabilities = logistic(X @ U[0])
    assert_allclose(probabilities, expected.predict_proba(X)[:, 1], atol=1e-6)


def test_it_tags_as_it_scores_before_and_after_it_is_saved(corpus, vectors, tmp_path):
    settings = load_config("lecture", ["hidden=[]", "epochs=2"])
    model = train(Plan(settings, corpus, corpus, vectors))
    tagger = Tagger(model)
    sentences = [list(s.tokens) for s in corpus.sentences]
    decided = model.scored(model.encode_corpus(corpus)).decisions
    found = [tag != "O" for tags in tagger.tag_batch(sentences) for tag in tags]
    assert 0 < sum(found) < len(found)
    assert found == decided.astype(bool).tolist()
    tagger.save(tmp_path / "model")
    stored = Tagger(load_model(tmp_path / "model"))
    assert stored.tag_batch(sentences) == tagger.tag_batch(sentences)
