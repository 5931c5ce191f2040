"""The command bulk: its words are those of predict, its errors one line."""

import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from window_ner.bulk import work
from window_ner.cli.models import load_model


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": 1, "text": "Ann Lee left Oslo."},
        {"id": [float("nan"), {"a": float("inf"), "b": 1.5}], "text": "Paris"},
        {"id": 3, "text": ""},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.fixture
def command(call_main, cluster, folder, english, monkeypatch):
    """Call bulk on the workers of the test run; the bundled model is loaded once for all calls."""

    def load(named, *, verbose=False):
        return english if named is None else load_model(named, verbose=verbose)

    monkeypatch.setattr("window_ner.cli.models.load_model", load)

    def call(*arguments):
        code, out, err = call_main("bulk", *arguments, "--scheduler", cluster.scheduler)
        lines = err.splitlines(keepends=True)  # a slow machine also shows how far it is
        return code, out, "".join(line for line in lines if not line.endswith(" s left\n"))

    return call


def joined(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.glob("part-*")))


@pytest.mark.parametrize(
    "options",
    [[], ["--labels", "LOC", "--min-score", "0.3"], ["--names", "names.txt", "--names-label", "X"]],
    ids=" ".join,
)
def test_it_finds_what_predict_finds_to_the_byte(command, call_main, folder, options):
    (folder / "names.txt").write_text("left\n")
    code, out, err = command("a.jsonl", "--output", "out", "--rows-per-part", "2", *options)
    assert (code, out) == (0, "")
    told = err.splitlines()
    assert told[0] == "parts    2 finished"
    assert told[1].startswith("found    ")
    expected = call_main("predict", "--input", "a.jsonl", "--format", "jsonl", *options)
    assert joined(folder / "out").decode() == expected[1]
    assert '{"id": [null, {"a": null, "b": 1.5}], "text": "Paris", ' in expected[1]
    assert command("a.jsonl", "--output", "out", "--rows-per-part", "2", *options)[2].startswith(
        "parts    2 finished, of them 2 already there\n"
    )


def test_rejected_rows_and_failed_parts_are_told(command, folder):
    (folder / "b.jsonl").write_text('{"text": "Paris"}\nbroken\n{"text": "Oslo"}\n')
    write = work.write_part

    def fail(the_work, part, told):
        if part.number == 1:
            raise ConnectionError("gone")
        return write(the_work, part, told)

    arguments = ("b.jsonl", "--output", "out", "--rows-per-part", "2", "--retries", "0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "write_part", fail)
        code, out, err = command(*arguments)
    assert (code, out) == (1, "")
    assert err.splitlines()[2:] == [
        f"rejected 1 row that cannot be read; see {folder}/out/_rejected.jsonl",
        f"failed   part 1: {folder}/b.jsonl, rows 3 to 3: ConnectionError: gone",
        "note     give the same command again to try only what failed",
    ]
    code, _, err = command(*arguments)
    assert code == 0
    assert err.startswith("parts    2 finished, of them 1 already there\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl"], "none.jsonl: no such file or folder"),
        (["a.jsonl", "--workers", "2"], "give --workers or --scheduler, not both"),
        (["a.jsonl", "--summary", "x.csv"], "--summary x.csv: is written as Parquet"),
        (["a.jsonl", "--keep", ","], "--keep: names no column"),
        (["a.jsonl", "--labels", "PERSON"], "--labels: there is no label PERSON; there are"),
        (["a.jsonl", "--names-label", "X"], "--names-label needs --names"),
        (["a.jsonl", "--model", "none"], "none: no such model folder"),
        (["a.jsonl", "--column", "body"], "there is no column 'body' (--column); the columns are:"),
        (["n.parquet", "--column", "id"], "n.parquet: column 'id' is int64, not text"),
        (["n.parquet", "--keep", "url"], "no column 'url' (--keep); the columns are: 'id'"),
        (["n.parquet", "a.jsonl"], "the input has several formats"),
        (["a.jsonl", "--keep", "idd"], "no file have the key 'idd'; they have: 'id', 'text'; for"),
        (["t.txt", "--keep", "id"], "there is no column 'id' (--keep); the columns are: 'text'"),
    ],
)  # fmt: skip
def test_a_wrong_call_ends_with_one_line(command, folder, arguments, message):
    pq.write_table(pa.table({"id": [1], "text": ["x"]}), folder / "n.parquet")
    (folder / "t.txt").write_text("Paris\n")
    code, out, err = command(*arguments, "--output", "out")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(folder.glob("out/part-*"))


def test_a_scheduler_that_is_not_there_is_told(call_main, folder, monkeypatch):
    monkeypatch.setattr("window_ner.bulk.cluster._SECONDS_TO_CONNECT", 0.1)
    call = ("bulk", "a.jsonl", "--output", "out", "--scheduler")
    code, _, err = call_main(*call, "tcp://127.0.0.1:1")
    assert code == 2
    assert err.startswith("window-ner: --scheduler tcp://127.0.0.1:1: there is no scheduler")
    assert call_main(*call, "nonsense://x")[0] == 2


@pytest.mark.parametrize("error", ["CommClosedError", "TimeoutError", "CancelledError"])
def test_a_scheduler_that_is_lost_at_any_step_is_told(command, folder, monkeypatch, error):
    from concurrent.futures import CancelledError

    from distributed.comm import CommClosedError

    errors = {e.__name__: e for e in (CommClosedError, TimeoutError, CancelledError)}

    def lose(*arguments):
        raise errors[error]("in: Stream is closed")

    monkeypatch.setattr("window_ner.bulk.run._plan", lose)
    (folder / "t.txt").write_text("Paris\n")
    code, out, err = command("t.txt", "--output", "out")
    assert (code, out) == (1, "")
    assert err.startswith("window-ner: the scheduler is gone; what is finished is kept")
    assert err.count("\n") == 1


def test_without_its_packages_it_says_what_to_install(call_main, folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = call_main("bulk", "a.jsonl", "--output", "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "pip install 'window-ner[bulk]'" in err


def test_the_help_imports_neither_dask_nor_arrow():
    script = (
        "import sys; sys.argv = ['window-ner', 'bulk', '--help']\n"
        "from window_ner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "imported = {name.partition('.')[0] for name in sys.modules}\n"
        "print(imported & {'dask', 'distributed', 'pyarrow', 'numpy'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"
    assert "window-ner bulk news/*.parquet --output tagged" in done.stdout
