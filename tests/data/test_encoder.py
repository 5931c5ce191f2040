import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.encoder import Encoder
from window_ner.data.features import Features, build_features
from window_ner.data.vocabulary import Vocabulary
from window_ner.settings.inputs import CONTEXTS, FLAGS, FeatureSettings

VOCABULARY = Vocabulary(("rome", "is", "cold", "apple", "eats"))
VECTORS = np.random.default_rng(0).normal(size=(len(VOCABULARY), 4)).astype(np.float32)


def flags_of(sentences, flag, documents=None):
    encoder = Encoder(VOCABULARY, 3, Features(FeatureSettings(flags=(flag,))))
    text = encoder.encode([s.split() for s in sentences], documents)
    return text.flags[:, 0].astype(int).tolist()


def context_encoder(*names):
    return Encoder(VOCABULARY, 3, Features(FeatureSettings(context=names)), VECTORS)


def test_without_features_a_token_is_its_word():
    text = Encoder(VOCABULARY, 5).encode([["Rome", "is"], ["hot"]])
    assert {name: rows.tolist() for name, rows in text.rows.items()} == {"E": [2, 3, 1]}
    assert text.lengths.tolist() == [2, 1]
    assert text.flags is text.context is text.centre is None


def test_tokens_of_one_type_have_the_rows_of_the_type():
    words = ["Rome", "is", "Rome", "cold", "is"]
    features = build_features(
        FeatureSettings(shape=2, shape_min_count=1, affixes=2),
        parse_conll("".join(f"{w} O\n" for w in words)).sentences,
    )
    text = Encoder(VOCABULARY, 3, features).encode([words])
    by_type = features.form_rows(["Rome", "is", "cold"])
    for table, rows in by_type.items():
        assert_array_equal(text.rows[table], rows[[0, 1, 0, 2, 1]])


def test_columns_of_the_corpus_are_looked_up_and_unknown_without_them():
    corpus = parse_conll("Rome NNP O\nis VBZ O\n\ncold JJ O\n")
    features = build_features(FeatureSettings(columns=2, columns_numbers=(1,)), corpus.sentences)
    encoder = Encoder(VOCABULARY, 3, features)
    assert encoder.encode_corpus(corpus).rows["column1"].tolist() == [3, 4, 2]
    assert encoder.encode([["Rome", "is"]]).rows["column1"].tolist() == [1, 1]


def test_the_first_token_of_each_sentence_is_flagged():
    assert flags_of(["Rome is cold", "Rome"], "sentence-start") == [1, 0, 0, 1]


def test_a_sentence_in_capitals_has_two_words_in_capitals_and_no_small_letter():
    sentences = ["ROME IS COLD , 3-1", "EU rejects", "EU", "NATO 1996 U.S."]
    expected = [1] * 5 + [0, 0] + [0] + [1, 1, 1]
    assert flags_of(sentences, "sentence-capitals") == expected


def test_a_word_in_lower_case_elsewhere_in_the_document_is_flagged_but_not_by_itself():
    sentences = ["Apple eats", "an apple", "Apple"]
    assert flags_of(sentences, "document-lower") == [1, 0, 0, 0, 1]
    assert flags_of(sentences, "document-lower", [1, 2]) == [0, 0, 0, 0, 1]
    assert flags_of(["apple apple"], "document-lower") == [1, 1]


def test_capitals_count_inside_a_sentence_but_not_at_its_start():
    assert flags_of(["APPLE falls", "it is Apple", "Apple"], "document-capitalised") == [
        *[1, 0],
        *[0, 0, 0],
        1,
    ]
    assert flags_of(["Apple is", "Apple"], "document-capitalised") == [0, 0, 0]


def test_words_in_capitals_count_unless_the_whole_sentence_is_in_capitals():
    assert flags_of(["the EU is", "eu"], "document-capitals") == [0, 0, 0, 1]
    assert flags_of(["THE EU", "eu"], "document-capitals") == [0, 0, 0]


@pytest.mark.parametrize("name", CONTEXTS)
def test_the_context_is_the_mean_vector_of_sentence_headline_and_document(name):
    sentences = [["Rome", "is"], ["cold"], ["apple", "eats", "cold"]]
    rows = [[2, 3], [4], [5, 6, 4]]
    means = {
        "sentence": [VECTORS[r].mean(0) for r in rows],
        "headline": [VECTORS[[2, 3]].mean(0)] * 2 + [VECTORS[[5, 6, 4]].mean(0)],
        "document": [VECTORS[[2, 3, 4]].mean(0)] * 2 + [VECTORS[[5, 6, 4]].mean(0)],
    }
    text = context_encoder(name).encode(sentences, [2, 1])
    assert_allclose(text.context, means[name], rtol=1e-5)
    batch = text.sentences(np.array([2, 0]))
    assert_allclose(batch.centre, np.array(means[name])[[2, 2, 2, 0, 0]], rtol=1e-5)


