import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.vocabulary import UNKNOWN, Vocabulary
from window_ner.data.windows import PADDING
from window_ner.data.word_vectors import WordVectors, build_vocabulary, embedding_table


def vectors_of(table, name="v"):
    return WordVectors(name, list(table), np.array(list(table.values()), dtype=np.float32))


def test_all_words_are_kept_by_default():
    assert build_vocabulary([vectors_of({"a": [1], "b": [2]})], ["z"]).words == ("a", "b")


def test_the_most_frequent_words_and_those_of_the_training_corpus_are_kept():
    vectors = vectors_of({"the": [1], "of": [2], "paris": [3], "0000": [4], "rome": [5]})
    vocabulary = build_vocabulary([vectors], ["Paris", "1996", "Paris", "xyz"], most_frequent=1)
    assert vocabulary.words == ("the", "paris", "0000")


def test_the_words_of_all_sets_are_kept_once():
    sets = [vectors_of({"a": [1], "b": [2]}), vectors_of({"b": [3], "c": [4]})]
    assert build_vocabulary(sets, []).words == ("a", "b", "c")


def test_words_that_cannot_be_stored_have_no_row():
    """A model's vocabulary is a file of one word a line, in UTF-8."""
    words = ["", "New\nYork", "\ud800"]
    vectors = vectors_of({"a": [1], "é": [2], **{word: [3] for word in words}})
    assert build_vocabulary([vectors], []).words == ("a", "é")
    assert build_vocabulary([vectors], words, most_frequent=1).words == ("a",)


def test_the_table_has_a_row_for_each_word_beside_padding_and_unknown():
    vectors = vectors_of({"a": [1, 3], "b": [3, 5], "c": [5, 7]})
    vocabulary = Vocabulary(("c", "a"))
    table = embedding_table(vocabulary, [vectors], np.random.default_rng(0))
    assert table.dtype == np.float32
    assert_array_equal(table[vocabulary.rows(["a", "c"])], [[1, 3], [5, 7]])
    assert_allclose(table[UNKNOWN], [3, 5])
    assert np.linalg.norm(table[PADDING] - table[UNKNOWN]) > 0.1
    assert np.abs(table[PADDING]).max() < 3 * vectors.table.std()


def test_the_same_seed_gives_the_same_table():
    vectors = vectors_of({"a": [1, 3], "b": [3, 5]})
    tables = [
        embedding_table(Vocabulary(("a",)), [vectors], np.random.default_rng(seed))
        for seed in (4, 4, 5)
    ]
    assert_array_equal(tables[0], tables[1])
    assert (tables[0] != tables[2]).any()


def test_sets_are_concatenated_and_a_missing_word_gets_the_mean_of_the_set():
    sets = [vectors_of({"a": [1], "b": [3]}), vectors_of({"b": [5, 6], "c": [7, 8]})]
    vocabulary = build_vocabulary(sets, [])
    table = embedding_table(vocabulary, sets, np.random.default_rng(0))
    assert_array_equal(table[2:], [[1, 6, 7], [3, 5, 6], [2, 7, 8]])


def test_a_word_gets_its_lower_case_vector_in_a_lower_case_set():
    cased, lower = vectors_of({"Paris": [1], "paris": [2]}), vectors_of({"paris": [3], "a": [9]})
    vocabulary = build_vocabulary([cased, lower], [])
    table = embedding_table(vocabulary, [cased, lower], np.random.default_rng(0))
    assert_array_equal(table[vocabulary.row("Paris")], [1, 3])
