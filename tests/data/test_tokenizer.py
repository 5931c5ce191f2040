import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from window_ner.data import tokenizer
from window_ner.data.tokenizer import TokenizedText, tokenize

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)  # lone surrogates too
# What the rules look at, so that random text runs into them.
FRAGMENTS = """Mr. Mr St. U.S. U.S a.m. Inc. No. J. A. The I in 's n't don't ISN'T 'll ' " “ ” ‘ ’ -
    -- — . .. ... … ! ? !? , ; : ( ) [ ] 1 3 12 1. 1,200 1/2 4.5 10:30 .5 $ US$ % & @ # _ * + = /
    www. http:// x.y/z é e\u0301 \u200d \ufeff \u200b \u202e 🎉 👍🏽 中文 \ud800 \x00""".split()  # noqa: SIM905
SPACES = [" ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\t", "\u00a0", "\u2028", "\u2029", "\x85", "\x1c"]
TRICKY_TEXT = st.lists(st.sampled_from(FRAGMENTS * 2 + SPACES), max_size=40).map("".join)


def sentences(text: str) -> list[str]:
    """Return the sentences with a space between their tokens."""
    result = tokenize(text)
    tokens = iter(result.tokens)
    return [" ".join(next(tokens) for _ in range(n)) for n in result.sentence_lengths]


def is_exact(text: str, result: TokenizedText) -> bool:
    """Whether tokens and offsets fit the text and leave out only white space."""
    position = 0
    for i, token in enumerate(result.tokens):
        start, end = result.place(i, i + 1)
        if text[position:start].strip() or text[start:end] != token or token.split() != [token]:
            return False
        position = end
    return not text[position:].strip()


@given(st.one_of(ANY_TEXT, TRICKY_TEXT))
@settings(max_examples=25)
def test_tokens_are_the_text_at_their_offsets_and_leave_out_only_white_space(text: str) -> None:
    assert is_exact(text, tokenize(text))


@given(st.one_of(ANY_TEXT, TRICKY_TEXT))
def test_sentences_partition_the_tokens(text: str) -> None:
    result = tokenize(text)
    assert sum(result.sentence_lengths) == len(result.tokens)
    assert all(length > 0 for length in result.sentence_lengths)


WITHOUT_STOPS = [fragment for fragment in FRAGMENTS if "." not in fragment] + ["no", "Inc", "U"]
ONE_STOP = st.tuples(
    st.lists(st.sampled_from(WITHOUT_STOPS + SPACES), max_size=12).map("".join),
    st.sampled_from(["Mr", "Inc", "no", "J", "non-U", "x", ""]),
    st.sampled_from([".", ".\n", ". \n\n ", ".\x1c", '."', ". 1", ".)", ". I ", "..."]),
).map("".join)


@given(st.one_of(ONE_STOP, TRICKY_TEXT))
@settings(max_examples=100)
def test_an_expression_for_fewer_texts_finds_the_same_tokens(text: str) -> None:
    whole = tokenizer._token(tokenizer._SYMBOLS, True)
    assert tokenizer._token_in(text).findall(text) == whole.findall(text)


def test_every_character_is_kept_or_is_white_space() -> None:
    """Of letters without case, and of code points that are no character yet, one in a hundred."""
    every = map(chr, range(sys.maxunicode + 1))
    many = "Cn", "Co", "Lo"
    tried = [c for c in every if ord(c) % 97 == 0 or unicodedata.category(c) not in many]
    text = "".join(f"x{character} " for character in tried)
    result = tokenize(text)
    assert is_exact(text, result)


