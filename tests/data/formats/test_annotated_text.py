import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.formats.annotated_text import AnnotatedText, corpus_of
from window_ner.data.formats.mentions import RawMention, checked_mentions
from window_ner.data.formats.notes import Notes
from window_ner.data.tag_schemes import spans_of
from window_ner.errors import InputError


def annotated(text, *mentions, place="my.jsonl:1"):
    given = [RawMention(*mention) for mention in mentions]
    return AnnotatedText(text, checked_mentions(text, given, place, Notes()), place)


def corpus(*texts, notes=None):
    return corpus_of(texts, "my.jsonl", notes or Notes())


def test_each_text_is_a_document_of_sentences():
    made = corpus(annotated("Ann left. Bob stayed.", (0, 3, "PER")), annotated("It rains."))
    assert [[s.tokens for s in d.sentences] for d in made.documents] == [
        [("Ann", "left", "."), ("Bob", "stayed", ".")],
        [("It", "rains", ".")],
    ]
    assert made.sentences[0].tags == ("B-PER", "O", "O")
    assert (made.has_documents, made.name, made.notes) == (True, "my.jsonl", ())


def test_blank_texts_are_left_out():
    assert len(corpus(annotated(" \n"), annotated("x"), annotated("")).documents) == 1


def test_a_file_without_a_text_is_an_error():
    with pytest.raises(InputError, match=r"my\.jsonl: no text in it"):
        corpus(annotated(" "))


def test_a_token_is_split_where_a_name_begins_or_ends():
    notes = Notes()
    made = corpus(annotated("An aspirin-induced asthma", (3, 10, "DRUG")), notes=notes)
    assert made.sentences[0].tokens == ("An", "aspirin", "-induced", "asthma")
    assert made.sentences[0].tags == ("O", "B-DRUG", "O", "O")
    assert made.notes == (
        "names that begin or end within a token; it is split there for training, but predict will "
        "not split it: 1 (the first: my.jsonl:1: 'aspirin')",
    )


def test_names_within_one_token_split_it_several_times():
    made = corpus(annotated("xabcy", (1, 2, "A"), (2, 3, "A"), (3, 4, "B")))
    assert made.sentences[0].tokens == ("x", "a", "b", "c", "y")
    assert made.sentences[0].tags == ("O", "B-A", "B-A", "B-B", "O")


def test_a_sentence_does_not_end_within_a_name():
    notes = Notes()
    text = "He left Yahoo! Japan. It rains."
    made = corpus(annotated(text, (8, 20, "ORG")), notes=notes)
    assert [len(s) for s in made.sentences] == [6, 3]
    assert made.sentences[0].tags == ("O", "O", "B-ORG", "I-ORG", "I-ORG", "O")
    assert "names with the end of a sentence in them" in made.notes[0]


def test_labels_that_differ_in_case_only_are_an_error_that_names_both_lines():
    with pytest.raises(InputError) as caught:
        corpus(
            annotated("Ann left", (0, 3, "PER"), place="my.jsonl:1"),
            annotated("Bob left", (0, 3, "Per"), place="my.jsonl:7"),
        )
    assert str(caught.value) == (
        "my.jsonl:7: the label Per differs in case only from PER (my.jsonl:1); write both the same"
    )


@st.composite
def texts_with_names(draw):
    text = draw(st.text(st.sampled_from("aB1.!?- \n\N{GRINNING FACE}'’/"), max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [(a, b, draw(st.sampled_from("XY"))) for a, b in pairs if text[a:b].strip()]


@given(texts_with_names())
def test_each_name_is_exactly_the_tokens_with_its_tags(example):
    text, mentions = example
    one = annotated(text, *mentions)
    if not text.strip():
        return
    made = corpus(one)
    places, position = [], 0
    for token in (token for s in made.sentences for token in s.tokens):
        start = position + len(text[position:]) - len(text[position:].lstrip())
        position = start + len(token)
        assert text[start:position] == token
        places.append((start, position))
    assert not text[position:].strip()
    found, first = [], 0
    for s in made.sentences:
        for start, end, label in spans_of(s.tags):
            found.append((places[first + start][0], places[first + end - 1][1], label))
        first += len(s.tokens)
    assert found == [trimmed(text, *mention) for mention in one.mentions]


def trimmed(text, start, end, label):
    """The place of a name without the white space at its ends."""
    name = text[start:end]
    return start + len(name) - len(name.lstrip()), end - len(name) + len(name.rstrip()), label
