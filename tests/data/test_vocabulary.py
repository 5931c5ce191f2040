import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.vocabulary import (
    SPECIAL_WORDS,
    UNKNOWN,
    StoredWords,
    Vocabulary,
    lookup_forms,
)
from window_ner.data.windows import PADDING

KNOWN = Vocabulary(("paris", "Paris", "the", "0000", "##-##", "cooperate", "u.s", "0.0", "-"))


@pytest.mark.parametrize(
    ("word", "found", "step"),
    [
        ("Paris", "Paris", "as it is"),
        ("paris", "paris", "as it is"),
        ("PARIS", "paris", "lower-cased"),
        ("The", "the", "lower-cased"),
        ("0000", "0000", "as it is"),
        ("1996", "0000", "digits normalised"),
        ("3.5", "0.0", "digits normalised"),
        ("10-12", "##-##", "digits normalised"),
        ("co-operate", "cooperate", "stripped"),
        ("Co-operate", "cooperate", "stripped"),
        ("U.S.", "u.s", "stripped"),
        ("'the", "the", "stripped"),
        ("-", "-", "as it is"),
        ("96", "<unknown>", "unknown"),
        ("Oslo", "<unknown>", "unknown"),
        ("", "<unknown>", "unknown"),
        ("--", "<unknown>", "unknown"),
        ("😀", "<unknown>", "unknown"),
        ("<unknown>", "<unknown>", "unknown"),
        ("<padding>", "<unknown>", "unknown"),
    ],
)
def test_a_word_is_looked_up_step_by_step(word, found, step):
    row, how = KNOWN.find(word)
    assert (KNOWN.word(row), how) == (found, step)
    assert KNOWN.row(word) == row


@given(
    st.sampled_from(["aB-1é€", "ab-1éÉ", "a@[`{Z"]).flatmap(
        lambda letters: st.lists(st.text(letters, max_size=3), unique=True, min_size=1)
    ),
    st.text("aABbZ@1éÉ\n\ud800", max_size=3),
)
def test_a_word_is_found_in_the_text_of_a_file_as_in_a_dict(words, asked):
    stored, known = Vocabulary(StoredWords("\n".join(words).encode())), Vocabulary(tuple(words))
    assert len(stored) == len(known)
    for word in [asked, *words, *words[:1] * 40]:
        assert stored.find(word) == known.find(word)
        assert stored.rows([word, asked]).tolist() == known.rows([word, asked]).tolist()
    assert list(stored.words) == words
    assert stored.words[-1] == words[-1]


def test_a_file_of_words_that_is_not_utf_8_is_refused():
    for damaged in (b"caf\xe9", b"a\n\xe2\x82", b"x" * 65_535 + "€".encode()[:2]):
        with pytest.raises(UnicodeDecodeError):
            StoredWords(damaged)
    assert list(StoredWords(b"x" * 65_535 + "€\na".encode())) == ["x" * 65_535 + "€", "a"]


def test_a_short_text_does_not_split_the_words_of_a_file():
    words = StoredWords("\n".join(map(str, range(1000))).encode())
    assert Vocabulary(words).rows(["7", "no"]).tolist() == [9, UNKNOWN]
    assert "_words" not in vars(words)


def test_an_earlier_step_wins_over_a_later_one():
    forms = [form for _, form in lookup_forms("Co-Op.7")]
    assert forms == ["Co-Op.7", "co-op.7", "co-op.0", "co-op.#", "coop.7", "co-op.7"]
    forms = list(dict.fromkeys(forms))
    for i, form in enumerate(forms):
        vocabulary = Vocabulary(tuple(reversed(forms[i:])))
        assert vocabulary.word(vocabulary.row("Co-Op.7")) == form


def test_the_special_words_come_first():
    assert [KNOWN.word(row) for row in (PADDING, UNKNOWN)] == list(SPECIAL_WORDS)
    assert KNOWN.word(2) == "paris"
    assert len(KNOWN) == 2 + len(KNOWN.words)


def test_a_vocabulary_may_be_empty():
    empty = Vocabulary(())
    assert len(empty) == 2
    assert empty.row("the") == UNKNOWN


@given(words=st.lists(st.text(max_size=4), unique=True, max_size=8))
def test_every_word_of_a_vocabulary_is_found_unchanged(words):
    vocabulary = Vocabulary(tuple(words))
    for row, word in enumerate(words, 2):
        assert vocabulary.find(word) == (row, "as it is")
        assert vocabulary.word(row) == word


@given(words=st.lists(st.sampled_from(["Paris", "PARIS", "1996", "Oslo", "U.S.", "the"])))
def test_many_words_are_looked_up_like_single_words(words):
    rows = KNOWN.rows(iter(words))
    assert rows.dtype == np.int32
    assert rows.tolist() == [KNOWN.row(word) for word in words]


def test_coverage_counts_every_token_once_by_the_step_that_found_it():
    words = ["Paris", "PARIS", "The", "The", "1996", "10-12", "U.S.", "Oslo", "Oslo"]
    assert KNOWN.coverage(words) == {
        "as it is": 1,
        "lower-cased": 3,
        "digits normalised": 2,
        "stripped": 1,
        "unknown": 2,
    }


def test_coverage_of_nothing_names_all_steps():
    assert set(KNOWN.coverage([]).values()) == {0}
    assert [*KNOWN.coverage([])] == [*dict.fromkeys(s for s, _ in lookup_forms("")), "unknown"]
