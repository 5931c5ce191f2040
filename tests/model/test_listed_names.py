"""Names of a list beside those of the model."""

import pytest

from window_ner.data.name_list import NameList
from window_ner.errors import InputError
from window_ner.model.entity import Entity
from window_ner.model.listed_names import combine

TEXT = "Angela Merkel met zorblax makers of Siemens in Munich."


@pytest.fixture(scope="module")
def tagger(english):
    return english


def shown(entities):
    return [(e.text, e.label, e.source) for e in entities]


def entity(start, end, source="model"):
    return Entity("x", "X", start, end, 0.5, start, end, source)


@pytest.mark.parametrize(
    ("of_model", "listed", "kept"),
    [
        ([], [], []),
        ([(0, 2)], [], ["model 0 2"]),
        ([], [(0, 2)], ["list 0 2"]),
        ([(0, 2)], [(0, 2)], ["list 0 2"]),
        ([(0, 3)], [(1, 2)], ["list 1 2"]),
        ([(1, 2)], [(0, 3)], ["list 0 3"]),
        ([(0, 2), (2, 4)], [(1, 3)], ["list 1 3"]),
        ([(0, 1), (3, 4), (6, 7)], [(1, 3), (4, 6)],
         ["model 0 1", "list 1 3", "model 3 4", "list 4 6", "model 6 7"]),
    ],
)  # fmt: skip
def test_where_they_overlap_the_list_wins(of_model, listed, kept):
    found = combine([entity(*p) for p in of_model], [entity(*p, "list") for p in listed])
    assert [f"{e.source} {e.start} {e.end}" for e in found] == kept


def test_a_listed_name_is_found_where_the_model_is_silent(tagger):
    names = NameList({"zorblax": "DRUG"})
    found = tagger(TEXT, names=names)
    assert shown(found) == [
        ("Angela Merkel", "PER", "model"),
        ("zorblax", "DRUG", "list"),
        ("Siemens", "ORG", "model"),
        ("Munich", "LOC", "model"),
    ]
    (listed,) = (e for e in found if e.source == "list")
    assert (TEXT[listed.start : listed.end], listed.score) == ("zorblax", 1.0)


def test_a_shorter_name_of_the_list_replaces_the_longer_one_of_the_model(tagger):
    found = tagger("Angela Merkel left.", names=NameList({"Merkel": "POLITICIAN"}))
    assert shown(found) == [("Merkel", "POLITICIAN", "list")]


def test_a_stream_has_the_names_in_every_batch(tagger):
    names = NameList({"zorblax": "DRUG"})
    texts = [TEXT, "", "no name", "ZORBLAX!"]
    one_by_one = [shown(tagger(text, names=names)) for text in texts]
    assert [shown(e) for e in tagger.pipe(texts, names=names, batch_size=3)] == one_by_one


def test_the_source_is_told_where_it_is_asked_for(tagger):
    (found,) = tagger("ZORBLAX", names=NameList({"zorblax": "DRUG"}))
    expected = {"text": "ZORBLAX", "label": "DRUG", "start": 0, "end": 7, "score": 1.0}
    assert found.as_dict() == expected
    assert found.as_dict(with_source=True) == {**expected, "source": "list"}


def test_names_that_are_no_list_are_refused(tagger):
    for names in ({"Acme": "ORG"}, ["Acme"]):
        with pytest.raises(
            InputError, match=r'must be a list, like NameList\({"Acme": "ORG"}\); got'
        ):
            tagger("Acme left.", names=names)
    with pytest.raises(InputError, match="expected names with labels, like"):
        NameList(["Acme"])
