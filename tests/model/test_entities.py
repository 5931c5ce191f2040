"""How the names of a text show themselves in a notebook and in a terminal."""

import pickle
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

import window_ner
from window_ner.model.entities import Entities
from window_ner.model.entity import Entity

TEXT = "Ann Lee left Oslo."
ANN = Entity("Ann Lee", "PER", 0, 7, 0.987, 0, 2)
OSLO = Entity("Oslo", "LOC", 13, 17, 0.5, 3, 4)


def test_a_terminal_shows_a_name_a_line():
    assert repr(Entities([ANN, OSLO], TEXT)) == (
        "2 names in 'Ann Lee left Oslo.'\n"
        "  'Ann Lee'  PER  0.99  [0:7]\n"
        "  'Oslo'     LOC  0.50  [13:17]"
    )
    assert repr(Entities([], "")) == "no names in ''"
    assert repr(Entities([ANN], "Ann Lee " * 100)).startswith("1 name in 'Ann Lee ")
    assert len(repr(Entities([], "a" * 1000))) < 100


def test_a_terminal_does_not_obey_control_characters_in_a_name():
    entity = Entity("\x1b[2JAnn", "PER", 0, 7, 1.0, 0, 1)
    assert "\x1b" not in repr(Entities([entity], entity.text))


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.marks, self.tags = "", [], set()
        self.is_small = False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.is_small = tag == "small"
        if tag == "mark":
            self.marks.append("")

    def handle_endtag(self, tag):
        self.is_small = False
        if tag == "mark":
            self.marks.append(None)

    def handle_data(self, data):
        if self.is_small:
            return
        self.text += data
        if self.marks and self.marks[-1] is not None:
            self.marks[-1] += data


def read(entities):
    reader = _Reader()
    reader.feed(entities._repr_html_())
    reader.close()
    return reader


def test_a_notebook_shows_the_text_with_its_names_marked():
    entities = Entities([ANN, OSLO], TEXT)
    assert read(entities).text == TEXT
    assert [mark for mark in read(entities).marks if mark] == ["Ann Lee", "Oslo"]
    assert ">PER 0.99</small>" in entities._repr_html_()


@given(st.text(alphabet="<>&\"'/ab\n ", max_size=20), st.sampled_from(["PER", "<b>", "&amp;"]))
def test_markup_in_text_and_labels_is_escaped(text, label):
    entity = Entity(text, label, 1, 1 + len(text), 0.5, 0, 1)
    found = read(Entities([entity], f"x{text}y"))
    assert found.text == f"x{text}y"
    assert found.tags == {"div", "mark", "small"}


def test_it_is_a_list_like_any_other():
    entities = Entities([ANN, OSLO], TEXT)
    assert entities == [ANN, OSLO]
    assert [entity.label for entity in entities] == ["PER", "LOC"]
    copy = pickle.loads(pickle.dumps(entities))
    assert (copy, copy.of_text) == (entities, TEXT)


def test_a_tagger_returns_the_names_with_their_text():
    tagger = window_ner.load()
    found = tagger("Angela Merkel left.")
    assert (type(found), found.of_text) == (Entities, "Angela Merkel left.")
    assert [names.of_text for names in tagger.pipe(["a", "b"])] == ["a", "b"]
    listed = tagger("Ann left.", names=window_ner.NameList({"left": "VERB"}))
    assert [entity.source for entity in listed] == ["model", "list"]
