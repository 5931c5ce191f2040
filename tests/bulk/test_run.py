"""A job: what it writes, and that the same command goes on where an earlier one ended."""

import gzip
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import Client

import window_ner
from window_ner.bulk import work
from window_ner.bulk.folder import reserved
from window_ner.bulk.formats import InputFormat
from window_ner.bulk.places import place
from window_ner.errors import InputError

# What is written


def test_json_lines_keep_their_keys_and_get_entities(bulk, jsonl, tmp_path, expected, read_jsonl):
    outcome = bulk(jsonl, output=tmp_path / "out", rows_per_part=3)
    rows = [json.loads(line) for line in jsonl.read_text("utf-8").splitlines()]
    assert read_jsonl(tmp_path / "out") == [
        {**row, "entities": entities} for row, entities in zip(rows, expected, strict=True)
    ]
    assert (outcome.parts, outcome.rows, outcome.rejected, outcome.failed) == (3, 7, 0, [])
    counts = json.loads((tmp_path / "out" / "_SUCCESS").read_text())
    assert counts["entities"] == outcome.entities == sum(len(row) for row in expected if row)
    assert counts["tokens"] == outcome.tokens > 30


def test_parquet_keeps_its_columns_and_types(bulk, tmp_path, texts, expected, read_parquet):
    table = pa.table(
        {
            "id": pa.array(range(len(texts)), pa.int16()),
            "text": pa.array(texts, pa.large_string()),
            "tags": [["a"]] * len(texts),
        }
    ).replace_schema_metadata({"own": "metadata"})
    for name, part in (("a", table[:4]), ("b", table[4:])):
        pq.write_table(part, tmp_path / f"{name}.parquet", row_group_size=3)
    bulk(tmp_path, output=tmp_path / "out", rows_per_part=2)
    found = read_parquet(tmp_path / "out")
    assert found.drop_columns("entities").equals(table.replace_schema_metadata())
    assert len(list((tmp_path / "out").glob("part-*.parquet"))) == 4
    rounded = [
        row and [{**entity, "score": round(entity["score"], 4)} for entity in row]
        for row in found["entities"].to_pylist()
    ]
    assert rounded == expected


