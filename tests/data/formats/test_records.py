"""JSON with offsets: which keys are read, and what is wrong in an object."""

import json

import pytest

from window_ner.errors import InputError

TEXT = "Ann left Oslo."
EXPECTED = [["Ann/PER", "Oslo/LOC"]]
OURS = {
    "text": TEXT,
    "entities": [
        {"start": 0, "end": 3, "label": "PER", "text": "Ann", "score": 0.9},
        {"start": 9, "end": 13, "label": "LOC"},
    ],
}
LISTS = [[0, 3, "PER"], [9, 13, "LOC"]]


@pytest.mark.parametrize(
    "record",
    [
        OURS,
        {"file": "a.txt", **OURS, "cats": {}},
        {"text": TEXT, "entities": LISTS},
        {"id": 1, "text": TEXT, "label": LISTS, "Comments": []},
        {"id": 1, "text": TEXT, "labels": LISTS},
        {
            "id": 1,
            "text": TEXT,
            "entities": [
                {"id": 5, "label": "PER", "start_offset": 0, "end_offset": 3},
                {"id": 6, "label": "LOC", "start_offset": 9, "end_offset": 13},
            ],
            "relations": [],
        },
        {
            "text": TEXT,
            "tokens": [],
            "spans": [
                {"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "PER"},
                {"start": 9, "end": 13, "token_start": 2, "token_end": 2, "label": "LOC"},
            ],
            "answer": "accept",
        },
        [TEXT, {"entities": LISTS}],
        {
            "id": 1,
            "text": TEXT,
            "label": [
                {"start": 0, "end": 3, "text": "Ann", "labels": ["PER"]},
                {"start": 9, "end": 13, "text": "Oslo", "labels": ["LOC"]},
            ],
            "annotator": 1,
        },
    ],
    ids=["ours", "keys", "lists", "doccano", "doccano-2", "doccano-3", "prodigy", "spacy", "min"],
)
@pytest.mark.parametrize("form", ["lines", "list", "pretty"])
def test_the_names_of_many_tools_are_read(read, names, record, form):
    if form == "lines":
        corpus = read([record, record])
    else:
        corpus = read(json.dumps([record] * 2, indent=2 if form == "pretty" else None), "my.json")
    assert names(corpus) == 2 * EXPECTED


def test_json_lines_may_end_in_json_and_a_list_in_jsonl(read, names):
    assert names(read(f"{json.dumps(OURS)}\n{json.dumps(OURS)}", "my.json")) == 2 * EXPECTED
    assert names(read(json.dumps([OURS]), "my.jsonl")) == EXPECTED
    assert names(read(json.dumps(OURS, indent=2), "my.json")) == EXPECTED


def test_a_text_with_no_name_has_an_empty_list(read, names):
    assert names(read([OURS, {"text": "It rains.", "entities": []}])) == [*EXPECTED, []]


def test_label_studio_and_prodigy_leave_out_the_list_if_nobody_found_a_name(read, names):
    found = {"text": "It rains.", "label": [], "annotator": 1, "annotation_id": 1}
    none = {"text": "It rains.", "annotator": 1, "annotation_id": 2}
    prodigy = {"text": "It rains.", "_task_hash": 1, "tokens": [], "answer": "accept"}
    assert names(read([OURS, found, none, prodigy])) == [*EXPECTED, [], [], []]


def test_a_text_may_say_which_labels_it_annotates(read):
    corpus = read([{**OURS, "annotated": ["PER", "LOC"]}, OURS, {**OURS, "annotated": None}])
    assert [d.annotated for d in corpus.documents] == [frozenset({"PER", "LOC"}), None, None]


@pytest.mark.parametrize("entities", [[], LISTS[:1]])
def test_names_that_differ_under_two_keys_are_refused(read, names, entities):
    spans = OURS["entities"]
    with pytest.raises(InputError, match='the names in "entities" and in "spans" differ; remove'):
        read([{"text": TEXT, "entities": entities, "spans": spans}])
    both = {"text": TEXT, "entities": LISTS, "spans": spans}
    without = {"text": TEXT, "entities": LISTS, "spans": [], "label": [{"id": 3}], "labels": "x"}
    assert names(read([both, without])) == 2 * EXPECTED


def test_of_two_answers_of_annotate_about_one_sentence_the_later_counts(read, names):
    def answer(version, line, answer="accept"):
        source = {"file": "a.txt", "line": line}
        return {**OURS, "version": version, "picked": "teach", "source": source, "answer": answer}

    assert names(read([OURS, answer(1, 7), answer(2, 7, "ignore"), answer(1, 8)])) == EXPECTED * 2
    assert names(read([OURS, OURS])) == EXPECTED * 2  # those of others are never left out


def test_texts_that_were_rejected_are_left_out_and_counted(read, names):
    corpus = read([OURS, {**OURS, "answer": "reject"}, {**OURS, "answer": "ignore"}])
    assert names(corpus) == EXPECTED
    assert "which are left out: 2 (the first: " in corpus.notes[0]
    assert corpus.notes[0].endswith("my.jsonl:2)")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("x", "is not an object; expected {"),
        ([1, 2], "is not an object; expected {"),
        ({"entities": []}, 'has no "text"; expected {'),
        ({"tokens": ["EU"], "ner_tags": [3]}, 'has no "text", only tokens; write these as CoNLL'),
        ({"text": 1, "entities": []}, '"text" is not a string; expected {'),
        ({"text": "x"}, 'has no "entities"; write "entities": [] if no name is in the text'),
        ({"text": "x", "entities": {}}, '"entities" is not a list; expected {'),
        ({"text": "x", "label": "sport"}, '"label" is not a list; expected {'),
        ({"text": "x", "entities": ["x"]}, "'x' is not a name; expected [3, 7, "),
        ({"text": "x", "entities": [[0, 1]]}, "[0, 1] is not a name; expected [3, 7, "),
        ({"text": "x", "entities": [{"start": 0, "end": 1}]}, 'has no "label"'),
        ({"text": "x", "entities": [{"end": 1, "label": "X"}]}, 'has no "start"'),
        (
            {"text": "x", "entities": [{"start": 0, "end": 1, "labels": ["A", "B"]}]},
            "a name has 2 labels, ['A', 'B']; keep one",
        ),
        ({"text": "x", "entities": [], "annotated": "PER"}, '"annotated" is not a list of labels'),
        (
            {"text": "x", "entities": [[0, 1, "X"]], "annotated": ["PER"]},
            "'x' has the label X, which is not in \"annotated\"",
        ),
        ({"text": "x", "entities": [[0, 2, "X"]]}, "the name from 0 to 2 is not in the text"),
    ],
)
def test_a_wrong_object_is_an_error_that_names_its_line(read, tmp_path, record, message):
    with pytest.raises(InputError) as caught:
        read([OURS, record])
    assert str(caught.value).startswith(f"{tmp_path}/my.jsonl:2: ")
    assert message in str(caught.value)
    lines = json.dumps([OURS, record], indent=1).split("\n")
    with pytest.raises(InputError) as caught:
        read("\n".join(lines), "my.json")
    where = str(caught.value).removeprefix(f"{tmp_path}/my.json:").partition(":")[0]
    assert int(where) == 1 + len(json.dumps([OURS], indent=1).split("\n")) - 1
