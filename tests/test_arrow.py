"""Names in Arrow tables: the same as in texts, whatever the table looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import window_ner
from window_ner.data.conll import read_conll
from window_ner.errors import InputError
from window_ner.storage.resources import resource_folder

pa = pytest.importorskip("pyarrow")
arrow = pytest.importorskip("window_ner.arrow")

TYPES = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.int32(), pa.large_string()),
]


@pytest.fixture(scope="module")
def tagger(english):
    return english


@pytest.fixture(scope="module")
def texts():
    corpus = read_conll(resource_folder("data/sample") / "test.conll")
    lines = [" ".join(s.tokens) for s in corpus.sentences[:60]]
    return [
        *lines[:20],
        None,
        "",
        "Zoë Smith met 李明 in Zürich 😀 and Ann in Oslo.",
        *lines[20:],
        None,
    ]


@pytest.fixture(scope="module")
def expected(tagger, texts):
    return [None if text is None else rows(tagger(text)) for text in texts]


def rows(entities, **options):
    return [entity.as_dict(**options) for entity in entities]


def text_array(texts, kind):
    if pa.types.is_dictionary(kind):
        return pa.array(texts, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(texts, kind)


def test_there_is_something_to_find(expected):
    assert sum(len(row) for row in expected if row) > 20


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_every_type_of_text_gets_the_names_that_the_tagger_finds(tagger, texts, expected, kind):
    table = pa.table({"id": range(len(texts)), "text": text_array(texts, kind)})
    tagged = arrow.tag_table(table, tagger=tagger)
    assert tagged.column_names == ["id", "text", "entities"]
    assert tagged["entities"].type == arrow.entities_type()
    assert tagged["entities"].to_pylist() == expected
    assert tagged.drop_columns("entities").equals(table)
    tagged.validate(full=True)


@given(data=st.data())
def test_the_names_do_not_depend_on_slices_and_chunks(tagger, texts, expected, data):
    kind = data.draw(st.sampled_from(TYPES[:3]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(texts)), max_size=5)))
    whole = text_array(texts, kind)
    ends = zip([0, *cuts], [*cuts, len(texts)], strict=True)
    table = pa.table({"text": pa.chunked_array([whole[a:b] for a, b in ends], kind)})
    first = data.draw(st.integers(0, len(texts)))
    last = data.draw(st.integers(first, len(texts)))
    tagged = arrow.tag_table(table.slice(first, last - first), tagger=tagger)
    assert tagged["entities"].to_pylist() == expected[first:last]


@given(st.lists(st.none() | st.text("aé李😀 .\nAnnOslo", max_size=40), max_size=8))
def test_offsets_count_the_characters_of_any_text(tagger, texts):
    found = arrow.tag_table(pa.table({"text": pa.array(texts, pa.string())}), tagger=tagger)
    for text, entities in zip(texts, found["entities"].to_pylist(), strict=True):
        assert (text is None) == (entities is None)
        for entity in entities or ():
            assert text[entity["start"] : entity["end"]] == entity["text"]


def test_a_record_batch_stays_a_record_batch(tagger, texts, expected):
    batch = pa.record_batch({"text": pa.array(texts)})[3:30]
    tagged = arrow.tag_table(batch, tagger=tagger)
    assert isinstance(tagged, pa.RecordBatch)
    assert tagged["entities"].to_pylist() == expected[3:30]


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"text": pa.array([], pa.string())}),
        pa.record_batch({"text": pa.array([], pa.string())}),
    ],
)
def test_an_empty_table_gets_an_empty_column(tagger, table):
    tagged = arrow.tag_table(table, tagger=tagger)
    assert tagged.schema.field("entities").type == arrow.entities_type()
    assert len(tagged) == 0


def test_a_data_frame_is_refused_with_what_to_do(tagger):
    frame = [{"text": "Ann"}]  # anything but a table
    with pytest.raises(InputError, match=r"expected a pyarrow table, got list; .*table\(frame\)"):
        arrow.tag_table(frame, tagger=tagger)


def test_a_least_score_is_a_probability(tagger):
    with pytest.raises(InputError, match="min_score must be from 0 to 1; got 80"):
        arrow.tag_table(pa.table({"text": ["Ann"]}), tagger=tagger, min_score=80)


def test_a_column_of_nothing_but_nulls_stays_null(tagger):
    for kind in (pa.null(), pa.string()):
        table = pa.table({"text": pa.array([None, None], kind)})
        assert arrow.tag_table(table, tagger=tagger)["entities"].to_pylist() == [None, None]


def test_labels_scores_and_names_are_those_of_predict(tagger):
    text = "Angela Merkel met Tim Cook of Acme Rockets in Paris."
    table = pa.table({"body": [text]})
    names = window_ner.NameList({"Acme Rockets": "BRAND"})
    tagged = arrow.tag_table(
        table,
        "body",
        tagger=tagger,
        names=names,
        labels=["PER", "BRAND"],
        min_score=0.2,
        output="who",
    )
    expected = [e for e in tagger(text, names=names) if e.label in ("PER", "BRAND")]
    assert tagged["who"].to_pylist() == [rows(expected, with_source=True)]
    assert {e.source for e in expected} == {"model", "list"}


def test_labels_of_a_generator_hold_for_every_row(tagger):
    table = pa.table({"text": ["Angela Merkel met Tim Cook."] * 3})
    tagged = arrow.tag_table(table, tagger=tagger, labels=(label for label in ["PER"]))
    assert [len(entities) for entities in tagged["entities"].to_pylist()] == [2, 2, 2]


def test_a_score_is_compared_as_it_is_printed(tagger):
    table = pa.table({"text": ["Angela Merkel met Tim Cook in Paris."]})
    (entities,) = arrow.tag_table(table, tagger=tagger)["entities"].to_pylist()
    least = round(min(entity["score"] for entity in entities), 4)
    (kept,) = arrow.tag_table(table, tagger=tagger, min_score=least)["entities"].to_pylist()
    assert kept == entities


def test_without_a_tagger_the_bundled_model_is_used(tagger):
    table = pa.table({"text": ["Angela Merkel met Tim Cook in Paris."]})
    assert arrow.tag_table(table).equals(arrow.tag_table(table, tagger=tagger))


@pytest.mark.parametrize(
    ("table", "call", "message"),
    [
        (pa.table({"a": ["x"], "b": [1]}), {}, "no column 'text'; the columns are: 'a', 'b'"),
        (pa.table({"text": [1]}), {}, "column 'text' is int64, not text; cast it to string"),
        (pa.table([["x"], ["y"]], ["text", "text"]), {}, "there are 2 columns 'text'"),
        (pa.table({"text": ["x"], "entities": [1]}), {}, "already has a column 'entities'"),
        (pa.table({"text": ["x"]}), {"labels": "PER"}, "give a list"),
        (
            pa.table({"text": ["x"]}),
            {"labels": ["PERSON"]},
            "no label PERSON; there are LOC, MISC, ORG, PER",
        ),
        (pa.table({"text": ["x"]}), {"min_score": None}, "min_score must be from 0 to 1; got None"),
        (pa.table({"text": ["x"]}), {"names": {"Oslo": "LOC"}}, "names must be a list"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(tagger, table, call, message):
    with pytest.raises(InputError, match=message):
        arrow.tag_table(table, tagger=tagger, **call)


def test_text_that_is_not_utf8_is_refused(tagger):
    bad = pa.array([b"Ann", b"\xff"], pa.binary()).view(pa.string())
    with pytest.raises(InputError, match="is not UTF-8"):
        arrow.tag_table(pa.table({"text": bad}), tagger=tagger)