def test_parquet_can_become_json_lines(bulk, tmp_path, read_jsonl):
    import datetime

    table = pa.table(
        {
            "text": ["Ann Lee left Oslo."],
            "day": [datetime.date(2020, 1, 2)],
            "number": [float("nan")],
            "bytes": [b"\xff"],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    bulk(tmp_path / "a.parquet", output=tmp_path / "out", to="jsonl")
    (row,) = read_jsonl(tmp_path / "out")
    assert row.pop("entities")[0]["text"] == "Ann Lee"
    assert row == {
        "text": "Ann Lee left Oslo.",
        "day": "2020-01-02",
        "number": None,
        "bytes": "/w==",
    }


def test_json_lines_can_become_parquet(bulk, jsonl, tmp_path, texts, read_parquet):
    bulk(jsonl, output=tmp_path / "all", to="parquet")
    found = read_parquet(tmp_path / "all")
    assert found.column_names == ["text", "record", "entities"]
    assert found["text"].to_pylist() == texts
    assert json.loads(found["record"][1].as_py()) == {"id": 1, "more": {"a": [1]}}
    bulk(jsonl, output=tmp_path / "some", to="parquet", keep=("id", "more"))
    found = read_parquet(tmp_path / "some")
    assert found.column_names == ["id", "more", "entities"]
    assert found["more"][1].as_py() == '{"a": [1]}'


def test_csv_and_lines_are_read(bulk, tmp_path, read_jsonl, read_parquet):
    (tmp_path / "a.csv").write_text('id,body\n7,"Ann Lee,\nleft Oslo."\n8,Paris\n')
    bulk(tmp_path / "a.csv", output=tmp_path / "csv", column="body", keep=("id",))
    rows = read_jsonl(tmp_path / "csv")
    assert [(row["id"], len(row["entities"]), "body" in row) for row in rows] == [
        ("7", 2, False),
        ("8", 1, False),
    ]
    with gzip.open(tmp_path / "a.txt.gz", "wb") as file:
        file.write(b"Ann Lee left.\r\n\nParis")
    bulk(tmp_path / "a.txt.gz", output=tmp_path / "lines", to="parquet", rows_per_part=2)
    assert read_parquet(tmp_path / "lines")["text"].to_pylist() == ["Ann Lee left.", "", "Paris"]


def test_any_number_of_characters_may_be_allowed(bulk, tmp_path):
    (tmp_path / "a.csv").write_text("text\nParis\n")
    assert bulk(tmp_path / "a.csv", output=tmp_path / "out", max_characters=10**30).rows == 1


def test_labels_names_and_scores_are_those_of_predict(bulk, jsonl, tmp_path, read_jsonl):
    names = window_ner.NameList({"rains": "WEATHER"})
    options = {"labels": ("PER", "WEATHER"), "min_score": 0.5}
    bulk(jsonl, output=tmp_path / "out", names=names, **options)
    found = [e for row in read_jsonl(tmp_path / "out") for e in row["entities"] or ()]
    assert {(e["label"], e["source"]) for e in found} == {("PER", "model"), ("WEATHER", "list")}
    assert min(e["score"] for e in found) >= 0.5


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt", "a.csv", "a.parquet"])
def test_an_input_without_rows_gives_one_empty_part(bulk, tmp_path, name):
    if name.endswith("parquet"):
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / name)
    else:
        (tmp_path / name).write_text("id,text\n" if name.endswith("csv") else "")
    outcome = bulk(tmp_path / name, output=tmp_path / "out")
    assert (outcome.parts, outcome.rows) == (1, 0)
    assert (tmp_path / "out" / "_SUCCESS").exists()
    if name.endswith("parquet"):
        assert pq.read_schema(tmp_path / "out" / "part-000000.parquet").names == [
            "text",
            "entities",
        ]


# Rows that cannot be read


def rejected(output):
    rows = (output / "_rejected.jsonl").read_text("utf-8").splitlines()
    return [(row["line"], row["reason"]) for row in map(json.loads, rows)]


def test_lines_that_cannot_be_read_are_listed_and_the_others_tagged(bulk, tmp_path, read_jsonl):
    lines = [
        b'{"text": "Ann Lee left."}',
        b"{broken",
        b'{"text": "\xff"}',
        b"",
        b'{"id": 3}',
        b'{"text": 3}',
        b"[1]",
        b'{"text": "' + b"x" * 101 + b'"}',
        b'{"text": "Paris"}',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    outcome = bulk(
        tmp_path / "a.jsonl", output=tmp_path / "out", rows_per_part=2, max_characters=100
    )
    assert [row["text"] for row in read_jsonl(tmp_path / "out")] == ["Ann Lee left.", "Paris"]
    found = rejected(tmp_path / "out")
    assert [line for line, _ in found] == [2, 3, 5, 6, 7, 8]
    reasons = ["is not JSON", "byte 0xff is not UTF-8", 'has no "text", only "id"',
               '"text" is not a string', "is not an object", "--max-characters is 100"]  # fmt: skip
    assert all(reason in told for reason, (_, told) in zip(reasons, found, strict=True))
    assert (outcome.rows, outcome.rejected) == (2, 6)


def test_a_short_text_is_read_however_long_the_rest_of_its_row_is(bulk, tmp_path, monkeypatch):
    rows = [{"text": "Paris", "html": "x" * 900}, {"text": "😀" * 100}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "a.csv").write_text(f"text,html\nParis,{'x' * 900}\n")
    for name, count in (("a.jsonl", 2), ("a.csv", 1)):
        outcome = bulk(tmp_path / name, output=tmp_path / name[2:], max_characters=100)
        assert (outcome.rows, outcome.rejected) == (count, 0)
    monkeypatch.setattr("window_ner.bulk.options._LEAST", 10)
    told = "has a line of 930 bytes, which is too long; to read it, raise --max-characters"
    bulk(tmp_path / "a.jsonl", output=tmp_path / "short", max_characters=20)
    assert rejected(tmp_path / "short")[0] == (1, told)
    told = "has a cell of more than 800 characters; if no quote is missing, raise --max-characters"
    bulk(tmp_path / "a.csv", output=tmp_path / "cells", max_characters=200)
    assert rejected(tmp_path / "cells") == [(2, told)]


def test_all_lines_that_a_missing_quote_costs_are_told(bulk, tmp_path):
    (tmp_path / "a.csv").write_text('text,id\nOslo,1\n"Ann,2\nParis,3\n"Rome",4\n"Ann,5\nOslo,6\n')
    bulk(tmp_path / "a.csv", output=tmp_path / "out")
    assert rejected(tmp_path / "out") == [
        (3, "is not CSV (',' expected after '\"'), in lines 3 to 5"),
        (6, "is not CSV (unexpected end of data), in lines 6 to 7"),
    ]


def test_objects_without_the_text_are_rejected_unless_no_object_has_it(bulk, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"version": 1}\n{"text": "Paris"}\n')
    outcome = bulk(tmp_path / "a.jsonl", output=tmp_path / "out")
    assert (outcome.rows, outcome.rejected) == (1, 1)
    with pytest.raises(InputError, match=r"no column 'body'.*the columns are: 'version', 'text'"):
        bulk(tmp_path / "a.jsonl", output=tmp_path / "none", column="body")


def test_rows_of_csv_and_parquet_that_cannot_be_read_are_listed(bulk, tmp_path, read_parquet):
    (tmp_path / "a.csv").write_bytes(b'id,text\n1,a,b\n2,"c\nd"\n3,\xff\n4,e"f"\n"g"h,5\n')
    bulk(tmp_path / "a.csv", output=tmp_path / "csv")
    assert rejected(tmp_path / "csv") == [
        (2, "has 3 cells in 2 columns"),
        (5, "byte 0xff is not UTF-8"),
        (7, "is not CSV (',' expected after '\"')"),
    ]
    bad = pa.array([b"Ann", b"\xff", b"Paris"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": bad, "id": [1, 2, 3]}), tmp_path / "a.parquet")
    bulk(tmp_path / "a.parquet", output=tmp_path / "parquet")
    assert rejected(tmp_path / "parquet") == [(2, "byte 0xff is not UTF-8")]
    assert read_parquet(tmp_path / "parquet")["id"].to_pylist() == [1, 3]


def test_a_row_of_parquet_is_rejected_whatever_types_the_columns_have(
    bulk, tmp_path, read_jsonl, read_parquet
):
    bad = pa.array([b"Ann", b"Oslo", b"\xff"], pa.binary()).view(pa.string())
    texts = pa.array(["Ann", "x" * 101, "Paris"], pa.string_view())
    pq.write_table(pa.table({"text": texts, "other": bad}), tmp_path / "a.parquet")
    too_long = (2, "has a text of 101 characters; --max-characters is 100")
    out = tmp_path / "parquet"
    bulk(tmp_path / "a.parquet", output=out, max_characters=100)
    assert rejected(out) == [too_long]
    assert read_parquet(out)["text"].to_pylist() == ["Ann", "Paris"]
    out = tmp_path / "jsonl"
    bulk(tmp_path / "a.parquet", output=out, max_characters=100, to="jsonl")
    assert rejected(out) == [too_long, (3, "column 'other': byte 0xff is not UTF-8")]
    assert [row["text"] for row in read_jsonl(out)] == ["Ann"]


def test_a_key_that_the_output_has_too_is_refused_unless_it_is_left_out(bulk, tmp_path, read_jsonl):
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": 1, "text": "Ann", "entities": []}\n')
    with pytest.raises(InputError, match="already has a column 'entities'; name the others with"):
        bulk(file, output=tmp_path / "out")
    bulk(file, output=tmp_path / "out", keep=("id",))
    assert [row["id"] for row in read_jsonl(tmp_path / "out")] == [1]


def test_a_late_row_with_such_a_key_is_rejected(bulk, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "Ann"}\n' * 100 + '{"text": "Ann", "entities": "mine"}\n')
    assert bulk(file, output=tmp_path / "out").rejected == 1
    assert rejected(tmp_path / "out")[0][1].startswith("already has a column 'entities'")


def test_the_texts_may_not_be_in_the_column_of_parquet_that_is_for_the_other_keys(bulk, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"record": "Paris"}\n')
    with pytest.raises(InputError, match="--column record: in Parquet, the column 'record' is for"):
        bulk(tmp_path / "a.jsonl", output=tmp_path / "out", column="record", to="parquet")


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux alone")
def test_the_name_of_a_file_need_not_be_utf_8(bulk, tmp_path):
    file = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    file.write_text('{"text": "Ann"}\nbroken\n')
    for reused in (0, 1):
        assert bulk(file, output=tmp_path / "out").reused == reused
    (row,) = (tmp_path / "out" / "_rejected.jsonl").read_text("utf-8").splitlines()
    assert json.loads(row)["file"] == str(file)


def test_strict_stops_at_the_first_of_them(bulk, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": 1}\n')
    with pytest.raises(InputError, match=r'a.jsonl:2: "text" is not a string'):
        bulk(tmp_path / "a.jsonl", output=tmp_path / "out", strict=True)
    assert not (tmp_path / "out" / "_SUCCESS").exists()


# The same command again


def test_a_finished_job_is_kept_as_it_is(bulk, jsonl, tmp_path, content):
    out = tmp_path / "out"
    bulk(jsonl, output=out, rows_per_part=3)
    before, times = content(out), {f: f.stat().st_mtime_ns for f in out.glob("part-*")}
    again = bulk(jsonl, output=out, rows_per_part=3)
    assert (again.parts, again.reused) == (3, 3)
    assert content(out) == before
    assert {f: f.stat().st_mtime_ns for f in out.glob("part-*")} == times


def test_what_is_missing_or_damaged_is_done_again(bulk, jsonl, tmp_path, content):
    out = tmp_path / "out"
    bulk(jsonl, output=out, rows_per_part=1)
    before = content(out)
    (out / "part-000001.jsonl").unlink()
    damaged = out / "part-000002.jsonl"
    times = damaged.stat().st_atime_ns, damaged.stat().st_mtime_ns
    damaged.write_bytes(damaged.read_bytes().replace(b"text", b"tixt"))
    os.utime(damaged, ns=times)  # only its bytes tell
    (out / "_parts" / "000003.json").write_text("{")
    (out / "_SUCCESS").unlink()
    (out / ".part-000004.jsonl-0123abcd").write_text("what a killed worker leaves")
    (out / "_parts" / ".000004.json-0123abcd").write_text("")
    outcome = bulk(jsonl, output=out, rows_per_part=1)
    assert (outcome.parts, outcome.reused) == (7, 4)
    assert content(out) == before


def test_another_job_is_refused_with_what_differs(bulk, jsonl, tmp_path, content):
    out = tmp_path / "out"
    bulk(jsonl, output=out)
    before = content(out)
    with pytest.raises(InputError) as error:
        bulk(jsonl, output=out, rows_per_part=5, labels=("PER", "LOC"), model="other")
    assert str(error.value) == (
        f"{out}: has the output of another job: --rows-per-part was 10000 and is 5; --labels was "
        "not given and is PER,LOC; the model is another; choose another --output, or replace it "
        "with --overwrite"
    )
    with jsonl.open("a") as file:
        file.write('{"text": "more"}\n')
    with pytest.raises(InputError, match=r"texts\.jsonl has changed;"):
        bulk(jsonl, output=out)
    (tmp_path / "new.jsonl").write_text('{"text": "new"}\n')
    with pytest.raises(InputError, match=r"new\.jsonl is a new input; .*texts\.jsonl is no longer"):
        bulk(tmp_path / "new.jsonl", output=out)
    assert content(out) == before


def test_overwrite_replaces_another_job_and_goes_on_with_the_same(bulk, jsonl, tmp_path, content):
    bulk(jsonl, output=tmp_path / "out", rows_per_part=1)
    bulk(jsonl, output=tmp_path / "out", rows_per_part=5, overwrite=True)
    bulk(jsonl, output=tmp_path / "fresh", rows_per_part=5)
    assert content(tmp_path / "out") == content(tmp_path / "fresh")
    assert bulk(jsonl, output=tmp_path / "out", rows_per_part=5, overwrite=True).reused == 2


def test_what_is_replaced_is_removed_only_when_the_new_job_can_begin(
    bulk, jsonl, tmp_path, content
):
    bulk(jsonl, output=tmp_path / "out")
    before = content(tmp_path / "out")
    with pytest.raises(InputError, match="no column 'body'"):
        bulk(jsonl, output=tmp_path / "out", column="body", overwrite=True)
    assert content(tmp_path / "out") == before


def test_a_worker_of_another_version_is_refused(bulk, cluster, jsonl, tmp_path, monkeypatch):
    versions = iter(["1.0", "0.9", "0.9"])
    monkeypatch.setattr(work, "version", lambda name: next(versions))
    with pytest.raises(InputError, match=r"has window-ner 0\.9, and this command is 1\.0"):
        bulk(jsonl, output=tmp_path / "out")

    with Client(cluster.scheduler) as client:
        left = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.worker_plugins))
    assert not [name for name in left if name.startswith("window-ner")]


def test_what_a_killed_command_leaves_on_a_cluster_is_not_taken_for_another_command(
    bulk, jsonl, tmp_path, monkeypatch
):
    """The same job may go into another folder."""
    with monkeypatch.context() as patch:
        patch.setattr(Client, "unregister_worker_plugin", None)
        bulk(jsonl, output=tmp_path / "first")
    outcome = bulk(jsonl, output=tmp_path / "second")
    assert outcome.reused == 0
    assert (tmp_path / "second" / "part-000000.jsonl").exists()


def test_a_folder_with_other_files_is_refused_and_they_are_never_removed(bulk, jsonl, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.md").write_text("mine")
    with pytest.raises(InputError, match=r"has other files \(notes\.md\)"):
        bulk(jsonl, output=out)
    bulk(jsonl, output=out, overwrite=True)
    assert (out / "notes.md").read_text() == "mine"


def test_receipts_without_a_job_are_refused_by_their_name(bulk, jsonl, tmp_path):
    (tmp_path / "out" / "_parts").mkdir(parents=True)
    (tmp_path / "out" / "_parts" / "000000.json").touch()
    with pytest.raises(InputError, match=r"has other files \(_parts\)"):
        bulk(jsonl, output=tmp_path / "out")
    with pytest.raises(InputError, match="is a file"):
        bulk(jsonl, output=jsonl)


def test_two_commands_cannot_write_into_one_folder(bulk, jsonl, tmp_path):
    with (
        reserved(place(str(tmp_path / "out"))),
        pytest.raises(InputError, match="another command is writing there"),
    ):
        bulk(jsonl, output=tmp_path / "out")


def test_a_part_that_fails_is_reported_and_done_by_the_next_run(
    bulk, jsonl, tmp_path, content, monkeypatch
):
    bulk(jsonl, output=tmp_path / "whole", rows_per_part=2)
    out, write = tmp_path / "out", work.write_part
    attempts = []

    def fail(the_work, part, told):
        if part.number == 1:
            attempts.append(part)
            raise ConnectionError("the disk went away")
        return write(the_work, part, told)

    monkeypatch.setattr(work, "write_part", fail)
    outcome = bulk(jsonl, output=out, rows_per_part=2)
    ((part, reason),) = outcome.failed
    assert part.shown == f"part 1: {jsonl}, rows 3 to 4"
    assert reason == "ConnectionError: the disk went away"
    assert len(attempts) == 2  # the fixture allows one retry
    assert not (out / "_SUCCESS").exists()
    monkeypatch.undo()
    again = bulk(jsonl, output=out, rows_per_part=2)
    assert (again.parts, again.reused) == (4, 3)
    assert content(out) == content(tmp_path / "whole")


def test_an_output_does_not_look_complete_while_a_missing_part_is_done_again(
    bulk, jsonl, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    bulk(jsonl, output=out, rows_per_part=2)
    (out / "part-000001.jsonl").unlink()
    looked_complete = []

    def fail(the_work, part, told):
        looked_complete.append((out / "_SUCCESS").exists())
        raise MemoryError

    monkeypatch.setattr(work, "write_part", fail)
    outcome = bulk(jsonl, output=out, rows_per_part=2)
    assert [reason for _, reason in outcome.failed] == ["MemoryError()"]
    assert looked_complete == [False, False]  # it is tried again
    assert not (out / "_SUCCESS").exists()


def test_a_full_disk_stops_the_job_with_its_reason(bulk, jsonl, tmp_path, monkeypatch):
    def fill(the_work, part, told):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(work, "write_part", fill)
    with pytest.raises(InputError, match="out: No space left on device; what is finished is kept"):
        bulk(jsonl, output=tmp_path / "out")


def test_files_with_other_columns_are_refused(bulk, tmp_path):
    pq.write_table(pa.table({"text": ["a"], "id": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": ["a"], "id": ["1"]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"b\.parquet: .*a\.parquet: id differ"):
        bulk(tmp_path, output=tmp_path / "out")
    outcome = bulk(tmp_path, output=tmp_path / "out", keep=("text",))
    assert outcome.rows == 2


def test_csv_files_need_the_same_columns_also_where_few_are_kept(bulk, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,Ann\n")
    (tmp_path / "b.csv").write_text("x,text\n1,Ann\n")
    with pytest.raises(InputError, match="id, x differ; run bulk once for each"):
        bulk(tmp_path, output=tmp_path / "out", keep=("text",))
    (tmp_path / "b.csv").write_text("text,id\nAnn,1\n")
    with pytest.raises(InputError, match="another order"):
        bulk(tmp_path, output=tmp_path / "out")


def test_two_columns_of_one_name_are_refused(bulk, tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: two columns have the name 'text'"):
        bulk(tmp_path / "a.parquet", output=tmp_path / "out")


def test_an_output_that_may_not_be_written_is_not_taken_for_a_lost_scheduler(
    bulk, jsonl, tmp_path, monkeypatch
):
    """The errors of object stores have no number."""

    def deny(place, data, *, durable=False):
        raise PermissionError("Access Denied")

    monkeypatch.setattr("window_ner.bulk.places.Place.write", deny)
    with pytest.raises(InputError, match=r"out: cannot be read or written \(Access Denied\)"):
        bulk(jsonl, output=tmp_path / "out")


def test_the_text_may_be_in_no_part_of_the_output(bulk, tmp_path, read_parquet):
    pq.write_table(pa.table({"id": [7], "text": ["Ann Lee left Oslo."]}), tmp_path / "a.parquet")
    bulk(tmp_path / "a.parquet", output=tmp_path / "out", keep=("id",))
    assert read_parquet(tmp_path / "out").column_names == ["id", "entities"]


def test_no_part_needs_more_than_its_own_rows(bulk, tmp_path, read_jsonl):
    """Parts begin within row groups; each row is tagged once."""
    table = pa.table({"text": [f"row {i}" for i in range(50)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    bulk(tmp_path / "a.parquet", output=tmp_path / "out", to="jsonl", rows_per_part=4)
    assert [row["text"] for row in read_jsonl(tmp_path / "out")] == table["text"].to_pylist()


# Names over a corpus


@pytest.mark.parametrize("to", ["jsonl", "parquet"])
def test_the_summary_counts_every_name(bulk, tmp_path, tagger, to):
    texts = ["Ann Lee met Ann Lee in Oslo.", "Oslo", "Ann Lee", "", "Paris and Oslo."] * 2
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (tmp_path / "a.jsonl").write_text(lines)
    names = tmp_path / "names.parquet"
    bulk(tmp_path / "a.jsonl", output=tmp_path / "out", rows_per_part=1, to=to, summary=names)
    expected = {}
    for number, text in enumerate(texts):
        for e in tagger(text):
            key = e.text, e.label
            places, scores = expected.setdefault(key, ([], []))
            places.append({"part": f"part-{number:06}.{to}", "row": 0, "start": e.start})
            scores.append(round(e.score, 4))
    found = pq.read_table(names).to_pylist()
    counts = [row["count"] for row in found]
    assert counts == sorted(counts, reverse=True)
    assert len(found) == len(expected) > 2
    for row in found:
        places, scores = expected[row["name"], row["label"]]
        assert row["count"] == len(places)
        assert row["documents"] == len({place["part"] for place in places})
        assert row["places"] == places[:3]
        assert row["mean_score"] == pytest.approx(sum(scores) / len(scores), abs=1e-4)


def test_a_summary_can_be_had_later_but_replaces_no_other_file(bulk, jsonl, tmp_path):
    names = tmp_path / "names.parquet"
    names.write_text("mine")
    with pytest.raises(InputError, match=r"names\.parquet: exists; choose another --summary"):
        bulk(jsonl, output=tmp_path / "out", summary=names)
    names.unlink()
    bulk(jsonl, output=tmp_path / "out")
    assert bulk(jsonl, output=tmp_path / "out", summary=names).reused == 1
    assert pq.read_table(names)["count"].to_pylist()
    bulk(jsonl, output=tmp_path / "out", summary=names)  # it is the table of this job
    names.write_text("mine")
    with pytest.raises(InputError, match=r"names\.parquet: exists; choose another --summary"):
        bulk(jsonl, output=tmp_path / "out", summary=names)


def test_a_summary_may_be_beside_the_parts_but_replaces_none(bulk, jsonl, tmp_path):
    out = tmp_path / "out"
    for _ in range(2):
        with pytest.raises(InputError, match=r"part-000000\.parquet: is a file of the output"):
            bulk(jsonl, output=out, to="parquet", summary=out / "part-000000.parquet")
        bulk(jsonl, output=out, to="parquet", summary=out / "names.parquet")
    assert pq.read_table(out / "names.parquet")["count"].to_pylist()


def test_a_summary_never_replaces_an_input(bulk, tmp_path):
    file, link = tmp_path / "a.parquet", tmp_path / "link.parquet"
    link.symlink_to(file)
    pq.write_table(pa.table({"text": ["Paris"]}), file)
    before = file.read_bytes()
    for overwrite in (False, True):
        for summary in (file, link):
            with pytest.raises(InputError, match=r"parquet: is an input; choose another --summary"):
                bulk(file, output=tmp_path / "out", summary=summary, overwrite=overwrite)
        bulk(file, output=tmp_path / "out", overwrite=overwrite)
    assert file.read_bytes() == before


def test_the_folder_of_the_summary_is_looked_for_before_anything_is_tagged(bulk, jsonl, tmp_path):
    with pytest.raises(InputError, match=r"none/x\.parquet: there is no such folder"):
        bulk(jsonl, output=tmp_path / "out", summary=tmp_path / "none/x.parquet")
    assert not list((tmp_path / "out").glob("part-*"))


def test_the_kind_can_be_told(bulk, tmp_path, read_jsonl):
    (tmp_path / "a.log").write_text("Paris\n")
    bulk(tmp_path / "a.log", output=tmp_path / "out", kind=InputFormat.LINES)
    assert read_jsonl(tmp_path / "out")[0]["text"] == "Paris"
