import doctest
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from window_ner.data import name_list
from window_ner.data.name_list import NameList
from window_ner.data.tokenizer import TokenizedText, split_at_spaces, tokenize
from window_ner.errors import InputError


def found(labels, text, cut=tokenize):
    """Return what is found: mentions, with their labels behind a slash."""
    tokens = cut(text)
    spans = NameList(labels).find(tokens)
    return [f"{text[slice(*tokens.place(s.start, s.end))]}/{s.label}" for s in spans]


def test_the_examples_of_the_module_are_right():
    assert doctest.testmod(name_list).failed == 0


def test_an_accent_is_found_whether_it_is_a_character_of_its_own_or_not():
    composed, apart = "Zoë at the café", "Zoe\u0308 at the cafe\u0301"
    for listed, text in ((composed, apart), (apart, composed)):
        zoe, *_, cafe = listed.split(" ")
        shown = [f"{text.split(' ')[0]}/PER", f"{text.split(' ')[-1]}/LOC"]
        assert found({zoe: "PER", cafe: "LOC"}, text) == shown
        assert found({zoe: "PER", cafe: "LOC"}, text.upper()) == [s.upper() for s in shown]
    assert len(NameList({"Zoë": "PER"})) == 1
    assert NameList({"Yahoo! Zoë": "X"}).split_names == ["Yahoo! Zoë"]


# ------------------------------------------------------------------ where a name ends


@pytest.mark.parametrize("labels", [{"Acme": None}, {5: "ORG"}, ["Acme"], {"!": "ORG"}])
def test_what_is_no_list_of_names_is_refused(labels):
    with pytest.raises(InputError, match=r"expected names with labels|neither a letter"):
        NameList(labels)


def test_the_longest_name_is_found():
    labels = {"New York": "LOC", "New York Times": "ORG", "York": "LOC"}
    text = "the New York Times, New York and York"
    assert found(labels, text) == ["New York Times/ORG", "New York/LOC", "York/LOC"]


def test_a_longer_name_that_breaks_off_leaves_the_shorter():
    assert found({"A B": "X", "A B C D": "Y", "C": "Z"}, "A B C E") == ["A B/X", "C/Z"]


def test_of_names_that_overlap_the_left_one_is_found():
    assert found({"Ann Lee": "PER", "Lee Valley Farm": "LOC"}, "Ann Lee Valley Farm") == [
        "Ann Lee/PER"
    ]


def test_a_name_begins_and_ends_where_a_token_does():
    assert found({"Oslo": "LOC"}, "Oslo's Oslo-based Oslovian (Oslo).") == ["Oslo/LOC"] * 2


def test_a_name_does_not_cross_the_end_of_a_sentence():
    assert found({"Oslo Norway": "LOC"}, "It is Oslo\n\nNorway won.") == []
    assert found({"Oslo Norway": "LOC"}, "It is Oslo\nNorway.") == ["Oslo\nNorway/LOC"]


def test_a_name_that_the_tokenizer_splits_is_told_of_and_found_where_sentences_are_given():
    labels = {"Yahoo! Japan": "ORG", "1. FC Kaiserslautern": "ORG", "St. Louis Inc.": "ORG"}
    assert NameList(labels).split_names == ["Yahoo! Japan", "1. FC Kaiserslautern"]
    assert found(labels, "at Yahoo! Japan now") == []
    assert found(labels, "at Yahoo! Japan now", split_at_spaces) == ["Yahoo! Japan/ORG"]


@pytest.mark.parametrize(
    "text", ["Apple Inc. said", "He left Apple Inc.", "APPLE INC. ROSE", "Inc."]
)
def test_a_full_stop_belongs_to_a_name_wherever_the_tokenizer_puts_it(text):
    assert len(found({"Apple Inc.": "ORG", "Inc.": "X"}, text)) == 1


def test_white_space_within_a_name_does_not_matter():
    assert found({"New  York\n": "LOC"}, "New\tYork") == ["New\tYork/LOC"]


def test_a_name_longer_than_any_sentence_is_not_found():
    assert found({"Ann " * 300: "PER", "Ann": "PER"}, "Ann Ann.") == ["Ann/PER"] * 2


def test_many_texts_are_found_as_each_by_itself():
    names = NameList({"Oslo": "LOC", "aspirin": "DRUG"})
    texts = [tokenize(t) for t in ("", "Oslo sells Aspirin", "aspirin", "nothing", "oslo")]
    assert names.find_all(texts) == [names.find(text) for text in texts]
    assert names.find_all([]) == []


# ------------------------------------------------------------------ capitals


@pytest.mark.parametrize(
    ("name", "matches", "others"),
    [
        ("Acme Rockets", "Acme Rockets, ACME ROCKETS", "acme rockets, Acme rockets, Acme ROCKETS"),
        ("iPhone", "iPhone, IPHONE", "iphone, Iphone"),
        ("US", "US", "us, Us"),
        ("vitamin c", "vitamin c, Vitamin C, VITAMIN C, vitamin C", "vitamin-c"),
        ("Straße", "Straße, STRASSE", "straße, Strasse"),
        ("straße", "straße, STRASSE, Strasse", "strase"),
        ("d'art co.", "d'art co., D'Art Co., D'ART CO.", "d'art company"),
        ("東京", "東京", "東"),
    ],
)
def test_which_capitals_match_follows_from_the_list(name, matches, others):
    for text in matches.split(", "):
        assert found({name: "X"}, f"the {text} here") == [f"{text}/X"], text
    assert found({name: "X"}, others) == []


