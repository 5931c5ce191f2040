import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.formats.json_values import json_lines, json_values
from window_ner.errors import InputError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\n"), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 0, 2]))
def test_a_list_gives_its_elements(values, indent):
    written = json.dumps(values, indent=indent)
    assert [value for _, value in json_values(written, "x")] == values


@given(st.lists(VALUES, max_size=5))
def test_lines_give_their_values_and_numbers(values):
    written = "\r\n\n".join(json.dumps(value, ensure_ascii=False) for value in values)
    expected = [(f"x:{1 + 2 * number}", value) for number, value in enumerate(values)]
    assert list(json_lines(written, "x")) == expected


def test_the_place_of_an_element_is_the_line_where_it_begins():
    assert list(json_values('\n[{\n"a": 1},\n\n 2, 3]\n', "x")) == [
        ("x:2", {"a": 1}),
        ("x:5", 2),
        ("x:5", 3),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[1,\n2\n3]", 3, "expected , or ] after an element"),
        ("[1,\n2", 2, "expected , or ] after an element"),
        ("[1,\n", 2, "the list has no end"),
        ("[", 1, "the list has no end"),
        ("[1]\n[2]", 2, "there is text after the list"),
        ('[1,\n{"a": }]', 2, "Expecting value at column 7"),
        ('[1,\n"\\ud800"]', 2, "half of a surrogate pair"),
        ("[1,\n" + "[" * 100_000, 2, "nested too deeply"),
        ("[1,\n" + "9" * 5000 + "]", 2, "is not JSON"),
    ],
)
def test_a_broken_list_is_an_error_that_names_the_line(text, line, message):
    with pytest.raises(InputError) as caught:
        list(json_values(text, "x"))
    assert str(caught.value).startswith(f"x:{line}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{'a': 1}", "is not JSON (Expecting property name enclosed in double quotes at column 2)"),
        ("{} {}", "has text after its JSON value; expected an object a line"),
        ('"\\ud800"', "half of a surrogate pair"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_line_is_an_error_that_names_it(line, message):
    with pytest.raises(InputError) as caught:
        list(json_lines("1\n\n" + line, "x"))
    assert str(caught.value).startswith("x:3: ")
    assert message in str(caught.value)