def test_any_windows_come_with_the_context_of_their_sentence():
    text = context_encoder("sentence").encode([["Rome", "is"], [], ["cold"]])
    assert_array_equal(text.windows(np.array([2, 0])).centre, text.context[[2, 0]])


def test_a_text_without_documents_is_one_document():
    encoder = context_encoder(*CONTEXTS)
    sentences = [["Rome", "is"], ["cold"]]
    assert_array_equal(
        encoder.encode(sentences).context, encoder.encode(sentences, [len(sentences)]).context
    )
    lone = encoder.encode(sentences[:1]).context.reshape(3, 4)
    assert_array_equal(lone[0], lone[1])
    assert_array_equal(lone[0], lone[2])


def test_each_sentence_of_a_corpus_without_documents_is_a_document():
    corpus = parse_conll("Rome O\n\ncold O\n")
    context = context_encoder("document").encode_corpus(corpus).context
    assert_allclose(context, VECTORS[[2, 4]], rtol=1e-6)


def test_the_documents_of_a_corpus_are_kept_apart():
    corpus = parse_conll("-DOCSTART- O\n\nRome O\n\nis O\n\n-DOCSTART- O\n\ncold O\n")
    context = context_encoder("headline").encode_corpus(corpus).context
    assert_allclose(context, VECTORS[[2, 2, 4]], rtol=1e-6)


@given(st.lists(st.lists(st.lists(st.sampled_from(["Rome", "rome", "IS", "x"]), max_size=4))))
def test_documents_encoded_together_are_encoded_as_each_one_alone(documents):
    encoder = Encoder(
        VOCABULARY, 3, Features(FeatureSettings(flags=FLAGS, context=CONTEXTS)), VECTORS
    )
    together = encoder.encode([s for d in documents for s in d], [len(d) for d in documents])
    alone = [encoder.encode(d) for d in documents if d]
    assert len(together.context) == len(together.lengths)
    if alone:
        assert_array_equal(together.flags, np.concatenate([text.flags for text in alone]))
        assert_allclose(
            together.context, np.concatenate([text.context for text in alone]), atol=1e-6
        )


def test_long_texts_are_averaged_in_parts_that_add_up(monkeypatch):
    encoder = context_encoder(*CONTEXTS)
    sentences = [["Rome", "is"], [], ["cold"] * 5, ["apple"], ["eats", "is", "x"]]
    whole = encoder.encode(sentences, [3, 2]).context
    monkeypatch.setattr("window_ner.data.encoder._TOKENS_AT_ONCE", 3)
    assert_array_equal(encoder.encode(sentences, [3, 2]).context, whole)


def test_the_context_vectors_are_those_from_before_the_training():
    encoder = context_encoder("sentence")
    trained = VECTORS.copy()
    trained[[3, 5]] += 1
    arrays = encoder.context_arrays(trained)
    assert len(arrays["context.rows"]) == 2
    bare = Encoder(VOCABULARY, 3, encoder.features)
    again = bare.with_context({"E": trained, **arrays})
    assert_array_equal(again.context_vectors.take(np.arange(len(VECTORS))), VECTORS)
    assert trained[3, 0] == VECTORS[3, 0] + 1


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        ([99], np.zeros((1, 4))),
        ([-1], np.zeros((1, 4))),
        ([0.5], np.zeros((1, 4))),
        ([1], np.zeros((1, 3))),
        ([1], np.zeros((2, 4))),
        ([1], np.full((1, 4), np.nan)),
    ],
)
def test_context_vectors_that_do_not_fit_are_refused(rows, values):
    arrays = {"E": VECTORS, "context.rows": np.array(rows), "context.values": values}
    with pytest.raises(ValueError, match="context"):
        context_encoder("sentence").with_context(arrays)


def test_context_vectors_must_be_there_if_they_are_needed():
    with pytest.raises(ValueError, match="lacks"):
        context_encoder("sentence").with_context({"E": VECTORS})


def test_repeated_names_are_words_with_a_capital_that_a_document_repeats():
    encoder = Encoder(VOCABULARY, 3, same_words=True)
    sentences = [["Paris", "may", "ask", "PARIS"], ["May", "in", "Rome"], ["Rome", "1996", "1996"]]
    text = encoder.encode(sentences, documents=[2, 1])
    tokens, words = text.repeated_names
    assert tokens.tolist() == [0, 3]  # "may" has no capital, and Rome is in another document
    assert words[0] == words[1]


def test_repeated_names_are_not_looked_for_without_need():
    tokens, words = Encoder(VOCABULARY, 3).encode([["Paris", "Paris"]]).repeated_names
    assert not len(tokens)
    assert not len(words)
