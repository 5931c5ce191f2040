"""predict: the formats that it writes, for programs, spreadsheets and people."""

import csv
import gzip
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.cli.predict.documents import Answer, Document
from window_ner.cli.predict.writers import Format, format_of
from window_ner.cli.predict.writers.index import spelling_key
from window_ner.cli.predict.writers.summary import SummaryWriter
from window_ner.cli.predict.writers.table import TableWriter
from window_ner.data.tokenizer import tokenize
from window_ner.errors import InputError
from window_ner.model.entity import Entity

TEXT = "Angela Merkel met Tim Cook of Apple in Berlin."


@pytest.fixture
def predict(tmp_path, monkeypatch, call_main):
    """Run predict with the bundled model in an empty folder; return what is on stdout."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=b""):
        code, out, err = call_main("predict", "--model", "english", *arguments, stdin=stdin)
        assert (code, err) == (0, "")
        return out

    return run


def answer(text, *names, label="PER", file="", number=1):
    """An answer by hand: these names, where they stand in the text, one after the other."""
    entities, end = [], 0
    for name in names:
        start = text.index(name, end)
        end = start + len(name)
        entities.append(Entity(name, label, start, end, 0.5, 0, 1))
    return Answer(Document(text, file=file, number=number), tokenize(text), entities)


def written(writer, *answers):
    return writer.head() + writer.body(answers) + writer.foot()


# Choice of the format


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.json", Format.JSON),
        ("a.JSONL", Format.JSONL),
        ("a.conll.gz", Format.CONLL),
        ("a.b.csv", Format.CSV),
        ("a.tsv.GZ", Format.TSV),
        ("a.html", Format.HTML),
        ("a.txt", Format.PRETTY),
        ("csv", Format.PRETTY),
        ("-", Format.PRETTY),
    ],
)
def test_the_name_of_the_output_chooses_the_format(name, form):
    assert format_of(Path(name)) is form


def test_a_format_that_is_named_is_the_one_that_is_written(predict):
    predict(TEXT, "--output", "a.csv.gz")
    rows = gzip.decompress(Path("a.csv.gz").read_bytes()).decode()
    assert rows == predict(TEXT, "--format", "csv")
    predict(TEXT, "--output", "a.csv", "--format", "json")
    assert json.loads(Path("a.csv").read_text("utf-8"))[0]["text"] == TEXT


# Labels and scores


def test_only_chosen_labels_are_found_in_every_format(predict):
    chosen = ("--labels", "ORG, PER")
    (found,) = json.loads(predict(TEXT, *chosen, "--format", "json"))
    assert [(e["text"], e["label"]) for e in found["entities"]] == [
        ("Angela Merkel", "PER"),
        ("Tim Cook", "PER"),
        ("Apple", "ORG"),
    ]
    columns = predict(TEXT, *chosen, "--format", "conll")
    assert "Apple B-ORG\n" in columns
    assert "Berlin O\n" in columns


def test_scores_have_four_decimals(predict):
    line = predict("Flibbertigibbet met Zork and Wombat XP near Quux.", "--format", "jsonl")
    scores = re.findall(r'"score": ([0-9.]+)', line)
    assert len(scores) > 1
    assert all(score == str(round(float(score), 4)) for score in scores)
    assert min(map(float, scores)) < 0.99


# Tables


def test_a_table_has_a_row_for_each_entity(predict):
    Path("a.txt").write_text(f"{TEXT}\nNobody slept.\nIn Paris, Texas.\n")
    out = predict("--input", "a.txt", "--input-format", "lines", "--format", "csv")
    rows = list(csv.DictReader(StringIO(out)))
    assert list(rows[0]) == ["file", "document", "text", "label", "start", "end", "score"]
    assert {row["file"] for row in rows} == {"a.txt"}
    assert [(row["document"], row["text"]) for row in rows] == [
        *(("1", name) for name in ("Angela Merkel", "Tim Cook", "Apple", "Berlin")),
        ("3", "Paris"),
        ("3", "Texas"),
    ]
    assert (rows[0]["label"], rows[0]["start"], rows[0]["end"]) == ("PER", "0", "13")
    assert all(re.fullmatch(r"[01]\.[0-9]{4}", row["score"]) for row in rows)
    tabs = predict("--input", "a.txt", "--input-format", "lines", "--format", "tsv")
    assert list(csv.DictReader(StringIO(tabs), delimiter="\t")) == rows


def test_texts_on_the_command_line_are_numbered_in_a_table(predict):
    rows = predict("Ann slept.", "In Oslo.", "--format", "tsv").splitlines()[1:]
    assert [row.split("\t")[:3] for row in rows] == [["", "1", "Ann"], ["", "2", "Oslo"]]


def test_a_table_without_entities_is_its_head(predict):
    assert predict("It rained.", "--format", "csv") == "file,document,text,label,start,end,score\n"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_compute_is_made_text(name):
    (_, row) = csv.reader(StringIO(written(TableWriter(","), answer(f"a{name}", name, file=name))))
    assert (row[0], row[2]) == (f"'{name}", f"'{name}")


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from(",\t"))
def test_any_name_is_one_cell(name, delimiter):
    table = written(TableWriter(delimiter), answer(name, name))
    _, row = csv.reader(StringIO(table, newline=""), delimiter=delimiter)
    assert row[2].removeprefix("'") == name.removeprefix("'")
    assert row[4:6] == ["0", str(len(name))]


# The summary


def test_a_summary_counts_names_whatever_their_spelling():
    summary = written(
        SummaryWriter(by_file=True),
        answer("MERKEL met Zoë. Merkel left.", "MERKEL", "Zoë", "Merkel", file="a.txt"),
        answer("U.S. and US and Merkel", "U.S.", "US", label="LOC", file="a.txt", number=2),
        answer("Merkel and Zoe and Tim\n Cook", "Merkel", "Zoe", "Tim\n Cook", file="b.txt"),
    )
    assert summary.splitlines() == [
        "count  files  label  name      other spellings",
        "    3      2  PER    Merkel    MERKEL (1)",
        "    2      1  LOC    U.S.      US (1)",
        "    2      2  PER    Zoë       Zoe (1)",
        "    1      1  PER    Tim Cook",
    ]


def test_a_summary_of_lines_counts_texts(predict):
    out = predict("--format", "summary", stdin=b"In Oslo.\nOslo is in Norway, Oslo!\nNo name.\n")
    head, oslo, norway = out.splitlines()
    assert head.split() == ["count", "texts", "label", "name", "other", "spellings"]
    assert oslo.split() == ["3", "2", "LOC", "Oslo"]
    assert norway.split() == ["1", "1", "LOC", "Norway"]


def test_a_summary_obeys_no_name_and_of_nothing_is_nothing(predict):
    assert "␛" in written(SummaryWriter(by_file=False), answer("\x1b[31mX", "\x1b[31mX"))
    assert predict("It rained.", "--format", "summary") == ""


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Angela Merkel", "ANGELA  MERKEL", True),
        ("Jean-Paul", "Jean Paul", True),
        ("Müller", "Muller", True),
        ("U.S.", "US", True),
        ("Straße", "STRASSE", True),
        ("Ann", "Anna", False),
        ("!", "?", False),
    ],
)
def test_spellings_of_one_name(a, b, same):
    assert (spelling_key(a) == spelling_key(b)) == same


# The page


def test_a_page_has_an_index_whose_links_lead_to_the_first_mention(predict):
    page = predict("Oslo and Anna.", "OSLO is in Norway, says Anna.", "--format", "html")
    body, index = page.split("<aside")
    marks = re.findall(r'id="(n\d+)" class="(\w+)">(.*?)<small>(\w+) ([01]\.\d\d)</small>', body)
    assert [(mark[1], mark[2], mark[3]) for mark in marks] == [
        ("LOC", "Oslo", "LOC"),
        ("PER", "Anna", "PER"),
        ("LOC", "OSLO", "LOC"),
        ("LOC", "Norway", "LOC"),
        ("PER", "Anna", "PER"),
    ]
    legend = re.findall(r'<span class="(\w+)">\1</span> (\w+)', index)
    assert legend == [("LOC", "place"), ("PER", "person")]
    assert re.findall(r"<summary>(\w+) <b>(\d+)</b>", index) == [("LOC", "3"), ("PER", "2")]
    entries = re.findall(r'<a href="#(n\d+)">(\w+)</a>(.*?) <b>(\d+)</b>', index)
    assert entries == [
        ("n1", "Oslo", " <i>also OSLO</i>", "2"),
        ("n4", "Norway", "", "1"),
        ("n2", "Anna", "", "2"),
    ]


def test_a_page_without_names_says_so(predict):
    assert "No name was found." in predict("It rained.", "--format", "html")


# What eval reads


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_model_agrees_with_what_it_predicted(predict, call_main, form):
    texts = "Tim Cook met Angela Merkel. Cook left.\nPeople in Oslo like Apple.\n\nIt rains.\n"
    Path("texts.txt").write_text(texts)
    lines = ("--input", "texts.txt", "--input-format", "lines")
    predict(*lines, "--output", f"found.{form}")
    code, out, _ = call_main("eval", f"found.{form}", "--model", "english", "--format", "json")
    report = json.loads(out)
    assert (code, report["split"]) == (0, f"found.{form}")
    assert report["span"]["support"] >= 4
    assert report["span"]["f1"] == report["token"]["f1"] == 1


def test_label_studio_gets_a_task_with_a_prediction_for_each_text(predict):
    written = json.loads(predict(TEXT, "It rains.", "--format", "label-studio"))
    assert [task["data"] for task in written] == [{"text": TEXT}, {"text": "It rains."}]
    ((one,), (other,)) = [task["predictions"] for task in written]
    assert (other["score"], other["result"]) == (1, [])
    scores = [result["score"] for result in one["result"]]
    assert one["score"] == min(scores) < 1
    first = one["result"][0]
    assert (first["from_name"], first["to_name"], first["type"]) == ("label", "text", "labels")
    assert first["value"] == {"start": 0, "end": 13, "text": "Angela Merkel", "labels": ["PER"]}


@pytest.mark.parametrize(
    ("name", "instead"), [("a.docx", ".html or .txt"), ("a.xlsx", ".csv"), ("a.parquet", ".csv")]
)
def test_an_output_that_promises_another_format_than_text_is_refused(name, instead):
    with pytest.raises(InputError, match=rf"{name}: .* is not written; use {instead} instead"):
        format_of(Path(name))
