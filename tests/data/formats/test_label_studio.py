import json

import pytest

from window_ner.errors import InputError


def region(start, end, label, text=None, kind="labels"):
    value = {"start": start, "end": end, "labels": [label]}
    if text:
        value["text"] = text
    return {"id": "x", "from_name": "label", "to_name": "text", "type": kind, "value": value}


def annotation(*results, **keys):
    return {"id": 1, "result": list(results), "was_cancelled": False, "ground_truth": False, **keys}


def task(*annotations, data=None, **keys):
    data = data or {"text": "Ann left Oslo."}
    return {"id": 1, "data": data, "annotations": list(annotations), "predictions": [], **keys}


ANN = region(0, 3, "PER", "Ann")
OSLO = region(9, 13, "LOC")
EXPECTED = ["Ann/PER", "Oslo/LOC"]


@pytest.fixture
def read_tasks(read):
    return lambda *tasks: read(json.dumps(tasks), "export.json")


def test_the_annotation_of_a_task_is_read(read_tasks, names):
    assert names(read_tasks(task(annotation(OSLO, ANN)), task(annotation()))) == [EXPECTED, []]


def test_what_is_no_name_in_an_annotation_is_left_out(read_tasks, names):
    choice = {"type": "choices", "value": {"choices": ["news"]}}
    relation = {"type": "relation", "from_id": "x", "to_id": "y", "direction": "right"}
    assert names(read_tasks(task(annotation(ANN, choice, relation, OSLO)))) == [EXPECTED]


def test_tasks_that_nobody_annotated_are_left_out_and_counted(read_tasks, names):
    predicted = task(predictions=[{"result": [ANN]}])
    skipped = task(annotation(was_cancelled=True))
    corpus = read_tasks(predicted, task(annotation(ANN, OSLO)), skipped)
    assert names(corpus) == [EXPECTED]
    assert "texts that nobody annotated or accepted, which are left out: 2" in corpus.notes[0]


def test_a_file_with_predictions_only_is_an_error(read_tasks):
    with pytest.raises(InputError, match="no text in it that was annotated"):
        read_tasks(task(predictions=[{"result": [ANN]}]))


def test_ground_truth_counts_if_annotations_differ(read_tasks, names):
    truth = annotation(ANN, OSLO, ground_truth=True)
    assert names(read_tasks(task(annotation(ANN), truth, annotation()))) == [EXPECTED]
    assert names(read_tasks(task(annotation(ANN, OSLO), annotation(OSLO, ANN)))) == [EXPECTED]
    with pytest.raises(InputError, match=r"export\.json:1: has 2 annotations that differ; mark"):
        read_tasks(task(annotation(ANN), annotation()))


def test_the_text_may_have_another_key_if_it_is_the_only_string(read_tasks, names):
    data = {"sentence": "Ann left Oslo.", "page": 3}
    assert names(read_tasks(task(annotation(ANN), data=data))) == [["Ann/PER"]]
    with pytest.raises(InputError, match='no "text" in the data of the task, which has a, b'):
        read_tasks(task(data={"a": "x", "b": "y"}))


def test_offsets_of_old_versions_count_utf_16_units_and_are_converted(read_tasks, names):
    data = {"text": "\N{PILE OF POO}This is an annotation."}
    corpus = read_tasks(task(annotation(region(13, 23, "X", "annotation")), data=data))
    assert names(corpus) == [["annotation/X"]]
    assert len(corpus.notes) == 1


def test_in_json_min_the_names_have_the_key_that_the_project_gives_them(read, names):
    both = {"text": "Ann left Oslo.", "mood": "good", "annotator": 1, "annotation_id": 7}
    named = {**both, "ner": [ANN["value"], OSLO["value"]]}
    assert names(read([named, both], "min.json")) == [EXPECTED, []]
    hypertext = {**both, "ner": [{"start": "/p[1]", "end": "/p[1]", "hypertextlabels": ["PER"]}]}
    with pytest.raises(InputError, match=r"min\.json:1: .* has no \"label\""):
        read([hypertext], "min.json")


def test_in_json_min_annotations_of_one_task_may_not_differ_and_count_once(read, names):
    def by(annotator, *regions, task=1):
        of = {"annotator": annotator, "annotation_id": annotator, "id": task}
        return {"text": "Ann left Oslo.", "label": [r["value"] for r in regions], **of}

    other = {**by(4), "text": "It rains."}  # of another project
    same = [by(1, ANN, OSLO), by(2, OSLO, ANN), by(3, ANN, task=2), other]
    assert names(read(same, "min.json")) == [EXPECTED, ["Ann/PER"], []]
    with pytest.raises(
        InputError, match=r"min\.json:2: differs from .* same task, .*min\.json:1; "
    ):
        read([by(1, ANN, OSLO), by(2, ANN)], "min.json")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (task(annotation({"value": {"start": 0, "end": 3, "labels": []}})), "has the labels []"),
        (task(annotation({"value": {"labels": ["X"]}})), "None is not an offset"),
        (task(annotation(region(0, 3, "PER", "Bob"))), "and not 'Bob' as the file says"),
        (task(annotation(result={})), '"result" is not a list'),
        (
            task(annotation(ANN, {"value": {"start": "/p[1]", "hypertextlabels": ["PER"]}})),
            "has names of the kind hypertextlabels, which are not read",
        ),
        ({"data": {"text": "x"}, "annotations": {"a": 1}}, '"annotations" is not a list'),
    ],
)
def test_a_wrong_task_is_an_error_that_names_its_line(read_tasks, wrong, message):
    with pytest.raises(InputError) as caught:
        read_tasks(wrong)
    assert "export.json:1: " in str(caught.value)
    assert message in str(caught.value)


def test_the_conll_export_is_read(read, names):
    text = "-DOCSTART- -X- O\nAnn -X- _ B-PER\nLee -X- _ I-PER\nleft -X- _ O\n\nIt -X- _ O\n\n"
    corpus = read(text, "export.conll")
    assert names(corpus) == [["Ann Lee/PER"]]
    assert len(corpus.sentences) == 2
