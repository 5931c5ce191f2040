"""A stream of CoNLL columns: documents come as soon as possible, and only the tags change."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.conll import parse_conll
from window_ner.data.conll_stream import stream_documents
from window_ner.errors import InputError
from window_ner.storage.resources import resource_folder


def documents(text, *, cuts=()):
    """Parse a text whose lines come in chunks, cut before these lines."""
    lines = text.removesuffix("\n").split("\n")
    bounds = [0, *sorted(cuts), len(lines)]
    chunks = (lines[a:b] for a, b in pairwise(bounds))
    return [d for some in stream_documents(chunks, "x.conll") for d in some]


def tokens(text):
    return [document.sentences for document in documents(text)]


def written(text, tag):
    return "".join(d.with_tags([tag] * len(d.token_lines)) for d in documents(text))


def test_marks_separate_documents_and_without_marks_each_sentence_is_a_document():
    assert tokens("a O\n\nb O\nc O\n") == [[["a"]], [["b", "c"]]]
    marked = "-DOCSTART- O\n\na O\n\nb O\n\n-DOCSTART- O\n\nc O\n"
    assert tokens(marked) == [[["a"], ["b"]], [["c"]]]


def test_a_document_is_yielded_as_soon_as_its_last_line_is_read():
    lines = iter([["a O"], ["b O", "", "c O"], [""], ["d O"]])
    stream = stream_documents(lines, "x.conll")
    assert [d.sentences for d in next(stream)] == [[["a", "b"]]]
    assert next(lines) == [""]  # not read yet


def test_one_column_of_tokens_is_enough_and_other_columns_are_kept():
    assert written("Ann\nsaw\n", "O") == "Ann O\nsaw O\n"
    assert written("Ann X NNP\n", "B-PER") == "Ann X NNP B-PER\n"
    assert written("Ann\tNNP\tB-X\n", "B-PER") == "Ann\tNNP\tB-PER\n"
    (document,) = documents("Ann NNP X O\nsaw VBD Y O\n")
    assert document.columns == [[("NNP", "VBD"), ("X", "Y")]]


def test_comments_marks_and_empty_lines_stay_where_they_are():
    text = "# of 1996\n-DOCSTART- -X- O\n\n# id 1\nAnn  NNP   O\n\n\nsaw VBD O\n# # O\n\n# last\n"
    assert written(text, "O") == text
    assert tokens(text) == [[["Ann"], ["saw", "#"]]]


@pytest.mark.parametrize("text", ["# O\na O\n", "a O\n# O\n", "a O\n\n# O\n"])
def test_the_number_sign_can_be_a_token(text):
    assert [s for d in tokens(text) for s in d] == [
        list(s.tokens) for s in parse_conll(text).sentences
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a O\nb\n", "x.conll:2: 1 column, expected 2 to 12"),
        ("a O\n\nb X O\n", "x.conll:3: 3 columns where the lines before have 2"),
        ("a O\nb PLACE\n", "x.conll:2: 'PLACE' is not a tag"),
        ("a\nb c\n", "x.conll:2: 2 columns where"),
        ("x\tO\n \tO\n", "x.conll:2: 1 column"),
        ("a b c d e f g h i j k l m\n", "x.conll:1: 13 columns, expected 1 to 12: the token first"),
    ],
)
def test_an_invalid_line_is_named(text, message):
    with pytest.raises(InputError, match=message):
        documents(text)


@given(st.data())
def test_the_sentences_do_not_depend_on_how_the_lines_are_divided_into_chunks(data):
    line = st.sampled_from(["a O", "b B-PER", "# O", "", "# note", "-DOCSTART- O", " c O\r"])
    lines = data.draw(st.lists(line, max_size=20))
    if lines[:1] != ["-DOCSTART- O"]:  # a later mark says of the lines before it that they are one
        lines = [line for line in lines if line != "-DOCSTART- O"]
    cuts = data.draw(st.sets(st.integers(0, len(lines))))
    text = "\n".join([*lines, "", "a O", ""])
    try:
        corpus = parse_conll(text)
    except InputError as error:
        with pytest.raises(InputError, match=re.escape(str(error).removeprefix("text"))):
            documents(text, cuts=cuts)
        return
    found = [d.sentences for d in documents(text, cuts=cuts) if d.sentences]
    assert found == [[list(s.tokens) for s in unit.sentences] for unit in corpus.units]


def test_the_offsets_of_the_tokens_fit_the_text():
    path = resource_folder("data/sample") / "dev.conll"
    for document in documents(path.read_text("utf-8")):
        text, tokenized = document.text, document.tokenized
        assert tokenized.sentences == document.sentences
        for i, token in enumerate(tokenized.tokens):
            assert text[slice(*tokenized.place(i, i + 1))] == token
