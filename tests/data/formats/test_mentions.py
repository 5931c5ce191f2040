import pytest

from window_ner.data.formats.mentions import Mention, RawMention, checked_mentions
from window_ner.data.formats.notes import Notes
from window_ner.errors import InputError

TEXT = "Ann Lee left New York."
EMOJI = "\N{PILE OF POO}\N{PILE OF POO} in Oslo."


def checked(*mentions, text=TEXT, notes=None):
    given = [RawMention(*mention) for mention in mentions]
    return checked_mentions(text, given, "my.jsonl:3", notes or Notes())


def problem(*mentions, text=TEXT):
    with pytest.raises(InputError) as caught:
        checked(*mentions, text=text)
    place, _, rest = str(caught.value).partition(": ")
    assert place == "my.jsonl:3"
    return rest


def test_names_are_sorted():
    assert checked((13, 21, "LOC"), (0, 7, "PER", "Ann Lee")) == (
        Mention(0, 7, "PER"),
        Mention(13, 21, "LOC"),
    )


@pytest.mark.parametrize("offset", [1.0, "1", None, True, [1]])
def test_an_offset_is_an_integer(offset):
    expected = f"{offset!r} is not an offset; expected an integer"
    assert problem((offset, 7, "PER")) == problem((0, offset, "PER")) == expected


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (0, 23), (22, 30), (4, 3)])
def test_an_offset_is_in_the_text(start, end):
    expected = f"the name from {start} to {end} is not in the text, which has 22 characters"
    assert problem((start, end, "PER")) == expected


def test_a_name_is_not_blank():
    assert problem((3, 3, "PER")) == "the name from 3 to 3 is empty"
    assert problem((3, 4, "PER")) == "the name from 3 to 4 is only white space"


@pytest.mark.parametrize("label", ["", " ", "\t\n"])
def test_a_label_is_not_empty(label):
    assert problem((0, 7, label)) == "a name has an empty label"


@pytest.mark.parametrize("label", [None, 3, ["PER"]])
def test_a_label_is_a_string(label):
    assert problem((0, 7, label)) == f"{label!r} is not a label; expected a string like 'PER'"


def test_the_text_of_a_name_is_a_string():
    assert problem((0, 7, "PER", 7)) == "the text of a name is 7; expected a string"


def test_overlapping_names_are_named():
    assert problem((0, 7, "PER"), (4, 12, "PER")) == (
        "'Ann Lee' (PER, 0 to 7) and 'Lee left' (PER, 4 to 12) overlap; keep one of them"
    )
    assert "overlap" in problem((0, 7, "PER"), (0, 7, "ORG"))
    assert "overlap" in problem((0, 7, "PER"), (0, 3, "PER"))


def test_names_may_touch():
    assert len(checked((0, 3, "PER"), (3, 7, "PER"))) == 2


def test_a_name_that_is_given_twice_is_read_once_and_counted():
    notes = Notes()
    assert len(checked((0, 7, "PER"), (0, 7, "PER"), notes=notes)) == 1
    assert notes.as_lines() == (
        "names that are given twice, and read once: 1 (the first: my.jsonl:3: 'Ann Lee')",
    )


def test_spaces_at_the_ends_of_a_name_are_left_out_and_counted():
    notes = Notes()
    found = checked((12, 21, "LOC", " New York"), (3, 8, "PER"), notes=notes)
    assert found == (Mention(4, 7, "PER"), Mention(13, 21, "LOC"))
    assert notes.as_lines() == (
        "names that begin or end with a space, which is left out: 2 (the first: my.jsonl:3: "
        "' New York')",
    )


@pytest.mark.parametrize("label", [" first  name ", "first,name", "first, name"])
def test_a_label_of_two_words_or_with_a_comma_gets_an_underscore(label):
    notes = Notes()
    assert checked((0, 7, label), notes=notes) == (Mention(0, 7, "first_name"),)
    assert "labels with a space or a comma, which is read as _: 1" in notes.as_lines()[0]


def test_a_name_that_is_not_what_the_file_says_is_an_error_that_says_where_it_is():
    assert problem((0, 8, "LOC", "New York")) == (
        "the name from 0 to 8 is 'Ann Lee ', and not 'New York' as the file says; 'New York' is at "
        "13 to 21"
    )
    assert problem((0, 3, "PER", "Bob")) == (
        "the name from 0 to 3 is 'Ann', and not 'Bob' as the file says"
    )


@pytest.mark.parametrize("written", ["New York", "New\\nYork", "New\nYork", " New  York"])
def test_white_space_in_the_text_of_a_name_may_differ(written):
    assert checked((0, 8, "LOC", written), text="New\nYork.") == (Mention(0, 8, "LOC"),)


def test_offsets_that_would_fit_in_utf_16_get_a_hint():
    message = problem((8, 12, "LOC"), text="\N{PILE OF POO}" * 2 + " in Oslo")
    assert message == (
        "the name from 8 to 12 is not in the text, which has 10 characters. The offsets would fit "
        "if they counted UTF-16 units, as JavaScript does (an emoji is two); count characters"
    )
    for start, end in ((13, 99), (99, 12), (1, 99), (-1, 12)):
        assert "UTF-16" not in problem((start, end, "LOC"), text=EMOJI)
    assert "UTF-16" not in problem((0, 99, "LOC"))


def test_offsets_in_utf_16_are_converted_if_every_name_says_its_text():
    notes = Notes()
    pile = "\N{PILE OF POO}"
    given = [(8, 12, "LOC", "Oslo"), (2, 4, "MISC", pile)]
    assert checked(*given, text=EMOJI, notes=notes) == (
        Mention(1, 2, "MISC"),
        Mention(6, 10, "LOC"),
    )
    assert "texts whose offsets count UTF-16 units" in notes.as_lines()[0]
    assert "UTF-16 units" in problem((8, 12, "LOC", "Oslo"), (0, 2, "MISC"), text=EMOJI)


def test_offsets_within_a_utf_16_pair_do_not_fit():
    assert "UTF-16" not in problem((1, 12, "LOC", "Oslo"), text=EMOJI)
