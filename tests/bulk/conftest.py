"""Workers for the tests: threads of this process, so that starting them costs little."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("distributed")

from window_ner.arrow import TextFinder
from window_ner.bulk.cluster import ClusterOptions
from window_ner.bulk.formats import InputFormat, OutputFormat
from window_ner.bulk.inputs import find_inputs
from window_ner.bulk.job import Job
from window_ner.bulk.options import Options
from window_ner.bulk.places import place
from window_ner.bulk.run import run


@pytest.fixture(scope="session")
def tagger(tiny_tagger):
    """A model of 50 kB: workers receive it with each job."""
    return tiny_tagger


@pytest.fixture(scope="module")
def cluster():
    """Options for a cluster of two threads.

    It ends with its module: its threads draw from Python's global random numbers, which hypothesis
    would take for a property of later tests that draws from them.
    """
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="inproc",
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
    ) as local:
        yield ClusterOptions(scheduler=local.scheduler_address, retries=1)


class Silent:
    """Progress that only collects the results."""

    def __init__(self):
        self.results = []
        self.rows = 0

    def planned(self, parts, rows):
        self.rows = rows

    def working(self, part, rows, tokens):
        pass

    def finished(self, result):
        self.results.append(result)


@pytest.fixture
def bulk(tagger, cluster):
    """Run a job as the command does; return what became of it."""

    def call(*inputs, output, kind=None, overwrite=False, summary=None, names=None, **options):
        folder = place(str(output))
        files, found = find_inputs(list(map(str, inputs)), kind, folder)
        to = OutputFormat(options.pop("to", "parquet" if found is InputFormat.PARQUET else "jsonl"))
        job = Job("1", replace(Options(found, to, model="m"), **options), files)
        finder = TextFinder(tagger, names, job.options.labels, job.options.min_score)
        return run(
            job,
            finder,
            folder,
            cluster,
            progress=Silent(),
            overwrite=overwrite,
            summary=place(str(summary)) if summary else None,
        )

    return call


@pytest.fixture(scope="session")
def texts():
    """Texts with names, without, empty, and null."""
    return [
        "Angela Merkel met Tim Cook in Cupertino.",
        "it rains a lot",
        None,
        "",
        "Zoë Smith flew from Zürich 😀 to Oslo,\nand Zoë Smith came back.",
        "Paris",
        "Ann Lee left Oslo.",
    ]


@pytest.fixture(scope="session")
def expected(tagger, texts):
    """The entities of the texts, as JSON has them."""
    return [
        text
        if text is None
        else [{**e.as_dict(), "score": round(e.score, 4)} for e in tagger(text)]
        for text in texts
    ]


@pytest.fixture
def jsonl(tmp_path, texts):
    """A JSONL file with the texts."""
    file = tmp_path / "texts.jsonl"
    rows = [{"id": i, "text": text, "more": {"a": [i]}} for i, text in enumerate(texts)]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return file


@pytest.fixture
def read_jsonl():
    """Read all parts of an output in JSONL."""

    def read(output):
        files = sorted(output.glob("part-*.jsonl"))
        return [json.loads(line) for f in files for line in f.read_text("utf-8").split("\n")[:-1]]

    return read


@pytest.fixture
def read_parquet():
    """Read all parts of an output in Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def read(output):
        files = sorted(output.glob("part-*.parquet"))
        return pa.concat_tables([pq.read_table(file) for file in files])

    return read


@pytest.fixture
def content():
    """Return all files of a folder with their bytes."""

    def read(folder):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    return read