@given(TRICKY_TEXT, st.sampled_from(["\n\n", "\r\n\r\n", "\n \t\n", "\r\r", "\u2029"]), TRICKY_TEXT)
@settings(max_examples=25)
def test_a_blank_line_ends_a_sentence(before: str, blank: str, after: str) -> None:
    text = f"{before}x{blank}{after}y"
    result = tokenize(text)
    first_after = sum(start <= len(before) for start in result.starts)
    lengths = result.sentence_lengths
    assert first_after in {sum(lengths[:i]) for i in range(len(lengths))}


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\u00a0"])
def test_text_of_white_space_has_no_tokens_and_no_sentences(text: str) -> None:
    assert tokenize(text) == TokenizedText([], [], [])


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "e" + "\u0301" * 100_000,
        "." * 100_000,
        '"' * 100_000,
        "a." * 100_000 + "bb",
        "a-" * 100_000 + "'",
        "n'" * 100_000,
        "A." + '"' * 100_000,
        ("A." + " " * 1000) * 300,
        "www." + "." * 100_000,
        "a" + "+" * 100_000 + "b",
        "1/" * 100_000,
        "\n" * 100_000 + "\n x" * 30_000,
        '. " ( ' * 20_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_long_text_of_one_kind_takes_linear_time(text: str) -> None:
    # Not timed: what is quadratic in these would not end before anybody interrupts it.
    assert is_exact(text, tokenize(text))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Germany's sheep", "Germany 's sheep"),
        ("He can't, won't, AREN'T", "He ca n't , wo n't , ARE N'T"),
        ("I'm, we're, they'VE, she'll, he'd", "I 'm , we 're , they 'VE , she 'll , he 'd"),
        ("Peter’s, don’t", "Peter ’s , do n’t"),
        ("O'Brien's d'affaires, gov't", "O'Brien 's d'affaires , gov't"),
        ("the ministers' meeting", "the ministers ' meeting"),
        ("U.S. troops, U.S.-led, non-U.S. aid", "U.S. troops , U.S.-led , non-U.S. aid"),
        ("at 5 p.m. local time", "at 5 p.m. local time"),
        ("Mr. Blair, Dr. É. Zola, Jr.'s", "Mr. Blair , Dr. É. Zola , Jr. 's"),
        ("of Dallas, Calif., on Jan. 3", "of Dallas , Calif. , on Jan. 3"),
        ("A. A. Milne and J.J.Lehto", "A. A. Milne and J.J.Lehto"),
        ("a 12-year-old co‑op", "a 12-year-old co‑op"),
        ("1,200 4.5 10:30 3-1 5-1/2 1996/97.", "1,200 4.5 10:30 3-1 5-1/2 1996/97 ."),
        ("2,342.0/42.5", "2,342.0 / 42.5"),
        ("a .500 hitter, +44 171", "a .500 hitter , +44 171"),
        ("$17,000, US$5, €7, 14.2%", "$ 17,000 , US$ 5 , € 7 , 14.2 %"),
        ("S&P, AT&T, C++, AA+", "S&P , AT&T , C++ , AA+"),
        ("yr/yr, US/UK", "yr / yr , US / UK"),
        ("No. 3, no.2. No.", "No. 3 , no.2 . No ."),
        ("1. Cathy Freeman\n2. Bob 3.", "1. Cathy Freeman 2. Bob 3 ."),
        ("See https://www.x.org/a?b=c,d.", "See https://www.x.org/a?b=c,d ."),
        ("(www.x.org/a), a.b-c@x.co.uk!", "( www.x.org/a ) , a.b-c@x.co.uk !"),
        ("#MeToo @user_1 #1", "#MeToo @user_1 # 1"),
        ("a--b—c – d...e…", "a -- b — c – d ... e …"),
        ("“x” ‘y’ «z» \"'q'\"", "“ x ” ‘ y ’ « z » \" ' q ' \""),
        ("cafe\u0301, हिन्दी! Ελλάδα.", "cafe\u0301 , हिन्दी ! Ελλάδα ."),
        ("Angela🎉👍🏽Merkel ❤️.", "Angela 🎉 👍🏽 Merkel ❤️ ."),
        ("\ufeffAngela\u200b Merkel", "\ufeff Angela \u200b Merkel"),
        ("Tim\u00a0Cook\tof\r\nApple", "Tim Cook of Apple"),
    ],
)
def test_tokens_are_those_of_conll(text: str, tokens: str) -> None:
    assert tokenize(text).tokens == tokens.split()


@pytest.mark.parametrize(
    "marked",
    [
        "The cat sat.| It was happy.",
        "the cat sat.| mr. t. cook of apple inc. was happy.",
        'He said: "Why?" she asked.| "Go!"| "No."| They went.',
        "(He left.)| The end.",
        "Mr. Blair met Gen. Powell, Sen. Kerry and George W. Bush in St. Louis.",
        "He left the U.S.| The end was near, U.S. Senator Kerry said.",
        "It is Apple Inc.| The firm of Apple Inc. Chairman Smith.",
        "It was at 5 p.m.| He slept until 7 a.m. Friday.",
        "Take plan B.| The rest of A. A. Milne is here.",
        "Shops, banks, etc. were closed.",
        "Yahoo! said so.| What?!| No... yes.",
        "He went home.|And slept.",
        "A rare song\n\n|LONDON 1996-08-22\n\n|A handwritten draft",
        "Angela\nMerkel met Tim\r\nCook.",
        "One. . . two",
    ],
)
def test_sentences_end_where_a_reader_ends_them(marked: str) -> None:
    parts = [" ".join(tokenize(part).tokens) for part in marked.split("|")]
    assert sentences(marked.replace("|", "")) == parts


def test_the_full_stop_of_an_abbreviation_at_the_end_of_a_sentence_is_a_token_as_in_conll() -> None:
    assert sentences("At Apple Inc. The firm.") == ["At Apple Inc .", "The firm ."]
    assert sentences("He is a Dr.\n\nNo.") == ["He is a Dr .", "No ."]


def test_an_acronym_keeps_its_full_stop_where_a_sentence_ends() -> None:
    assert sentences("in the U.S.") == ["in the U.S."]
