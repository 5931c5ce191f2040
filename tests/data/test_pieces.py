"""Texts are split as the tokenizer splits them, whatever was split before."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from window_ner.data.encoder import Encoder
from window_ner.data.features import Features
from window_ner.data.pieces import Pieces
from window_ner.data.tokenizer import tokenize
from window_ner.data.vocabulary import Vocabulary

FRAGMENTS = [
    *("Mr.", "Inc.", "J.", "U.S.", "No.", "nos.", "1.", "12.", "5", "Jan.)", "a.m."),
    *("The", "the", "He", "said", "don't", "Paris", "é.", "x.Y", "$5", ".5", "www.a.b/c."),
    *('"', "'", "”", "(", ")", "’s", ".", "?", "!", "…", "-", "🙂"),
    *(" ", "  ", "\n", "\n\n", "\n \n", "\t", "\r\r", "\u2029", "\u00a0", "\x1c"),
]
a_text = st.lists(st.sampled_from([*FRAGMENTS, *[" "] * 25]), max_size=25).map("".join)
texts_of_fragments = st.lists(a_text | st.text(max_size=20), max_size=6)


def new_pieces():
    return Pieces(Encoder(Vocabulary(("the", "paris")), 3, Features()).word_types())


def tokens_of(pieces, texts):
    """Return what `tokenize` returns of each text: tokens, starts, ends, sentence lengths."""
    split = pieces.read(texts)
    words = list(pieces.types._number)
    tokens = [words[number] for number in split.typed.numbers.tolist()]
    starts, ends, lengths = (a.tolist() for a in (split.starts, split.ends, split.lengths))
    found = []
    for count, sentences in zip(split.tokens.tolist(), split.sentences.tolist(), strict=True):
        found.append((tokens[:count], starts[:count], ends[:count], lengths[:sentences]))
        del tokens[:count], starts[:count], ends[:count], lengths[:sentences]
    assert not (tokens or starts or ends or lengths)
    return found


def expected(texts):
    found = map(tokenize, texts)
    return [(t.tokens, t.starts, t.ends, t.sentence_lengths) for t in found]


SHARED = new_pieces()


@settings(max_examples=30)
@example(["", " ", "\n\n"])
@example(["I work at Acme Inc. The end.", "Acme Inc. said so.", "It is Acme Inc."])
@example(["wow .", ". a."])
@example(["1. One\n2. Two 3. Three\n\n4."])
@given(texts_of_fragments)
def test_texts_are_split_as_the_tokenizer_splits_them(texts):
    assert tokens_of(SHARED, texts) == expected(texts)


def test_what_is_remembered_is_bounded():
    pieces = new_pieces()
    pieces.most = pieces.types.most = 20
    for i in range(30):
        texts = [f"Mr. Lee{i} met Ann{i} at No. {i}.", "He left."]
        assert tokens_of(pieces, texts) == expected(texts)
        assert len(pieces._number) < 50
        assert len(pieces.types) < 50


def test_other_words_in_the_store_of_types_do_no_harm():
    pieces = new_pieces()
    pieces.types.most = 5
    for i in range(10):
        pieces.types.type([f"w{i}", f"v{i}", f"u{i}"])
        assert tokens_of(pieces, ["w1 w2.", "v3"]) == expected(["w1 w2.", "v3"])


def test_after_an_interrupt_it_goes_on(monkeypatch):
    pieces = new_pieces()
    tokens_of(pieces, ["Ann left."])
    with monkeypatch.context() as patch:
        patch.setattr(pieces.types, "_look_up", lambda words: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pieces.read(["Bob left Oslo."])
    texts = ["Bob left Oslo.", "Ann left."]
    assert tokens_of(pieces, texts) == expected(texts)
