"""predict --names: a list of names beside the model."""

import json

import pytest

TEXT = "Angela Merkel met zorblax makers."


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("name,label\nzorblax,DRUG\nYahoo! Japan,ORG\n", encoding="utf-8")
    return path


@pytest.fixture
def predict(call_main):
    def call(*arguments, stdin=b""):
        return call_main("predict", *map(str, arguments), stdin=stdin)

    return call


def test_json_says_who_found_a_name(predict, names):
    code, out, err = predict(TEXT, "--format", "json", "--names", names)
    (answer,) = json.loads(out)
    assert code == 0
    found = [(e["text"], e["label"], e["source"]) for e in answer["entities"]]
    assert found == [("Angela Merkel", "PER", "model"), ("zorblax", "DRUG", "list")]
    assert "1 of 2 names, like 'Yahoo! Japan', look like the end of a sentence" in err


def test_without_a_list_json_says_nothing_of_it(predict):
    _, out, _ = predict(TEXT, "--format", "jsonl")
    assert all("source" not in entity for entity in json.loads(out)["entities"])


def test_a_table_has_a_column_for_it(predict, names):
    _, out, _ = predict(TEXT, "--format", "csv", "--names", names)
    head, *rows = out.splitlines()
    assert head.endswith(",score,source")
    assert [row.rpartition(",")[2] for row in rows] == ["model", "list"]


def test_conll_has_the_tags_of_the_list(predict, names):
    _, out, _ = predict(TEXT, "--format", "conll", "--names", names)
    assert "zorblax B-DRUG\n" in out


def test_the_labels_of_the_list_may_be_chosen(predict, names):
    _, out, _ = predict(TEXT, "--format", "jsonl", "--names", names, "--labels", "DRUG")
    assert [e["text"] for e in json.loads(out)["entities"]] == ["zorblax"]


def test_one_name_a_line_needs_a_label(predict, tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("zorblax\n", encoding="utf-8")
    code, _, err = predict(TEXT, "--names", path)
    assert (code, "--names-label" in err) == (2, True)
    code, out, _ = predict(TEXT, "--names", path, "--names-label", "DRUG")
    assert (code, "[zorblax | DRUG 1.00]" in out) == (0, True)


def test_a_label_without_a_list_is_refused(predict):
    code, _, err = predict(TEXT, "--names-label", "DRUG")
    assert code == 2
    assert "--names" in err
