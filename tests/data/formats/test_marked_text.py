import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.formats.marked_text import has_mark, parse_marks
from window_ner.data.formats.mentions import Mention
from window_ner.data.formats.notes import Notes
from window_ner.errors import InputError


def parsed(line, notes=None):
    annotated = parse_marks(line, "my.txt:2", notes or Notes())
    return annotated.text, list(annotated.mentions)


@pytest.mark.parametrize(
    "line",
    [
        "Take [aspirin | DRUG] daily.",
        "Take [aspirin|DRUG] daily.",
        "Take [ aspirin|  DRUG ] daily.",
        "Take [aspirin | DRUG 0.93] daily.",
        "Take [aspirin | DRUG 1.00] daily.",
    ],
)
def test_a_name_and_its_label_are_in_brackets_with_a_bar(line):
    assert parsed(line) == ("Take aspirin daily.", [Mention(5, 12, "DRUG")])


def test_a_line_may_have_several_names_or_none():
    assert parsed("[a|X][b c|Y]") == ("ab c", [Mention(0, 1, "X"), Mention(1, 4, "Y")])
    assert parsed("no name") == ("no name", [])


@pytest.mark.parametrize("line", ["See [1] and [sic].", "a | b | c", "x] | [y", "| [a](b) | c |"])
def test_brackets_without_a_bar_and_bars_without_brackets_are_text(line):
    assert parsed(line) == (line, [])
    assert not has_mark(line)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Take [aspirin | DRUG daily", "[aspirin |"),
        ("Take aspirin | DRUG] daily", "| DRUG]"),
        ("[a | b | DRUG]", "[a | b |"),
        ("[New [York | LOC] Times | ORG]", "| ORG]"),
        ("[[3H]thymidine | DRUG]", "| DRUG]"),
    ],
)
def test_a_mark_that_is_not_complete_is_an_error(line, found):
    with pytest.raises(InputError) as caught:
        parsed(line)
    assert str(caught.value).startswith(f"my.txt:2: {found!r} is not a complete mark; write [")


@pytest.mark.parametrize(("line", "lacks"), [("[ | DRUG]", "name"), ("a [b| ]", "label")])
def test_a_mark_has_a_name_and_a_label(line, lacks):
    with pytest.raises(InputError, match=rf"my\.txt:2: '\[.*\]' has no {lacks}"):
        parsed(line)


def test_a_label_may_have_two_words():
    notes = Notes()
    assert parsed("[a | brand name]", notes)[1] == [Mention(0, 1, "brand_name")]
    assert len(notes.as_lines()) == 1


@given(st.text(st.sampled_from("ab[]| \n")))
def test_any_line_is_read_or_refused(line):
    try:
        text, mentions = parsed(line)
    except InputError:
        return
    assert not has_mark(line) or mentions
    for start, end, _ in mentions:
        assert text[start:end].strip() == text[start:end] != ""