def test_what_the_list_has_goes_before_what_is_made_of_it():
    labels = {"Us": "FILM", "US": "LOC", "apple": "FRUIT", "Apple": "ORG"}
    text = "US, Us, us; apple, Apple, APPLE, aPPle"
    assert found(labels, text) == [
        "US/LOC", "Us/FILM", "apple/FRUIT", "Apple/ORG", "APPLE/ORG", "aPPle/FRUIT",
    ]  # fmt: skip


def test_of_names_with_the_same_capitals_the_first_has_them():
    assert found({"McRae": "PER", "Mcrae": "LOC"}, "MCRAE Mcrae") == ["MCRAE/PER", "Mcrae/LOC"]


def test_the_longer_name_is_found_whichever_capitals_it_has():
    labels = {"New": "A", "new york": "B", "New York Times": "C"}
    assert found(labels, "New York, New York Times, New") == [
        "New York/B",
        "New York Times/C",
        "New/A",
    ]


# ------------------------------------------------------------------ any names in any text


def naive(labels, sentences):
    """Try all names at all places, as the rules say them."""
    spans, offset = [], 0
    for tokens in sentences:
        i = 0
        while i < len(tokens):
            best = None
            for end in range(len(tokens), i, -1):
                words = tokens[i:end]
                best = best or next(
                    (
                        (end, label)
                        for rule in (as_written, in_capitals, in_any_case)
                        for name, label in labels.items()
                        if rule(name.split(), words)
                    ),
                    None,
                )
            if best:
                spans.append((offset + i, offset + best[0], best[1]))
            i = best[0] if best else i + 1
        offset += len(tokens)
    return spans


def as_written(name, words):
    return name == words and any(map(str.istitle, name)) | any(map(str.isupper, name))


def in_capitals(name, words):
    has_capital = " ".join(name) != " ".join(name).lower()
    return has_capital and [word.upper() for word in name] == words


def in_any_case(name, words):
    return " ".join(name).islower() and name == [word.lower() for word in words]


WORDS = st.sampled_from(["a", "A", "b", "B", "ab", "Ab", "AB", "c"])
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@settings(max_examples=40)  # few have overlapping names
@given(
    st.dictionaries(NAMES, st.sampled_from("XYZ"), max_size=8),
    st.lists(st.lists(WORDS, min_size=1, max_size=8), max_size=3),
)
@example({"Ab": "X", "AB": "Y", "ab": "Z"}, [["AB", "Ab", "ab"]])
def test_the_trie_finds_what_trying_all_names_finds(labels, sentences):
    if len({name.upper() for name in labels}) < len(labels):  # whose capitals are they?
        labels = {name: label for name, label in labels.items() if name == name.lower()}
    tokens = [token for sentence in sentences for token in sentence]
    text = TokenizedText(tokens, [], [len(sentence) for sentence in sentences])
    assert NameList(labels).find(text) == naive(labels, sentences)


FRAGMENTS = """Mr. St. U.S. Inc. Co. No. J. O'Brien n't 's don't & - ' , . ! ? 1. 12 1/2 $ US$ a The
    é Straße İ ǆ #x @y +4 .5 中文 \ud800 www.x.org (b) e\u0301 \u2e2f""".split()  # noqa: SIM905
TRICKY_NAMES = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map(" ".join)


@settings(max_examples=40)
@given(TRICKY_NAMES, st.lists(TRICKY_NAMES, max_size=3), st.sampled_from(["{}", "x {} x"]))
def test_a_name_is_found_alone_and_in_a_sentence_unless_it_is_split(name, others, place):
    labels = {n: "X" for n in [name, *others] if any(map(str.isalnum, n))}
    text = tokenize(place.format(name))
    if name in labels and len(text.sentence_lengths) == 1:
        assert NameList(labels).find(text)
        assert place == "{}" or name not in NameList(labels).split_names


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=60))
def test_any_names_and_any_text_give_spans_within_the_text(names, text):
    labels = {name: "X" for name in names if any(map(str.isalnum, name))}
    tokens = tokenize(text)
    spans = NameList(labels).find(tokens)
    assert all(0 <= s.start < s.end <= len(tokens.tokens) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


# ------------------------------------------------------------------ what is no name


@pytest.mark.parametrize("name", ["", " ", "-", "...", "\u200b", "🎉"])
def test_a_name_without_letters_and_digits_is_refused(name):
    with pytest.raises(InputError, match="neither a letter nor a digit"):
        NameList({name: "X"})


@pytest.mark.parametrize("label", ["", "two words", " X", "X\n"])
def test_a_label_that_is_not_one_word_is_refused(label):
    with pytest.raises(InputError, match="is not one word"):
        NameList({"Oslo": label})


def test_a_label_with_a_comma_is_refused():
    with pytest.raises(InputError, match="the label 'A,B' has a comma, which separates labels"):
        NameList({"Oslo": "A,B"})


def test_a_list_of_no_names_finds_nothing():
    assert found({}, "Oslo") == []
    assert len(NameList({})) == 0
