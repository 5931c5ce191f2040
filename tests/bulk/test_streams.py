"""Text files are read from any byte on, in bounded memory."""

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.bulk import streams
from window_ner.bulk.formats import InputFormat, OutputFormat
from window_ner.bulk.options import Options
from window_ner.bulk.parts import parts_of
from window_ner.bulk.scan import scan
from window_ner.bulk.streams import Stream, csv_records, open_stream, read_lines
from window_ner.errors import InputError


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(streams, "BLOCK", 3)


@given(st.lists(st.binary(max_size=12)), st.integers(1, 5), st.integers(0, 12))
def test_lines_are_those_of_the_file_and_long_ones_are_not_held(lines, block, longest):
    data = b"\n".join(line.replace(b"\n", b"") for line in lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK", block)
        found = list(read_lines(Stream(io.BytesIO(data), b"", 0), longest))
    whole = data.split(b"\n")
    whole = whole[:-1] if not whole[-1] else whole
    assert [line.data for line in found] == [
        line if len(line) <= longest else None for line in whole
    ]
    assert sum(line.size for line in found) == len(data)


def pack(data, ending):
    if ending == ".gz":
        half = len(data) // 2  # a file of two members, as cat makes it
        return gzip.compress(data[:half]) + gzip.compress(data[half:])
    return pa.Codec("zstd").compress(data).to_pybytes() if ending == ".zst" else data


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@pytest.mark.parametrize("last", ["\n", ""])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_the_parts_of_a_file_are_the_file(tmp_path, small_blocks, ending, last, mark):
    lines = [f"é line {i}" * (i % 3) for i in range(20)] + ["end"]
    file = tmp_path / f"a.txt{ending}"
    file.write_bytes(pack((mark + "\n".join(lines) + last).encode(), ending))
    options = Options(InputFormat.LINES, OutputFormat.JSONL, rows_per_part=4)
    scanned = scan(str(file), options)
    assert scanned.rows == 21
    parts = parts_of([str(file)], [scanned], 4)
    assert [(part.number, part.first, part.rows) for part in parts] == [
        (0, 0, 4),
        (1, 4, 4),
        (2, 8, 4),
        (3, 12, 4),
        (4, 16, 4),
        (5, 20, 1),
    ]
    for part in parts:
        with open_stream(str(file), part.byte) as stream:
            found = [line.data.decode() for line in read_lines(stream, 100)]
        assert found == lines[part.first :]


def test_a_csv_file_is_cut_between_records_not_within_quotes(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('id,text\n1,"a\nb, ""c"""\n\n2,d\r\n3,"e\n\nf"\n4,g', newline="")
    scanned = scan(str(file), Options(InputFormat.CSV, OutputFormat.JSONL, rows_per_part=1))
    assert (scanned.rows, [line for _, line in scanned.starts]) == (4, [2, 4, 6, 9])
    found = []
    for byte, line in scanned.starts:
        with open_stream(str(file), byte) as stream:
            found.append(next(csv_records(stream, str(file), 100, line)).cells)
    assert found == [["1", 'a\nb, "c"'], ["2", "d"], ["3", "e\n\nf"], ["4", "g"]]


def test_the_limit_of_a_cell_holds_for_this_file_alone():
    before = csv.field_size_limit()
    records = csv_records(Stream(io.BytesIO(b"a,b\nc,d\n"), b"", 0), "a.csv", 100)
    next(records)
    assert csv.field_size_limit() == before


def test_a_missing_quote_does_not_swallow_the_file():
    rows = b'1,"never closed\n' + b"2,b\n" * 200
    records = list(csv_records(Stream(io.BytesIO(rows), b"", 0), "a.csv", 100))
    assert records[0].problem.startswith("has a cell of more than 100 characters; if no quote is")
    assert records[-1].cells == ["2", "b"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", gzip.compress(b"x", mtime=0), "a.txt: is gzipped; let its name end in .gz"),
        ("a.txt", "x".encode("utf-16"), "a.txt: is UTF-16; save it as UTF-8"),
        ("a.jsonl", b"PAR1....", "is a Parquet file"),
        ("a.txt.gz", b"plain", "a.txt.gz: cannot be read"),
        ("a.txt.gz", gzip.compress(b"abc" * 1000, mtime=0)[:-9], "a.txt.gz: cannot be read"),
        ("a.txt.zst", b"plain", "a.txt.zst: cannot be read"),
        ("a.csv", b"", "a.csv: is empty; expected a first line with the names of the columns"),
        ("a.csv", b"a,a\n", "a.csv:1: two columns have the same name"),
        ("a.csv", b"a,b\n", "there is no column 'text' (--column); the columns are: 'a', 'b'"),
        ("a.jsonl", b'{"body": 1}\n', "no column 'text' (--column); the columns are: 'body'"),
        ("a.parquet", b"no", "a.parquet: is not a Parquet file"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    kinds = {".csv": InputFormat.CSV, ".jsonl": InputFormat.JSONL, ".parquet": InputFormat.PARQUET}
    kind = kinds.get((tmp_path / name).suffix, InputFormat.LINES)
    with pytest.raises(InputError) as error:
        scan(str(tmp_path / name), Options(kind, OutputFormat.JSONL))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_what_pyarrow_cannot_read_need_not_be_damaged(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise pa.ArrowNotImplementedError("Unknown encoding type.")

    monkeypatch.setattr("pyarrow.parquet.ParquetFile", fail)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"cannot read \(Unknown encoding type\.\); .* --keep"):
        scan(str(tmp_path / "a.parquet"), Options(InputFormat.PARQUET, OutputFormat.PARQUET))
